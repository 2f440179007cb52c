"""Relations between columns that every real record keeps, found in the data: candidates for constraints.

Two kinds are looked for: one column decides another (an education and its code), and one number never exceeds another.
A relation that holds in all real records may still be chance; how surely, its support says.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    held = reference.iloc[:0] if holdout is None else holdout
    texts = {name: [_texts(each[name]) for each in (reference, generated, held)] for name in names}
    found = [
        relation
        for one in names
        if _may_decide(texts[one][0])
        for other in names
        if other != one and (relation := _decides(str(one), str(other), texts[one], texts[other])) is not None
    ]
    numbers = [name for name in names if _is_number(reference[name]) and reference[name].nunique() > 2]
    for low in numbers:
        for high in numbers:
            relation = _never_exceeds(low, high, [generated, reference, held]) if low != high else None
            found += [relation] if relation is not None else []
    return found


def _texts(column: Any) -> NDArray[np.str_]:
    texts: NDArray[np.str_] = column.astype(object).where(column.notna(), "(missing)").astype(str).to_numpy(dtype=str)
    return texts


def _may_decide(texts: NDArray[np.str_]) -> bool:
    values = len(np.unique(texts))
    return 2 <= values <= MOST_VALUES and len(texts) >= LEAST_REPEATS * values


def _decides(one: str, other: str, a: list[NDArray[np.str_]], b: list[NDArray[np.str_]]) -> Relation | None:
    if len(np.unique(b[0])) < 2 or len(np.unique(np.char.add(np.char.add(a[0], "\x1f"), b[0]))) > len(np.unique(a[0])):
        return None
    decided = dict(zip(a[0].tolist(), b[0].tolist(), strict=True))
    broken = [
        np.array([decided.get(x, y) != y for x, y in zip(p.tolist(), q.tolist(), strict=True)], dtype=bool)
        for p, q in ((a[1], b[1]), (a[2], b[2]))
    ]
    return Relation(f"{one} decides {other}", broken[0], broken[1])


def _never_exceeds(low: Any, high: Any, tables: list[Any]) -> Relation | None:
    generated, reference, held = ((each[low] > each[high]).to_numpy(dtype=bool, na_value=False) for each in tables)
    # Columns whose ranges do not even meet are ordered by their units, not by a relation.
    apart = tables[1][low].max() <= tables[1][high].min()
    return None if reference.any() or apart else Relation(f"{low} ≤ {high}", generated, held)


def _is_number(column: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))
