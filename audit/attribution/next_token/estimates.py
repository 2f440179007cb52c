"""The estimates of GA207."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.contexts.kind import Contexts, ContextSet
from ...finding import LEVELS, Better, Estimate, Interval, Perfect
from ...statistics.attribution.positions import (
    Pooled,
    context_range,
    pooled_ratio,
    share_change,
    share_of_last,
    sink_excess,
)
from ...statistics.intervals import BAND, DETECTION, nested
from ...statistics.shares.binomial import clopper_pearson

Floats = NDArray[np.float64]

RATIO = "ratio of sums over records; jackknife pseudo-values, widened for skewness"
RANGE = "quantile of the attribution over distances, from the intervals of its cumulative share"
GENERATED = "generated records"
SHIFT_LAST = 4
"""Last tokens whose share is compared between real and generated contexts."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The map that is reported: of the shown baseline, of both sets."""

    evidence: Contexts

    def values(self, of: ContextSet) -> Floats:
        """The map of a set, (n, P)."""
        values: Floats = of.attributions[self.evidence.shown]
        return values

    def effects(self, of: ContextSet) -> Floats:
        """What replacing all tokens takes from the readout, (n,)."""
        effects: Floats = of.effects[self.evidence.shown]
        return effects

    def last(self, of: ContextSet, last: int) -> Pooled:
        """The share of the last tokens in a set."""
        return share_of_last(self.values(of), of.lengths, last)


def context_effect(shown: Shown, of: ContextSet, group: str | None = None) -> Estimate:
    """How much the whole context changes."""
    sizes = np.abs(shown.effects(of))
    found = pooled_ratio(sizes, np.ones(len(sizes)))
    return Estimate(
        name="context_effect",
        value=found.value,
        curve=_at_least_zero(found.curve),
        n=found.n,
        method="mean over records, t interval widened for skewness",
        unit="nats",
        better=Better.NEITHER,
        group=group,
    )


def _at_least_zero(curve: Sequence[Interval]) -> tuple[Interval, ...]:
    ends = np.array([(max(0.0, each.low), each.high) for each in curve])
    return nested(low=ends[:, 0], high=ends[:, 1])


def ranges(shown: Shown, share: float) -> Iterator[Estimate]:
    """How far back the attribution lies, in real contexts and in generated ones."""
    for of, group in ((shown.evidence.real, None), (shown.evidence.generated, GENERATED)):
        if not shown.values(of).any():
            continue
        found = context_range(shown.values(of), of.lengths, share=share)
        yield Estimate(
            name="context_range",
            value=float(found.value),
            curve=found.curve,
            n=len(of.rows),
            method=RANGE,
            unit="tokens",
            better=Better.NEITHER,
            group=group,
        )


def last_shares(shown: Shown, lasts: Sequence[int]) -> Iterator[Estimate]:
    """What the last tokens carry; of as many as half of the contexts have, the answer would be all."""
    real = shown.evidence.real
    for last in lasts:
        if np.median(real.lengths) > last:
            yield _share("last_share", shown.last(real, last), f"last {last}")


def long_range(shown: Shown, beyond: int, fewest: int) -> Iterator[Estimate]:
    """What lies further back, where enough contexts reach so far."""
    real = shown.evidence.real
    long = real.lengths > beyond
    values = shown.values(real)[long]
    if long.sum() < fewest or not values.any():
        return
    near = share_of_last(values, real.lengths[long], beyond)
    curve = tuple(Interval(each.level, 1 - each.high, 1 - each.low) for each in near.curve)
    yield _share("long_range_share", Pooled(1 - near.value, curve, 1 - near.pseudo, near.weights, near.n))


def _share(name: str, found: Pooled, group: str | None = None) -> Estimate:
    return Estimate(
        name=name,
        value=found.value,
        curve=found.curve,
        n=found.n,
        method=RATIO,
        unit="share",
        better=Better.NEITHER,
        group=group,
    )


def sink(shown: Shown, beside: int, fewest: int) -> Iterator[Estimate]:
    """What the first token gets beyond its place."""
    real = shown.evidence.real
    long = real.lengths > beside + 1
    if long.sum() < fewest or not shown.values(real)[long].any():
        return
    found = sink_excess(shown.values(real), real.lengths, beside=beside)
    yield Estimate(
        name="sink_share",
        value=found.value,
        curve=found.curve,
        n=found.n,
        method=f"first token less the mean of the {beside} after it; {RATIO}",
        unit="share difference",
        better=Better.NEITHER,
    )


def recency_shift(shown: Shown) -> Iterator[Estimate]:
    """Whether the model leans more on the last tokens of its own records: 0 for a perfect one."""
    real, generated = shown.evidence.real, shown.evidence.generated
    if not shown.values(generated).any() or np.median(real.lengths) <= SHIFT_LAST:
        return
    found = share_change(shown.last(real, SHIFT_LAST), shown.last(generated, SHIFT_LAST))
    reach = BAND * found.error
    yield Estimate(
        name="recency_shift",
        value=found.value,
        curve=found.curve,
        n=len(real.rows),
        method="difference of two ratios over pairs of contexts of the same length; t interval, widened for skewness",
        unit="share difference",
        better=Better.NEITHER,
        perfect=Perfect(0.0, -reach, reach),
        p_value=found.p_value,
        minimum_detectable=DETECTION * found.error,
    )


def agreement(shown: Shown, fewest: int) -> Iterator[Estimate]:
    """How often both methods put the same token first, where the second one adds up."""
    complete = np.flatnonzero(shown.evidence.gradient_complete)
    if len(complete) < fewest:
        return
    first = np.abs(shown.values(shown.evidence.real)[complete]).argmax(axis=1)
    second = np.abs(shown.evidence.gradients[complete]).argmax(axis=1)
    hits, n = int((first == second).sum()), len(complete)
    ends = clopper_pearson(successes=hits, trials=n, level=np.array(LEVELS))
    yield Estimate(
        name="top_position_agreement",
        value=hits / n,
        curve=nested(low=ends.low, high=ends.high),
        n=n,
        method="exact binomial limits (Clopper–Pearson)",
        unit="share",
        better=Better.HIGHER,
    )
