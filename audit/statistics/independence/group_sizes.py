"""Numbers of groups by size, and the sizes that independent draws cannot give.

Put n independent draws from any distribution into cells, and let f_k be how many cells hold exactly k of them. With the
cells' probabilities p the expected f_k is C(n, k) Σ p^k (1 − p)^(n−k), and by Cauchy and Schwarz these sums are
log-convex in k. So, whatever the distribution,

    (E f_k)² ≤ κ_k · E f_(k−1) · E f_(k+1),   κ_k = (k + 1) (n − k + 1) / (k (n − k)).

Many pairs without the triples that go with them, or triples without pairs and fours, are no chance.

Given the total of the three counts and the difference of the outer two, the middle one has a known distribution at the
bound, as the heterozygotes have in a test of Hardy–Weinberg proportions: an exact test follows.

Reference: Haldane 1954, An exact test for randomness of mating, doi:10.1007/BF02985085 (the conditional distribution);
Efron & Thisted 1976, doi:10.1093/biomet/63.3.435 (counts of counts as moments of a mixed Poisson distribution).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval

Indices = NDArray[np.int64]

# Of the error that a test over all sizes may make, the part of pairs, which are the commonest; the rest is shared among
# larger groups so that the parts of all sizes add up to one.
_OF_PAIRS = 0.65
_DRAWS = 40_000


@dataclass(frozen=True, slots=True)
class Excess:
    """The size of groups that is hardest to reconcile with independent draws.

    Args:
        p_value: over all sizes; 1 where no two records share a group.
        members: records of each such group; 0 without groups.
        counts: groups with one member fewer, with that many, and with one more.
        factor: κ of the bound.
        records: n.
    """

    p_value: float
    members: int
    counts: tuple[int, int, int]
    factor: float
    records: int

    @property
    def share(self) -> float:
        """The share of records (0–1) in groups of that size beyond the number that independence allows."""
        return self._share(*self.counts)

    def chance(self) -> tuple[float, float]:
        """The shares that 95 % of independent samples at the bound with the same margins stay within, one-sided."""
        fewer, same, more = self.counts
        moves, weights = _conditional(fewer, same, more, self.factor)
        least = int(moves[np.searchsorted(np.cumsum(weights), 0.05)]) if len(moves) else 0
        return 0.0, self._share(fewer + least, same - 2 * least, more + least)

    def limits(self, levels: Sequence[float], rng: np.random.Generator) -> tuple[Interval, ...]:
        """Intervals of the share at ascending levels, nested, around the share.

        The counts vary as the limits of Poisson counts do, each end with the limits that make it the wider (Garwood).
        """
        low, high = self._drawn((1, 0, 1), rng), self._drawn((0, 1, 0), rng)
        lows = [min(self.share, float(np.quantile(low, (1 - level) / 2))) for level in levels]
        highs = [max(self.share, float(np.quantile(high, (1 + level) / 2))) for level in levels]
        return tuple(Interval(*each) for each in zip(levels, lows, highs, strict=True))

    def _drawn(self, more: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.float64]:
        # A gamma variable of shape c is the mean whose chance to show c or more is uniform; 0 where nothing was seen.
        shapes = [count + each for count, each in zip(self.counts, more, strict=True)]
        below, same, above = (rng.gamma(shape, size=_DRAWS) if shape else np.zeros(_DRAWS) for shape in shapes)
        share = self.members * (same - np.sqrt(self.factor * below * above)) / max(self.records, 1)
        return np.asarray(share.clip(0, 1), dtype=np.float64)

    def _share(self, fewer: int, same: int, more: int) -> float:
        allowed = math.sqrt(self.factor * fewer * more)
        return min(1.0, max(0.0, self.members * (same - allowed) / self.records))


def excess(sizes: Indices) -> Excess:
    """Test whether the sizes of the groups (all at least 1) can come from independent draws into cells."""
    n = int(sizes.sum())
    numbers = np.append(np.bincount(sizes), 0)
    best = Excess(1.0, 0, (0, 0, 0), 1.0, n)
    for members in np.flatnonzero(numbers[2:]) + 2:
        k = int(members)
        fewer, same, more = (int(each) for each in numbers[k - 1 : k + 2])
        factor = (k + 1) / k * (n - k + 1) / max(n - k, 1)
        p = min(1.0, too_many(fewer, same, more, factor=factor) / _part(k))
        if p < best.p_value or best.members == 0:
            best = Excess(p, k, (fewer, same, more), factor, n)
    return best


def too_many(fewer: int, same: int, more: int, *, factor: float) -> float:
    """The p-value of `same` groups or more where (E same)² is at most `factor` · E fewer · E more, in (0, 1].

    Args:
        fewer: groups of one member less.
        same: groups of the size in question.
        more: groups of one member more.
        factor: of the bound.
    """
    moves, weights = _conditional(fewer, same, more, factor)
    return float(min(1.0, weights[moves <= 0].sum()))


def smallest_share(records: int, *, alpha: float) -> float:
    """The smallest share of records (0–1) that, copied once each among otherwise different ones, has p below `alpha`.

    1 where the records are too few for any.
    """
    for pairs in range(1, records // 2 + 1):
        factor = 1.5 * (records - 1) / max(records - 2, 1)
        if too_many(records - 2 * pairs, pairs, 0, factor=factor) / _OF_PAIRS < alpha:
            return 2 * pairs / records
    return 1.0


def _part(members: int) -> float:
    return _OF_PAIRS if members == 2 else (1 - _OF_PAIRS) / ((members - 2) * (members - 1))


def _conditional(fewer: int, same: int, more: int, factor: float) -> tuple[Indices, NDArray[np.float64]]:
    """How far the counts may move along (1, −2, 1), and the probability of each at the bound, which sum to 1."""
    from scipy.special import gammaln

    moves = np.arange(-min(fewer, more), same // 2 + 1)
    logs = -(gammaln(fewer + moves + 1) + gammaln(same - 2 * moves + 1) + gammaln(more + moves + 1))
    logs -= moves * math.log(factor)
    weights = np.exp(logs - logs.max())
    return moves, weights / weights.sum()
