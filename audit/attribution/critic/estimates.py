"""The estimates of GA202."""

from collections.abc import Iterator

import numpy as np

from ...evidence.criticised.kind import Criticised
from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.attribution.differences import Apart
from ...statistics.attribution.region_shares import RegionShares, student_reach
from ...statistics.intervals import BAND, DETECTION, Limits, curve, p_value
from .measure import Measured

LISTED = 12
"""Regions with an estimate of their own: those with the largest shares."""


def gap_estimates(found: Measured, evidence: Criticised) -> Iterator[Estimate]:
    """How far scores are apart, of all records and of each group with enough."""
    n = min(len(evidence.generated.rows), len(evidence.reference.rows))
    yield _gap(found.gap, n, None)
    for each in found.groups:
        if each.gap is not None:
            yield _gap(each.gap, min(each.sizes), each.name)


def reason_estimates(found: Measured, evidence: Criticised) -> Iterator[Estimate]:
    """Shares of regions and of the border, and how far groups differ; of a critic whose scores are surely apart."""
    if found.shares is not None:
        n = min(len(evidence.generated.rows), len(evidence.reference.rows))
        if evidence.regions.border.any():
            yield _border(found.shares, found.null, evidence.regions.border, n)
        for at in np.argsort(-found.shares.values, kind="stable")[:LISTED]:
            if found.shares.values[at] > 0:
                yield _region(found.shares, int(at), evidence.regions.names[at], n)
    if found.gaps is not None:
        gaps, compared = found.gaps, found.compared
        yield Estimate(
            name="reason_gap",
            value=float(gaps.values[gaps.worst]),
            curve=gaps.curve,
            n=min(min(each.sizes) for each in compared),
            method=f"1 − cosine freed of noise, largest of {len(compared)} groups; Gaussian multipliers",
            unit="cosine distance",
            better=Better.LOWER,
            perfect=Perfect(*gaps.perfect),
            p_value=float(gaps.p_values.min()),
            minimum_detectable=gaps.minimum_detectable,
            p_floor=gaps.p_floor,
        )


def share_limits(value: float, error: float, freedom: float, family: int = 1) -> Limits:
    """Student's limits of a share inside [0, 1], one of a family that hold together (Bonferroni)."""
    at = min(max(value, 0.0), 1.0)

    def limits(level: float) -> Interval:
        reach = student_reach(level, freedom, family) * error
        low, high = (min(max(end, 0.0), 1.0) for end in (value - reach, value + reach))
        return Interval(level, min(low, at), max(high, at))

    return limits


def _gap(gap: Apart, n: int, group: str | None) -> Estimate:
    def limits(level: float) -> Interval:
        return Interval(level, *gap.limits(level))

    return Estimate(
        name="critic_gap",
        value=gap.value,
        curve=curve(limits),
        n=n,
        method="Welch's t over records, the deviation's own error included",
        unit="standard deviations",
        better=Better.NEITHER,
        group=group,
        perfect=Perfect(0.0, -BAND * gap.error, BAND * gap.error),
        p_value=p_value(limits, 0.0) if gap.error > 0 else None,
        minimum_detectable=DETECTION * gap.error,
    )


def _border(shares: RegionShares, null: RegionShares | None, border: np.ndarray, n: int) -> Estimate:
    value, error = shares.of(border)
    perfect = None
    if null is not None:
        usual, spread = null.of(border)
        perfect = Perfect(usual, max(usual - BAND * spread, 0.0), min(usual + BAND * spread, 1.0))
    return Estimate(
        name="border_share",
        value=min(max(value, 0.0), 1.0),
        curve=curve(share_limits(value, error, shares.freedom)),
        n=n,
        method="signs from one half of the records and sizes from the other; Student's t of the ratio's influence",
        unit="share",
        better=Better.LOWER,
        # The critic is not calibrated: what the border does to real records is no reason to call one generated.
        perfect=perfect,
        minimum_detectable=DETECTION * error,
    )


def _region(shares: RegionShares, at: int, name: str, n: int) -> Estimate:
    value = float(shares.values[at])
    family = len(shares.values)
    return Estimate(
        name="region_share",
        value=min(value, 1.0),
        curve=curve(share_limits(value, float(shares.errors[at]), shares.freedom, family)),
        n=n,
        method=f"as the border's; intervals hold for all {family} together (Bonferroni)",
        unit="share",
        better=Better.NEITHER,
        group=name,
    )
