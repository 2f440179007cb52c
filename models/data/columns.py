"""What a generator of tables must know of each column, so that rows can become numbers: see `column_rows`.

A column is a series of *states*. Of a column of values (text, truth values, categories, numbers that take few values),
each value is a state. Of a column of many numbers, each mode of a Gaussian mixture is a state, and beside it stands the
number's distance from the mode's mean in its deviations. Whether a value is missing is one more state of either.

Reference: Xu et al. 2019, Modeling tabular data using conditional GAN, arXiv:1907.00503 (section 4.2, mode-specific
normalisation).
"""

import math
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import check_number, check_whole
from ..errors import UserError
from .column_modes import MOST_MODES, Mode, fit_modes

Value = str | bool | int | float
Spec = tuple[Any, ...]
"""The fields of a `Column` in their order, as JSON can hold them."""

MOST_COLUMNS = 1000
MOST_VALUES = 1000
FEW_NUMBERS, OFTEN = 20, 5
"""Numbers with at most so many different values, each so often on average, are values, with a state of their own."""
MOST_DECIMALS = 6
AS_GIVEN = -1
"""`decimals` of numbers that lie on no grid."""
REACH = 4.0
"""Deviations from a mode's mean that are 1 in the encoding."""

NUMBERS = frozenset(
    [f"{sign}{kind}{bits}" for bits in (8, 16, 32, 64) for sign, kind in (("", "int"), ("u", "int"), ("", "Int"))]
    + [f"UInt{bits}" for bits in (8, 16, 32, 64)]
    + ["float16", "float32", "float64", "Float32", "Float64"]
)
DTYPES = NUMBERS | {"bool", "boolean", "str", "string", "object", "category"}
NULLABLE = frozenset(name for name in NUMBERS if name[0] in "IUF") | {"boolean", "string"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        name: its label.
        dtype: of pandas, by name.
        values: what it can be; of a column of many numbers, empty.
        modes: of a column of many numbers, its mixture; else empty.
        low, high: of many numbers, the range of the training data.
        decimals: of many numbers, the places they are rounded to, or `AS_GIVEN`.
        missing: whether a value may be missing.
        categories: of dtype `category`, all of them, in order, used or not.
        inner: of dtype `category`, the dtype of its categories.
        ordered: of dtype `category`, whether their order means anything.
    """

    name: str | int
    dtype: str
    values: tuple[Value, ...] = ()
    modes: tuple[Mode, ...] = ()
    low: float = 0.0
    high: float = 0.0
    decimals: int = AS_GIVEN
    missing: bool = False
    categories: tuple[Value, ...] = ()
    inner: str = ""
    ordered: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str | int) or self.dtype not in DTYPES:
            raise ValueError(f"expected a column of a known dtype, got {self.dtype!r}")
        if not isinstance(self.missing, bool) or not isinstance(self.ordered, bool):
            raise ValueError(f"expected missing and ordered of column {self.name!r} as true or false")
        for values in (self.values, self.categories):
            if not isinstance(values, tuple) or not all(isinstance(value, Value) for value in values):
                raise ValueError(f"expected the values of column {self.name!r} as text, truth values or numbers")
        check_whole(f"values of column {self.name!r} plus one", len(self.values) + 1, MOST_VALUES + 1)
        check_whole(f"modes of column {self.name!r} plus one", len(self.modes) + 1, MOST_MODES + 1)
        if (self.values and self.modes) or not self.states:
            raise ValueError(f"expected column {self.name!r} to have either values or modes")
        if len(set(map(repr, self.values))) < len(self.values):
            raise ValueError(f"expected the values of column {self.name!r} to differ")
        check_number("low", self.low, -1e300, 1e300)
        check_number("high", self.high, self.low, 1e300)
        if isinstance(self.decimals, bool) or self.decimals not in range(AS_GIVEN, MOST_DECIMALS + 1):
            raise ValueError(f"expected decimals from {AS_GIVEN} to {MOST_DECIMALS}, got {self.decimals!r}")
        if self.modes and self.dtype not in NUMBERS:
            raise ValueError(f"expected column {self.name!r} with modes to be of numbers, got {self.dtype}")
        for mode in self.modes:
            check_number("the weight of a mode", mode.weight, 0, 1)
            check_number("the mean of a mode", mode.mean, -1e300, 1e300)
            check_number("the deviation of a mode", mode.deviation, 1e-300, 1e300)

    @property
    def states(self) -> int:
        """How many states it has; where values may be missing, the last one says so."""
        return len(self.values) + len(self.modes) + self.missing

    @property
    def step(self) -> float:
        """The distance between neighbouring numbers, 0 where they lie on no grid."""
        return 0.0 if self.decimals == AS_GIVEN else 10.0**-self.decimals


def describe(frame: Any) -> tuple[Spec, ...]:
    """What must be known of the columns of a `pandas.DataFrame`, as nested tuples for a configuration.

    Raises:
        UserError: if a column is empty, of dates or of text that hardly repeats, infinite, or if names repeat.
    """
    if not 1 <= len(frame.columns) <= MOST_COLUMNS:
        raise UserError(f"expected a table of 1 to {MOST_COLUMNS} columns, got {len(frame.columns)}")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise UserError(f"expected columns of different names, got {twice!r} twice; rename one of them")
    return tuple(astuple(_column(name, frame[name])) for name in frame.columns)


def read_columns(specs: object) -> tuple[Column, ...]:
    """The columns that a configuration describes.

    Raises:
        ValueError: if it describes none, too many, or one that no table has.
    """
    if not isinstance(specs, tuple) or not 1 <= len(specs) <= MOST_COLUMNS:
        raise ValueError(f"expected 1 to {MOST_COLUMNS} columns")
    columns = []
    for spec in specs:
        if not isinstance(spec, tuple) or len(spec) != len(Column.__slots__):
            raise ValueError(f"expected {len(Column.__slots__)} facts of a column")
        facts = dict(zip(Column.__slots__, spec, strict=True))
        if not isinstance(facts["modes"], tuple) or not all(
            isinstance(mode, tuple) and len(mode) == 3 for mode in facts["modes"]
        ):
            raise ValueError("expected each mode of a column as weight, mean and deviation")
        columns.append(Column(**{**facts, "modes": tuple(Mode(*mode) for mode in facts["modes"])}))
    if len({repr(column.name) for column in columns}) < len(columns):
        raise ValueError("expected columns of different names")
    return tuple(columns)


def _column(name: Any, series: Any) -> Column:
    dtype = str(series.dtype)
    name = name.item() if isinstance(name, np.generic) else name
    if dtype not in DTYPES:
        raise UserError(f"column {name!r}: expected numbers, text, truth values or categories, got {dtype}; convert it")
    present = series[series.notna()]
    missing = len(present) < len(series)
    facts: dict[str, Any] = {"missing": missing}
    if dtype == "category":
        kept = series.cat.categories
        facts |= {"inner": str(kept.dtype), "ordered": bool(series.cat.ordered)}
        facts["categories"] = tuple(_plain(value, name) for value in kept)
    if dtype in NUMBERS:
        values = numbers_of(present)
        if np.isinf(values).any():
            raise UserError(f"column {name!r}: expected finite numbers, got infinite ones; leave them empty")
        different = len(np.unique(values))
        if different > min(FEW_NUMBERS, len(values) / OFTEN):
            decimals = _decimals(values, dtype)
            step = 0.0 if decimals == AS_GIVEN else 10.0**-decimals
            facts |= {"low": float(values.min()), "high": float(values.max()), "decimals": decimals}
            return Column(name, dtype, modes=fit_modes(values, step=step), **facts)
    # Of objects pandas takes True and 1 for one value.
    occurring = present.array if dtype == "object" else present.unique()
    distinct = {repr(plain): plain for plain in (_plain(value, name) for value in occurring)}
    if not distinct and not missing:
        raise UserError(f"column {name!r}: expected values, got none; leave the column out")
    if len(distinct) > MOST_VALUES:
        raise UserError(
            f"column {name!r}: expected at most {MOST_VALUES} different values, got {len(distinct)}; "
            "leave the column out, or group its values"
        )
    return Column(name, dtype, values=tuple(distinct[key] for key in sorted(distinct)), **facts)


def numbers_of(series: Any) -> NDArray[np.float64]:
    """The values of a `pandas.Series`, NaN where they are missing.

    Raises:
        UserError: if they are no numbers.
    """
    try:
        numbers: NDArray[np.float64] = series.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise UserError(f"column {series.name!r}: expected numbers, got {series.dtype}; convert it") from error
    return numbers


def _decimals(values: NDArray[np.float64], dtype: str) -> int:
    """The fewest decimals that give every value back, `AS_GIVEN` where there are none such."""
    for decimals in range(MOST_DECIMALS + 1):
        # Finer than the dtype can tell apart, everything would lie on the grid.
        coarse = 10.0**-decimals > 100 * _precision(dtype) * np.abs(values).max(initial=0)
        if coarse and on_decimals(values, decimals, dtype).all():
            return decimals
    return AS_GIVEN


def on_decimals(values: NDArray[np.float64], decimals: int, dtype: str) -> NDArray[np.bool_]:
    """Which values have no more decimals than these, as far as the dtype can tell."""
    fits: NDArray[np.bool_] = np.abs(values - values.round(decimals)) <= _precision(dtype) * np.abs(values)
    return fits


def _precision(dtype: str) -> float:
    """How well the dtype tells numbers apart, as a share of them."""
    return {"float16": 1e-3, "float32": 1e-6}.get(dtype.lower(), 1e-13)


def _plain(value: Any, name: Any) -> Value:
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, Value) or (isinstance(plain, float) and not math.isfinite(plain)):
        kind = type(plain).__name__
        raise UserError(f"column {name!r}: expected text, truth values or numbers, got {kind}; convert it")
    return plain
