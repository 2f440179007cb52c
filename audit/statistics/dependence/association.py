"""Correlations of scores between columns, with what each record adds to each of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scores import Ordered, Scores, Values

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Associations:
    """Correlations of P pairs of scores in one set of n records.

    Args:
        values: float64 (P,), in [−1, 1]; 0 where a score is constant, which depends on nothing.
        influence: float32 (P, n), how far each record pulls each correlation, mean 0; the variance of a correlation is
            their mean square over n.
    """

    values: Values
    influence: NDArray[np.float32]

    @property
    def spread(self) -> Values:
        """Mean square of the influences, (P,): the variance of a correlation times n."""
        n = self.influence.shape[1]
        squares = np.einsum("pn,pn->p", self.influence, self.influence, dtype=np.float64)
        return np.asarray(squares / max(n - 1, 1), dtype=np.float64)


def score_pairs(column: Indices) -> tuple[Indices, Indices]:
    """All pairs of scores that belong to different columns, the first of each before the second.

    Args:
        column: the column of each score, (F,), ascending.
    """
    first, second = np.triu_indices(len(column), k=1)
    apart = column[first] != column[second]
    return first[apart], second[apart]


def associations(scores: Scores, first: Indices, second: Indices) -> Associations:
    """Correlations of pairs of scores and their influence functions.

    A rank depends on all records, so a record moves a rank correlation in two ways: by its own place, and by the ranks
    of the records above it. Both are counted.

    Args:
        scores: of one set of records.
        first: positions of one score of each pair, ascending.
        second: positions of the other.

    Reference: Hoeffding 1948, doi:10.1214/aoms/1177730196; Hampel 1974, doi:10.1080/01621459.1974.10482962.
    """
    z = scores.matrix
    n = z.shape[1]
    every = z @ z.T / n
    values = every[first, second]
    influence = np.empty((len(first), n), dtype=np.float32)
    starts = np.searchsorted(first, np.arange(len(z) + 1))
    square = z**2
    for at in range(len(z)):
        rows = slice(starts[at], starts[at + 1])
        others = second[rows]
        own = z[at] * z[others]
        own -= 0.5 * every[at, others][:, None] * (square[at] + square[others])
        influence[rows] = own
    for at, slope in enumerate(scores.slopes):
        if slope is not None:
            moved = _moved(z, at, every[at], *slope)
            rows = slice(starts[at], starts[at + 1])
            influence[rows] += moved[second[rows]]
            later = np.flatnonzero(second == at)
            influence[later] += moved[first[later]]
    influence -= influence.mean(axis=1, keepdims=True)
    return Associations(values, influence)


def _moved(z: Values, at: int, correlations: Values, slope: Values, ordered: Ordered) -> Values:
    """What each record does to the correlations of score `at` through the ranks of others, (F, n)."""
    order = ordered.order
    weights = slope[order] * (z[:, order] - correlations[:, None] * z[at, order])
    below = np.zeros((len(z), len(order) + 1))
    np.cumsum(weights, axis=1, out=below[:, 1:])
    # The sum over all records above, those equal counting half, less what the ranks themselves take off.
    above = below[:, -1:] - (below[:, ordered.first] + below[:, ordered.last]) / 2 - weights @ ordered.share[:, None]
    moved = np.zeros_like(z)
    moved[:, order] = above / max(len(order), 1)
    return moved
