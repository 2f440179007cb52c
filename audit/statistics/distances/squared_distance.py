"""Intervals for an unbiased estimate of a squared distance between two distributions, from its noise alone.

Near zero, Fréchet distances and kernel discrepancies are squared lengths |δ + ε|² less the expectation of |ε|², where
δ is the true difference and ε the sampling noise, with covariance V. The variance therefore has one part, 2 tr V², that
remains when both distributions are equal, and another, 4 δᵀVδ, that grows with the distance. A plain bootstrap counts
the noise twice and is wrong here; the interval is found by test inversion instead: it holds the distances under which
the estimate would not be unusual.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ...finding import Interval
from ..intervals import Limits
from ..shares.total_variation import pearson_at

_STEPS = 48
_DOUBLINGS = 6


@dataclass(frozen=True, slots=True)
class SquaredDistance:
    """An unbiased estimate |δ + ε|² − E|ε|² between a generated and a reference sample, with the parts of its variance.

    Args:
        value: the estimate; noise can push it below 0.
        both_generated: 2 tr V_g², where V_g is the noise of the generated sample.
        both_reference: 2 tr V_r², that of the reference.
        crossed: 4 tr V_g V_r.
        linear_generated: 4 δᵀV_g δ, at least 0.
        linear_reference: 4 δᵀV_r δ, at least 0.
        skewness: of the estimate between equal distributions, in [0, √8].
        ratio: reference records for every generated one.
        added: variance from the random cuts through which it was computed.
        freedom: degrees of freedom of the variances.
    """

    value: float
    both_generated: float
    both_reference: float
    crossed: float
    linear_generated: float
    linear_reference: float
    skewness: float
    ratio: float
    added: float = 0.0
    freedom: float = math.inf

    @property
    def null_variance(self) -> float:
        """Variance if both distributions were equal, given the noise of either."""
        return self.both_generated + self.both_reference + self.crossed + self.added

    @property
    def perfect_variance(self) -> float:
        """Variance of a perfect generator's estimate: its noise is that of the reference, at its own sample size."""
        return self.both_reference * (1 + self.ratio) ** 2 + self.added

    @property
    def variance(self) -> float:
        """Variance at the estimate."""
        return self.null_variance + self.linear_generated + self.linear_reference

    @property
    def from_draws(self) -> float:
        """The share of the variance that more generated samples would take away."""
        kept = self.both_reference + self.linear_reference
        return min(1.0, max(0.0, 1 - kept / self.variance)) if self.variance > 0 else 1.0

    def below(self, seen: float, truth: float, *, perfect: bool = False) -> float:
        """The chance of an estimate of at most `seen` if the squared distance were `truth`.

        Variance and skewness follow the noncentral distribution: linear in the distance. `perfect` asks for the noise
        of a perfect generator in place of this one's.
        """
        base = self.perfect_variance if perfect else self.null_variance
        slope = self._slope(base, measured=not perfect)
        distance = max(truth, 0.0)
        variance = base + slope * distance
        if variance <= 0:
            return float(seen >= truth)
        third = self.skewness * base**1.5 + 1.5 * slope * slope * distance
        error = math.sqrt(variance)
        return pearson_at((seen - truth) / error, third / error**3)

    def limits(self, level: float) -> Interval:
        """The distances for which the estimate is not too rare, (1 − level) / 2 on either side.

        No distance is below 0, so neither end is, except as far as the estimate itself is.
        """
        tail = (1 - level) / 2
        low = max(self._solve(1 - tail, -1), 0.0)
        high = max(self._solve(tail, 1), 0.0)
        return Interval(level, min(low, self.value), max(high, self.value))

    def p_value(self) -> float:
        """Chance that equal distributions would show a distance at least as large; at least 1e-6."""
        if self.value <= 0 and self.null_variance <= 0:
            return 1.0
        return max(1 - self.below(self.value / self._student(0.95), 0.0), 1e-6)

    def perfect_band(self) -> tuple[float, float]:
        """The 95 % of values that a perfect generator would show."""
        return self._quantile(0.025), self._quantile(0.975)

    def minimum_detectable(self) -> float:
        """The distance found at the 5 % level, one-sided, with power 0.8."""
        threshold, spread = self._quantile(0.95), math.sqrt(self.perfect_variance)
        return _bisect(lambda truth: self.below(threshold, truth, perfect=True) - 0.2, 0.0, 8 * spread + 1e-300)

    def _slope(self, base: float, *, measured: bool) -> float:
        """Variance per unit of distance: as measured where a distance is clear, as the noise suggests where not."""
        error = math.sqrt(base)
        expected = self.skewness * error  # 4 tr V³ / tr V²: the noise seen along itself
        if not measured:
            return expected
        linear, clear = self.linear_generated + self.linear_reference, max(self.value, 0.0)
        return (linear + expected * error) / (clear + error) if clear + error > 0 else 0.0

    def _solve(self, share: float, side: int) -> float:
        """The distance at which a share of the estimates would lie below the one that was seen."""
        spread = math.sqrt(self.variance)
        if spread == 0:
            return self.value
        stretch = self._student(share)
        reach = _bisect(lambda step: side * (share - self.below(self.value, self.value + side * step)), 0.0, 4 * spread)
        return self.value + side * reach * stretch

    def _quantile(self, share: float) -> float:
        spread = 8 * math.sqrt(self.perfect_variance)
        return _bisect(lambda seen: self.below(seen, 0.0, perfect=True) - share, -spread, spread)

    def _student(self, share: float) -> float:
        """Student's quantile over the normal one: what a variance estimated from few cuts costs."""
        from scipy.special import ndtri, stdtrit

        if math.isinf(self.freedom) or share == 0.5:
            return 1.0
        return float(stdtrit(self.freedom, share) / ndtri(share))


def curve_limits(distance: SquaredDistance, *, scale: float = 1.0, shift: float = 0.0) -> Limits:
    """The limits of `shift + scale · distance`, for a known positive scale."""

    def limits(level: float) -> Interval:
        each = distance.limits(level)
        return Interval(level, shift + scale * each.low, shift + scale * each.high)

    return limits


def _bisect(rises: Callable[[float], float], low: float, high: float) -> float:
    """Where a monotone function changes sign, in either direction; `high` is moved out until it does, or far away."""
    start = rises(low)
    for _ in range(_DOUBLINGS):
        if rises(high) * start <= 0:
            break
        high += high - low
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) * start > 0 else (low, middle)
    return (low + high) / 2
