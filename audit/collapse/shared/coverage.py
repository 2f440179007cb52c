"""Coverage and its ratio to a perfect generator's, from a measurement of neighbours, and what other shares need too."""

import math
from dataclasses import replace

import numpy as np

from ...finding import Better, Estimate, Perfect
from ...statistics.intervals import BAND, DETECTION, Limits, Share, curve, p_value, scaled
from ...statistics.neighbours.measurement import Measurement
from ...statistics.neighbours.prdc import expected_coverage
from ...statistics.neighbours.splits import SHARES

_METHOD = "random half-sampling of both sets, exact binomial limits at the effective sample size"


def coverage_estimates(measurement: Measurement, *, freedom: float) -> tuple[Estimate, Estimate]:
    """`coverage` and `coverage_ratio`; `freedom` is that granted to the estimated variances."""
    coverage, n = share_of(measurement, "coverage", freedom), measurement.size
    full = expected_coverage(reference=n, generated=n, k=measurement.k)
    tested = p_value(coverage.limits, full)
    band = perfect_band(full, perfect_variance(measurement, "coverage"))
    error = math.sqrt(perfect_variance(measurement, "coverage") * 4 * full * (1 - full))
    draws = from_draws(measurement, "coverage")
    covered = share_estimate("coverage", coverage.value, coverage.limits, n, band, tested, error, draws)
    ratio = share_estimate(
        "coverage_ratio",
        coverage.value / full,
        scaled(coverage.limits, 1 / full),
        n,
        Perfect(1.0, band.low / full, band.high / full),
        tested,
        error / full,
        draws,
    )
    return covered, replace(ratio, unit="ratio")


def share_estimate(
    name: str,
    value: float,
    limits: Limits,
    n: int,
    perfect: Perfect,
    tested: float,
    error: float,
    draws: float,
) -> Estimate:
    """An estimate of a share that a perfect generator would have higher.

    Args:
        name: of the estimate.
        value: of the share, 0 to 1.
        limits: the interval at each level.
        n: sampling units.
        perfect: what a perfect generator would score.
        tested: the p-value of being one.
        error: standard error of a perfect generator's share.
        draws: share of the variance that more draws would shrink.
    """
    return Estimate(
        name=name,
        value=value,
        curve=curve(limits),
        n=n,
        method=_METHOD,
        unit="share",
        better=Better.HIGHER,
        perfect=perfect,
        p_value=tested,
        minimum_detectable=DETECTION * error,
        from_draws=draws,
    )


def share_of(measurement: Measurement, name: str, freedom: float) -> Share:
    """A measured share with its variance, as the intervals need it."""
    sets = 1 if name == "perfect_precision" else measurement.sets
    variance = float(measurement.spread.covariance[SHARES.index(name), SHARES.index(name)])
    return Share(measurement.shares[name], variance, measurement.size * sets, freedom)


def from_draws(measurement: Measurement, name: str) -> float:
    """The share of a measured share's variance that more generated samples would shrink."""
    at = SHARES.index(name)
    total = measurement.spread.covariance[at, at]
    # Nothing varied: at the boundary more draws are all that can narrow the exact limits.
    return float(np.clip(measurement.spread.draws[at] / total, 0, 1)) if total > 0 else 1.0


def perfect_variance(measurement: Measurement, name: str) -> float:
    """Of a perfect generator's share, on the half-angle scale; never below that of independent points."""
    at = SHARES.index(name)
    return max(float(measurement.perfect_spread.covariance[at, at]), 1 / (4 * measurement.size * measurement.sets))


def perfect_band(value: float, variance: float) -> Perfect:
    """What a perfect generator would score, from its share and the variance on the half-angle scale."""
    angle, width = math.asin(math.sqrt(value)), BAND * math.sqrt(variance)
    low, high = max(angle - width, 0.0), min(angle + width, math.pi / 2)
    return Perfect(value, math.sin(low) ** 2, math.sin(high) ** 2)
