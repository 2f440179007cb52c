"""Which columns of two tables are compared, and by which scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.data.identifier_columns import identifier_columns
from ....models.records import is_number
from ...statistics.dependence.scores import Levels, Numbers, score_count

LEAST_RECORDS = 20
"""Real records that a level must have to be looked at on its own."""

LEAST_SHARE = 0.05
"""And the share of the real records that they must be."""

_MOST_LEVELS = 8
# Where many records share a value, the middle of the ranks falls on a step, and distances from it move with each draw.
_MOST_TIED = 0.05
_OTHER, _MISSING = "(other)", "(missing)"

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One column of both tables under the same scores, and what a reader calls these."""

    name: str
    generated: Numbers | Levels
    reference: Numbers | Levels
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The columns that are compared, and why each of the others is not."""

    columns: tuple[Coded, ...]
    left_out: dict[str, str]


def choose(generated: Any, reference: Any, *, most_scores: int) -> Chosen:
    """Columns of two tables as scores that the reference alone defines.

    Levels that too few real records have are pooled. Where there would be too many scores, columns get fewer levels
    each; then numbers lose their second score; then the last columns are left out.

    Args:
        generated: a `pandas.DataFrame`.
        reference: one with the same columns.
        most_scores: over all columns.
    """
    columns: list[Coded] = []
    left_out: dict[str, str] = {}
    named = identifier_columns(reference)
    kept_names = [name for name in reference.columns if str(name) not in named]
    for most, folded in [*((levels, True) for levels in range(_MOST_LEVELS, 1, -1)), (2, False)]:
        coded = {str(name): _coded(generated[name], reference[name], str(name), most) for name in kept_names}
        columns = [_folded(each, folded) for each in coded.values() if isinstance(each, Coded)]
        left_out = {name: f"an identifier: {why}" for name, why in named.items()}
        left_out |= {name: each for name, each in coded.items() if isinstance(each, str)}
        if sum(score_count(each.reference) for each in columns) <= most_scores:
            return Chosen(tuple(columns), left_out)
    room = np.cumsum([score_count(each.reference) for each in columns]) <= most_scores
    left_out |= {each.name: "too many columns" for each, kept in zip(columns, room, strict=True) if not kept}
    return Chosen(tuple(each for each, kept in zip(columns, room, strict=True) if kept), left_out)


def _folded(column: Coded, folded: bool) -> Coded:
    if folded or not (isinstance(column.generated, Numbers) and isinstance(column.reference, Numbers)):
        return column
    if not column.reference.folded:
        return column
    return replace(
        column,
        generated=replace(column.generated, folded=False),
        reference=replace(column.reference, folded=False),
        labels=(column.labels[0], *column.labels[2:]),
    )


def _coded(generated: Any, reference: Any, name: str, most: int) -> Coded | str:
    """The column's scores, or why it has none."""
    least = max(LEAST_SHARE, LEAST_RECORDS / len(reference))
    if _ordered(reference) and reference.nunique() > 2:
        numbers = [_numbers(each) for each in (generated, reference)]
        absent = float(np.isnan(numbers[1]).mean())
        told = least <= absent <= 1 - least
        if absent > 1 - least:
            return "hardly any value"
        folded = float(reference.value_counts(normalize=True).max()) <= _MOST_TIED
        labels = [name, f"{name}, distance from its middle", f"{name} is missing"]
        kept_labels = tuple(each for each, has in zip(labels, (True, folded, told), strict=True) if has)
        sides = [Numbers(each, folded=folded, missing=told) for each in numbers]
        return Coded(name, sides[0], sides[1], kept_labels)
    texts = [_texts(each) for each in (generated, reference)]
    values, counts = np.unique(texts[1], return_counts=True)
    common = [str(values[at]) for at in np.argsort(-counts, kind="stable") if counts[at] >= least * len(reference)]
    if len(values) < 2:
        return "the same value in every real record"
    if not common:
        return f"{len(values):,} values, each in too few real records"
    kept = common[:most]
    rest = float((~np.isin(texts[1], kept)).mean())
    shown = list(range(len(kept)))
    names = [f"{name} = {value}" for value in kept]
    if rest >= least and len(kept) > 1:
        shown.append(len(kept))
        names.append(f"{name} = {_OTHER}")
    elif rest == 0 and len(kept) == 2:
        # The second of two levels is the mirror image of the first.
        shown, names = shown[:1], names[:1]
    levels = [Levels(_codes(each, kept), tuple(shown)) for each in texts]
    return Coded(name, levels[0], levels[1], tuple(names))


def _ordered(column: Any) -> bool:
    from pandas.api import types

    return is_number(column) or bool(types.is_datetime64_any_dtype(column))


def _numbers(column: Any) -> NDArray[np.float64]:
    """A column as numbers, times as well; what is none is missing."""
    import pandas as pd
    from pandas.api import types

    if types.is_datetime64_any_dtype(column):
        return np.where(column.isna(), np.nan, column.astype("int64").to_numpy(dtype=float))
    numbers = pd.to_numeric(column, errors="coerce")
    return np.asarray(numbers.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _texts(column: Any) -> NDArray[Any]:
    texts = column.astype(object).where(column.notna(), _MISSING).astype(str)
    return np.asarray(texts.to_numpy(dtype=object).astype(str))


def _codes(texts: NDArray[Any], kept: Sequence[str]) -> Codes:
    """Positions among the levels kept; one past their end for all others."""
    order = np.argsort(kept)
    ascending = np.array(kept)[order]
    at = np.minimum(np.searchsorted(ascending, texts), len(kept) - 1)
    return np.where(ascending[at] == texts, order[at], len(kept)).astype(np.int64)
