"""From measures of sequences to estimates: values, intervals, and what a perfect generator scores."""

import math
from collections.abc import Iterator
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.intervals import BAND, DETECTION, ONE_SIDED_DETECTION, Limits, Share, curve, p_value
from ...statistics.sequences.frontier import Frontier
from ...statistics.shares.binomial import normal_quantile
from .measures import Measures, Pair

Flags = NDArray[np.bool_]

# Degrees of freedom of a variance to which hundreds of records contribute.
_FREEDOM = 1e6
# A run just rare enough to be missed once in twenty times adds this to the variance of a count of different runs.
_LEAST_VARIANCE = 0.05 * 0.95

_LEFT_OUT = "leaving out each record once, both sides"
_RATE = "exact binomial, halfway between Clopper–Pearson and Jeffreys"
_DIFFERENCE = "recovered from the limits of both sides"
_FRONTIER = "leaving out each record, less the noise that equal distributions would show twice; half-angle scale"


def scored(
    measures: Measures, frontier: Frontier, *, frontier_size: int, more_draws_help: bool
) -> tuple[Estimate, ...]:
    """All estimates.

    Args:
        measures: from `measure_sequences`.
        frontier: from `measure_frontier`.
        frontier_size: generated records behind it.
        more_draws_help: whether further generated samples would be used at all.
    """
    n, m = (len(each) for each in measures.repeating)
    flags = {
        "repetition": measures.repeating,
        "loop": (measures.looping[0].tokens > 0, measures.looping[1].tokens > 0),
    }
    return (
        *(_distinct(size, pair, n, m, more_draws_help) for size, (pair, _) in measures.distinct.items()),
        *_bleu(measures, more_draws_help),
        *(each for name, (a, b) in flags.items() for each in _rates(name, a, b, more_draws_help)),
        _entropy(measures.entropy, n, m, more_draws_help),
        *_frontier(frontier, frontier_size, more_draws_help),
    )


def _distinct(size: int, pair: Pair, n: int, m: int, helped: bool) -> Estimate:
    relative = [max(each.variance, _LEAST_VARIANCE) / each.value**2 for each in (pair.generated, pair.reference)]
    error, sound = math.sqrt(sum(relative)), math.sqrt(relative[1] * (1 + m / n))
    value = pair.generated.value / pair.reference.value

    def limits(level: float) -> Interval:
        factor = math.exp(_quantile(level) * error)
        return Interval(level, value / factor, value * factor)

    return Estimate(
        name=f"distinct_{size}_ratio",
        value=value,
        curve=curve(limits),
        n=n,
        method=f"{_LEFT_OUT}, on the logarithmic scale",
        unit="ratio",
        better=Better.NEITHER,
        perfect=Perfect(1.0, math.exp(-BAND * sound), math.exp(BAND * sound)),
        p_value=_normal_p(math.log(value) / error),
        minimum_detectable=1 - math.exp(-DETECTION * sound),
        from_draws=relative[0] / sum(relative) if helped else 0.0,
    )


def _bleu(measures: Measures, helped: bool) -> Iterator[Estimate]:
    pair = measures.self_bleu
    own, reference = (_share(pair, side).limits for side in (0, 1))
    records = len(measures.repeating[0])
    sound = math.sqrt(pair.reference.variance * (1 + pair.sets[1] / pair.sets[0]))
    yield from _two(
        "self_bleu",
        (pair.generated.value, pair.reference.value),
        (own, reference),
        records,
        sound,
        _part(pair) if helped else 0.0,
        (_LEFT_OUT, _DIFFERENCE),
        Better.LOWER,
    )


def _rates(name: str, generated: Flags, reference: Flags, helped: bool) -> Iterator[Estimate]:
    n, m = len(generated), len(reference)
    values = float(generated.mean()), float(reference.mean())
    own, other = (Share(value, 1 / (4 * size), size, _FREEDOM) for value, size in zip(values, (n, m), strict=True))
    pooled = (generated.sum() + reference.sum() + 0.5) / (n + m + 1)
    sound = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return _two(
        f"{name}_rate",
        values,
        (own.limits, other.limits),
        n,
        sound,
        (1 / n) / (1 / n + 1 / m) if helped else 0.0,
        (_RATE, _DIFFERENCE),
        Better.NEITHER if name == "repetition" else Better.LOWER,
    )


