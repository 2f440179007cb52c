"""Parquet tables, by pyarrow: numbers, truth values and text; what is neither is refused."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, one_line
from ...limits import check, check_unpacked, on_disk
from ..column_types import ColumnType, Types
from .csv_file import check_names
from .typed_columns import as_read
from .utf8 import shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series

INDEX = "__index_level_"
"""How pandas names the column of an index that has no name; row numbers are no part of a record."""
BATCH = 65_536
"""Rows that are read at once."""
CELL, NUMBER = 100, 16
"""Bytes that a text, beside its characters, and a number take at least while a table is read."""


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
    fields = _fields(table.schema)
    names = [field.name.strip() for _, field in fields]
    found: dict[str, ColumnType] = {}
    columns = {}
    for name, (number, _) in zip(names, fields, strict=True):
        where = f"{path}: column {shown(name)}"
        series = _series(table.column(number))
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
            fields = _check_schema(file.schema_arrow, file.metadata, path)
            texts = [field.name for _, field in fields if _is_text(field.type)]
            columns = [field.name for _, field in fields] if len(fields) < len(file.schema_arrow) else None
        # What is stored once for many rows stays so until it is known how much it amounts to.
        with parquet.ParquetFile(path, read_dictionary=texts) as file:
            batches, rows, size = [], 0, 0
            for batch in file.iter_batches(batch_size=BATCH, columns=columns):
                rows, size = rows + batch.num_rows, size + batch.nbytes
                check("records", rows, path)
                check_unpacked(size, on_disk(path), path, "columns")
                batches.append(batch)
            table = pyarrow.Table.from_batches(batches, None if batches else file.schema_arrow)
        # Reading alone does not look whether text is UTF-8.
        table.validate(full=True)
        _check_texts(table, path)
        return table
    except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
        raise UserError(f"{path}: cannot be read as Parquet ({one_line(error)}); write it again") from error


def _fields(schema: Any) -> list[tuple[int, Any]]:
    """The columns that belong to a record, with their places."""
    return [(number, field) for number, field in enumerate(schema) if not field.name.startswith(INDEX)]


def _check_schema(schema: Any, metadata: Any, path: Path) -> list[tuple[int, Any]]:
    """The columns of a table that can be read, by what its end says of it.

    Raises:
        UserError: if it has none, too many or others, or says that it is much larger than the file.
    """
    fields = _fields(schema)
    check("columns", len(schema), path)
    names = [field.name.strip() for _, field in fields]
    check_names(names, path)
    if not metadata.num_rows or not names:
        raise UserError(f"{path}: expected at least one row and one column, got none; write rows into it")
    check("records", metadata.num_rows, path)
    for name, (_, field) in zip(names, fields, strict=True):
        _check_kind(field.type, f"{path}: column {shown(name)}")
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    claimed = sum(each.column(n).total_uncompressed_size for each in groups for n in range(each.num_columns))
    cells = metadata.num_rows * sum(CELL if _is_text(field.type) else NUMBER for _, field in fields)
    check_unpacked(max(claimed, cells), on_disk(path), path, "columns")
    return fields


def _check_texts(table: Any, path: Path) -> None:
    """Refuse texts that amount to much more than the file, before they stand in each of their rows.

    Raises:
        UserError: with both sizes.
    """
    from pyarrow import compute, types

    total = 0
    for name, column in zip(table.column_names, table.columns, strict=True):
        for chunk in column.chunks:
            if not types.is_dictionary(chunk.type) or not _is_text(chunk.type) or not len(chunk.dictionary):
                continue
            lengths = compute.binary_length(chunk.dictionary)
            check("characters", compute.max(lengths).as_py() or 0, f"{path}: column {shown(name)}")
            in_rows = compute.sum(compute.cast(lengths.take(chunk.indices), "int64")).as_py()
            total += (in_rows or 0) + CELL * len(chunk)
    check_unpacked(total, on_disk(path), path, "texts")


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(inner) or types.is_large_string(inner))


def _check_kind(kind: Any, where: str) -> None:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    usable = (
        types.is_decimal, types.is_integer, types.is_floating, types.is_boolean, types.is_string,
        types.is_large_string, types.is_string_view, types.is_date, types.is_timestamp, types.is_null,
    )  # fmt: skip
    if not any(test(inner) for test in usable):
        raise UserError(
            f"{where}: expected numbers, text, dates or truth values, got {inner}; convert it to a number or text"
        )


def _series(column: Any) -> "Series[Any]":
    import pyarrow
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if types.is_decimal(kind) or types.is_float16(kind):  # pandas can do little with either.
        column = column.cast(pyarrow.float64())
    series: Series[Any] = column.to_pandas()
    return series
