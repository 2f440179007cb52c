"""Comma-separated tables: structure with the line of every fault, then a type for each column."""

import csv
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import UserError
from .utf8 import read_utf8, shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"[+-]?[0-9]+")
INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
MISSING = frozenset(
    ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "#N/A N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None")
) | {"1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
"""Cells without a value: what `pandas.read_csv` takes for missing, because models are trained on what it reads."""
DOUBTFUL = ("?", "-", ".")
"""Marks of a missing number that `pandas.read_csv` does not know: with them a column of numbers turns into text."""
LARGEST = 2**63


class Rows(NamedTuple):
    """The cells below the header, stripped, and the line that each row begins on."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_csv(path: Path) -> "DataFrame":
    """Read a table in UTF-8 with commas and a header row; blanks around cells are dropped.

    Columns are int64, float64, bool or text as `pandas.read_csv` would make them, except that integers beyond 64 bits
    and truth values with gaps stay text.

    Raises:
        UserError: if a row is ragged, the header is missing, or a number is infinite; the message names the line.
    """
    import pandas as pd

    table = _rows(path)
    columns = list(zip(*table.rows, strict=True))
    _check_header(table.header, columns, path)
    series = [_column(name, cells, table.lines, path) for name, cells in zip(table.header, columns, strict=True)]
    frame: DataFrame = pd.DataFrame(dict(zip(table.header, series, strict=True)))
    return frame


def check_names(names: Sequence[str], path: Path) -> None:
    """Refuse a table with a column that has no name, or the name of another.

    Raises:
        UserError: with the position of the column, from 1.
    """
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name:
            hint = "if it is the index of pandas, save with index=False" if number == 1 else "name or remove it"
            raise UserError(f"{path}: expected a name for every column, but column {number} has none; {hint}")
        if name in seen:
            raise UserError(f"{path}: columns {seen[name]} and {number} are both named {shown(name)}; rename one")
        seen[name] = number


def _rows(path: Path) -> Rows:
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), skipinitialspace=True, strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not header:
                header = row if any(row) else []
            elif row == header and len(row) > 1:
                raise UserError(f"{path}: line {line}: expected values, got the header again; remove the line")
            elif len(row) == len(header):
                rows.append(row)
                lines.append(line)
            elif any(row):
                raise UserError(
                    f"{path}: line {line}: expected {len(header)} cells as in the header, got {len(row)}; "
                    "make all rows equally long, with quotes around a cell that holds a comma"
                )
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(f"{path}: line {line}: not comma-separated ({error}); look for a stray quote") from error
    if not rows:
        got = "only a header" if header else "an empty file"
        raise UserError(f"{path}: expected a header and at least one row, got {got}; write rows into it")
    return Rows(header, rows, lines)


def _check_header(header: list[str], columns: list[tuple[str, ...]], path: Path) -> None:
    if len(header) == 1 and (other := re.search(r"[;\t|]", header[0])):
        raise UserError(f"{path}: expected commas between cells, got {shown(other[0])} in line 1; save it with commas")
    words = [(name, set(cells)) for name, cells in zip(header, columns, strict=True) if not NUMBER.fullmatch(name)]
    # A name is hardly ever a value of its own column; a row of data is mostly made of them.
    text = [(name, cells) for name, cells in words if not all(map(_numeric, cells))]
    own = [name for name, cells in text if name and name in cells]
    if not words or len(own) * 2 > len(text) or (own and len(text) == 1):
        raise UserError(
            f"{path}: expected column names in the first row, got values such as {shown((own or header)[0])}; "
            "add a header row"
        )
    check_names(header, path)


def _numeric(cell: str) -> bool:
    return cell in MISSING or bool(NUMBER.fullmatch(cell)) or bool(INFINITE.fullmatch(cell))


def _column(name: str, cells: tuple[str, ...], lines: list[int], path: Path) -> "Series[Any]":
    import pandas as pd

    known = set(cells) - MISSING
    where = f"{path}: column {shown(name)}"
    if not known:
        raise UserError(f"{where}: expected at least one value, got only missing ones; remove the column")
    numbers = {cell for cell in known if NUMBER.fullmatch(cell)}
    infinite = min(filter(_infinite, known), key=cells.index, default=None)
    if infinite and all(map(_numeric, known)):
        line = lines[cells.index(infinite)]
        raise UserError(
            f"{where}: expected finite numbers, got {shown(infinite)} on line {line}; correct or empty the cell"
        )
    if numbers == known:
        whole = all(map(INTEGER.fullmatch, known))
        if whole and not all(-LARGEST <= int(cell) < LARGEST for cell in known):
            return pd.Series([None if cell in MISSING else cell for cell in cells])
        if whole and len(known) == len(set(cells)):
            integers = {cell: int(cell) for cell in known}
            return pd.Series([integers[cell] for cell in cells], dtype="int64")
        floats = {cell: math.nan if cell in MISSING else float(cell) for cell in set(cells)}
        return pd.Series([floats[cell] for cell in cells], dtype="float64")
    if numbers and known - numbers <= set(DOUBTFUL):
        mark = next(cell for cell in cells if cell in DOUBTFUL)
        raise UserError(
            f"{where}: expected numbers, got {shown(mark)} on line {lines[cells.index(mark)]}; "
            "leave the cell empty where a number is missing"
        )
    if set(cells) <= TRUTH.keys():
        return pd.Series([TRUTH[cell] for cell in cells], dtype="bool")
    return pd.Series([None if cell in MISSING else cell for cell in cells])


def _infinite(cell: str) -> bool:
    return bool(INFINITE.fullmatch(cell)) or (bool(NUMBER.fullmatch(cell)) and math.isinf(float(cell)))
