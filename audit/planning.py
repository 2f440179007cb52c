"""What this many samples could and could not decide: how many would, and which defect would have failed."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from .finding import Estimate
from .statistics.intervals import POWER
from .verdict import Bound


@dataclass(frozen=True, slots=True)
class Levels:
    """The confidence levels at which a rule passes and, together with the others, fails."""

    passing: float
    failing: float


def samples_needed(estimate: Estimate, bound: Bound, levels: Levels, drawn: int) -> int | None:
    """How many generated samples would decide the rule in four draws of five; None if no number would.

    The truth is taken to lie in the middle of the 50 % interval, which noise moves up as often as down, where the value
    of a minimum over groups is too low. At n samples the interval reaches z·√(fixed + u²) towards the bound, and a new
    draw scatters with standard deviation u = √(variance of the draws · drawn / n); what the reference and the group
    classifier leave uncertain stays. Solved for u: distance − POWER·u = z·√(fixed + u²).

    Args:
        estimate: with the share of its variance that more draws would shrink.
        bound: what the rule asks.
        levels: of the intervals that pass and fail.
        drawn: generated samples behind the estimate.
    """
    return None if not estimate.curve else _needed(estimate, bound, levels, drawn, _middle(estimate))


def could_decide(estimate: Estimate, bound: Bound, levels: Levels) -> bool:
    """Whether some number of samples would decide if the truth lay at the kinder end of the 50 % interval."""
    if not estimate.curve or not estimate.from_draws:
        return False
    inner = estimate.curve[0]
    return any(_needed(estimate, bound, levels, 1, truth) is not None for truth in (inner.low, inner.high))


def would_fail(estimate: Estimate, bound: Bound, levels: Levels) -> float | None:
    """The value at which this audit would have failed the rule in four runs of five; None where that is not known.

    Taken for granted is that the interval of such a model is as wide as this one's. In the estimate's unit.
    """
    if not estimate.curve or levels.failing > estimate.curve[-1].level or estimate.unit == "count":
        return None
    interval, z = estimate.interval(levels.failing), _z(levels.failing)
    middle = _middle(estimate)
    stretch = 1 + POWER / z
    below = None if bound.low is None else bound.low - stretch * max(0.0, interval.high - middle)
    above = None if bound.high is None else bound.high + stretch * max(0.0, middle - interval.low)
    if below is not None and above is not None:
        return below if middle - below < above - middle else above
    return below if below is not None else above


def _needed(estimate: Estimate, bound: Bound, levels: Levels, drawn: int, truth: float) -> int | None:
    share = estimate.from_draws
    meets = (bound.low is None or truth >= bound.low) and (bound.high is None or truth <= bound.high)
    level = min(levels.passing if meets else levels.failing, estimate.curve[-1].level)
    end, distance = _nearest(bound, truth)
    interval = estimate.interval(level)
    # Only the half that reaches towards the bound has to shrink.
    half = (interval.high - truth) if end > truth else (truth - interval.low)
    if not share or half <= 0 or distance == 0:
        return None
    z = _z(level)
    variance = (half / z) ** 2
    room = distance**2 - z**2 * variance * (1 - share)
    if room <= 0:
        return None
    scatter = room / (distance * POWER + math.sqrt((distance * POWER) ** 2 + (z**2 - POWER**2) * room))
    return _rounded(drawn * variance * share / scatter**2)


def _nearest(bound: Bound, value: float) -> tuple[float, float]:
    ends = [end for end in (bound.low, bound.high) if end is not None]
    nearest = min(ends, key=lambda end: abs(end - value))
    return nearest, abs(nearest - value)


def _middle(estimate: Estimate) -> float:
    return (estimate.curve[0].low + estimate.curve[0].high) / 2


def _rounded(number: float) -> int:
    # Two digits: the width at another n is itself only known roughly.
    scale = int(10 ** max(0, math.floor(math.log10(max(number, 1))) - 1))
    return math.ceil(number / scale) * scale


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)
