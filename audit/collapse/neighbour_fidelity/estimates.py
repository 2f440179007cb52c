"""From a measurement of neighbours to estimates: values, intervals, and what a perfect generator scores."""

import math
from dataclasses import replace

import numpy as np

from ...finding import NOMINAL, Better, Column, Estimate, Kind, Perfect, Table
from ...statistics.intervals import BAND, Quotient, Rate, Share, p_value
from ...statistics.neighbours.measurement import Measurement
from ...statistics.neighbours.prdc import expected_coverage
from ...statistics.neighbours.splits import SHARES
from ..shared.coverage import (
    coverage_estimates,
    from_draws,
    perfect_band,
    perfect_variance,
    share_estimate,
    share_of,
)
from .clipped import clipped_estimates, support_estimates
from .outliers import outlier_estimate

_RATIO_METHOD = "recovered from the limits of both shares and their correlation over random halves"
_DENSITY_METHOD = "leave-one-out influence of both sets, gamma limits at the effective exposure"


def scored(measurement: Measurement, *, freedom: float, more_draws_help: bool = True) -> tuple[Estimate, ...]:
    """All estimates of a measurement, each with its curve and the score of a perfect generator.

    Args:
        measurement: from `measure`.
        freedom: degrees of freedom granted to the estimated variances.
        more_draws_help: whether further generated samples would be used at all.
    """
    precision, recall, fresh = (
        share_of(measurement, name, freedom) for name in ("precision", "recall", "perfect_precision")
    )
    n, many = measurement.size, measurement.size * measurement.sets
    result = [
        each
        for name, share, units in (("precision", precision, many), ("recall", recall, n))
        for each in _with_ratio(measurement, name, share, fresh, units)
    ]
    result += [_density(measurement, freedom), *coverage_estimates(measurement, freedom=freedom)]
    result += [*clipped_estimates(measurement), *support_estimates(measurement), outlier_estimate(measurement.outliers)]
    return tuple(each if more_draws_help else replace(each, from_draws=0.0) for each in result)


def _with_ratio(
    measurement: Measurement, name: str, share: Share, fresh: Share, units: int
) -> tuple[Estimate, Estimate]:
    """A share and its ratio to `fresh`, a perfect generator's."""
    quotient = Quotient(share, fresh, _correlation(measurement, name))
    tested = p_value(quotient.limits, 1.0)
    band = perfect_band(fresh.value, _perfect_distance(measurement, name))
    error = _perfect_ratio_error(measurement, name, fresh.value)
    draws = from_draws(measurement, name)
    ratio = share_estimate(
        f"{name}_ratio",
        share.value / fresh.value,
        quotient.limits,
        units,
        Perfect(1.0, max(0.0, 1 - BAND * error), 1 + BAND * error),
        tested,
        error,
        draws * _top_part(quotient),
    )
    return (
        share_estimate(name, share.value, share.limits, units, band, tested, error * fresh.value, draws),
        replace(ratio, unit="ratio", method=_RATIO_METHOD),
    )


