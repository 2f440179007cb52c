"""Comma-separated tables: structure with the line of every fault, then a type for each column."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...errors import UserError
from ...limits import check, most
from ..cells import NUMBER, guess
from ..cells import number as number_in
from ..column_types import MISSING, ColumnType, Doubt, Types
from .typed_cells import typed
from .utf8 import read_utf8, shown

if TYPE_CHECKING:
    from pandas import DataFrame

LONGEST_HEAD = 10_000
"""Characters that are looked at to tell the separator."""
OTHERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class Rows(NamedTuple):
    """The cells below the header, stripped, and the line that each row begins on."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_csv(path: Path, *, types: Types, generated: bool = False) -> tuple["DataFrame", dict[str, ColumnType]]:
    """Read a table in UTF-8 with commas and a header row, and what its columns were taken for.

    Blanks around cells are dropped. A column whose type is not given is of the type that its cells leave no doubt of.

    Args:
        path: the file.
        types: of some or all columns, as declared or as another table has them.
        generated: what cannot be true of a column is kept, as evidence; otherwise it is refused.

    Raises:
        UserError: if a row is ragged, the header is missing, a column can be read in several ways, or a real number is
            infinite; the message names line or column.
    """
    import pandas as pd

    table = _rows(path)
    columns = dict(zip(table.header, zip(*table.rows, strict=True), strict=False))
    _check_header(table.header, list(zip(*table.rows, strict=True)), path)
    found: dict[str, ColumnType] = {}
    series = {}
    marks = marks_gaps_by_blanks(columns)
    for name, cells in columns.items():
        where = f"{path}: column {shown(name)}"
        try:
            found[name] = types.get(name) or guessed(cells, marks)
            series[name] = typed(cells, found[name], where, lines=table.lines, generated=generated)
        except Doubt as doubt:
            raise doubt.refusal(where) from None
    frame: DataFrame = pd.DataFrame(series)
    return frame, found


def raw_columns(path: Path) -> dict[str, tuple[str, ...]]:
    """The cells of each column as they stand in the file.

    Raises:
        UserError: if it is no comma-separated table with a header.
    """
    table = _rows(path)
    columns = list(zip(*table.rows, strict=True))
    _check_header(table.header, columns, path)
    return dict(zip(table.header, columns, strict=True))


def marks_gaps_by_blanks(columns: "dict[str, tuple[str, ...]]") -> bool:
    """Whether empty cells, and no words, stand for gaps in the columns of numbers, so that words may be values."""
    sets = [set(cells) for cells in columns.values()]
    words = MISSING - {""}
    numbers = [each for each in sets if (known := each - MISSING) and all(map(NUMBER.fullmatch, known))]
    return any("" in each for each in sets) and not any(each & words for each in numbers)


def guessed(cells: Sequence[str], blanks_are_gaps: bool) -> ColumnType:
    """The type of a column of a file, which may say elsewhere how it writes gaps.

    Raises:
        Doubt: if it could be read in several ways.
    """
    found = set(cells)
    kind = guess(found)
    word = min(found & (MISSING - {""}), default=None)
    if kind.type == "text" and blanks_are_gaps and word and found - MISSING:
        raise Doubt(
            f"{word!r} may be a value, since empty cells stand for gaps in this file",
            ColumnType("text", missing=frozenset({""})),
            ColumnType("text"),
        )
    if kind.type == "text" and word:
        return replace(kind, why="; ".join(filter(None, (kind.why, f"{word!r} is no value"))))
    return kind


def check_names(names: Sequence[str], path: Path) -> None:
    """Refuse a table with a column that has no name, or the name of another.

    Raises:
        UserError: with the position of the column, from 1.
    """
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        # What pandas calls a column without a name when it reads it, and writes when it saves the table again.
        if not name or (number == 1 and re.fullmatch(r"Unnamed: 0(\.[0-9]+)?", name)):
            hint = "if it is the index of pandas, save with index=False" if number == 1 else "name or remove it"
            told = f"is called {shown(name)}" if name else "has none"
            raise UserError(f"{path}: expected a name for every column, but column {number} {told}; {hint}")
        if name in seen:
            raise UserError(f"{path}: columns {seen[name]} and {number} are both named {shown(name)}; rename one")
        seen[name] = number


def _rows(path: Path) -> Rows:
    text = read_utf8(path)
    _check_separator(text, path)
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    line, most_cells = 1, most("cells")
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not header:
                header = row if any(row) else []
                check("columns", len(header), path)
            elif row == header and len(row) > 1:
                raise UserError(f"{path}: line {line}: expected values, got the header again; remove the line")
            elif len(row) == len(header):
                rows.append(row)
                lines.append(line)
                if len(rows) * len(header) > most_cells:
                    check("cells", len(rows) * len(header), path, got="more")
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
    check("records", len(rows), path)
    return Rows(header, rows, lines)


def _check_separator(text: str, path: Path) -> None:
    """Refuse other marks than commas between cells, which would make ragged or very wide cells of the rows."""
    head = text.lstrip()[:LONGEST_HEAD].splitlines()[:2]
    line, declared = (head[0] if head else ""), re.fullmatch(r"sep=(.)", head[0].strip()) if head else None
    other = declared[1] if declared else None
    if other is None and "," not in line and '"' not in line:
        other = next((mark for mark in ";\t|" if mark in line), None)
    if declared and other == ",":
        raise UserError(f"{path}: expected column names in line 1, got {shown(line.strip())}; remove that line")
    if other:
        decimals = re.search(r"(?:^|[;\t|])-?[0-9]+,[0-9]+(?:$|[;\t|\r\n])", text[:LONGEST_HEAD], re.MULTILINE)
        more = ("and decimal commas, ", " and decimal points") if decimals else ("", "")
        raise UserError(
            f"{path}: expected commas between cells, got {OTHERS.get(str(other), shown(other))} in line 1, {more[0]}"
            f"so it was written for another program; save it with commas{more[1]}"
        )


def _check_header(header: list[str], columns: list[tuple[str, ...]], path: Path) -> None:
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
    found = number_in(cell, ColumnType("number"))
    return cell in MISSING or found is not None
