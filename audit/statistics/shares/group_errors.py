"""The difference of two groups' rates where a judge of the outcome errs more often on one group than on the other.

A judge (of toxicity, sentiment, approval, …) that calls harmless sentences about one group toxic makes a gap out of
nothing, and correcting both groups by the same error rates keeps it. Each group is corrected by its own sensitivity and
specificity, counted on labelled samples of that group; the limits of the difference are recovered from those of both.

Reference: Rogan & Gladen 1978, doi:10.1093/oxfordjournals.aje.a112510; Newcombe 1998,
doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I (limits of a difference); Copeland et al. 1977,
doi:10.1093/oxfordjournals.aje.a112408 (differential misclassification).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval
from ..intervals import nested
from .confusion import WEAKEST, corrected_shares, error_rates, youden
from .corrected import share_limits

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JudgedGroup:
    """What a judge said of one group's samples, and how it errs on that group.

    Args:
        positive: samples that it called positive.
        n: samples of the group.
        confusion: ((true and found, true and missed), (false alarm, rightly spared)) of labelled samples of the group.
    """

    positive: int
    n: int
    confusion: tuple[tuple[int, int], tuple[int, int]]

    def __post_init__(self) -> None:
        if not 0 <= self.positive <= self.n or self.n < 1:
            raise ValueError(f"expected 0 to n positive samples of at least one, got {self.positive} of {self.n}")
        if min(map(min, self.confusion)) < 0 or min(map(sum, self.confusion)) < 1:
            raise ValueError(f"expected labelled samples of both kinds in each group, got {self.confusion}")

    @property
    def youden(self) -> float:
        """Sensitivity + specificity − 1 of the judge on this group."""
        return float(youden(np.array(self.confusion))[0])


@dataclass(frozen=True, slots=True)
class RateDifference:
    """The corrected difference of two rates, first minus second, in [−1, 1].

    Args:
        value: the difference.
        curve: confidence intervals at the levels asked for.
        rates: the two corrected rates.
        uncorrected: the difference that the judge reports.
    """

    value: float
    curve: tuple[Interval, ...]
    rates: tuple[float, float]
    uncorrected: float


def rate_difference(*, first: JudgedGroup, second: JudgedGroup, levels: Sequence[float] = LEVELS) -> RateDifference:
    """The difference of the true rates of two groups, each corrected by the judge's errors on that very group.

    The judge is taken to err on generated samples of a group as on its labelled ones.

    Args:
        first: one group.
        second: the other; its samples and labels are independent of the first's.
        levels: ascending confidence levels.

    Raises:
        ValueError: if the judge is too close to chance on a group (Youden index below `WEAKEST`).
    """
    for each in (first, second):
        if each.youden < WEAKEST:
            raise ValueError(
                f"expected a judge with sensitivity + specificity − 1 of at least {WEAKEST} on each group, got "
                f"{each.youden:.2f}: no difference can be recovered from it; use a better one, or label samples by hand"
            )
    (one, one_low, one_high), (other, other_low, other_high) = (_rate(each, levels) for each in (first, second))
    value = one - other
    low = value - np.hypot(one - one_low, other_high - other)
    high = value + np.hypot(one_high - one, other - other_low)
    curve = nested(low=np.maximum(low, -1.0), high=np.minimum(high, 1.0), levels=levels)
    return RateDifference(value, curve, (one, other), first.positive / first.n - second.positive / second.n)


def _rate(group: JudgedGroup, levels: Sequence[float]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    counts, confusion = np.array([group.positive, group.n - group.positive]), np.array(group.confusion)
    value = float(corrected_shares(counts=counts, rates=error_rates(confusion))[0])
    limits = share_limits(counts=counts, confusion=confusion, levels=levels)
    return value, limits.low[:, 0], limits.high[:, 0]
