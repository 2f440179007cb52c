"""A threshold that few non-members pass, for certain: what may be said of the records above it.

The k-th largest of n scores of non-members has a known chance of being passed by another one: Beta(k, n − k + 1), for
whatever distribution of scores; with ties it is passed less often. The largest k whose 95 % point is below the rate
asked for gives a threshold whose true rate of false positives is certified.

Reference: Wilks 1941, doi:10.1214/aoms/1177731788 (tolerance limits); Carlini et al. 2022, arXiv:2112.03570 (why the
rate of true positives at few false ones is what counts).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...finding import Interval

CONFIDENCE = 0.95
"""How sure it is that a certified rate is not exceeded."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A score that at most a share `rate` of all non-members exceed, with confidence `CONFIDENCE`.

    Args:
        value: records above it count as members.
        rate: the certified rate of false positives, in (0, 1).
        k: it is the k-th largest score of those that set it.
        n: non-members that set it.
    """

    value: float
    rate: float
    k: int
    n: int

    @property
    def expected(self) -> float:
        """The expected rate of false positives, k / (n + 1)."""
        return self.k / (self.n + 1)

    def false_positives(self, level: float) -> Interval:
        """Where the true rate lies, given that nobody looked at another score."""
        from scipy.special import betaincinv

        tail = (1 - level) / 2
        low, high = (float(betaincinv(self.k, self.n - self.k + 1, at)) for at in (tail, 1 - tail))
        return Interval(level, low, high)

    def passing(self, scores: ArrayLike) -> int:
        """How many of the scores lie above the threshold."""
        return int((np.asarray(scores, dtype=np.float64) > self.value).sum())

    def perfect(self, records: int) -> tuple[float, float]:
        """Where the share of further non-members above the threshold lies in 95 % of splits."""
        from scipy.stats import betabinom

        known = betabinom(records, self.k, self.n - self.k + 1)
        return float(known.ppf(0.025)) / records, float(known.ppf(0.975)) / records

    def p_value(self, passed: int, records: int) -> float:
        """The chance that as many of some further non-members exceed it."""
        from scipy.stats import betabinom

        return _possible(betabinom(records, self.k, self.n - self.k + 1).sf(passed - 1))

    def two_sided_p(self, passed: int, records: int) -> float:
        """Twice the smaller of the chances of as many and of as few, at most 1."""
        from scipy.stats import betabinom

        known = betabinom(records, self.k, self.n - self.k + 1)
        return _possible(2 * min(known.sf(passed - 1), known.cdf(passed)))

    def minimum_detectable(self, records: int) -> float:
        """How far above its expectation the share of records above it must be, to be found at 5 % with power 0.8."""
        from scipy.special import betaincinv
        from scipy.stats import betabinom

        enough = int(betabinom(records, self.k, self.n - self.k + 1).ppf(0.95)) + 1
        if enough > records:
            return 1 - self.expected
        return float(betaincinv(enough, records - enough + 1, 0.8)) - self.expected


def needed(rate: float, confidence: float = CONFIDENCE) -> int:
    """The fewest non-members that can certify a rate of false positives: 299 for 1 %, 2,995 for 0.1 %.

    With n of them the largest score has a rate above `rate` with chance (1 − rate)ⁿ.

    Raises:
        ValueError: if rate or confidence is no share.
    """
    if not (0 < rate < 1 and 0 < confidence < 1):
        raise ValueError(f"expected a rate and a confidence between 0 and 1, got {rate} and {confidence}")
    return math.ceil(math.log1p(-confidence) / math.log1p(-rate))


def certified(scores: ArrayLike, rate: float, confidence: float = CONFIDENCE) -> Threshold | None:
    """The lowest threshold whose rate of false positives is surely at most `rate`; None where records are too few.

    Args:
        scores: (n,), of non-members whose order was not looked at.
        rate: of false positives, between 0 and 1.
        confidence: how sure.
    """
    from scipy.special import betaincinv

    each = np.sort(np.asarray(scores, dtype=np.float64))[::-1]
    n = len(each)
    if n < needed(rate, confidence):
        return None
    k = np.arange(1, n + 1)
    sure = np.asarray(betaincinv(k, n - k + 1, confidence)) <= rate
    largest = int(np.flatnonzero(sure)[-1])
    return Threshold(float(each[largest]), rate, largest + 1, n)


def precision(true_positives: float, false_positives: float) -> float:
    """The share of members among the records above a threshold, where members and others are equally many.

    Raises:
        ValueError: if nothing passes, so that there is no such share.
    """
    if true_positives + false_positives <= 0:
        raise ValueError("expected a rate above 0, got none: nothing passes the threshold")
    return true_positives / (true_positives + false_positives)


def _possible(chance: float) -> float:
    """A chance as a p-value: no outcome that was seen is impossible, whatever rounding leaves of it."""
    return float(min(1.0, max(chance, 1e-12)))
