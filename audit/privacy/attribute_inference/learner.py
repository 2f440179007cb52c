"""The second attack of GA407: a learner that is fitted to generated rows guesses each column from all others."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...statistics.disclosure.nearest import Coded, Flags, agrees
from .columns import Secret

Floats = NDArray[np.float64]

MOST_LEVELS = 50
"""Levels of a category that the learner tells apart, the most frequent among generated rows; it guesses no other."""


def learned_hits(
    secrets: Sequence[Secret], donors: Coded, sides: Sequence[Coded], *, trees: int, rng: np.random.Generator
) -> list[Flags]:
    """Whether a forest that was fitted to generated rows guesses each secret of each person, (n, K) a side.

    The trees (extremely randomised, grown until every leaf is pure) know the generated rows by heart, so that a copy of
    a person gives their value away, and elsewhere they say what columns tell of each other. A number is guessed to be
    where most trees agree within its tolerance; that one is missing is never guessed.

    Args:
        secrets: the columns, numbers first.
        donors: generated rows.
        sides: people, learned from or not.
        trees: of each forest.
        rng: grows them.

    Reference: Geurts, Ernst & Wehenkel 2006, doi:10.1007/s10994-006-6226-1.
    """
    known, asked = _features(donors), [_features(each) for each in sides]
    found = [np.zeros((len(each), len(secrets)), dtype=np.bool_) for each in sides]
    numbers = donors.numbers.shape[1]
    for at, secret in enumerate(secrets):
        seed = int(rng.integers(2**31))
        rest = [np.delete(each, at, axis=1) for each in (known, *asked)]
        if secret.tolerance is None:
            guessed = _levels(rest, donors.levels[:, at - numbers], trees, seed)
            for side, flags, guess in zip(sides, found, guessed, strict=True):
                flags[:, at] = guess == side.levels[:, at - numbers]
            continue
        for side, flags, values in zip(
            sides, found, _numbers(rest, donors.numbers[:, at], secret.tolerance, trees, seed), strict=True
        ):
            flags[:, at] = agrees(values, side.numbers[:, at], secret.tolerance) & ~np.isnan(side.numbers[:, at])
    return found


def _features(rows: Coded) -> NDArray[np.float32]:
    """Columns as a tree splits them: a missing number lies below all others."""
    numbers = np.where(np.isnan(rows.numbers), -np.finfo(np.float32).max, rows.numbers)
    return np.concatenate([numbers, rows.levels], axis=1).astype(np.float32)


def _levels(
    rows: Sequence[NDArray[np.float32]], target: NDArray[np.int64], trees: int, seed: int
) -> list[NDArray[np.int64]]:
    from sklearn.ensemble import ExtraTreesClassifier

    values, counts = np.unique(target, return_counts=True)
    kept = values[np.argsort(-counts, kind="stable")[:MOST_LEVELS]]
    of = np.isin(target, kept)
    forest: Any = ExtraTreesClassifier(trees, random_state=seed).fit(rows[0][of], target[of])
    return [np.asarray(forest.predict(each), dtype=np.int64) for each in rows[1:]]


def _numbers(
    rows: Sequence[NDArray[np.float32]], target: Floats, tolerance: float, trees: int, seed: int
) -> list[Floats]:
    from sklearn.ensemble import ExtraTreesRegressor

    of = ~np.isnan(target)
    if not of.any():
        return [np.full(len(each), np.nan) for each in rows[1:]]
    forest: Any = ExtraTreesRegressor(trees, random_state=seed).fit(rows[0][of], target[of])
    return [densest(np.stack([tree.predict(each) for tree in forest.estimators_]), tolerance) for each in rows[1:]]


def densest(said: Floats, tolerance: float) -> Floats:
    """Of each column of (T, n) the entry that most others of the column lie near, the first of equally good ones.

    Args:
        said: what each of T trees says of n people.
        tolerance: within which two agree.
    """
    agreeing = np.stack([(np.abs(said - each) <= tolerance * (1 + 1e-9)).sum(axis=0) for each in said])
    chosen: Floats = np.take_along_axis(said, agreeing.argmax(axis=0)[None], axis=0)[0]
    return chosen
