"""The effective number of different records in a sample, given how similar its records are to each other.

The effective number is one over the mean similarity of two records drawn with replacement: k equally frequent, well
separated kinds give k. It is the Vendi score of order 2 (Rényi kernel entropy) and, where only equal records are alike,
the inverse of Simpson's concentration.

Reference: Simpson 1949, doi:10.1038/163688a0; Jalali, Li & Farnia 2023 (RKE), Advances in Neural Information
Processing Systems 36.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..where import kernel_device
from .kernel_sums import PairSums, gaussian_kernel, pair_sums

Values = NDArray[np.float64]

_STEPS = 40


@dataclass(frozen=True, slots=True)
class Similarity:
    """Mean similarity of two different records, with what its uncertainty is computed from.

    Args:
        mean: in [0, 1].
        linear: variance of a record's own mean similarity; it counts four times per record.
        pair: variance of the similarity of a pair; it counts twice per pair.
        n: records.
        own: (n,), mean similarity of each record to the others.
    """

    mean: float
    linear: float
    pair: float
    n: int
    own: Values

    def effective_number(self, at: int) -> float:
        """Of a sample of `at` records, each of which is also alike to itself; in [1, at]."""
        # Rounding makes 1 / (1 / 98) more than 98.
        return min(1 / (1 / at + (1 - 1 / at) * self.mean), float(at))

    def log_variance(self, at: int, *, drawn: int | None = None) -> float:
        """Variance of the logarithm of `effective_number(at)`, were it computed from `drawn` records (all of them).

        Never below that of a sample without any difference, or any likeness, that two more records could have changed.
        """
        n = self.n if drawn is None else drawn
        total = 4 * self.linear / n + 2 * self.pair / (n * (n - 1))
        floor = 4 / n**2 * (self.mean**2 + 4 / n**2)
        return max(total, floor) * ((1 - 1 / at) * self.effective_number(at)) ** 2


def similarity_width(*, reference: Values, kinds: float, rng: np.random.Generator, most: int = 1000) -> float:
    """The width w at which the records of `reference` have about `kinds` effective kinds under exp(−|x − y|² / 2w²).

    Two different records are then alike to 1 / kinds on average. Where there are at most as many different records as
    kinds, only equal ones are alike. Rests on at most `most` records.

    Args:
        reference: (n, d) records.
        kinds: how many effective kinds, above 1.
        rng: chooses the records.
        most: how many of them are compared.

    Raises:
        ValueError: if all records are equal.
    """
    from scipy.spatial.distance import pdist

    chosen = reference if len(reference) <= most else reference[np.sort(rng.permutation(len(reference))[:most])]
    squared = pdist(chosen, "sqeuclidean")
    largest = float(squared.max())
    if largest <= 0:
        raise ValueError("expected records that differ, got equal ones only")
    apart = squared[squared > 1e-18 * largest]
    if len(np.unique(chosen, axis=0)) <= kinds:
        return math.sqrt(float(apart.min())) / 8
    low, high = math.sqrt(float(apart.min())) / 8, math.sqrt(largest) * kinds
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        wider = float(np.exp(apart * (-0.5 / middle**2)).mean()) < 1 / kinds
        low, high = (middle, high) if wider else (low, middle)
    return math.sqrt(low * high)


def mean_similarity(points: Values, *, width: float, device: str | None = None) -> Similarity:
    """Of the rows of `points`, finite (n, d), n of at least 4."""
    return _summed(pair_sums(points, None, gaussian_kernel(width), device))


def similarity_matrix(points: Values, *, width: float, device: str | None = None) -> Values:
    """The kernel (n, n) whose squares are the similarities, so that its Vendi score of order 2 is the same number."""
    import torch

    rows = torch.as_tensor(points, device=device or kernel_device())
    # The square root of a Gaussian is one that is √2 times as wide.
    matrix: Values = gaussian_kernel(width * math.sqrt(2))(rows, rows).fill_diagonal_(1).cpu().numpy()
    return matrix


def _summed(sums: PairSums) -> Similarity:
    n = len(sums.rows)
    own = sums.rows / (n - 1)
    mean = float(own.mean())
    pair = max(0.0, sums.squares / (n * (n - 1)) - mean**2)
    # A record's mean over n − 1 others varies by chance as well: Hoeffding's decomposition takes that off.
    linear = (float(own.var(ddof=1)) - pair / (n - 1)) / (1 - 2 / (n - 1))
    return Similarity(mean, max(0.0, linear), pair, n, own)
