"""What becomes of people of each group, generated and real side by side on one axis."""

from collections.abc import Callable, Iterator

from . import numbers
from .axis import scale
from .chart_parts import Beside, Chart, Row, span
from .finding_parts import Cell, FindingPart, TablePart
from .words import sentence, short

MOST_ROWS = 20

KEYS = ("level", "group", "generated", "generated_low", "generated_high", "real", "real_low", "real_high")
"""Columns of a table of rates that this chart shows."""

KEY = "generated, with an interval"
BESIDE = "real, with its own; 95 % intervals that hold for all rows of a side together"


def paired_charts(finding: FindingPart) -> Iterator[Chart]:
    """A chart for each table of rates by group; none for findings without one."""
    for table in finding.tables:
        if {*KEYS} <= {column.key for column in table.columns} and table.rows:
            yield _chart(table)


def _chart(table: TablePart) -> Chart:
    labels = {column.key: column.label for column in table.columns}
    places = [next(at for at, column in enumerate(table.columns) if column.key == key) for key in KEYS]
    rows = sorted(([row[place] for place in places] for row in table.rows), key=lambda row: -abs(_gap(row)))
    levels = dict.fromkeys(row[0] for row in rows)
    shown = rows[:MOST_ROWS]
    place, ticks = scale([number for row in shown for number in _numbers(row)], "share")
    of = f" {short(str(next(iter(levels))))}" if len(levels) == 1 else ""
    widest = rows[0]
    return Chart(
        title=sentence(f"{short(labels['level'])}{of} by {short(labels['group'])}, generated beside real")[:-1],
        reading=f"Furthest apart: {_name(widest, len(levels))}, {_said(widest)}.",
        rows=tuple(_row(row, place, len(levels)) for row in shown),
        ticks=ticks,
        has_band=False,
        bound=None,
        guide=None,
        key=KEY,
        left_out=len(rows) - len(shown),
        beside=BESIDE,
    )


def _row(row: list[Cell], place: Callable[[float], str], levels: int) -> Row:
    made, low, high, real, real_low, real_high = _numbers(row)
    return Row(
        label=_name(row, levels),
        text=_said(row),
        dot=place(made),
        line=span(low, high, place),
        band=None,
        bounds=(),
        mark=None,
        beside=Beside(place(real), span(real_low, real_high, place)),
    )


def _name(row: list[Cell], levels: int) -> str:
    group = short(str(row[1]))
    return group if levels == 1 else f"{group}: {short(str(row[0]))}"


def _said(row: list[Cell]) -> str:
    made, real = (numbers.share(_numbers(row)[at]) for at in (0, 3))
    return f"{made}, real {real}"


def _gap(row: list[Cell]) -> float:
    made, _, _, real, _, _ = _numbers(row)
    return made - real


def _numbers(row: list[Cell]) -> list[float]:
    """Generated and real rate, each with its ends; what is missing lies at 0."""
    return [float(cell) if isinstance(cell, int | float) else 0.0 for cell in row[2:]]
