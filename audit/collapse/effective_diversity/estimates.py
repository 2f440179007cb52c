"""From similarities and counts of copies to estimates: values, intervals, and what a perfect generator scores."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...finding import NOMINAL, Better, Estimate, Interval, Perfect
from ...statistics.distances.effective_number import Similarity
from ...statistics.intervals import BAND, DETECTION, Limits, Share, curve, p_value
from ...statistics.neighbours.duplicates import duplicate_share
from ...statistics.shares.binomial import normal_quantile

_NUMBER_METHOD = "closed-form variance over all pairs, normal on the logarithmic scale"
_SHARE_METHOD = "variance of Poisson counts of each kind, exact binomial limits at the effective sample size"
_EXCESS_METHOD = "recovered from the limits of both shares"


@dataclass(frozen=True)
class Copies:
    """Which records are equal.

    Args:
        generated: (N,), a number for each generated record, equal for equal ones.
        sets: (sets, m), disjoint sets of generated records as large as the reference.
        reference: (m,), numbers of the reference's records.
        more_draws_help: whether further generated samples would be used.
    """

    generated: NDArray[np.int64]
    sets: NDArray[np.int64]
    reference: NDArray[np.int64]
    more_draws_help: bool

    @cached_property
    def of_generated(self) -> Share:
        """Share of generated records with a copy among as many generated ones as there are reference records."""
        duplicates = [duplicate_share(self.generated[rows]) for rows in self.sets]
        variance = float(np.mean([each.variance for each in duplicates])) / len(duplicates)
        return _share(float(np.mean([each.share for each in duplicates])), variance, self.sets.size)

    @cached_property
    def of_reference(self) -> Share:
        """Share of reference records with a copy in the reference."""
        return copied(self.reference)


def copied(codes: NDArray[np.int64]) -> Share:
    """Share of records with a copy among them."""
    duplicates = duplicate_share(codes)
    return _share(duplicates.share, duplicates.variance, len(codes))


def number_estimates(
    *,
    generated: Similarity,
    reference: Similarity,
    more_draws_help: bool = True,
    group: str | None = None,
    bias: float = 0.0,
) -> tuple[Estimate, Estimate]:
    """The effective number of generated records among as many as there are real ones, and its ratio to theirs.

    Args:
        generated: how alike the generated records are.
        reference: how alike the reference records are.
        more_draws_help: whether further generated samples would be used.
        group: whose records they are; None for all.
        bias: by how much the logarithm of the reference's number is too large, see `learned_map`.
    """
    at = reference.n
    number, known = generated.effective_number(at), reference.effective_number(at) * math.exp(-bias)
    drawn, kept = generated.log_variance(at), reference.log_variance(at)
    # A perfect generator's records are as alike as the real ones; both samples vary.
    error = math.sqrt(kept + reference.log_variance(at, drawn=generated.n))
    limits = _log_limits(number / known, drawn + kept)
    ratio = Estimate(
        name="effective_number_ratio",
        value=number / known,
        curve=curve(limits),
        n=generated.n,
        method=_NUMBER_METHOD,
        unit="ratio",
        better=Better.HIGHER,
        group=group,
        perfect=Perfect(1.0, math.exp(-BAND * error), math.exp(BAND * error)),
        p_value=p_value(limits, 1.0),
        minimum_detectable=1 - math.exp(-DETECTION * error),
        from_draws=drawn / (drawn + kept) if more_draws_help else 0.0,
    )
    # The reference counts here too: it sets how finely records are told apart.
    return _whole(ratio, number, known, curve(_log_limits(number, drawn + kept, least=1.0, most=float(at)))), ratio


def _whole(ratio: Estimate, number: float, known: float, intervals: tuple[Interval, ...]) -> Estimate:
    """The effective number itself, from its ratio to that of real records."""
    band, detectable = ratio.perfect, ratio.minimum_detectable
    return replace(
        ratio,
        name="effective_number",
        value=number,
        curve=intervals,
        unit="count",
        perfect=None if band is None else Perfect(known, known * band.low, known * band.high),
        minimum_detectable=None if detectable is None else known * detectable,
    )


def duplicate_estimates(copies: Copies) -> tuple[Estimate, Estimate]:
    """The share of generated records that have an exact copy, and by how much it exceeds that of real records."""
    generated, reference = copies.of_generated, copies.of_reference
    excess = _difference(generated, reference)
    tested = p_value(excess, 0.0)
    spread = _variance(reference)
    error = math.sqrt(spread * (1 + 1 / len(copies.sets)))
    draws = _variance(generated)
    rate = Estimate(
        name="duplicate_rate",
        value=generated.value,
        curve=curve(generated.limits),
        n=copies.sets.size,
        method=_SHARE_METHOD,
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(
            reference.value, max(0.0, reference.value - BAND * error), min(1.0, reference.value + BAND * error)
        ),
        p_value=tested,
        minimum_detectable=DETECTION * error,
        from_draws=1.0 if copies.more_draws_help else 0.0,
    )
    difference = replace(
        rate,
        name="duplicate_excess",
        value=generated.value - reference.value,
        curve=curve(excess),
        method=_EXCESS_METHOD,
        unit="share difference",
        perfect=Perfect(0.0, -BAND * error, BAND * error),
        from_draws=draws / (draws + spread) if copies.more_draws_help else 0.0,
    )
    return rate, difference


def number_row(*, generated: Similarity, reference: Similarity) -> tuple[float, float, float]:
    """Ratio of effective numbers, low and high."""
    ratio = number_estimates(generated=generated, reference=reference)[1]
    interval = ratio.interval(NOMINAL)
    return ratio.value, interval.low, interval.high


def _share(value: float, variance: float, records: int) -> Share:
    """Copies come in pairs at least, so a share of none or all rests on half as many trials as there are records."""
    spread = 4 * value * (1 - value)
    known = variance / spread if spread > 0 else 0.0
    return Share(value, known, records if known > 0 else max(1, records // 2), math.inf)


def _variance(share: Share) -> float:
    inner = min(max(share.value, 0.5 / share.trials), 1 - 0.5 / share.trials)
    return inner * (1 - inner) / share.effective


def _log_limits(value: float, variance: float, *, least: float = 0.0, most: float = math.inf) -> Limits:
    error = math.sqrt(variance)

    def limits(level: float) -> Interval:
        factor = math.exp(normal_quantile(level) * error)
        return Interval(level, max(least, value / factor), min(most, value * factor))

    return limits


def _difference(top: Share, bottom: Share) -> Limits:
    """Of two independent shares. Reference: Newcombe 1998, Statistics in Medicine 17, 873–890."""

    def limits(level: float) -> Interval:
        first, second, value = top.limits(level), bottom.limits(level), top.value - bottom.value
        fall = math.hypot(top.value - first.low, second.high - bottom.value)
        rise = math.hypot(first.high - top.value, bottom.value - second.low)
        return Interval(level, max(-1.0, value - fall), min(1.0, value + rise))

    return limits
