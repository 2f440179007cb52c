"""Which columns of a table carry the gap of an outcome between two groups, by an additive surrogate of its rows.

The surrogate is least squares on the group and on every other column in levels: categories, or fifths of a number. Its
Shapley values are known in closed form, and because it has the group among its terms its residuals have mean 0 in both
groups: the columns' gaps add up to the outcome's own gap exactly.

Reference: Gelbach 2016, doi:10.1086/683668; Oaxaca 1973, doi:10.2307/2525981 (gaps put down to covariates); Lundberg &
Lee 2017, arXiv:1705.07874 (Shapley values of linear models).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number
from .kind import ColumnRows
from .swapping import swapped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIFTHS = 5
LEVELS = 20
"""Levels of a column that are told apart at most; the rarest count as one."""

FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Rows of two groups in levels: `levels` int64 (n, P), the group first; `sizes` (P,), how many levels there are."""

    levels: Ints
    sizes: tuple[int, ...]

    @property
    def side(self) -> Ints:
        """The group of each row, (n,)."""
        return self.levels[:, 0]

    def blocks(self) -> list[slice]:
        """The columns of `design` that each column of the table has."""
        ends = np.cumsum([0, *(size - 1 for size in self.sizes)]).tolist()
        return [slice(start, end) for start, end in pairwise(ends)]

    def design(self, levels: Ints | None = None) -> Floats:
        """An indicator of each level but the first, float64 (n, D); the group's is 1 for the first side."""
        levels = self.levels if levels is None else levels
        parts = [
            (levels[:, [at]] == (np.arange(1, size) if at else np.array([0]))).astype(np.float64)
            for at, size in enumerate(self.sizes)
        ]
        return np.hstack(parts)


def coded(frames: Sequence[Any], columns: Sequence[Any], sides: Sequence[Ints]) -> list[Coded]:
    """Tables of the same columns in the same levels, which the last table, the real rows, decides.

    Args:
        frames: tables.
        columns: those that are looked at beside the group.
        sides: int64 (n,) of each table, the group of each row.
    """
    parts: list[list[Ints]] = [[side] for side in sides]
    sizes = [2]
    for column in columns:
        levels, size = _levels([frame[column] for frame in frames])
        for part, each in zip(parts, levels, strict=True):
            part.append(each)
        sizes.append(size)
    return [Coded(np.stack(part, axis=1), tuple(sizes)) for part in parts]


def _levels(series: Sequence[Any]) -> tuple[list[Ints], int]:
    import pandas as pd

    if all(is_number(each) for each in series) and series[-1].nunique() > LEVELS:
        numbers = [each.to_numpy(dtype=np.float64, na_value=np.nan) for each in series]
        known = numbers[-1][np.isfinite(numbers[-1])]
        edges = np.unique(np.quantile(known, np.arange(1, FIFTHS) / FIFTHS))
        places = [np.where(np.isnan(each), len(edges) + 1, np.searchsorted(edges, each, "right")) for each in numbers]
        return [each.astype(np.int64) for each in places], len(edges) + 2
    texts = [each.astype(object).where(each.notna(), "(missing)").map(str) for each in series]
    names = pd.concat(texts).value_counts().index[:LEVELS].tolist()
    places_of = {name: at for at, name in enumerate(sorted(names))}
    return [each.map(places_of).fillna(len(names)).to_numpy(dtype=np.int64) for each in texts], len(names) + 1


def column_rows(rows: Coded, outcome: Floats, rng: np.random.Generator) -> ColumnRows:
    """What the columns carry in these rows.

    Args:
        rows: the rows of two groups.
        outcome: float64 (n,), 1 where a row has the outcome.
        rng: deals out folds, partners and, for the control, the groups' names.
    """
    folds = rng.permutation(len(outcome)) % FOLDS
    attributions, influence = _decomposed(rows, outcome)
    return ColumnRows(
        outcome=outcome,
        side=rows.side,
        attributions=attributions,
        influence=influence,
        permuted=_permuted(rows, outcome, rng),
        **swapped(rows.levels, outcome, rng, additive=_out_of_fold(rows, outcome, folds)),
    )


