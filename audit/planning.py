"""What this many samples could and could not decide: how many would, and which defect would have failed."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from .finding import Estimate, Interval
from .statistics.intervals import POWER
from .statistics.shares.binomial import normal_quantile
from .verdict import Bound

DECIDING = 0.8
"""The chance of deciding that a number of samples must give."""

HOPELESS = 0.9
"""The chance of staying open beyond which it is said that no number of samples would decide."""

STEP = 2 ** (1 / 16)
MOST = 1e6
"""Times as many samples, beyond which no number is named."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The confidence levels at which a rule passes and, together with the others, fails."""

    passing: float
    failing: float


def samples_needed(estimate: Estimate, bound: Bound, levels: Levels, drawn: int) -> int | None:
    """How many generated samples would decide the rule in four audits of five like this one; None if no number would.

    Nobody knows the truth, so it is not taken to lie where the estimate does: given what was seen, e, an audit with N
    samples sees e plus what separates e from endlessly many samples (variance v of the draws) plus its own noise
    u² = v · drawn / N, and decides where it lies further than z · √(fixed + u²) from the bound, on either side. `fixed`
    is what the reference and the group classifier leave uncertain, whatever N.

    Args:
        estimate: with the share of its variance that more draws would shrink.
        bound: what the rule asks.
        levels: of the intervals that pass and fail.
        drawn: generated samples behind the estimate.
    """
    if _chance(estimate, bound, levels, 0.0) < DECIDING:
        return None
    more = 1.0
    while more < MOST and _chance(estimate, bound, levels, 1 / more) < DECIDING:
        more *= STEP
    return None if more >= MOST else _rounded(drawn * more)


def could_decide(estimate: Estimate, bound: Bound, levels: Levels) -> bool:
    """Whether endlessly many samples would decide in one audit of ten or more."""
    return _chance(estimate, bound, levels, 0.0) >= 1 - HOPELESS


def chance_at(estimate: Estimate, bound: Bound, levels: Levels, more: float) -> float | None:
    """The chance that `more` times as many samples decide the rule; None where it is not known what they change."""
    if not estimate.curve or estimate.from_draws is None:
        return None
    return _chance(estimate, bound, levels, 1 / more)


def would_fail(estimate: Estimate, bound: Bound, levels: Levels) -> float | None:
    """The value at which this audit would have failed the rule in four runs of five; None where that is not known.

    Taken for granted is that the interval of such a model is as wide as this one's; for shares, whose noise grows with
    them, on the scale of arcsin √share. In the estimate's unit.
    """
    if not estimate.curve or levels.failing > estimate.curve[-1].level or estimate.unit == "count":
        return None
    interval, z = estimate.interval(levels.failing), normal_quantile(levels.failing)
    if interval.low == interval.high:
        # All of it was cut off at the end of what is possible: how wide one at the bound would be is not known.
        return None
    middle, stretch = _middle(estimate), 1 + POWER / z
    if estimate.unit == "share" and 0 <= interval.low < interval.high <= 1:
        half = _half_angle(interval, estimate.value)
        if half is not None:
            below = None if bound.low is None else _share(_angle(bound.low) - stretch * half)
            above = None if bound.high is None else _share(_angle(bound.high) + stretch * half)
            return _nearer(below, above, middle)
    # An end that noise has cut off at 0 or 1 says less of the noise than the other.
    cut = estimate.unit in ("share", "share difference") and (interval.low <= 0 or interval.high >= 1)
    up, down = interval.high - middle, middle - interval.low
    up, down = (max(up, down),) * 2 if cut else (up, down)
    below = None if bound.low is None else bound.low - stretch * max(0.0, up)
    above = None if bound.high is None else bound.high + stretch * max(0.0, down)
    return _nearer(below, above, middle)


def _nearer(below: float | None, above: float | None, middle: float) -> float | None:
    if below is not None and above is not None:
        return below if middle - below < above - middle else above
    return below if below is not None else above


def _half_angle(interval: Interval, value: float) -> float | None:
    """Half of a share's interval as angles arcsin √share; None where an end is cut off that nothing is known of.

    Where none of n trials hit, or all did, the interval has one end, at ((1 − level) / 2)^(1 / n) from the other side:
    this n says how wide the interval of another share would be.
    """
    if interval.low > 0 and interval.high < 1:
        return (_angle(interval.high) - _angle(interval.low)) / 2
    tail, z = math.log((1 - interval.level) / 2), normal_quantile(interval.level)
    if value <= 0 and interval.high < 1:
        return z / 2 * math.sqrt(math.log1p(-interval.high) / tail)
    if value >= 1 and interval.low > 0:
        return z / 2 * math.sqrt(math.log(interval.low) / tail)
    return None


def _angle(share: float) -> float:
    return math.asin(math.sqrt(min(max(share, 0.0), 1.0)))


def _share(angle: float) -> float:
    return math.sin(min(max(angle, 0.0), math.pi / 2)) ** 2


def _chance(estimate: Estimate, bound: Bound, levels: Levels, part: float) -> float:
    """The chance that an audit decides whose draws have `part` of this one's variance; 0 where nothing is known."""
    if not estimate.curve or not estimate.from_draws:
        return 0.0
    seen, chance = _middle(estimate), 0.0
    for end, inward in ((bound.low, 1), (bound.high, -1)):
        if end is None:
            continue
        inside = inward * (seen - end)
        for distance, level in ((inside, levels.passing), (-inside, levels.failing)):
            level = min(level, estimate.curve[-1].level)
            # The half of the interval that reaches towards the bound is the one that has to shrink.
            variance = (_half(estimate, level, seen, end) / normal_quantile(level)) ** 2
            draws = variance * estimate.from_draws
            reach = normal_quantile(level) * math.sqrt(variance - draws + draws * part)
            scatter = math.sqrt(draws * (1 + part))
            chance += NormalDist().cdf((distance - reach) / scatter) if scatter else float(distance > reach)
    return min(1.0, chance)


def _half(estimate: Estimate, level: float, seen: float, end: float) -> float:
    interval = estimate.interval(level)
    return max(0.0, interval.high - seen if end > seen else seen - interval.low)


def _middle(estimate: Estimate) -> float:
    return (estimate.curve[0].low + estimate.curve[0].high) / 2


def _rounded(number: float) -> int:
    # Two digits: the width at another n is itself only known roughly.
    scale = int(10 ** max(0, math.floor(math.log10(max(number, 1))) - 1))
    return math.ceil(number / scale) * scale


def decided_shares(bound: Bound, n: int, levels: Levels) -> tuple[float, float]:
    """The shares at which n independent draws fail and pass a bound with one end in four audits of five.

    On the scale of arcsin √share, on which every share of n draws has the standard error 1 / (2 √n).

    Args:
        bound: with one end, a share.
        n: draws.
        levels: of the intervals that pass and fail.

    Reference: Cohen 1988, Statistical power analysis for the behavioral sciences, chapter 6 (effect size h).
    """
    end = bound.low if bound.low is not None else bound.high
    assert end is not None, "a bound has at least one end"
    towards_failing = 1 if bound.low is None else -1
    reach = [(normal_quantile(level) + POWER) / (2 * math.sqrt(n)) for level in (levels.failing, levels.passing)]
    fails, passes = (_share(_angle(end) + way * towards_failing * r) for way, r in zip((1, -1), reach, strict=True))
    return fails, passes
