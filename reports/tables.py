"""Tables as texts: each cell as its column asks, a value with its interval in one cell, large tables cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..audit.finding import Kind
from . import numbers, words
from .finding_parts import Cell, EstimatePart, FindingPart, TablePart

MOST_ROWS = 200
MOST_COLUMNS = 40
MOST_CELLS = 3_000
"""The largest table that is shown whole; the record has all of every table."""


@dataclass(frozen=True, slots=True)
class TableView:
    """A table whose cells are texts; `numeric` columns are aligned as numbers, and cells may number one of `notes`."""

    id: str
    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: str = ""
    notes: tuple[str, ...] = ()


def table(name: str, part: TablePart) -> TableView:
    """A finding's table as texts, cut where it is larger than a page can bear."""
    columns = list(_joined([column.key for column in part.columns]))[:MOST_COLUMNS]
    count = min(MOST_ROWS, MOST_CELLS // max(1, len(columns)))
    labels = [part.columns[places[0]].label + (" (interval)" if len(places) > 1 else "") for places in columns]
    kinds = [part.columns[places[0]].kind for places in columns]
    return TableView(
        id=name,
        caption=words.short(part.caption, 300),
        columns=tuple(words.short(label) for label in labels),
        numeric=tuple(kind is not Kind.TEXT for kind in kinds),
        rows=tuple(
            tuple(
                _cell([row[place] for place in places], kind, part.columns[places[0]].floor)
                for places, kind in zip(columns, kinds, strict=True)
            )
            for row in part.rows[:count]
        ),
        left_out=_left_out(len(part.rows) - count, len(part.columns) - sum(len(places) for places in columns)),
    )


def _joined(keys: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Which columns share a cell: a value with its low and high ends is read as one number."""
    place = 0
    while place < len(keys):
        ends = tuple(keys[place + 1 : place + 3])
        width = 3 if ends in (("low", "high"), (f"{keys[place]}_low", f"{keys[place]}_high")) else 1
        yield tuple(range(place, place + width))
        place += width


def _left_out(rows: int, columns: int) -> str:
    """How much of a table is not shown, in words; empty if all of it is."""
    counts = {"rows": max(0, rows), "columns": max(0, columns)}
    missing = [f"{numbers.count(count)} more {what}" for what, count in counts.items() if count]
    return f"{' and '.join(missing).capitalize()} are in record.json." if missing else ""


def _cell(cells: Sequence[Cell], kind: Kind, floor: float | None) -> str:
    cell = cells[0]
    if cell is None:
        return numbers.DASH
    if isinstance(cell, str):
        return words.short(cell, 300)
    if kind is Kind.P_VALUE:
        return numbers.p_cell(cell, floor)
    ends = [end for end in cells[1:] if isinstance(end, int | float)]
    if len(ends) < 2:
        return numbers.quantity(cell, kind)
    value, between = numbers.estimate(cell, ends[0], ends[1], kind)
    return f"{value} ({between})"


ESTIMATE_COLUMNS = {
    "Estimate": False,
    "Group": False,
    "Value (95 % interval)": True,
    "Perfect generator": True,
    "n": True,
    "p, if perfect": True,
    "Smallest detectable": True,
    "Better": False,
    "Method": True,
}
"""Headings of the table of all estimates, and whether the cells are numbers."""

_P = list(ESTIMATE_COLUMNS).index("p, if perfect")
_FLOORS = "; ≤ before a p-value: the smallest that its test can give"


def estimates_table(part: FindingPart) -> TableView:
    """Every estimate of a finding."""
    shown = part.estimates[:MOST_ROWS]
    # A method is a sentence shared by many rows: it is said once, below.
    methods = list(dict.fromkeys(each.method for each in shown))
    rows = [(*_estimate_cells(each, part), str(1 + methods.index(each.method))) for each in shown]
    # A column that nothing fills would only push the others off the page.
    kept = [place for place in range(len(ESTIMATE_COLUMNS)) if any(row[place] != numbers.DASH for row in rows)]
    return TableView(
        id=f"{part.code}-estimates",
        caption=f"Every estimate of {part.code}" + _FLOORS * any("≤" in row[_P] for row in rows),
        columns=tuple(list(ESTIMATE_COLUMNS)[place] for place in kept),
        numeric=tuple(list(ESTIMATE_COLUMNS.values())[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in rows),
        left_out=_left_out(len(part.estimates) - MOST_ROWS, 0),
        notes=tuple(words.short(method, 300) for method in methods),
    )


def _estimate_cells(each: EstimatePart, part: FindingPart) -> tuple[str, ...]:
    value, between = numbers.estimate(each.value, each.low, each.high, each.unit)
    detectable = each.minimum_detectable
    return (
        words.label(each.name, part),
        numbers.DASH if each.group is None else words.short(each.group),
        _with_interval(value, between, each),
        words.perfect_text(each.perfect, each.unit),
        numbers.count(each.n),
        numbers.DASH if each.p_value is None else numbers.p_cell(each.p_value, each.p_floor),
        numbers.DASH if detectable is None else numbers.quantity(detectable, each.unit),
        each.better,
    )


def _with_interval(value: str, between: str, each: EstimatePart) -> str:
    if not each.curve:
        return f"{value} (exact)"
    return f"{value} (no other value)" if each.low == each.high else f"{value} ({between})"