def group_table(measurement: Measurement, names: tuple[str, ...], *, freedom: float) -> tuple[Table, ...]:
    """Coverage and precision of each group with their intervals; nothing where no groups were measured."""
    groups = measurement.groups
    if groups is None:
        return ()
    perfect = expected_coverage(reference=measurement.size, generated=measurement.size, k=measurement.k)
    rows = []
    for at, name in enumerate(names):
        coverage = _limited(
            groups.coverage[at],
            groups.coverage_variance[at],
            int(groups.reference_sizes[at]) * measurement.sets,
            freedom,
        )
        precision = _limited(
            groups.precision[at], groups.precision_variance[at], int(groups.generated_sizes[at]), freedom
        )
        sizes = int(groups.reference_sizes[at]), int(groups.generated_sizes[at])
        rows.append((name, sizes[0], *coverage, perfect, sizes[1], *precision))
    columns = (
        Column("group", "Group", Kind.TEXT),
        Column("reference_n", "Real samples", Kind.COUNT),
        Column("coverage", "Coverage", Kind.SHARE),
        Column("coverage_low", "Coverage, low", Kind.SHARE),
        Column("coverage_high", "Coverage, high", Kind.SHARE),
        Column("perfect_coverage", "Coverage of a perfect generator", Kind.SHARE),
        Column("generated_n", "Generated samples assigned to it", Kind.COUNT),
        Column("precision", "Precision", Kind.SHARE),
        Column("precision_low", "Precision, low", Kind.SHARE),
        Column("precision_high", "Precision, high", Kind.SHARE),
    )
    caption = (
        "By group, with 95 % intervals: how much of its real samples is covered, and how many of the generated samples "
        "that the group classifier assigned to it lie near real samples of any group. Not corrected for its errors."
    )
    return (Table("groups", caption, columns, tuple(rows)),)


def _density(measurement: Measurement, freedom: float) -> Estimate:
    """Too low: samples lie outside; too high: they crowd where the data are dense; neither end is better."""
    many = measurement.size * measurement.sets
    variance = measurement.density_from_reference + measurement.density_from_draws
    rate = Rate(measurement.density, variance, measurement.size, freedom)
    error = math.sqrt(measurement.perfect_density_variance)
    estimate = share_estimate(
        "density",
        measurement.density,
        rate.limits,
        many,
        Perfect(1.0, max(0.0, 1 - BAND * error), 1 + BAND * error),
        p_value(rate.limits, 1.0),
        error,
        measurement.density_from_draws / variance if variance > 0 else 1.0,
    )
    return replace(estimate, unit="ratio", better=Better.NEITHER, method=_DENSITY_METHOD)


def _correlation(measurement: Measurement, name: str) -> float:
    top, bottom = SHARES.index(name), SHARES.index("perfect_precision")
    spread = measurement.spread.covariance
    scale = math.sqrt(spread[top, top] * spread[bottom, bottom])
    return float(np.clip(spread[top, bottom] / scale, -1, 1)) if scale > 0 else 0.0


def _top_part(quotient: Quotient) -> float:
    """The part of a ratio's variance that comes from its numerator; the denominator knows no generated sample."""
    top, bottom = (_relative_variance(each) for each in (quotient.top, quotient.bottom))
    total = top + bottom - 2 * quotient.correlation * math.sqrt(top * bottom)
    return min(1.0, top / total) if total > 0 else 1.0


def _relative_variance(share: Share) -> float:
    inner = _inner(share.value, share.trials)
    return (1 - inner) / (inner * share.effective)


def _perfect_distance(measurement: Measurement, name: str) -> float:
    """Variance between a perfect generator's share and the estimate of its expectation, on the half-angle scale."""
    top, bottom = SHARES.index(name), SHARES.index("perfect_precision")
    spread = measurement.perfect_spread.covariance
    apart = perfect_variance(measurement, name) + spread[bottom, bottom] - 2 * spread[top, bottom]
    return max(float(apart), (1 + 1 / measurement.sets) / (4 * measurement.size))


def _perfect_ratio_error(measurement: Measurement, name: str, value: float) -> float:
    inner = _inner(value, measurement.size)
    return math.sqrt(_perfect_distance(measurement, name) * 4 * (1 - inner) / inner)


def _inner(value: float, n: int) -> float:
    """A share kept half a point away from both ends, where its error would vanish."""
    return min(max(value, 0.5 / n), 1 - 0.5 / n)


def _limited(value: float, variance: float, trials: int, freedom: float) -> tuple[float | None, ...]:
    """Value, low and high of a group's share; None for a group that is absent."""
    if trials == 0:
        return None, None, None
    known = float(variance) if math.isfinite(variance) else 0.0
    interval = Share(float(value), known, trials, freedom).limits(NOMINAL)
    return float(value), interval.low, interval.high
