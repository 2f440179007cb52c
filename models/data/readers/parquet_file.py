"""Parquet tables, by pyarrow: numbers, truth values and text; what is neither is refused."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UserError, one_line
from .csv_file import check_names
from .utf8 import shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series

INDEX = "__index_level_"
"""How pandas names the column of an index that has no name; row numbers are no part of a record."""


def read_parquet(path: Path) -> "DataFrame":
    """Read a table; numbers keep their type, decimals become float64, and categories (dictionary columns) their values.

    As in a CSV file, integers with gaps become float64, truth values with gaps text, and blank text is missing.

    Raises:
        UserError: if the file is damaged, a column is of another kind (dates, lists, bytes), or a number is infinite.
    """
    import pandas as pd

    table = _table(path)
    fields = [(number, field) for number, field in enumerate(table.schema) if not field.name.startswith(INDEX)]
    names = [field.name.strip() for _, field in fields]
    check_names(names, path)
    if not table.num_rows or not names:
        raise UserError(f"{path}: expected at least one row and one column, got none; write rows into it")
    columns = {
        name: _column(table.column(number), f"{path}: column {shown(name)}")
        for name, (number, _) in zip(names, fields, strict=True)
    }
    frame: DataFrame = pd.DataFrame(columns)
    return frame


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


def _column(column: Any, where: str) -> "Series[Any]":
    import pandas as pd
    import pyarrow
    from pyarrow import types

    kind = column.type
    if column.null_count == len(column):
        raise UserError(f"{where}: expected at least one value, got only missing ones; remove the column")
    if types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if types.is_decimal(kind) or types.is_float16(kind):  # pandas can do little with either.
        column, kind = column.cast(pyarrow.float64()), pyarrow.float64()
    if types.is_integer(kind) or types.is_floating(kind):
        return _finite(column.to_pandas(), where)
    if types.is_boolean(kind) and not column.null_count:
        return pd.Series(column.to_pandas(), dtype="bool")
    if types.is_boolean(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        texts = [None if value is None else str(value).strip() or None for value in column.to_pylist()]
        if not any(texts):
            raise UserError(f"{where}: expected at least one value, got only blank text; remove the column")
        return pd.Series(texts)
    raise UserError(f"{where}: expected numbers, text or truth values, got {kind}; convert it to a number or text")


def _finite(numbers: "Series[Any]", where: str) -> "Series[Any]":
    infinite = np.flatnonzero(np.isinf(numbers.to_numpy(dtype=float)))
    if len(infinite):
        raise UserError(f"{where}: expected finite numbers, got infinity in row {infinite[0] + 1}; correct or empty it")
    return numbers
