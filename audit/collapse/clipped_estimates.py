"""Clipped density and coverage as estimates: limits of their parts, carried through ratio and calibration."""

import math
from statistics import NormalDist

import numpy as np

from ..finding import Better, Estimate, Interval, Perfect
from ..statistics.clipped import CLIPPED, expected_filling, matched_share
from ..statistics.neighbour_intervals import Limits, Quotient, Share, curve, p_value
from ..statistics.neighbour_measure import Measurement, Spread

_BAND = NormalDist().inv_cdf(0.975)
_DETECTABLE = _BAND + NormalDist().inv_cdf(0.8)
_METHOD = "random half-sampling of both sets, limits of a share at the effective sample size, {}"


def clipped_estimates(found: Measurement) -> tuple[Estimate, Estimate]:
    """Both scores of a measurement; neither is shown above 1, which a perfect generator reaches on average."""
    return _density(found), _coverage(found)


def _density(found: Measurement) -> Estimate:
    inside, own = _share(found, "inside"), _share(found, "perfect_inside")
    spread, perfect = found.limited.spread, found.limited.perfect_spread
    quotient = Quotient(inside, own, _correlation(spread))
    value = inside.value / own.value
    error = math.sqrt(_ratio_variance(perfect, own.value, own.value))
    total = _ratio_variance(spread, inside.value, own.value)
    draws = float(spread.draws[0]) * _steepness(inside.value)
    return _estimate(
        "clipped_density",
        value,
        quotient.limits,
        found.size * found.sets,
        _below(p_value(quotient.limits, 1.0), value < 1),
        max(0.0, 1 - _BAND * error),
        _DETECTABLE * error,
        _part(draws, total),
        "recovered from both sides of the ratio",
    )


def _coverage(found: Measurement) -> Estimate:
    n, filled = found.size, _share(found, "filled")
    expected = float(expected_filling(reference=n, generated=n, k=found.k))
    error = math.sqrt(max(float(found.limited.perfect_spread.covariance[2, 2]), 0.0))

    def matched(share: float) -> float:
        return matched_share(share, reference=n, generated=n, k=found.k)

    def limits(level: float) -> Interval:
        each = filled.limits(level)
        return Interval(level, matched(each.low), matched(each.high))

    def fallen(errors: float) -> float:
        return matched(math.sin(max(math.asin(math.sqrt(expected)) - errors * error, 0.0)) ** 2)

    spread = found.limited.spread
    return _estimate(
        "clipped_coverage",
        matched(filled.value),
        limits,
        n,
        _below(p_value(filled.limits, expected), filled.value < expected),
        fallen(_BAND),
        1 - fallen(_DETECTABLE),
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


def _share(found: Measurement, name: str) -> Share:
    at, value = CLIPPED.index(name), found.limited.shares[name]
    trials = found.size * (found.sets if name == "inside" else 1)
    # A contribution is a mean of k flags, so it can tell more than one; at either end all may have moved together.
    inner = found.k if 0 < value < 1 else 1
    variance = max(float(found.limited.spread.covariance[at, at]), 0.0)
    return Share(value, variance, trials * inner, found.limited.splits)


def _correlation(spread: Spread) -> float:
    scale = math.sqrt(max(spread.covariance[0, 0], 0.0) * max(spread.covariance[1, 1], 0.0))
    return float(np.clip(spread.covariance[0, 1] / scale, -1, 1)) if scale > 0 else 0.0


def _ratio_variance(spread: Spread, top: float, bottom: float) -> float:
    """Relative variance of the ratio of the first two shares."""
    first, second = _steepness(top), _steepness(bottom)
    cross = 2 * math.sqrt(first * second) * spread.covariance[0, 1]
    return max(float(first * spread.covariance[0, 0] + second * spread.covariance[1, 1] - cross), 0.0)


def _steepness(share: float) -> float:
    """Variance of log share over that of asin √share."""
    return 4 * (1 - share) / share if share > 0 else 0.0


def _part(draws: float, total: float) -> float:
    return float(np.clip(draws / total, 0, 1)) if total > 0 else 1.0


def _below(two_sided: float, below: bool) -> float:
    """The chance of a score as low, from that of one as far; at least 1e-6, as that one."""
    return max(two_sided / 2, 1e-6) if below else 1 - two_sided / 2
