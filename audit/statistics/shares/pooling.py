"""Shares of cells of a cross table, drawn towards what the groups alone would give: partial pooling.

A cell of few records has a noisy share. If groups were independent, its share would be the product of theirs. The
counts get a Dirichlet prior around these products, whose weight is the one under which the counts are likeliest
(empirical Bayes): near independence small cells borrow much from it, far from it they keep their own. For display, not
for tests.

Reference: Good 1967, A Bayesian significance test for multinomial distributions,
doi:10.1111/j.2517-6161.1967.tb00693.x.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LIGHTEST, _HEAVIEST = 1.0, 1e8  # records that the prior may count for


@dataclass(frozen=True, slots=True)
class Pooled:
    """Smoothed shares in the shape of the counts, and how many records the prior counts for."""

    shares: Floats
    weight: float


def pooled_shares(counts: Ints) -> Pooled:
    """Smoothed shares of the cells of a cross table of two and more attributes, summing to 1.

    Args:
        counts: (K1, K2, …) records of each cell, at least one in all.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    centre = independent_shares(counts)
    n = int(counts.sum())
    kept = centre > 0  # a group without records has no cell with any
    x, p = counts[kept].astype(np.float64), centre[kept]

    def surprise(log_weight: float) -> float:
        weight = math.exp(log_weight)
        each = gammaln(x + weight * p) - gammaln(weight * p)
        return -float(gammaln(weight) - gammaln(weight + n) + each.sum())

    bounds = (math.log(_LIGHTEST), math.log(_HEAVIEST))
    weight = math.exp(float(minimize_scalar(surprise, bounds=bounds, method="bounded").x))
    return Pooled((counts + weight * centre) / (n + weight), weight)


def independent_shares(counts: Ints) -> Floats:
    """The product of the groups' own shares in every cell, in the shape of the counts."""
    total = float(counts.sum())
    axes = range(counts.ndim)
    margins: Sequence[Floats] = [
        counts.sum(axis=tuple(other for other in axes if other != axis), keepdims=True) / total for axis in axes
    ]
    product: Floats = np.ones(counts.shape)
    for margin in margins:
        product = product * margin
    return product
