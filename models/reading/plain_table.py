"""A table that somebody's code made, in plain columns: numbers, truth values, dates, categories, and text."""

import math
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 2**63
"""Whole numbers beyond it have no room in 64 bits, and count as infinite."""


def plain_table(table: "pd.DataFrame") -> "pd.DataFrame":
    """The same rows without index, subclasses and extension types; values that are missing in any way are alike.

    Raises:
        ValueError: if columns have no names of their own, or hold what is no value of a table; it says which.
    """
    import pandas as pd

    names = list(table.columns)
    odd = next((name for name in names if isinstance(name, tuple) or not str(name)), None)
    if odd is not None or len(set(map(str, names))) < len(names):
        raise ValueError(f"columns {', '.join(map(repr, names[:5]))}, where each needs a name of its own, in one level")
    plain = [_column(table.iloc[:, at], str(name)) for at, name in enumerate(names)]
    return pd.DataFrame(dict(zip(map(str, names), plain, strict=True)))


def _column(column: "pd.Series[Any]", name: str) -> Any:
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        cells = dtype.categories.tolist()
        if [_cell(each, name) for each in cells] != cells:
            raise ValueError(f"categories in column {name!r} that are no texts or numbers")
        return column.array
    if (isinstance(dtype, np.dtype) and dtype.kind in "fiubM") or isinstance(dtype, pd.DatetimeTZDtype):
        return column.array
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        raise ValueError(f"{dtype} in column {name!r}")
    cells = [_cell(each, name) for each in column.astype(object).tolist()]
    plain = pd.Series(cells, dtype=object)
    return plain if isinstance(dtype, np.dtype) else plain.infer_objects()


def _cell(value: Any, name: str) -> Any:
    """One value in Python's own terms; None where it is missing."""
    import pandas as pd

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, Decimal):
        return _of_decimal(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= LARGEST:
        return math.copysign(math.inf, value > 0 or -1)
    if isinstance(value, str | int | float | bool | date):
        return value
    raise ValueError(f"a {type(value).__name__} in column {name!r}")


def _of_decimal(value: Decimal) -> float:
    try:
        return math.nan if value.is_nan() else float(value)
    except (InvalidOperation, OverflowError):
        return math.nan
