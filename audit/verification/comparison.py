"""Two values of a record, compared leaf by leaf: exactly, or within a tolerance where machines differ."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...reports.record import TIME_FIELDS, Record
from ..commands.environment import machine, processor, versions
from .check import Check, brief

TOLERANCE = 1e-6
"""Of numbers that another machine or other versions computed: relative, or absolute near 0."""

ABSENT = object()


@dataclass(frozen=True, slots=True)
class Closeness:
    """How equal numbers must be: exactly, or, where `differs` says what is another, within `TOLERANCE`."""

    differs: str | None = None

    @property
    def words(self) -> str:
        """How equal they are, for a line that says that they are."""
        return "exactly" if self.differs is None else f"within {TOLERANCE:g}, because {self.differs}"


def closeness(record: Record) -> Closeness:
    """How equal numbers of this record must be on this machine."""
    here, there = versions(), record.environment.versions
    other = [name for name in here if here[name] != there.get(name)]
    if other:
        name = other[0]
        return Closeness(f"{name} is {here[name]} here, was {there.get(name, 'not recorded')}")
    if machine() != record.environment.platform:
        return Closeness(f"this is {machine()}, it was {record.environment.platform}")
    if processor() != record.environment.processor:
        return Closeness(f"this processor is {processor()}, it was {record.environment.processor or 'not recorded'}")
    if record.environment.device != "cpu":
        return Closeness(f"it was made on {record.environment.device}, and is verified on the processor")
    return Closeness()


def differences(what: str, expected: Any, found: Any, close: Closeness) -> Iterator[Check]:
    """A check for each leaf of JSON-like values that differs; fields of time are passed over."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in dict.fromkeys((*expected, *found)):
            if name not in TIME_FIELDS:
                yield from differences(f"{what} {name}", expected.get(name, ABSENT), found.get(name, ABSENT), close)
    elif isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        for index in range(max(len(expected), len(found))):
            one, other = (each[index] if index < len(each) else ABSENT for each in (expected, found))
            yield from differences(f"{what} {index + 1}", one, other, close)
    elif not _same(expected, found, close):
        one, other = ("nothing" if each is ABSENT else brief(each) for each in (expected, found))
        yield Check(what=what, holds=False, expected=one, found=other)


def _same(expected: Any, found: Any, close: Closeness) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if close.differs is not None and isinstance(expected, int | float) and isinstance(found, int | float):
        return math.isclose(expected, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(expected == found)
