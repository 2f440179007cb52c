"""Columns of text as columns of a type: of real data, what does not fit is refused; of generated data, it is kept."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ..cells import TRUTH, guess, is_infinite, is_whole, number, value
from ..column_types import ColumnType, Doubt
from .utf8 import shown

if TYPE_CHECKING:
    from pandas import Series

MOST_DAYS = 366 * 10_000
"""Days from 1970-01-01 that no date is away: the year 9999 is the last that is read."""


def typed(
    cells: Sequence[str | None], kind: ColumnType, where: str, *, lines: Sequence[int] = (), generated: bool = False
) -> "Series[Any]":
    """A column as int64, float64, bool or text; of truth values with gaps, text.

    Args:
        cells: its cells, None where there is none.
        kind: what they are.
        where: stands at the start of each message.
        lines: of the cells in the file; by default they are counted as rows from 1.
        generated: keep what does not fit as it stands, among numbers, and infinite numbers, too.

    Raises:
        UserError: if a real column has no value, infinite numbers, or values of another type.
        Doubt: if all of a generated column is written in another way than the reference.
    """
    import pandas as pd

    different = {cell for cell in cells if cell is not None}
    known = different - kind.missing
    if not known:
        if not generated:
            raise UserError(f"{where}: expected at least one value, got only missing ones; remove the column")
        return pd.Series([None] * len(cells), dtype="float64" if kind.type in ("number", "date") else object)
    if kind.type == "text":
        return pd.Series([None if cell is None or cell in kind.missing else cell for cell in cells])
    values = _values(known, kind)
    bad = next((cell for cell in cells if cell in known and _unfit(values[cell], generated)), None)
    if bad is not None:
        row = list(cells).index(bad)
        place = f"on line {lines[row]}" if lines else f"in row {row + 1}"
        _refuse(where, kind, bad, place, values, generated=generated)
    return _series(cells, values, kind, whole=all(is_whole(cell) for cell in known))


def _values(known: set[str], kind: ColumnType) -> dict[str, Any]:
    values: dict[str, Any] = {cell: value(cell, kind) for cell in known}
    # Truth values that another file writes as numbers, or the other way round, are equal values.
    if kind.type == "number" and known <= TRUTH.keys():
        return {cell: int(TRUTH[cell]) for cell in known}
    return values


def _unfit(found: Any, generated: bool) -> bool:
    return found is None or (not generated and is_infinite(found))


def _refuse(where: str, kind: ColumnType, bad: str, place: str, values: dict[str, Any], *, generated: bool) -> None:
    """Refuse a value of another type, unless a generator made it beside others that fit.

    Raises:
        UserError: if it is of real data, or no value fits.
        Doubt: if no value fits, but another way of reading would.
    """
    if is_infinite(values[bad]):
        raise UserError(f"{where}: expected finite numbers, got {shown(bad)} {place}; correct or empty the cell")
    plural = {"number": "numbers", "date": "dates", "truth": "True or False"}[kind.type]
    if generated:
        # A whole column written in another way is a matter of reading; anything else is what the generator made.
        if all(found is None for found in values.values()):
            if kind.type == "date":
                check_days([number(cell, ColumnType("number")) for cell in values], where, bad)
            try:
                guess(values.keys())
            except Doubt as doubt:
                raise Doubt(f"expected {plural} as in the reference, got {bad!r} {place}", *doubt.readings) from None
        return
    raise UserError(
        f"{where}: expected {plural} ({kind.words}), got {shown(bad)} {place}; correct it, leave the cell empty where "
        "a value is missing, or declare the column in a file for --types"
    )


def check_days(numbers: Sequence[float | None], where: str, example: object) -> None:
    """Refuse a column of dates in which all are numbers of seconds or the like, as none can be of days.

    Raises:
        UserError: with one of them.
    """
    if all(each is not None and abs(each) > MOST_DAYS for each in numbers):
        raise UserError(
            f"{where}: expected dates, got {shown(example)}, which is no number of days since "
            "1970-01-01; write dates as 2021-12-31"
        )


def _series(cells: Sequence[str | None], values: dict[str, Any], kind: ColumnType, *, whole: bool) -> "Series[Any]":
    import pandas as pd

    gaps = any(cell is None or cell not in values for cell in cells)
    unfit = any(found is None for found in values.values())
    if kind.type == "truth" and (gaps or unfit):
        told = {cell: cell if found is None else str(found) for cell, found in values.items()}
        return pd.Series([told.get(cell) if cell is not None else None for cell in cells])
    if unfit:
        kept = {cell: cell if found is None else found for cell, found in values.items()}
        return pd.Series([kept.get(cell) if cell is not None else None for cell in cells], dtype=object)
    if kind.type == "truth":
        return pd.Series([values[cell] for cell in cells if cell is not None], dtype="bool")
    if whole and kind.type == "number" and not gaps:
        integers = {cell: int(cell) for cell in values}
        return pd.Series([integers[cell] for cell in cells if cell is not None], dtype="int64")
    floats: dict[str | None, float] = {cell: float(found) for cell, found in values.items()}
    return pd.Series([floats.get(cell, math.nan) for cell in cells], dtype="float64")
