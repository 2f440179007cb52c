"""Columns of a table as scores whose correlations show dependence: ranks of numbers, parts of categories."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_CONSTANT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of numbers.

    Args:
        values: float64 (n,), NaN where one is missing.
        folded: whether the distance of the rank from the middle is a score, too; it shows dependence that is not
            monotone.
        missing: whether one more score tells where numbers are missing.
    """

    values: Values
    folded: bool = True
    missing: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A column of categories.

    Args:
        codes: int64 (n,), the level of each record.
        shown: levels that have a score; of two that exclude each other one is enough.
    """

    codes: NDArray[np.int64]
    shown: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """How a column of numbers orders the records, for what a rank owes to the other records.

    Args:
        order: positions of the records that have a number, ascending.
        first: for each of these, how many lie below it.
        last: likewise, how many lie below it or equal it.
        share: mid-ranks as shares, in the same order.
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    share: Values


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Standardised scores of one set of records.

    Args:
        matrix: float64 (F, n); each row has mean 0 and mean square 1, or is 0 throughout where the score is constant.
        slopes: for each row the derivative of the score with respect to the rank, (n,), and the order behind it; None
            for parts, which no other record moves.
    """

    matrix: Values
    slopes: tuple[tuple[Values, Ordered] | None, ...]


_Score = tuple[Values, tuple[Values, Ordered] | None]
"""A standardised score, and its slope with the order behind it where it is made of ranks."""


def scores(columns: Sequence[Numbers | Levels]) -> Scores:
    """Scores of each column in turn: of numbers the rank, its distance from the middle, and where one is missing.

    Of categories the indicator of each level shown. Missing numbers lie in the middle of both scores of ranks.
    """
    rows: list[Values] = []
    slopes: list[tuple[Values, Ordered] | None] = []
    for column in columns:
        if isinstance(column, Levels):
            parts: list[_Score] = [_indicator(column.codes == level) for level in column.shown]
        else:
            parts = _ranked(column.values)[: 2 if column.folded else 1]
            if column.missing:
                parts.append(_indicator(np.isnan(column.values)))
        rows += [row for row, _ in parts]
        slopes += [slope for _, slope in parts]
    return Scores(np.stack(rows), tuple(slopes))


def score_count(column: Numbers | Levels) -> int:
    """How many scores a column gives."""
    return len(column.shown) if isinstance(column, Levels) else 1 + column.folded + column.missing


def _indicator(flags: NDArray[np.bool_]) -> _Score:
    return _standard(flags.astype(np.float64))[0], None


def _ranked(values: Values) -> list[_Score]:
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    ascending = values[order]
    first = np.searchsorted(ascending, ascending, side="left")
    last = np.searchsorted(ascending, ascending, side="right")
    share = (first + last) / (2 * max(len(order), 1))
    ordered = Ordered(order, first, last, share)
    side = np.sign(share - 0.5)
    ranks: list[_Score] = []
    for score, slope in ((share, np.ones(len(share))), (np.abs(2 * share - 1), 2 * side)):
        placed = np.full(len(values), score.mean() if len(score) else 0.0)
        placed[order] = score
        row, deviation = _standard(placed)
        steep = np.zeros(len(values))
        steep[order] = slope / deviation if deviation > 0 else 0.0
        ranks.append((row, (steep, ordered)))
    return ranks


def _standard(values: Values) -> tuple[Values, float]:
    """The values less their mean over their standard deviation, which is 0 where they are constant."""
    centred = values - values.mean()
    deviation = float(np.sqrt(np.mean(centred**2)))
    if deviation <= _CONSTANT:
        return np.zeros(len(values)), 0.0
    return centred / deviation, deviation
