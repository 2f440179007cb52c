"""Whether the outputs beside the evidence are what the record and the evidence say."""

from collections.abc import Iterator
from pathlib import Path

from ...models.errors import one_line
from ...reports.over_time.parts import ComparisonPart
from ...reports.record import Record
from ..commands.outputs import MARK, REPORT, report_of, views
from ..evidence.bundle import Evidence
from ..over_time.earlier import PREVIOUS, change_since
from .check import Check, sound, unchecked, wrong
from .comparison import Closeness


def of_views(folder: Path, record: Record, evidence: Evidence, close: Closeness) -> Iterator[Check]:
    """That each output is, byte by byte, what is written of this record and this evidence."""
    try:
        change = change_since(record, folder / PREVIOUS)
        made = views(record, evidence, change=change)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        yield wrong("outputs", f"cannot be written again: {one_line(error)}")
        return
    for name, text in made.items():
        path = folder / name
        if not path.is_file():
            # What an older version did not write is missing by no fault; what the list names is told there.
            yield unchecked(name, "there is no such file")
        elif path.read_bytes() == text.encode():
            yield sound(name, "the same bytes when written again")
        elif name == REPORT and path.read_bytes() == _with_real(record, evidence, change):
            yield sound(name, "the same bytes when written again, with real records shown")
        elif close.differs is not None and name != MARK:
            yield unchecked(name, f"is written otherwise here, where {close.differs}")
        else:
            yield wrong(name, "is not what the record and the evidence say, written again")


def _with_real(record: Record, evidence: Evidence, change: ComparisonPart | None) -> bytes:
    """The report as it is written with real records shown."""
    return report_of(record, evidence, show_real=True, change=change).encode()
