"""The reasons why a kind of evidence could not be collected, and the part of one that could be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .bundle import Evidence


class Unavailable(Exception):
    """Raised by a collector where the question cannot arise for this model or these data; the message says why."""


class Unmeasured(Exception):
    """Raised by a collector where the question arises but could not be answered; the message says why, and what to do.

    An auditor that needs the evidence is then inconclusive, where after `Unavailable` it does not apply.
    """


@dataclass(frozen=True, slots=True)
class Partial:
    """What a collector returns that could collect a part only.

    Args:
        item: what could be had.
        missing: why each of the other parts could not, under a name that says which part.
    """

    item: Any
    missing: Mapping[str, Unavailable | Unmeasured]


def needed(so_far: Evidence, kind: str) -> Any:
    """The evidence of a kind that a collector cannot do without.

    Raises:
        Unavailable, Unmeasured: where it could not be had, for the same reason.
        RuntimeError: where collecting it broke.
    """
    item = getattr(so_far, kind)
    if item is not None:
        return item
    if kind in so_far.crashed:
        raise RuntimeError(f"{kind} are needed, but collecting them broke:\n{so_far.crashed[kind]}")
    if kind in so_far.unmeasured:
        raise Unmeasured(so_far.unmeasured[kind])
    raise Unavailable(so_far.absent.get(kind, f"no {kind} in the evidence"))
