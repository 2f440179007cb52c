"""Intervals at every level, and test and power in standard errors: what the estimates of all auditors share.

`curve` and `nested` make the interval curve of an estimate; `p_value` inverts it. `Share`, `Rate` and `Quotient` give
the limits of shares, mean counts and ratios whose variance is known from elsewhere, valid up to the boundary: a share
with a known variance behaves like a binomial one with an *effective* number of trials. Exact binomial limits at that
number (the construction of Korn and Graubard) stay inside [0, 1], remain wide where a share of 1 was observed, and
agree with the normal ones elsewhere.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..finding import LEVELS, Interval

BAND = NormalDist().inv_cdf(0.975)
"""Standard errors to either side within which 95 % of estimates lie."""

ONE_SIDED = NormalDist().inv_cdf(0.95)
"""Standard errors beyond which 5 % of estimates lie on one side."""

POWER = NormalDist().inv_cdf(0.8)
"""Standard errors by which a defect must exceed what alarms to be found four times in five."""

DETECTION = BAND + POWER
"""Standard errors of the smallest defect that a two-sided test at the 5 % level finds with power 0.8."""

ONE_SIDED_DETECTION = ONE_SIDED + POWER
"""The same of a one-sided test."""

# Clopper–Pearson limits correspond to 0 and cover too often, Jeffreys' to 1/2 and cover exactly on average.
_OFFSET = 0.25

Limits = Callable[[float], Interval]
"""The interval at a level between 0 and 1, nested and shrinking to the estimate as the level falls."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with an effective number of trials.

    Args:
        value: in [0, 1].
        variance: of asin √value; for n independent trials it is 1 / (4 n).
        trials: the points behind it; the effective number is never larger.
        freedom: degrees of freedom of the variance.
    """

    value: float
    variance: float
    trials: int
    freedom: float

    @property
    def effective(self) -> float:
        """The number of independent trials that would be as precise."""
        return min(1 / (4 * self.variance), self.trials) if self.variance > 0 else float(self.trials)

    def limits(self, level: float) -> Interval:
        """Beta quantiles at the effective number of trials; Clopper–Pearson where no miss, or no hit, was seen.

        Reference: Korn & Graubard 1998, Survey Methodology 24(2), 193–201; Brown et al. 2001,
        doi:10.1214/ss/1009213286.
        """
        from scipy.special import betaincinv

        n = self.effective * _student(level, self.freedom)
        hits, misses, tail = n * self.value, n * (1 - self.value), (1 - level) / 2
        down, up = (_OFFSET * min(1.0, each) for each in (misses, hits))
        low = float(betaincinv(hits + down, misses + 1 - down, tail)) if hits > 0 else 0.0
        high = float(betaincinv(hits + 1 - up, misses + up, 1 - tail)) if misses > 0 else 1.0
        return Interval(level, min(low, self.value), max(high, self.value))


@dataclass(frozen=True, slots=True)
class Rate:
    """A mean count with an effective exposure: value over variance, as for Poisson counts.

    Args:
        value: at least 0.
        variance: of the value.
        trials: the exposure assumed where nothing was counted.
        freedom: degrees of freedom of the variance.
    """

    value: float
    variance: float
    trials: int
    freedom: float

    def limits(self, level: float) -> Interval:
        """Gamma quantiles at the effective exposure; Garwood's upper limit where nothing was counted.

        Reference: Garwood 1936, doi:10.1093/biomet/28.3-4.437.
        """
        from scipy.special import gammaincinv

        counted = self.value > 0 and self.variance > 0
        exposure = self.value / self.variance if counted else float(self.trials)
        exposure *= _student(level, self.freedom)
        count, tail = exposure * self.value, (1 - level) / 2
        offset = _OFFSET * min(1.0, count)
        low = float(gammaincinv(count + offset, tail)) / exposure if count > 0 else 0.0
        high = float(gammaincinv(count + 1 - offset, 1 - tail)) / exposure
        return Interval(level, min(low, self.value), max(high, self.value))


@dataclass(frozen=True, slots=True)
class Quotient:
    """The ratio of two correlated shares.

    Args:
        top: numerator.
        bottom: denominator, above 0.
        correlation: of the two estimates.
    """

    top: Share
    bottom: Share
    correlation: float

    def limits(self, level: float) -> Interval:
        """Recovered from the limits of both shares on the logarithmic scale, so that their asymmetry is kept.

        Raises:
            ValueError: if the denominator's limits reach 0.

        Reference: Donner & Zou 2012, doi:10.1177/0962280210383082.
        """
        top, bottom = self.top.limits(level), self.bottom.limits(level)
        if bottom.low <= 0:
            raise ValueError(f"expected a denominator bounded away from 0, got {bottom}; give more points")
        # What fully opposed errors would give is never exceeded, and needs no logarithm of 0.
        worst = Interval(level, top.low / bottom.high, top.high / bottom.low)
        if self.top.value == 0:
            return worst
        value = self.top.value / self.bottom.value
        rise = _distance(top.high / self.top.value, self.bottom.value / bottom.low, self.correlation)
        if top.low == 0:
            return Interval(level, 0.0, min(value * math.exp(rise), worst.high))
        fall = _distance(self.top.value / top.low, bottom.high / self.bottom.value, self.correlation)
        return Interval(level, max(value * math.exp(-fall), worst.low), min(value * math.exp(rise), worst.high))


def curve(limits: Limits) -> tuple[Interval, ...]:
    """Intervals at all `LEVELS`, each forced to contain the narrower ones."""
    result: list[Interval] = []
    for level in LEVELS:
        each = limits(level)
        if result:
            each = Interval(level, min(each.low, result[-1].low), max(each.high, result[-1].high))
        result.append(each)
    return tuple(result)


def nested(
    *, low: NDArray[np.float64], high: NDArray[np.float64], levels: Sequence[float] = LEVELS
) -> tuple[Interval, ...]:
    """Intervals at ascending levels from their ends, (levels,) each, each forced to contain the narrower ones.

    Such ends are nested by construction, but where they were found numerically the last digits may be off.
    """
    lows, highs = np.minimum.accumulate(low), np.maximum.accumulate(high)
    return tuple(Interval(level, float(a), float(b)) for level, a, b in zip(levels, lows, highs, strict=True))


def p_value(limits: Limits, null: float) -> float:
    """Two-sided: one minus the widest level whose interval still leaves `null` out; at least 1e-6."""
    # Bisection on −log10 p, where equal steps matter equally.
    low, high = 0.0, 6.0
    for _ in range(30):
        middle = (low + high) / 2
        level = 1 - 10**-middle
        out = level <= 0 or not (limits(level).low <= null <= limits(level).high)
        low, high = (middle, high) if out else (low, middle)
    return float(10**-low)


def scaled(limits: Limits, factor: float) -> Limits:
    """The limits of a known positive multiple."""

    def multiplied(level: float) -> Interval:
        each = limits(level)
        return Interval(level, each.low * factor, each.high * factor)

    return multiplied


def _student(level: float, freedom: float) -> float:
    """How much information an estimated variance leaves: the squared ratio of a normal to a Student quantile."""
    from scipy.special import ndtri, stdtrit

    at = 0.5 + level / 2
    return float((ndtri(at) / stdtrit(freedom, at)) ** 2) if level > 0 else 1.0


def _distance(first: float, second: float, correlation: float) -> float:
    """Length of the sum of two correlated steps, each given as a factor, on the logarithmic scale."""
    one, other = math.log(first), math.log(second)
    return math.sqrt(max(one * one + other * other - 2 * correlation * one * other, 0.0))
