"""Readers for a user's own tables, and the reconciliation of a generated table with a real one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ...records import Records
from ..cells import truth
from ..column_types import ColumnType, Types
from .csv_file import read_csv
from .parquet_file import read_parquet
from .typed_columns import as_read, column_kind, pairs_of, plain_numbers, plain_texts, text_of
from .utf8 import shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_NAMED = 5
GENERATED = "generated table"
MOST_SPELLINGS = 8
"""Different values of a column of truth values at most, in small and capital letters."""


def read_file(path: Path, *, types: Types | None = None, generated: bool = False) -> Records:
    """Read a `.csv` (UTF-8, commas, a header row) or `.parquet` file as a `pandas.DataFrame` of numbers, text and bool.

    Missing values stay missing (in CSV: an empty cell and what `pandas.read_csv` takes for one); a `?` among text is a
    category like any other. Constant columns are kept, because a generator that makes them is worth seeing. Dates are
    days since 1970-01-01, and whole numbers with leading zeros text.

    Args:
        path: the file.
        types: what columns are, as declared or as another table has them; others are guessed from their cells.
        generated: keep what cannot be true, as evidence; of real data it is refused.

    Raises:
        UserError: if the table is ragged, unnamed, without rows, or holds infinity, or if a column has no value or can
            be read in several ways. The message names line or column.
    """
    read = read_csv if path.suffix.lower() == ".csv" else read_parquet
    frame, found = read(path, types=types or {}, generated=generated)
    absent = [name for name in types or {} if name not in found and types and types[name].why == "declared"]
    if absent and not generated:
        raise UserError(
            f"{path}: the types declare {_listed(absent)}, but there is no such column; correct the names in the file"
        )
    return Records("tabular", frame, types=found)


def from_frame(frame: "DataFrame", where: str, *, types: Types | None = None, generated: bool = False) -> Records:
    """A table in memory as the same columns that its file would give: int64, float64, bool or text, and a fresh index.

    Truth values with gaps become text, categories their values, and blank text is missing.

    Args:
        frame: at least a row and a column.
        where: named at the start of each message.
        types: what columns are, as declared or as another table has them.
        generated: keep what cannot be true, as evidence.

    Raises:
        UserError: if a column has no name of its own, no value, infinite numbers, or values of another kind.
    """
    import pandas as pd

    names = list(frame.columns)
    strange = next((name for name in names if not isinstance(name, str) or names.count(name) > 1), None)
    if strange is not None:
        fault = "is no str" if not isinstance(strange, str) else "stands for several"
        raise UserError(f"{where}: expected a name for each column, but {shown(strange)} {fault}; rename the columns")
    if not len(frame) or not names:
        raise UserError(f"{where}: expected at least one row and one column, got a table {frame.shape}")
    columns: dict[str, Series[Any]] = {}
    found: dict[str, ColumnType] = {}
    for name in names:
        given = (types or {}).get(name)
        column = f"{where}: column {shown(name)}"
        found[name], columns[name] = as_read(frame[name].reset_index(drop=True), given, column, generated=generated)
    return Records("tabular", pd.DataFrame(columns), types=found)


def types_of(frame: "DataFrame") -> dict[str, ColumnType]:
    """What the columns of a table that was not read from cells hold, by their types in memory."""
    kinds = {name: column_kind(frame[name], str(name)) for name in frame.columns}
    return {str(name): ColumnType(kind) for name, kind in kinds.items()}


def align(generated: "DataFrame", reference: "DataFrame") -> "DataFrame":
    """A copy of a generated table with the columns of a real one, in its order and in types that compare.

    Where the reference has numbers, so has the copy (text that reads as numbers is converted); where it has text or
    categories, the copy has text, and whole numbers lose their decimal point. Missing, infinite and out-of-range values
    and categories that the reference lacks are kept: they are findings, not errors.

    Raises:
        UserError: if columns are missing, double or too many, or if a value cannot be one of its column.
    """
    import pandas as pd

    names = list(generated.columns)
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise UserError(f"{GENERATED}: expected each column once, got {_listed(twice)} twice; rename or remove one")
    lacking = [name for name in reference.columns if name not in names]
    extra = [name for name in names if name not in reference.columns]
    if lacking or extra:
        faults = [f"lacks {_listed(lacking)}"] * bool(lacking) + [f"also has {_listed(extra)}"] * bool(extra)
        raise UserError(
            f"{GENERATED}: expected the columns of the reference, but it {' and '.join(faults)}; use the same ones"
        )
    aligned = {name: _reconciled(generated[name], reference[name]) for name in reference.columns}
    frame: DataFrame = pd.DataFrame(aligned, columns=reference.columns)
    return frame


def _reconciled(generated: "Series[Any]", reference: "Series[Any]") -> "Series[Any]":
    """One column of `align`, with a fresh index."""
    where = f"{GENERATED}: column {shown(reference.name)}"
    values = generated.reset_index(drop=True)
    match column_kind(reference, f"reference table: column {shown(reference.name)}"):
        case "number":
            if column_kind(values, where, mixed=True) == "date":
                raise UserError(f"{where}: expected numbers as in the reference, got dates; convert them")
            numbers = _numbers(values)
            if numbers.dtype == object:
                _refuse_other_spelling(plain_texts(numbers), reference, where)
            return numbers.astype("float64") if reference.dtype.kind == "f" and numbers.dtype.kind in "iu" else numbers
        case "truth":
            return values if values.dtype == bool else _truths(values, where)
        case _:
            column_kind(values, where)
            texts = plain_texts(values)
            _refuse_other_spelling(texts, reference, where)
            return _in_words_of(texts, reference)


def _numbers(values: "Series[Any]") -> "Series[Any]":
    """Numbers, also of texts; what is none stays as it is, for GA501 to count."""
    import pandas as pd
    from pandas.api import types

    if types.is_numeric_dtype(values):
        return plain_numbers(values)
    texts = values.astype(object)
    numbers: Series[Any] = pd.to_numeric(texts, errors="coerce")
    strange = numbers.isna() & ~texts.isna()
    if strange.any():
        return numbers.astype(object).where(~strange, texts)
    return numbers.astype("float64") if numbers.isna().any() else numbers


def _in_words_of(values: "Series[Any]", reference: "Series[Any]") -> "Series[Any]":
    """Texts, those that write a whole number of the reference with a decimal point in its words: `1.0` for `1`."""
    known = set(map(str, reference.dropna().unique()))
    told = {}
    for text in values.dropna().unique():
        whole, point, rest = text.partition(".")
        if text not in known and point and not rest.strip("0") and whole in known:
            told[text] = whole
    return values.replace(told) if told else values


def _truths(values: "Series[Any]", where: str) -> "Series[Any]":
    """Truth values in any of their spellings; texts where some are none, for GA501 to count."""
    import pandas as pd

    cells = [None if missing else text_of(value) for value, missing in pairs_of(values)]
    known = {cell: truth(cell) for cell in set(cells) if cell is not None}
    strange = [cell for cell in cells if cell is not None and known[cell] is None]
    if strange and all(found is None for found in known.values()):
        row = cells.index(strange[0]) + 1
        raise UserError(
            f"{where}: expected True or False as in the reference, got {shown(strange[0])} in row {row} of "
            f"{len(values)}; make the generator return the types it was trained on"
        )
    if strange:
        told = {cell: cell if found is None else str(found) for cell, found in known.items()}
        return pd.Series([None if cell is None else told[cell] for cell in cells])
    truths = pd.Series([None if cell is None else known[cell] for cell in cells], dtype=object)
    return truths if truths.isna().any() else truths.astype("bool")


def _refuse_other_spelling(values: "Series[Any]", reference: "Series[Any]", where: str) -> None:
    """Refuse truth values of which no one is written as in the reference: a perfect generator would be wrong in all.

    Raises:
        UserError: with one of each.
    """
    ours, theirs = (_few(each) for each in (reference, values))
    both = all(cells and None not in {truth(cell) for cell in cells} for cells in (ours, theirs))
    # Of one way only: where both values share a spelling, what is left is what the generator made.
    if both and {truth(cell) for cell in ours} == {True, False} and not _spelling(ours) & _spelling(theirs):
        raise UserError(
            f"{where}: expected {' or '.join(sorted(map(shown, ours)))} as in the reference, got "
            f"{shown(min(theirs))}; write truth values alike, or say `truth` for the column in a file for --types"
        )


def _few(values: "Series[Any]") -> set[str]:
    """The different values of a column as text; none where these are too many for truth values."""
    different = values.dropna().unique().tolist()
    return set(map(text_of, different)) if len(different) <= MOST_SPELLINGS else set()


def _spelling(cells: set[str]) -> set[str]:
    return {cell.lower().removesuffix(".0") for cell in cells}


def _listed(names: list[Any]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(shown, names[:MOST_NAMED])) + more
