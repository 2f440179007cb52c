"""What GA104 shows to the eye: real records of a group beside what was made when it was asked for."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...evidence.bundle import Groups
from ...evidence.conditioned.kind import Conditioned
from ...finding import Exhibit, Pictures
from .answers import Answers

WORST = 3
"""Requests shown on their own at most."""

REAL = 8
"""Real records beside them."""


def exhibits(
    parts: Sequence[Answers], asked: Sequence[Conditioned], groups: Mapping[str, Groups]
) -> tuple[Exhibit, ...]:
    """The requests that are met least, each beside real records, and the first answers to every request.

    Of one attribute: pictures of asked-for records are kept for models of images, which have one.
    """
    (kept,) = [each for each in asked if len(each.shown)][:1] or (None,)
    part = None if kept is None else next((each for each in parts if each.attribute == kept.attribute), None)
    if kept is None or part is None or len(asked) > 1:
        return ()
    order = np.argsort(part.met, kind="stable")[:WORST]
    shown = [row for rank, row in enumerate(order) if rank == 0 or part.met[row] < 0.5]
    return (
        *(_request(rank, int(row), part, kept, groups[part.attribute]) for rank, row in enumerate(shown, start=1)),
        Exhibit(
            "every_request",
            "The first records made of every request, not picked by hand",
            "grid",
            tuple(
                Pictures(f"{name}, asked for", "conditioned.shown", _answered(kept, row))
                for row, name in enumerate(kept.requests)
            ),
        ),
    )


def _request(rank: int, row: int, part: Answers, kept: Conditioned, groups: Groups) -> Exhibit:
    name = part.requests[row]
    real = tuple(int(each) for each in np.flatnonzero(groups.reference == part.wanted[row])[:REAL])
    pictures = (
        Pictures(f"{name}, real", "reference", real),
        Pictures(f"{name}, asked for", "conditioned.shown", _answered(kept, kept.requests.index(name))),
    )
    caption = f"Asked for {name}: {part.met[row]:.0%} of the records are of it"
    return Exhibit(f"request_{rank}", caption, "grid", tuple(each for each in pictures if each.indices))


def _answered(kept: Conditioned, row: int) -> tuple[int, ...]:
    return tuple(int(each) for each in np.flatnonzero(kept.shown_asked == row))
