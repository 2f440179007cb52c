"""Relations between columns that every real record keeps, found in the data: candidates for constraints.

Two kinds are looked for: one column decides another (an education and its code), and one number never exceeds another.
A relation that holds in all real records may still be chance; how surely, its support says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number

MOST_COLUMNS = 40
"""Pairs grow with the square; beyond so many columns only the first are paired."""

MOST_VALUES = 100
"""Values of a column that may decide another."""

LEAST_REPEATS = 10
"""Records a value of the deciding column must have on average, or it decides everything trivially."""


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A relation, and which records break it: of the generated (n,) and of the held-out real ones (h,)."""

    text: str
    generated: NDArray[np.bool_]
    holdout: NDArray[np.bool_]


def relations(generated: Any, reference: Any, holdout: Any) -> list[Relation]:
    """All relations of the two kinds that hold without exception in the reference."""
    names = list(reference.columns[:MOST_COLUMNS])
    tables = [reference, generated, reference.iloc[:0] if holdout is None else holdout]
    codes = {name: _codes([each[name] for each in tables]) for name in names}
    pairs = [(one, other) for one in names if _may_decide(codes[one][0]) for other in names if other != one]
    candidates = [_decides(f"{one} decides {other}", codes[one], codes[other]) for one, other in pairs]
    numbers = {
        name: _numbers([each[name] for each in tables])
        for name in names
        if is_number(reference[name]) and reference[name].nunique() > 2
    }
    for low, high in permutations(numbers, 2):
        candidates.append(_never_exceeds(f"{low} ≤ {high}", numbers[low], numbers[high]))
    return [each for each in candidates if each is not None]


def _codes(columns: Sequence[Any]) -> list[NDArray[np.int64]]:
    """A column of several tables as whole numbers, which are equal where the values are equal texts."""
    import pandas as pd

    texts = [each.astype(object).where(each.notna(), "(missing)").astype(str) for each in columns]
    codes, _ = pd.factorize(pd.concat(texts, ignore_index=True))
    return np.split(codes.astype(np.int64), np.cumsum([len(each) for each in columns])[:-1])


def _numbers(columns: Sequence[Any]) -> list[Any]:
    """A column of several tables with what is no number missing: a generator may give anything."""
    import pandas as pd

    return [pd.to_numeric(each, errors="coerce") for each in columns]


def _may_decide(codes: NDArray[np.int64]) -> bool:
    values = len(np.unique(codes))
    return 2 <= values <= MOST_VALUES and len(codes) >= LEAST_REPEATS * values


def _decides(text: str, one: Sequence[NDArray[np.int64]], other: Sequence[NDArray[np.int64]]) -> Relation | None:
    """Whether each value of one column goes with one of the other in the first table; who breaks it in the rest."""
    (deciding, *those), (decided, *these) = one, other
    # Those that the first table lacks decide nothing.
    told = np.full(1 + max(int(codes.max(initial=0)) for codes in one), -1)
    told[deciding] = decided
    if decided.min() == decided.max() or (told[deciding] != decided).any():
        return None
    broken = [(told[a] >= 0) & (told[a] != b) for a, b in zip(those, these, strict=True)]
    return Relation(text, *broken)


def _never_exceeds(text: str, low: Sequence[Any], high: Sequence[Any]) -> Relation | None:
    above, *broken = ((a > b).to_numpy(dtype=bool, na_value=False) for a, b in zip(low, high, strict=True))
    # Columns whose ranges do not even meet are ordered by their units, not by a relation.
    apart = low[0].max() <= high[0].min()
    return None if above.any() or apart else Relation(text, *broken)
