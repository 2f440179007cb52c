"""Readers for a user's own tables, and the reconciliation of a generated table with a real one."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...errors import UserError
from ...records import Records
from .csv_file import TRUTH, read_csv
from .parquet_file import read_parquet
from .utf8 import shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Kind = Literal["number", "truth", "text"]
MOST_NAMED = 5
GENERATED = "generated table"


def read_file(path: Path) -> Records:
    """Read a `.csv` (UTF-8, commas, a header row) or `.parquet` file as a `pandas.DataFrame` of numbers, text and bool.

    Missing values stay missing (in CSV: an empty cell and what `pandas.read_csv` takes for one); a `?` among text is a
    category like any other. Constant columns are kept, because a generator that makes them is worth seeing. Dates are
    text in CSV and refused in Parquet: whether one counts as number or category is for the user to say.

    Raises:
        UserError: if the table is ragged, unnamed, without rows, or holds infinity, or if a column has no value. The
            message names line or column.
    """
    frame = read_csv(path) if path.suffix.lower() == ".csv" else read_parquet(path)
    return Records("tabular", frame)


def from_frame(frame: "DataFrame", where: str) -> Records:
    """A table in memory as the same columns that its file would give: int64, float64, bool or text, and a fresh index.

    Truth values with gaps become text, categories their values, and blank text is missing.

    Args:
        frame: at least a row and a column.
        where: named at the start of each message.

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
    columns = {name: _as_read(frame[name].reset_index(drop=True), f"{where}: column {shown(name)}") for name in names}
    return Records("tabular", pd.DataFrame(columns))


def _as_read(values: "Series[Any]", where: str) -> "Series[Any]":
    import numpy as np

    if values.isna().all():
        raise UserError(f"{where}: expected at least one value, got only missing ones; remove the column")
    kept = values if str(values.dtype) != "category" else values.astype(values.cat.categories.dtype)
    match _kind(kept, where):
        case "number":
            numbers = _plain(kept)
            if np.isinf(numbers.to_numpy(dtype=float)).any():
                raise UserError(f"{where}: expected finite numbers, got infinity; correct or empty it")
            return numbers
        case "truth":
            return _texts(kept) if kept.isna().any() else kept.astype("bool")
        case "text":
            return _texts(kept)


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
    have = _kind(values, where)
    match _kind(reference, f"reference table: column {shown(reference.name)}"):
        case "number":
            numbers = _numbers(values, where) if have == "text" else _plain(values)
            return numbers.astype("float64") if reference.dtype.kind == "f" else numbers
        case "truth":
            return values if have == "truth" else _truths(values, where)
        case "text":
            return _texts(values)


def _kind(values: "Series[Any]", where: str) -> Kind:
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
    what = "values of several types" if "mixed" in inferred else inferred
    raise UserError(f"{where}: expected numbers, text or truth values, got {what}; convert the column to one of them")


def _plain(values: "Series[Any]") -> "Series[Any]":
    """Numbers or truth values as int64 where all are whole by their type, else as float64."""
    import numpy as np

    if not values.isna().any() and values.dtype.kind in "iub":
        return values.astype("int64") if values.dtype.kind != "u" else values
    numbers: Series[Any] = type(values)(values.to_numpy(dtype=float, na_value=np.nan))
    return numbers


def _numbers(values: "Series[Any]", where: str) -> "Series[Any]":
    import pandas as pd

    texts = values.astype(object)
    numbers: Series[Any] = pd.to_numeric(texts, errors="coerce")
    _refuse_first(values, numbers.isna() & ~values.isna(), f"{where}: expected numbers as in the reference")
    return numbers.astype("float64") if numbers.isna().any() else numbers


def _truths(values: "Series[Any]", where: str) -> "Series[Any]":
    import pandas as pd

    known: dict[Any, bool] = {**TRUTH, "1": True, "0": False}
    truths = pd.Series(
        [None if missing else known.get(_text(value)) for value, missing in _pairs(values)], dtype=object
    )
    _refuse_first(values, truths.isna() & ~values.isna(), f"{where}: expected True or False as in the reference")
    return truths if truths.isna().any() else truths.astype("bool")


def _texts(values: "Series[Any]") -> "Series[Any]":
    import pandas as pd

    texts = [None if missing else _text(value) for value, missing in _pairs(values)]
    # Of nothing but gaps pandas would make numbers or objects.
    return pd.Series(texts, dtype=None if any(texts) else object)


def _pairs(values: "Series[Any]") -> Iterable[tuple[Any, bool]]:
    return zip(values.tolist(), values.isna().tolist(), strict=True)


def _text(value: Any) -> str:
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value).strip()


def _refuse_first(values: "Series[Any]", bad: "Series[Any]", what: str) -> None:
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise UserError(
            f"{what}, got {shown(values.tolist()[row])} in row {row + 1} of {len(values)}; "
            "make the generator return the types it was trained on"
        )


def _listed(names: list[Any]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(shown, names[:MOST_NAMED])) + more
