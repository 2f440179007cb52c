"""The estimates of GA400."""

import math
from collections.abc import Iterator

import numpy as np

from ...evidence.matches.kind import Matches
from ...evidence.split.kind import Split
from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.copying.near import RateDifference
from ...statistics.intervals import BAND, DETECTION, ONE_SIDED_DETECTION, Limits, curve, p_value
from ..shared.nearness import close_rate, near_limit


def blind(split: Split) -> Estimate:
    """The area of the blind classifier."""
    t, h = len(split.training_rows), len(split.holdout_rows)
    error = math.sqrt((t + h + 1) / (12 * t * h))
    return Estimate(
        name="blind_auc",
        value=split.blind_auc,
        curve=split.blind_curve,
        n=t + h,
        method="fits on either half in turn; mean of both DeLong intervals, valid for any dependence",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(0.5, max(0.0, 0.5 - BAND * error), min(1.0, 0.5 + BAND * error)),
        p_value=split.blind_p,
        minimum_detectable=min(0.5, math.sqrt(2) * ONE_SIDED_DETECTION * error),
    )


def overlap(split: Split) -> Estimate:
    """Equal records on both sides."""
    h, spread = split.holdout_records, split.duplicates_deviation
    return Estimate(
        name="overlap_excess",
        value=(split.duplicates - split.expected_duplicates) / h,
        curve=(),
        n=h,
        method="count of all records at hand; null by dealing out training and holdout labels at random",
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(0.0, -BAND * spread / h, BAND * spread / h),
        p_value=split.duplicates_p,
        minimum_detectable=max(ONE_SIDED_DETECTION * spread, 1.0) / h,
    )


def near_overlap(matches: Matches | None) -> Iterator[Estimate]:
    """Near-copies across the cut; nothing where no search was made."""
    if matches is None or matches.distances[0].holdout_to_training is None:
        return
    first = matches.distances[0]
    limit = near_limit(first.training_to_training.distance)
    made, m = close_rate(matches.distances[0].holdout_to_training.distance, limit)
    own, n = close_rate(first.training_to_training.distance, limit)
    # Two training records that are near to each other count twice and are one event.
    rates = RateDifference(made, m, own // 2, max(n // 2, 1))
    share = own / n
    error = math.sqrt(share * (1 - share) * (1 / m + 2 / n))
    yield Estimate(
        name="near_overlap_excess",
        value=rates.value,
        curve=curve(rates.limits),
        n=m,
        method="Newcombe's interval; Fisher's exact test",
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(0.0, -BAND * error, BAND * error),
        p_value=rates.p_value(),
        minimum_detectable=max(ONE_SIDED_DETECTION * error, 1 / m),
    )


def order(split: Split) -> Estimate:
    """Spearman's correlation of a training record's place with its score, by Fisher's transformation."""
    from scipy.stats import spearmanr

    n = len(split.training_scores)
    varied = np.ptp(split.training_scores) > 0
    value = float(spearmanr(np.arange(n), split.training_scores).statistic) if varied else 0.0
    # Of independent ranks √(n − 1) ρ is standard normal; where they do depend the variance is at most this.
    error = math.sqrt(1.06 / (n - 3))

    def limits(level: float) -> Interval:
        from scipy.special import ndtri

        reach, at = float(ndtri(0.5 + level / 2)) * error, math.atanh(min(max(value, -0.999999), 0.999999))
        return Interval(level, min(math.tanh(at - reach), value), max(math.tanh(at + reach), value))

    null: Limits = limits
    return Estimate(
        name="order_drift",
        value=value,
        curve=curve(null),
        n=n,
        method="Spearman's correlation, Fisher's transformation",
        unit="correlation",
        better=Better.NEITHER,
        perfect=Perfect(0.0, -math.tanh(BAND * error), math.tanh(BAND * error)),
        p_value=p_value(null, 0.0),
        minimum_detectable=math.tanh(DETECTION * error),
    )


def certifiable(split: Split) -> Estimate:
    """What the size of the holdout allows to be said."""
    return Estimate(
        name="certifiable_rate",
        value=split.smallest_rate,
        curve=(),
        n=split.holdout_records,
        method="Clopper and Pearson's bound for no false alarm among all holdout records",
        unit="share",
        better=Better.LOWER,
    )
