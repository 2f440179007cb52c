"""Further sections of the report, which other parts of the tool give: a crosswalk of controls, what changed since."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from ...audit.evidence.bundle import Evidence
from ..record import Record


@dataclass(frozen=True, slots=True)
class Section:
    """One more section: its place in the contents, its heading, and its HTML below the heading.

    The HTML must be made of escaped text; headings in it start at `h3`, and it may use the classes of the style sheet.
    """

    id: str
    title: str
    html: Markup


Maker = Callable[[Record, Evidence], Section | None]

MAKERS: list[Maker] = []
"""In order; each gives a section, or None where it has nothing to say. They stand after what was not measured."""


def further(record: Record, evidence: Evidence) -> tuple[Section, ...]:
    """The sections that have something to say."""
    return tuple(section for make in MAKERS if (section := make(record, evidence)) is not None)
