"""Which of two paired scores is the larger, how often, and whether more often than by a coin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ...finding import LEVELS, Interval
from ..intervals import nested
from ..shares.binomial import clopper_pearson

Ties = Literal["drop", "split", "against"]
"""What a pair of equal scores counts as: no pair; half a preference; no preference for the first."""


@dataclass(frozen=True, slots=True)
class SignTest:
    """The share of pairs whose difference is positive, with exact limits.

    Args:
        value: the share, in [0, 1].
        curve: confidence intervals at the levels asked for.
        p_value: two-sided, of a share of one half.
        n: pairs that count.
        positive: pairs with a positive difference.
        ties: pairs with none, whatever they count as.
    """

    value: float
    curve: tuple[Interval, ...]
    p_value: float
    n: int
    positive: int
    ties: int


def sign_test(
    *, differences: ArrayLike, ties: Ties, tolerance: float = 0.0, levels: Sequence[float] = LEVELS
) -> SignTest:
    """Exact sign test of paired differences, which must be independent of each other; for clusters see `clusters.py`.

    Split ties vary less than a coin, so that the binomial limits stay on the safe side.

    Args:
        differences: (n,), first score minus second, not NaN; infinite ones have a sign, too.
        ties: what differences of at most `tolerance` count as.
        tolerance: at least 0.
        levels: ascending confidence levels.

    Raises:
        ValueError: if a difference is NaN, or no pair is left.

    Reference: Conover 1999, Practical nonparametric statistics, section 3.4; Clopper and Pearson 1934,
    doi:10.1093/biomet/26.4.404.
    """
    from scipy.stats import binomtest

    difference = np.asarray(differences, dtype=np.float64)
    if np.isnan(difference).any():
        raise ValueError("expected differences that are numbers, got NaN; leave out pairs that could not be scored")
    positive, equal = int((difference > tolerance).sum()), int((np.abs(difference) <= tolerance).sum())
    n = difference.size - (equal if ties == "drop" else 0)
    if n == 0:
        raise ValueError(f"expected at least one pair, got {difference.size} of which {equal} are tied and dropped")
    half = equal if ties == "split" else 0  # in halves
    least, most = positive + half // 2, positive + (half + 1) // 2
    level = np.asarray(levels, dtype=np.float64)
    low = clopper_pearson(successes=least, trials=n, level=level).low
    high = clopper_pearson(successes=most, trials=n, level=level).high
    # Half a pair is rounded towards one half, where the test is the more cautious.
    count = most if 2 * most <= n else least
    p_value = min(1.0, float(binomtest(count, n).pvalue))
    return SignTest((positive + half / 2) / n, nested(low=low, high=high, levels=levels), p_value, n, positive, equal)
