"""Clipped and support shares as estimates: the limits of their parts, carried through the ratio and the calibration."""

import math

import numpy as np
from numpy.typing import NDArray

from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.intervals import BAND, DETECTION, Limits, Quotient, Share, curve, p_value
from ...statistics.neighbours.clipped import CLIPPED, expected_filling, matched_share
from ...statistics.neighbours.measurement import Limited, Measurement
from ...statistics.neighbours.support import SUPPORTS

LEAST_PERFECT = 0.05
"""Where a perfect generator scores less than this share, the ratio to it has no useful upper limit."""

OF_GENERATED = ("inside", SUPPORTS[0], SUPPORTS[3])
"""Shares that count generated records."""

_METHOD = "random half-sampling of both sets, limits of a share at the effective sample size, {}"


def clipped_estimates(measurement: Measurement) -> tuple[Estimate, Estimate]:
    """Clipped density and coverage; neither is shown above 1, which a perfect generator reaches on average."""
    units = measurement.size * measurement.sets
    return capped_ratio("clipped_density", measurement, measurement.clipped, CLIPPED[:2], units), _coverage(measurement)


def support_estimates(measurement: Measurement) -> tuple[Estimate, ...]:
    """Support precision and support recall, capped at 1; none where k is 1, since two balls must contain a record.

    A share whose denominator is close to 0 is left out: where most records have a feature that rules them out among
    their own sample, such as a word of their own, records say nothing about each other.
    """
    if measurement.supported is None:
        return ()
    known = measurement.supported
    both = (
        ("support_precision", SUPPORTS[:2], measurement.size * measurement.sets),
        ("support_recall", SUPPORTS[2:], measurement.size),
    )
    return tuple(
        capped_ratio(name, measurement, known, shares, units)
        for name, shares, units in both
        if known.shares[shares[1]] >= LEAST_PERFECT
    )


def capped_ratio(
    name: str, measurement: Measurement, limited: Limited, shares: tuple[str, ...], units: int
) -> Estimate:
    """The ratio of two mean contributions, the second being what a perfect generator shows.

    Args:
        name: of the estimate.
        measurement: from `measure`.
        limited: the part of it that holds the contributions.
        shares: names of numerator and denominator.
        units: records that contribute to the numerator.
    """
    at = [list(limited.shares).index(each) for each in shares]
    top, bottom = (_share(measurement, limited, each) for each in shares)
    value = top.value / bottom.value
    pair = np.ix_(at, at)
    covariance, sound = limited.spread.covariance[pair], limited.perfect_spread.covariance[pair]
    quotient = Quotient(top, bottom, _correlation(covariance))
    error = math.sqrt(_ratio_variance(sound, bottom.value, bottom.value))
    draws = float(limited.spread.draws[at[0]]) * _steepness(top.value)
    return _estimate(
        name,
        value,
        quotient.limits,
        units,
        _below(p_value(quotient.limits, 1.0), value < 1),
        max(0.0, 1 - BAND * error),
        DETECTION * error,
        _part(draws, _ratio_variance(covariance, top.value, bottom.value)),
        "recovered from both sides of the ratio",
    )


def _coverage(measurement: Measurement) -> Estimate:
    n, filled = measurement.size, _share(measurement, measurement.clipped, "filled")
    expected = float(expected_filling(reference=n, generated=n, k=measurement.k))
    error = math.sqrt(max(float(measurement.clipped.perfect_spread.covariance[2, 2]), 0.0))

    def matched(share: float) -> float:
        return matched_share(share, reference=n, generated=n, k=measurement.k)

    def limits(level: float) -> Interval:
        each = filled.limits(level)
        return Interval(level, matched(each.low), matched(each.high))

    def fallen(errors: float) -> float:
        return matched(math.sin(max(math.asin(math.sqrt(expected)) - errors * error, 0.0)) ** 2)

    spread = measurement.clipped.spread
    return _estimate(
        "clipped_coverage",
        matched(filled.value),
        limits,
        n,
        _below(p_value(filled.limits, expected), filled.value < expected),
        fallen(BAND),
        1 - fallen(DETECTION),
        _part(float(spread.draws[2]), float(spread.covariance[2, 2])),
        "through the closed-form expectation",
    )


def _estimate(
    name: str,
    value: float,
    limits: Limits,
    n: int,
    tested: float,
    lowest: float,
    detectable: float,
    draws: float,
    how: str,
) -> Estimate:
    def capped(level: float) -> Interval:
        each = limits(level)
        return Interval(level, min(each.low, 1.0), min(each.high, 1.0))

    return Estimate(
        name=name,
        value=min(value, 1.0),
        curve=curve(capped),
        n=n,
        method=_METHOD.format(how),
        unit="share",
        better=Better.HIGHER,
        perfect=Perfect(1.0, lowest, 1.0),
        p_value=tested,
        minimum_detectable=detectable,
        from_draws=draws,
    )


def _share(measurement: Measurement, limited: Limited, name: str) -> Share:
    at, value = list(limited.shares).index(name), limited.shares[name]
    trials = measurement.size * (measurement.sets if name in OF_GENERATED else 1)
    # A clipped contribution is a mean of k flags, so it tells more than one; at an end all may have moved together.
    inner = measurement.k if name in CLIPPED and 0 < value < 1 else 1
    variance = max(float(limited.spread.covariance[at, at]), 0.0)
    return Share(value, variance, trials * inner, limited.splits)


def _correlation(covariance: NDArray[np.float64]) -> float:
    scale = math.sqrt(max(covariance[0, 0], 0.0) * max(covariance[1, 1], 0.0))
    return float(np.clip(covariance[0, 1] / scale, -1, 1)) if scale > 0 else 0.0


def _ratio_variance(covariance: NDArray[np.float64], top: float, bottom: float) -> float:
    """Relative variance of the ratio of two shares."""
    first, second = _steepness(top), _steepness(bottom)
    cross = 2 * math.sqrt(first * second) * covariance[0, 1]
    return max(float(first * covariance[0, 0] + second * covariance[1, 1] - cross), 0.0)


def _steepness(share: float) -> float:
    """Variance of log share over that of asin √share."""
    return 4 * (1 - share) / share if share > 0 else 0.0


def _part(draws: float, total: float) -> float:
    return float(np.clip(draws / total, 0, 1)) if total > 0 else 1.0


def _below(two_sided: float, below: bool) -> float:
    """The chance of a score as low, from that of one as far; at least 1e-6, as that one."""
    return max(two_sided / 2, 1e-6) if below else 1 - two_sided / 2
