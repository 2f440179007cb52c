"""How close to the training data is closer than chance, and how often records are that close.

Records that the model did not learn from say what chance is. A record reproduces if it is closer than all but a few of
these: than the (k + 1)-th closest of m of them. Generated records of a perfect generator and these are exchangeable
    given the training data, so that how many of n pass this bar is distributed as the number of red balls drawn
    before the (k + 1)-th black one (beta-binomial, with parameters k + 1 and m − k); ties only make it smaller. The
    test is exact at any sizes.

Where closeness has an end and so many of the null's records reach it that nothing can be closer, the bar is that
end itself, and both shares are compared by Fisher's exact test.

Reference: Vovk, Gammerman and Shafer 2005, doi:10.1007/b106715 (conformal p-values); Clopper and Pearson 1934,
doi:10.1093/biomet/26.4.404; Zou and Donner 2008, doi:10.1002/sim.3095 (limits of a difference from those of its parts).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import NOMINAL, Interval
from ..intervals import POWER, Limits
from ..shares.binomial import clopper_pearson, hypergeometric_cdf

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 30
"""Records of the null, and generated ones, below which nothing is said."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What counts as closer than chance.

    Args:
        value: a record counts that is closer than this, or, where `reached`, at least as close.
        reached: whether being as close is enough, as nothing is closer.
        passed: k, records of the null that may be closer.
        null: m, records of the null.
    """

    value: float
    reached: bool
    passed: int
    null: int

    def counts(self, closeness: Floats) -> NDArray[np.bool_]:
        """Which records count."""
        over: NDArray[np.bool_] = closeness >= self.value if self.reached else closeness > self.value
        return over


def bar(null: Floats, *, share: float, end: float | None = None) -> Bar:
    """The bar that all but about a share of the null's records miss; one of them may always pass it.

    Args:
        null: (m,), closeness of records that the model did not learn from, at least two; the larger the closer.
        share: of them that may pass, in [0, 1).
        end: the largest closeness that there is; None where there is no end.
    """
    passed = min(max(1, int(share * len(null))), len(null) - 1)
    value = float(np.sort(null)[len(null) - 1 - passed])
    return Bar(value, end is not None and value >= end, passed, len(null))


@dataclass(frozen=True, slots=True)
class Excess:
    """How many generated records passed a bar, and how many of the null.

    Args:
        bar: passed.
        count: c, generated records that passed it.
        n: generated records.
        null_count: records of the null that passed it.
    """

    bar: Bar
    count: int
    n: int
    null_count: int

    @property
    def rate(self) -> float:
        """The share of generated records that passed."""
        return self.count / self.n

    @property
    def chance(self) -> float:
        """The share that passes by chance: its mean given ranks alone, or as counted where the bar is the end."""
        if self.bar.reached:
            return self.null_count / self.bar.null
        return (self.bar.passed + 1) / (self.bar.null + 1)

    @property
    def value(self) -> float:
        """The rate beyond chance."""
        return self.rate - self.chance

    @property
    def p_value(self) -> float:
        """That a perfect generator passes at least as often; one-sided and exact."""
        if not self.count:
            return 1.0
        if self.bar.reached:
            total = self.count + self.null_count
            return float(min(1.0, max(0.0, 1 - hypergeometric_cdf(total, self.n, self.bar.null)[self.count - 1])))
        return float(min(1.0, self.chances[self.count :].sum()))

    @property
    def chances(self) -> Floats:
        """P(c generated records of a perfect generator pass) for c from 0 to n, (n + 1,)."""
        from scipy.special import betaln, gammaln

        c = np.arange(self.n + 1, dtype=np.float64)
        if self.bar.reached:
            share = min(max(self.chance, 1e-12), 1 - 1e-12)
            logs = c * math.log(share) + (self.n - c) * math.log1p(-share)
        else:
            a, b = self.bar.passed + 1.0, float(self.bar.null - self.bar.passed)
            logs = betaln(c + a, self.n - c + b) - betaln(a, b)
        chances: Floats = np.exp(logs + gammaln(self.n + 1.0) - gammaln(c + 1.0) - gammaln(self.n - c + 1.0))
        return chances

    @property
    def band(self) -> tuple[float, float]:
        """Rates between which 95 % of perfect generators lie."""
        sums = np.cumsum(self.chances)
        low, high = (int(np.searchsorted(sums, each)) for each in ((1 - NOMINAL) / 2, (1 + NOMINAL) / 2))
        return low / self.n, min(high, self.n) / self.n

    @property
    def smallest(self) -> float:
        """The smallest rate beyond chance that the test finds at the 5 % level with power 0.8, about."""
        tail = np.cumsum(self.chances[::-1])[::-1]
        needed = int(np.searchsorted(-tail, -0.05))
        return max(needed + POWER * math.sqrt(needed), 1.0) / self.n - self.chance

    @property
    def from_draws(self) -> float:
        """The share of the variance that more generated records would shrink."""
        drawn = (self.count + 0.5) / self.n**2
        held = (self.null_count + 1) / self.bar.null**2
        return drawn / (drawn + held)

    def rate_limits(self, level: float) -> Interval:
        """Of the share of all that the model gives, given the bar."""
        ends = clopper_pearson(successes=self.count, trials=self.n, level=level)
        return Interval(level, min(float(ends.low), self.rate), max(float(ends.high), self.rate))

    def chance_limits(self, level: float) -> Interval:
        """Of the share that passes by chance: where the bar lies among all such records is known only by ranks."""
        from scipy.special import betaincinv

        if self.bar.reached:
            ends = clopper_pearson(successes=self.null_count, trials=self.bar.null, level=level)
            low, high = float(ends.low), float(ends.high)
        else:
            a, b, tail = self.bar.passed + 1.0, float(self.bar.null - self.bar.passed), (1 - level) / 2
            low, high = float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail))
        return Interval(level, min(low, self.chance), max(high, self.chance))

    def limits(self, level: float) -> Interval:
        """Of the rate beyond chance."""
        return apart(self.rate, self.rate_limits, self.chance, self.chance_limits)(level)


def excess(*, generated: Floats, null: Floats, share: float, end: float | None = None) -> Excess:
    """How often generated records are closer to the training data than chance.

    Args:
        generated: (n,), closeness of generated records; the larger the closer.
        null: (m,), the same of records that the model did not learn from.
        share: of the null's records that may pass the bar.
        end: the largest closeness that there is; None where there is no end.
    """
    over = bar(null, share=share, end=end)
    return Excess(over, int(over.counts(generated).sum()), len(generated), int(over.counts(null).sum()))


def conformal(closeness: Floats, null: Floats) -> Floats:
    """The conformal p-value of each record, (n,): the share of the null and itself that is at least as close."""
    ordered = np.sort(null)
    closer = len(null) - np.searchsorted(ordered, closeness, side="left")
    p: Floats = (1 + closer) / (1 + len(null))
    return p


def apart(one: float, limits: Limits, other: float, other_limits: Limits) -> Limits:
    """Limits of the difference of two independent shares from the limits of each."""

    def both(level: float) -> Interval:
        first, second, value = limits(level), other_limits(level), one - other
        down = math.hypot(one - first.low, second.high - other)
        up = math.hypot(first.high - one, other - second.low)
        return Interval(level, value - down, value + up)

    return both
