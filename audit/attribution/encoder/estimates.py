"""The estimates of GA204."""

from collections.abc import Iterator

import numpy as np

from ...evidence.encoded.kind import Encoded
from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.attribution.region_shares import RegionShares, student_reach
from ...statistics.intervals import DETECTION, Limits, curve
from .measure import Measured, Spread

LISTED = 12
"""Regions with an estimate of their own: those with the largest shares."""


def spread_estimate(spread: Spread) -> Estimate:
    """How far codes are apart."""

    def limits(level: float) -> Interval:
        low, high = spread.limits(level)
        return Interval(level, min(low, spread.value), max(high, spread.value))

    return Estimate(
        name="code_spread",
        value=spread.value,
        curve=curve(limits),
        n=spread.freedom + 1,
        method="Student's t on the log scale over records",
        unit="standard deviations",
        better=Better.NEITHER,
    )


def code_estimates(shares: RegionShares, evidence: Encoded) -> Iterator[Estimate]:
    """Shares of the border and of the leading regions in what sets the code."""
    n, family = len(evidence.explained), len(shares.values)
    border = evidence.regions.border
    if border.any():
        value, error = shares.of(border)
        yield Estimate(
            name="code_border_share",
            value=_clipped(value),
            curve=curve(_limits(value, error, shares.freedom)),
            n=n,
            method="Student's t of the ratio's influence over records",
            unit="share",
            better=Better.LOWER,
            minimum_detectable=DETECTION * error,
        )
    for at in np.argsort(-shares.values, kind="stable")[:LISTED]:
        yield Estimate(
            name="code_region_share",
            value=_clipped(float(shares.values[at])),
            curve=curve(_limits(float(shares.values[at]), float(shares.errors[at]), shares.freedom, family)),
            n=n,
            method=f"as the border's; intervals hold for all {family} together (Bonferroni)",
            unit="share",
            better=Better.NEITHER,
            group=evidence.regions.names[at],
        )


def error_estimates(found: Measured, evidence: Encoded) -> Iterator[Estimate]:
    """Where a group's error is furthest above the others', and how far groups' maps of errors differ."""
    n = min((int((evidence.members == at).sum()) for at in found.compared), default=0)
    if found.excess is not None:
        excess = found.excess
        yield Estimate(
            name="worst_region_error",
            value=float(excess.values[excess.worst]),
            curve=excess.curve,
            n=n,
            method=f"largest of {excess.values.size} differences: lower end by Bonferroni, upper end by "
            "intersection–union; Welch's t",
            unit="times the mean error",
            better=Better.LOWER,
            perfect=Perfect(*excess.perfect),
            p_value=excess.p_value,
            minimum_detectable=excess.minimum_detectable,
            p_floor=excess.p_floor,
        )
    if found.gaps is not None:
        gaps = found.gaps
        yield Estimate(
            name="error_region_gap",
            value=float(gaps.values[gaps.worst]),
            curve=gaps.curve,
            n=n,
            method=f"1 − cosine freed of noise, largest of {len(found.compared)} groups; Gaussian multipliers",
            unit="cosine distance",
            better=Better.LOWER,
            perfect=Perfect(*gaps.perfect),
            p_value=float(gaps.p_values.min()),
            minimum_detectable=gaps.minimum_detectable,
            p_floor=gaps.p_floor,
        )


def _clipped(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _limits(value: float, error: float, freedom: float, family: int = 1) -> Limits:
    """Student's limits of a share inside [0, 1], one of a family that hold together (Bonferroni)."""

    def limits(level: float) -> Interval:
        reach = student_reach(level, freedom, family) * error
        at = _clipped(value)
        return Interval(level, min(_clipped(value - reach), at), max(_clipped(value + reach), at))

    return limits
