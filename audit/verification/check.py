"""What verification says: one line for each thing that was looked at, and whether all of it holds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ...reports.part import OutcomePart, Part

MOST_TOLD = 20
"""Things that differ, told one by one; of more, their number is."""


class Check(Part):
    """One thing that was looked at."""

    what: str
    holds: Annotated[bool | None, Field(description="null: not checked, and `note` says why")]
    expected: Annotated[str | None, Field(description="as recorded, where something else was found")] = None
    found: str | None = None
    note: str = ""

    def text(self) -> str:
        """The check as one line."""
        sign = "–" if self.holds is None else "✓" if self.holds else "✕"
        told = [] if self.expected is None else [f"expected {self.expected}, found {self.found}"]
        told += [self.note] if self.note else []
        return f"{sign} {self.what}{': ' if told else ''}{'; '.join(told)}"


class Verification(OutcomePart):
    """What of a saved audit holds, in the order in which it was looked at.

    It has no truth value, since what was not checked neither holds nor fails: ask `holds`.
    """

    folder: str
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing that was checked differs."""
        return all(each.holds is not False for each in self.checks)

    @property
    def differing(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(each for each in self.checks if each.holds is False)

    def line(self) -> str:
        """What holds, in a few words."""
        open_ = sum(each.holds is None for each in self.checks)
        beside = f"; {open_} not checked, as said above" if open_ else ""
        wrong = len(self.differing)
        if wrong:
            return f"{self.folder}: does not hold: {wrong} of {len(self.checks) - open_} checks differ{beside}"
        return f"{self.folder}: holds: all of {len(self.checks) - open_} checks{beside}"


def sound(what: str, note: str = "") -> Check:
    """A check that holds."""
    return Check(what=what, holds=True, note=note)


def unchecked(what: str, why: str) -> Check:
    """Something that was not checked."""
    return Check(what=what, holds=None, note=why)


def equal(what: str, expected: object, found: object, note: str = "") -> Check:
    """A check that two values are the same."""
    if expected == found:
        return sound(what, note)
    return Check(what=what, holds=False, expected=brief(expected), found=brief(found))


def wrong(what: str, note: str) -> Check:
    """A check that does not hold, where there are no two values to show."""
    return Check(what=what, holds=False, note=note)


def all_of(what: str, differing: Iterator[Check], note: str) -> Iterator[Check]:
    """The checks that differ, the first of them one by one; one that holds where there are none."""
    told = 0
    for told, each in enumerate(differing, 1):
        if told <= MOST_TOLD:
            yield each
    if told > MOST_TOLD:
        yield wrong(what, f"{told - MOST_TOLD:,} more differ")
    if not told:
        yield sound(what, note)


def brief(value: object) -> str:
    """A value on one line of bounded length."""
    text = str(value) if isinstance(value, str | Path) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:119]}…"
