"""Parquet tables, by pyarrow: numbers, truth values and text; what is neither is refused."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, one_line
from ..column_types import ColumnType, Types
from .csv_file import check_names
from .typed_columns import as_read
from .utf8 import shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series

INDEX = "__index_level_"
"""How pandas names the column of an index that has no name; row numbers are no part of a record."""


def read_parquet(path: Path, *, types: Types, generated: bool = False) -> tuple["DataFrame", dict[str, ColumnType]]:
    """Read a table, and what its columns were taken for.

    Whole numbers become int64, other numbers float64, categories (dictionary columns) their values, and dates days
    since 1970-01-01. As in a CSV file, integers with gaps become float64, truth values with gaps text, and blank text
    is missing.

    Args:
        path: the file.
        types: of some or all columns, as declared or as another table has them.
        generated: keep what cannot be true of a column, as evidence.

    Raises:
        UserError: if the file is damaged, a column is of another kind (lists, bytes), or a real number is infinite.
    """
    import pandas as pd

    table = _table(path)
    fields = [(number, field) for number, field in enumerate(table.schema) if not field.name.startswith(INDEX)]
    names = [field.name.strip() for _, field in fields]
    check_names(names, path)
    if not table.num_rows or not names:
        raise UserError(f"{path}: expected at least one row and one column, got none; write rows into it")
    found: dict[str, ColumnType] = {}
    columns = {}
    for name, (number, _) in zip(names, fields, strict=True):
        where = f"{path}: column {shown(name)}"
        series = _series(table.column(number), where)
        found[name], columns[name] = as_read(series, types.get(name), where, generated=generated)
    frame: DataFrame = pd.DataFrame(columns)
    return frame, found


def _table(path: Path) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UserError(
            f"{path}: reading it needs pyarrow, which is not installed; run: pip install 'genai-audit[parquet]'"
        ) from error
    try:
        with parquet.ParquetFile(path) as file:
            table = file.read()
        # Reading alone does not look whether text is UTF-8.
        table.validate(full=True)
        _ = table.schema.names
        return table
    except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
        raise UserError(f"{path}: cannot be read as Parquet ({one_line(error)}); write it again") from error


def _series(column: Any, where: str) -> "Series[Any]":
    import pyarrow
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if types.is_decimal(kind) or types.is_float16(kind):  # pandas can do little with either.
        column, kind = column.cast(pyarrow.float64()), pyarrow.float64()
    usable = (
        types.is_integer, types.is_floating, types.is_boolean, types.is_string, types.is_large_string,
        types.is_string_view, types.is_date, types.is_timestamp, types.is_null,
    )  # fmt: skip
    if not any(test(kind) for test in usable):
        raise UserError(
            f"{where}: expected numbers, text, dates or truth values, got {kind}; convert it to a number or text"
        )
    series: Series[Any] = column.to_pandas()
    return series
