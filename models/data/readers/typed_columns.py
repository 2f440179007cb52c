"""Columns that have types already, in memory or in Parquet, as what the same column of a file of text would be."""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ..cells import guess
from ..column_types import ColumnType, Doubt, Kind, Types
from .typed_cells import check_days, typed
from .utf8 import shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def as_read(
    values: "Series[Any]", given: ColumnType | None, where: str, *, generated: bool = False
) -> tuple[ColumnType, "Series[Any]"]:
    """What a column is taken for, and its values as int64, float64, bool or text.

    Args:
        values: with a fresh index.
        given: what it is, as declared or as another table has it; by default what its own type says, where texts that
            are all dates are dates.
        where: stands at the start of each message.
        generated: keep infinite and missing values, and those of another type.

    Raises:
        UserError: if a real column has no value, infinite numbers or values of another type, or can be read in several
            ways.
    """
    import numpy as np

    kept = values if str(values.dtype) != "category" else values.astype(values.cat.categories.dtype)
    if kept.isna().all():
        kind = given or ColumnType("text")
        return kind, typed([None] * len(kept), kind, where, generated=generated)
    have = column_kind(kept, where, mixed=generated)
    kind = given or ColumnType(have)
    if have == "date" and kind.type != "text":
        return kind, _days(kept)
    if have == "number" and kind.type in ("number", "date") and not kind.format:
        numbers = plain_numbers(kept)
        infinite = np.flatnonzero(np.isinf(numbers.to_numpy(dtype=float)))
        if len(infinite) and not generated:
            raise UserError(
                f"{where}: expected finite numbers, got infinity in row {infinite[0] + 1}; correct or empty it"
            )
        if kind.type == "date":
            known = numbers.dropna().tolist()
            check_days(known, where, known[0])
        return kind, numbers
    if have == "truth" and kind.type in ("truth", "number"):
        if kind.type == "number":
            return kind, plain_numbers(kept)
        return kind, plain_texts(kept) if kept.isna().any() else kept.astype("bool")
    texts = kept if kind.decimal == "." else kept.map(lambda each: _written(each, kind))
    return _of_texts(plain_texts(texts), given, where, generated=generated)


def conform(frame: "DataFrame", types: Types) -> "DataFrame":
    """A table that a model drew, with its dates and texts read as those of the reference; others stay as they are."""
    import pandas as pd
    from pandas.api.types import is_object_dtype, is_string_dtype

    columns = {}
    for name in frame.columns:
        given = types.get(str(name))
        same = frame[name].reset_index(drop=True)
        written = given is not None and given.type != "text" and (is_object_dtype(same) or is_string_dtype(same))
        if given is not None and (written or given.type == "date"):
            same = as_read(same, given, f"generated table: column {shown(name)}", generated=True)[1]
        columns[name] = same
    done: DataFrame = pd.DataFrame(columns)
    return done


def _of_texts(
    values: "Series[Any]", given: ColumnType | None, where: str, *, generated: bool
) -> tuple[ColumnType, "Series[Any]"]:
    cells = [None if missing or not value else value for value, missing in pairs_of(values)]
    try:
        kind = given or guess({cell for cell in cells if cell})
        if given is None and kind.type != "date":
            kind = ColumnType("text")  # Numbers in quotes are meant to be text.
        if kind.type == "text" and given is None:
            kind = ColumnType("text", missing=frozenset({""}))
        return kind, typed(cells, kind, where, generated=generated)
    except Doubt as doubt:
        raise doubt.refusal(where) from None


def _written(value: Any, kind: ColumnType) -> Any:
    """A number among texts with the mark before decimals that these have."""
    number = isinstance(value, float) and math.isfinite(value)
    return text_of(value).replace(".", kind.decimal) if number else value


def _days(values: "Series[Any]") -> "Series[Any]":
    import pandas as pd

    if values.dtype == object:
        # Dates of any year: pandas would take them for nanoseconds, which begin in 1677 and end in 2262.
        counted = [math.nan if missing else _day(each) for each, missing in pairs_of(values)]
        return pd.Series(counted, dtype="float64")
    moments = pd.to_datetime(values, utc=True, errors="coerce")
    days: Series[Any] = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    return days.astype("float64")


def _day(moment: date) -> float:
    whole = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    aware = whole if whole.tzinfo else whole.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86400


def column_kind(values: "Series[Any]", where: str, *, mixed: bool = False) -> Kind:
    """What a column holds by its type in memory; values of several types are text where those are allowed."""
    from pandas.api import types

    if isinstance(values.dtype, types.CategoricalDtype):
        return "text"
    inferred = types.infer_dtype(values, skipna=True)
    match inferred:
        case "boolean":
            return "truth"
        case "integer" | "floating" | "mixed-integer-float" | "decimal":
            return "number"
        case "string" | "empty":
            return "text"
        case "datetime64" | "datetime" | "date":
            return "date"
    if mixed and "mixed" in inferred:
        return "text"
    what = "values of several types" if "mixed" in inferred else inferred
    raise UserError(
        f"{where}: expected numbers, text, dates or truth values, got {what}; convert the column to one of them"
    )


def plain_numbers(values: "Series[Any]") -> "Series[Any]":
    """Numbers or truth values as int64 where all are whole by their type, else as float64."""
    import numpy as np

    if not values.isna().any() and values.dtype.kind in "iub":
        return values.astype("int64") if values.dtype.kind != "u" else values
    numbers: Series[Any] = type(values)(values.to_numpy(dtype=float, na_value=np.nan))
    return numbers


def plain_texts(values: "Series[Any]") -> "Series[Any]":
    """Texts without blanks around them; whole numbers lose their decimal point."""
    import pandas as pd

    texts = [None if missing else text_of(value) for value, missing in pairs_of(values)]
    # Of nothing but gaps pandas would make numbers or objects.
    return pd.Series(texts, dtype=None if any(texts) else object)


def pairs_of(values: "Series[Any]") -> Iterable[tuple[Any, bool]]:
    """Each value, and whether it is missing."""
    return zip(values.tolist(), values.isna().tolist(), strict=True)


def text_of(value: Any) -> str:
    """A value as text; a whole number without its decimal point."""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value).strip()
