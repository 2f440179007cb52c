"""A column's value taken from a row of the other group, all else kept: what a surrogate of trees then predicts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALVES = 2


def swapped(levels: Ints, outcome: Floats, rng: np.random.Generator, *, additive: Floats) -> dict[str, Any]:
    """`swapped` and `fit` of `ColumnRows`.

    Args:
        levels: int64 (n, P), rows in levels, the group first.
        outcome: float64 (n,).
        rng: deals out halves, of which each is asked of trees that were fitted to the other, and partners.
        additive: float64 (n,), what the additive surrogate predicts out of fold.
    """
    side, half = levels[:, 0], rng.permutation(len(outcome)) % HALVES
    partners = np.empty(len(outcome), dtype=np.int64)
    for each in (0, 1):
        partners[side == each] = rng.choice(np.flatnonzero(side != each), int((side == each).sum()))
    told = np.empty(len(outcome))
    moved = np.empty(levels.shape)
    for each in range(HALVES):
        own = np.flatnonzero(half == each)
        trees = _trees().fit(levels[half != each], outcome[half != each])
        told[own] = trees.predict(levels[own])
        for column in range(levels.shape[1]):
            changed = levels[own].copy()
            changed[:, column] = levels[partners[own], column]
            moved[own, column] = told[own] - trees.predict(changed)
    moved[side == 1] *= -1
    return {"swapped": moved, "fit": (_explained(outcome, additive), _explained(outcome, told))}


def _trees() -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(20, min_samples_leaf=25, max_features=0.5, random_state=0, n_jobs=1)


def _explained(outcome: Floats, told: Floats) -> float:
    total = float(np.square(outcome - outcome.mean()).sum())
    return 1 - float(np.square(outcome - told).sum()) / total if total else 0.0