def _decomposed(rows: Coded, outcome: Floats) -> tuple[Floats, Floats]:
    """Shapley values (n, P), and the influence of each row on each column's gap (n, P)."""
    design, side, n = rows.design(), rows.side, len(outcome)
    centred = design - design.mean(axis=0)
    inverse = np.linalg.pinv(centred.T @ centred / n, rcond=1e-9, hermitian=True)
    weights = inverse @ (centred.T @ (outcome - outcome.mean())) / n
    residuals = outcome - outcome.mean() - centred @ weights
    own = [side == each for each in (0, 1)]
    means = np.stack([design[each].mean(axis=0) for each in own])
    # How the two means of each term move with a row, and how its weight does.
    moved = np.where(own[0][:, None], (design - means[0]) / own[0].mean(), -(design - means[1]) / own[1].mean())
    bent = (centred @ inverse) * residuals[:, None]
    step = means[0] - means[1]
    terms, values = moved * weights + bent * step, centred * weights
    blocks = rows.blocks()
    return (
        np.stack([values[:, block].sum(axis=1) for block in blocks], axis=1),
        np.stack([terms[:, block].sum(axis=1) for block in blocks], axis=1),
    )


def _permuted(rows: Coded, outcome: Floats, rng: np.random.Generator) -> Floats:
    """The columns' gaps, (P,), between two groups that mean nothing."""
    levels = rows.levels.copy()
    levels[:, 0] = rng.permutation(levels[:, 0])
    attributions, _ = _decomposed(Coded(levels, rows.sizes), outcome)
    gaps: Floats = attributions[levels[:, 0] == 0].mean(axis=0) - attributions[levels[:, 0] == 1].mean(axis=0)
    return gaps


def _out_of_fold(rows: Coded, outcome: Floats, folds: Ints) -> Floats:
    """What the additive surrogate predicts for rows that it was not fitted to, (n,)."""
    design = np.hstack([np.ones((len(outcome), 1)), rows.design()])
    told = np.empty(len(outcome))
    for fold in range(FOLDS):
        rest = folds != fold
        weights = np.linalg.lstsq(design[rest], outcome[rest], rcond=1e-9)[0]
        told[~rest] = design[~rest] @ weights
    return told


def matched(rows: Coded, outcome: Floats, rng: np.random.Generator) -> Floats:
    """By side and row, (2, n), scores whose means are the outcome where all other columns are as in all rows.

    Rows are weighted by how rare their group is among rows like them, and the additive surrogate takes up what the
    weights leave: the mean is right if either of the two is.

    Reference: Robins, Rotnitzky & Zhao 1994, doi:10.1080/01621459.1994.10476818; Chernozhukov et al. 2018,
    doi:10.1111/ectj.12097 (folds).
    """
    from sklearn.linear_model import LogisticRegression

    folds, side = rng.permutation(len(outcome)) % FOLDS, rows.side
    design = rows.design()
    told, chance = np.empty((2, len(outcome))), np.empty(len(outcome))
    for fold in range(FOLDS):
        rest, own = folds != fold, folds == fold
        full = np.hstack([np.ones((len(outcome), 1)), design])
        weights = np.linalg.lstsq(full[rest], outcome[rest], rcond=1e-9)[0]
        for each in (0, 1):
            full[own, 1] = 1.0 - each
            told[each, own] = full[own] @ weights
        if design.shape[1] > 1:
            odds = LogisticRegression(max_iter=500).fit(design[rest, 1:], side[rest])
            chance[own] = odds.predict_proba(design[own, 1:])[:, 1]
        else:
            chance[own] = side[rest].mean()
    chance = chance.clip(RAREST, 1 - RAREST)
    weights = np.stack([(side == 0) / (1 - chance), (side == 1) / chance])
    scores: Floats = told + weights * (outcome - told)
    return scores


RAREST = 0.02
"""The chance of a group among rows like it below which a row's weight grows no further."""