def _two(
    name: str,
    values: tuple[float, float],
    sides: tuple[Limits, Limits],
    n: int,
    sound: float,
    draws: float,
    methods: tuple[str, str],
    better: Better,
) -> Iterator[Estimate]:
    """A share of the generated records, whose perfect value is the real one's, and its difference to it."""
    value, reference = values
    apart = _difference(values, sides)
    whole = Estimate(
        name=name,
        value=value,
        curve=curve(sides[0]),
        n=n,
        method=methods[0],
        unit="share",
        better=better,
        perfect=Perfect(reference, max(0.0, reference - BAND * sound), min(1.0, reference + BAND * sound)),
        p_value=p_value(apart, 0.0),
        minimum_detectable=DETECTION * sound,
        from_draws=1.0 if draws else 0.0,
    )
    yield whole
    yield replace(
        whole,
        name=f"{name}_difference",
        unit="share difference",
        value=value - reference,
        curve=curve(apart),
        method=methods[1],
        perfect=Perfect(0.0, -BAND * sound, BAND * sound),
        from_draws=draws,
    )


def _entropy(pair: Pair, n: int, m: int, helped: bool) -> Estimate:
    value = pair.generated.value - pair.reference.value
    # Rounding alone is no evidence, and the smallest p that is told is 1e-6.
    error = max(math.sqrt(_sum(pair)), 1e-9)
    sound = math.sqrt(pair.reference.variance * (1 + pair.sets[1] / pair.sets[0]))

    def limits(level: float) -> Interval:
        return Interval(level, value - _quantile(level) * error, value + _quantile(level) * error)

    return Estimate(
        name="entropy_rate_difference",
        value=value,
        curve=curve(limits),
        n=n,
        method=_LEFT_OUT,
        unit="bits per token",
        better=Better.NEITHER,
        perfect=Perfect(0.0, -BAND * sound, BAND * sound),
        p_value=_normal_p(value / error),
        minimum_detectable=DETECTION * sound,
        from_draws=_part(pair) if helped else 0.0,
    )


def _frontier(frontier: Frontier, n: int, helped: bool) -> Iterator[Estimate]:
    low, high = (float(each) for each in np.quantile(frontier.perfect, (0.025, 0.975)))
    perfect, spread = float(frontier.perfect.mean()), float(frontier.perfect.std(ddof=1))

    # On the half-angle scale the deviation hardly depends on the area; above the perfect one, it is noise that does.
    steady = min(frontier.area, perfect)
    angle, slope = math.asin(math.sqrt(frontier.area)), 2 * math.sqrt(steady * (1 - steady))
    deviation = frontier.deviation / slope if slope > 0 else 0.0

    def limits(level: float) -> Interval:
        step = _quantile(level) * deviation
        low, high = math.sin(max(angle - step, 0.0)) ** 2, math.sin(min(angle + step, math.pi / 2)) ** 2
        return Interval(level, min(low, frontier.area), max(high, frontier.area))

    for name, scale in (("frontier_area", 1.0), ("frontier_area_ratio", 1 / perfect)):
        yield Estimate(
            name=name,
            value=frontier.area * scale,
            curve=tuple(Interval(each.level, each.low * scale, each.high * scale) for each in curve(limits)),
            n=n,
            method=_FRONTIER,
            unit="share" if scale == 1.0 else "ratio",
            better=Better.HIGHER,
            perfect=Perfect(perfect * scale, low * scale, high * scale),
            p_value=frontier.p_value,
            minimum_detectable=ONE_SIDED_DETECTION * spread * scale,
            from_draws=None if helped else 0.0,
        )


def _share(pair: Pair, side: int) -> Share:
    """A mean of scores in [0, 1] as a share; where nothing varies, its tokens stand for the trials."""
    value, variance = (pair.generated, pair.reference)[side]
    inner = value * (1 - value)
    return Share(value, variance / (4 * inner) if inner > 0 else 0.0, max(pair.units[side], 1), _FREEDOM)


def _difference(values: tuple[float, float], sides: tuple[Limits, Limits]) -> Limits:
    """Limits of the difference of two independent quantities from the limits of each.

    Reference: Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Zou & Donner 2008,
    doi:10.1002/sim.3095.
    """

    def limits(level: float) -> Interval:
        first, second = (side(level) for side in sides)
        down = math.hypot(values[0] - first.low, second.high - values[1])
        up = math.hypot(first.high - values[0], values[1] - second.low)
        apart = values[0] - values[1]
        return Interval(level, apart - down, apart + up)

    return limits


def _part(pair: Pair) -> float:
    """The share of the variance that comes from the generated side; where nothing varied, nothing else can help."""
    return pair.generated.variance / _sum(pair) if _sum(pair) > 0 else 1.0


def _sum(pair: Pair) -> float:
    return pair.generated.variance + pair.reference.variance


def _quantile(level: float) -> float:
    return normal_quantile(level) if level > 0 else 0.0


def _normal_p(z: float) -> float:
    return max(2 * NormalDist().cdf(-abs(z)), 1e-6)
