"""The estimates of GA401."""

import math
from collections.abc import Iterator

from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.intervals import BAND, ONE_SIDED_DETECTION, Limits, curve
from ...statistics.membership.separation import minimum_detectable
from ...statistics.membership.thresholds import Threshold, precision
from ...statistics.shares.binomial import clopper_pearson, normal_quantile
from .measure import Group, Measured, Passing, Score

DELONG = "DeLong's variance at the effective number of records; p by permutation of training and holdout"


def estimates_of(found: Measured) -> Iterator[Estimate]:
    """All estimates; of a split that can be told without the model only the excess over that."""
    if found.confounded:
        yield _excess(found)
        return
    yield _area(found.main, "membership_auc", DELONG)
    if found.calibrated is not None:
        yield _area(found.calibrated, "calibrated_membership_auc", DELONG)
    compared = [each for each in found.groups if each.area is not None]
    for each in compared:
        yield _group(each, len(compared))
    first = found.passing[0]
    if first.threshold is not None:
        yield from _at_threshold(first, first.threshold, found.whole)


def _area(score: Score, name: str, method: str) -> Estimate:
    area, sizes = score.area, score.sizes
    error = math.sqrt(area.null_variance)
    return Estimate(
        name=name,
        value=area.value,
        curve=curve(area.limits),
        n=min(sizes),
        method=method,
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(0.5, max(0.5 - BAND * error, 0.0), min(0.5 + BAND * error, 1.0)),
        p_value=score.p_value,
        minimum_detectable=minimum_detectable(*sizes),
    )


def _group(group: Group, groups: int) -> Estimate:
    assert group.area is not None
    area, error = group.area.area, math.sqrt(group.area.area.null_variance)

    def limits(level: float) -> Interval:
        each = area.limits(1 - (1 - level) / groups)
        return Interval(level, each.low, each.high)

    return Estimate(
        name="membership_auc",
        value=area.value,
        curve=curve(limits),
        n=min(group.sizes),
        method=f"DeLong; intervals hold for all {groups} groups together (Bonferroni), p by permutation (max-T)",
        unit="share",
        better=Better.LOWER,
        group=group.name,
        perfect=Perfect(0.5, max(0.5 - BAND * error, 0.0), min(0.5 + BAND * error, 1.0)),
        p_value=group.area.p_value,
        p_adjusted=group.area.p_adjusted,
        minimum_detectable=minimum_detectable(*group.sizes),
    )


def _excess(found: Measured) -> Estimate:
    """The two areas are of the same records: their errors are added up, which holds however they go together."""
    assert found.blind is not None
    area, blind = found.main.area, found.blind
    value = area.value - blind.auc

    def limits(level: float) -> Interval:
        own, reach = area.limits(level), blind.error * normal_quantile(level)
        return Interval(level, value - (area.value - own.low) - reach, value + (own.high - area.value) + reach)

    error = math.sqrt(area.null_variance) + blind.error
    return Estimate(
        name="membership_excess",
        value=value,
        curve=curve(limits),
        n=min(found.main.sizes),
        method="difference of two areas, the limits of both added up",
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(0.0, -BAND * error, BAND * error),
        p_value=_one_sided(value / error) if error > 0 else None,
        minimum_detectable=ONE_SIDED_DETECTION * error,
    )


def _one_sided(z: float) -> float:
    from scipy.special import ndtr

    return max(float(ndtr(-z)), 1e-6)


def _at_threshold(passing: Passing, threshold: Threshold, whole: bool) -> Iterator[Estimate]:
    passed, records = passing.training
    share = passed / records
    low, high = threshold.perfect(records)
    said = f"a threshold with at most {passing.rate:.2%} false positives, certified at 95 % by {threshold.n:,} records"
    yield Estimate(
        name="membership_tpr",
        value=share,
        # Where every training record was scored the share is known, for this model and these records.
        curve=() if whole else curve(counted(passed, records)),
        n=records,
        method=said + ("; all training records were scored" if whole else "; Clopper–Pearson"),
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(threshold.expected, low, high),
        p_value=threshold.p_value(passed, records),
        minimum_detectable=threshold.minimum_detectable(records),
    )
    yield _precision(share, threshold, (low, high), records)
    made, of = passing.generated
    if of:
        bounds = threshold.perfect(of)
        yield Estimate(
            name="generated_as_members",
            value=made / of,
            curve=curve(counted(made, of)),
            n=of,
            method="Clopper–Pearson, given the threshold",
            unit="share",
            better=Better.NEITHER,
            perfect=Perfect(threshold.expected, *bounds),
            p_value=threshold.two_sided_p(made, of),
            minimum_detectable=threshold.minimum_detectable(of),
        )


def _precision(share: float, threshold: Threshold, band: tuple[float, float], records: int) -> Estimate:
    value = precision(share, threshold.expected)

    def limits(level: float) -> Interval:
        rate = threshold.false_positives(level)
        low, high = precision(share, rate.high), precision(share, rate.low)
        return Interval(level, min(low, value), max(high, value))

    return Estimate(
        name="membership_ppv",
        value=value,
        curve=curve(limits),
        n=min(records, threshold.n),
        method="the true rate of false positives follows a beta distribution, given the threshold's rank",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(0.5, *(precision(each, threshold.expected) for each in band)),
    )


def counted(successes: int, trials: int) -> Limits:
    """Exact limits of a share that was counted."""

    def limits(level: float) -> Interval:
        low, high = clopper_pearson(successes=successes, trials=trials, level=level)
        return Interval(level, float(low), float(high))

    return limits
