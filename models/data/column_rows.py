"""Rows of a table as states and numbers of its columns, and back.

Numbers come back inside the range and on the grid of the training data: whole numbers whole, and prices with two
decimals. Order of columns, dtypes and categories come back as they were.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .columns import AS_GIVEN, NULLABLE, NUMBERS, Column, numbers_of, on_decimals


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of a table, column by column.

    Args:
        states: int64 (n, columns): the state; −1 where the column cannot be that; of many numbers 0 unless missing.
        numbers: float64 (n, columns): the number itself in columns of many numbers, elsewhere 0.
    """

    states: NDArray[np.int64]
    numbers: NDArray[np.float64]


def from_frame(columns: tuple[Column, ...], frame: Any, *, nearest: bool = False) -> Rows:
    """The rows of a `pandas.DataFrame` that has these columns, in any order.

    Args:
        columns: the columns.
        frame: the rows.
        nearest: take numbers that a column cannot be for the nearest that it can be, and refuse anything else that it
            cannot be: what a model is trained on must be possible.

    Raises:
        UserError: if a column is missing, numbers are not numbers, or with `nearest` a value is impossible.
    """
    absent = [str(column.name) for column in columns if column.name not in frame.columns]
    if absent:
        raise UserError(f"expected a table with the column {absent[0]!r}, got {', '.join(map(str, frame.columns))}")
    states = np.zeros((len(frame), len(columns)), dtype=np.int64)
    numbers = np.zeros((len(frame), len(columns)))
    for index, column in enumerate(columns):
        series = frame[column.name]
        if nearest and column.dtype in NUMBERS:
            series = _nearest(column, series)
        gone = series.isna().to_numpy(dtype=bool)
        if column.modes:
            values = numbers_of(series)
            within = (values >= column.low) & (values <= column.high)
            fits = within & _on_grid(np.where(within, values, 0.0), column)
            states[:, index] = np.where(fits, 0, -1)
            numbers[:, index] = np.where(fits, values, 0.0)
        else:
            known = {_key(value, column): state for state, value in enumerate(column.values)}
            states[:, index] = [known.get(_key(value, column), -1) for value in series.array]
        states[gone, index] = column.states - 1 if column.missing else -1
        if nearest and (states[:, index] < 0).any():
            value = series.array[int((states[:, index] < 0).argmax())]
            raise UserError(f"column {column.name!r}: expected values it is described by, got {value!r}")
    return Rows(states, numbers)


def to_frame(columns: tuple[Column, ...], states: NDArray[np.int64], distances: NDArray[np.float64]) -> Any:
    """A `pandas.DataFrame` of the columns' order and dtypes.

    Args:
        columns: the columns.
        states: (n, columns).
        distances: (n, columns), from the mean of the mode that the state is, in its deviations; elsewhere ignored.
    """
    import pandas as pd

    content = {}
    for index, column in enumerate(columns):
        state = states[:, index]
        gone = state == column.states - 1 if column.missing else np.zeros(len(state), dtype=bool)
        if column.modes:
            mode = np.array(column.modes)[np.where(gone, 0, state)]  # (n, 3)
            values = _tidy(column, mode[:, 1] + mode[:, 2] * distances[:, index])
        else:
            kind = object if column.dtype not in NUMBERS else None
            options = np.empty(len(column.values), dtype=kind or np.array(column.values).dtype)
            options[:] = column.values
            values = options[np.where(gone, 0, state)] if len(options) else np.zeros(len(state))
        content[column.name] = _series(column, values, gone)
    return pd.DataFrame(content)


def _nearest(column: Column, series: Any) -> Any:
    import pandas as pd

    values = numbers_of(series)
    if column.modes:
        values = _tidy(column, values)
    elif column.values:
        known = np.array(column.values, dtype=np.float64)
        near = np.abs(np.where(np.isnan(values), 0.0, values)[:, None] - known).argmin(axis=1)
        values = np.where(np.isnan(values), np.nan, known[near])
    return pd.Series(values, name=series.name)


def _series(column: Column, values: NDArray[Any], gone: NDArray[np.bool_]) -> Any:
    """A `pandas.Series` of the column's dtype, missing where `gone`."""
    import pandas as pd

    if column.dtype == "category":
        listed = pd.Series(list(column.categories), dtype=column.inner).to_numpy(dtype=object)
        places = {repr(value): place for place, value in enumerate(column.categories)}
        codes = np.array([-1 if no else places[repr(value)] for value, no in zip(values, gone, strict=True)], dtype=int)
        dtype = pd.CategoricalDtype(pd.Index(listed, dtype=column.inner), ordered=column.ordered)
        return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype))
    if not gone.any():
        return pd.Series(values).astype(column.dtype)
    values = values.astype(object)
    values[gone] = math.nan if column.dtype in NUMBERS - NULLABLE else None
    return pd.Series(pd.array(values, dtype=column.dtype) if column.dtype in NULLABLE else values).astype(column.dtype)


def _tidy(column: Column, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers inside the column's range and on its grid."""
    inside = values.clip(column.low, column.high)
    return inside if column.decimals == AS_GIVEN else inside.round(column.decimals).clip(column.low, column.high)


def _on_grid(values: NDArray[np.float64], column: Column) -> NDArray[np.bool_]:
    if column.decimals == AS_GIVEN:
        return np.ones(len(values), dtype=bool)
    return on_decimals(values, column.decimals, column.dtype)


def _key(value: Any, column: Column) -> object:
    """What tells values apart: `True`, 1 and "1" differ, but numbers of a column of numbers compare as numbers."""
    plain = value.item() if isinstance(value, np.generic) else value
    if column.dtype in NUMBERS:
        return plain if isinstance(plain, int | float) else None
    return repr(plain)
