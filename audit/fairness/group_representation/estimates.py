"""The estimates of GA101: shares, their ratios to targets, the worst of these, and how far all are off together."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import DECLARED
from ...finding import LEVELS, Better, Estimate, Interval, Perfect
from ...statistics.shares.binomial import Limits, clopper_pearson
from ...statistics.shares.corrected import worst_ratio_limits
from ...statistics.shares.total_variation import total_variation, total_variation_limits
from .group_shares import GroupShares

Floats = NDArray[np.float64]

DETECTION = 1.96 + 0.8416
"""Standard errors between the perfect value and a departure that is found at the 5 % level with power 0.8."""


def group_name(measured: GroupShares, name: str, *, several: bool) -> str:
    """The name of a group, with its attribute where there are several."""
    return f"{measured.attribute}: {name}" if several else name


def share_estimates(measured: GroupShares, *, several: bool) -> Iterator[Estimate]:
    """Share and share ratio of each group."""
    low, high = np.quantile(measured.perfect, [0.025, 0.975], axis=0)
    deviations = measured.perfect.std(axis=0)
    method = _method(measured)
    for k, name in enumerate(measured.names):
        share = Estimate(
            name="share",
            value=float(measured.shares[k]),
            curve=_curve(measured.each.low[:, k], measured.each.high[:, k]),
            n=measured.n,
            method=method,
            unit="share",
            better=Better.NEITHER,
            group=group_name(measured, name, several=several),
            perfect=Perfect(float(measured.targets[k]), float(low[k]), float(high[k])),
            p_value=float(measured.p_values[k]),
            minimum_detectable=DETECTION * float(deviations[k]),
            from_draws=_from_draws(measured, np.eye(len(measured.names))[k]),
        )
        yield share
        if measured.targets[k] > 0:
            yield _scaled(share, float(measured.targets[k]))


def _scaled(share: Estimate, target: float) -> Estimate:
    """The ratio of a share to its target, which is exact, so that everything scales."""
    assert share.perfect is not None
    assert share.minimum_detectable is not None
    return Estimate(
        name="share_ratio",
        value=share.value / target,
        curve=tuple(Interval(each.level, each.low / target, each.high / target) for each in share.curve),
        n=share.n,
        method=share.method,
        unit="ratio",
        better=Better.NEITHER,
        group=share.group,
        perfect=Perfect(1.0, share.perfect.low / target, share.perfect.high / target),
        p_value=share.p_value,
        minimum_detectable=share.minimum_detectable / target,
        from_draws=share.from_draws,
    )


def worst_ratio(parts: Sequence[GroupShares], *, group: str | None = None) -> Estimate:
    """The least ratio of a share to its target over all groups of all attributes given."""
    each, together = _side_by_side([part.each for part in parts]), _side_by_side([part.together for part in parts])
    targets = np.concatenate([part.targets for part in parts])
    limits = worst_ratio_limits(pointwise=each, simultaneous=together, targets=targets)
    part = min(parts, key=lambda one: float(one.ratios.min()))
    worst = int(part.ratios.argmin())
    # Attributes are simulated apart, so a perfect generator's worst is that of independent attributes.
    ratios = np.hstack([one.relative(one.perfect)[:, one.wanted] for one in parts])
    lowest = ratios.min(axis=1)
    low, alarm, median, high = np.quantile(lowest, [0.025, 0.05, 0.5, 0.975])
    deviation = float(ratios.std(axis=0).max())
    return Estimate(
        name="worst_share_ratio",
        value=float(part.ratios[worst]),
        curve=_curve(limits.low, limits.high),
        n=part.n,
        method=f"least of {ratios.shape[1]} ratios: lower end by intersection–union, upper end by Bonferroni; "
        + _method(part),
        unit="ratio",
        better=Better.HIGHER,
        group=group,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=float((1 + (lowest <= part.ratios[worst]).sum()) / (1 + len(lowest))),
        # How far one group must fall to be below what a perfect generator shows in one audit of twenty.
        minimum_detectable=float(median - alarm) + 0.8416 * deviation,
        from_draws=_from_draws(part, np.eye(len(part.names))[worst]),
    )


def _side_by_side(limits: Sequence[Limits]) -> Limits:
    return Limits(np.hstack([each.low for each in limits]), np.hstack([each.high for each in limits]))


def total_variation_estimate(measured: GroupShares, rng: np.random.Generator, *, group: str | None = None) -> Estimate:
    """The share of samples that would have to change groups to meet the targets."""
    limits = total_variation_limits(
        shares=measured.shares,
        targets=measured.targets,
        rates=measured.softened,
        judged=measured.judged,
        n=measured.n,
        levels=LEVELS,
        rng=rng,
    )
    value = float(total_variation(shares=measured.shares, targets=measured.targets))
    perfect = total_variation(shares=measured.perfect, targets=measured.targets)
    low, median, high = np.quantile(perfect, [0.025, 0.5, 0.975])
    return Estimate(
        name="total_variation",
        value=value,
        curve=_curve(limits.low, limits.high),
        n=measured.n,
        method="inversion of a simulated distribution that knows the upward bias of distances; " + _method(measured),
        unit="share",
        better=Better.LOWER,
        group=group,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=float((1 + (perfect >= value).sum()) / (1 + len(perfect))),
        minimum_detectable=_detectable_distance(measured, perfect),
        from_draws=_from_draws(measured, 0.5 * np.sign(measured.shares - measured.targets)),
    )


def _detectable_distance(measured: GroupShares, perfect: Floats) -> float | None:
    """How far the measured distance rises when one group loses just enough to be found; None if no loss is."""
    alarm = np.quantile(perfect, 0.95)
    loser = int(np.where(measured.wanted, measured.perfect.std(axis=0), -1.0).argmax())
    direction = measured.targets.copy()
    direction[loser] = measured.targets[loser] - 1.0
    room = float(total_variation(shares=direction, targets=np.zeros_like(direction)))
    noise = measured.perfect - measured.targets
    for loss in np.linspace(0, measured.targets[loser], 101)[1:]:
        step = loss * direction / room
        distances = total_variation(shares=noise + step, targets=np.zeros_like(step))
        if (distances > alarm).mean() >= 0.8:
            return float(np.median(distances) - np.median(perfect))
    return None


def uncorrected_estimates(measured: GroupShares, *, several: bool) -> Iterator[Estimate]:
    """The counts as they are, for comparison."""
    from scipy.stats import binom

    limits = clopper_pearson(successes=measured.counts[None, :], trials=measured.n, level=np.array(LEVELS)[:, None])
    expected = measured.targets @ measured.rates
    low, high = (binom.ppf(tail, measured.n, expected) / measured.n for tail in (0.025, 0.975))
    for k, name in enumerate(measured.names):
        yield Estimate(
            name="uncorrected_share",
            value=float(measured.counts[k] / measured.n),
            curve=_curve(limits.low[:, k], limits.high[:, k]),
            n=measured.n,
            method="exact binomial (Clopper–Pearson) of the judge's own count; for comparison, not to be gated",
            unit="share",
            better=Better.NEITHER,
            group=group_name(measured, name, several=several),
            perfect=Perfect(float(expected[k]), float(low[k]), float(high[k])),
        )


def _from_draws(measured: GroupShares, gradient: Floats) -> float | None:
    """The part of the variance of a linear combination of shares that comes from the generated draws."""
    draws, judge = (float(gradient @ matrix @ gradient) for matrix in measured.covariance)
    return None if draws + judge <= 0 else min(1.0, max(0.0, draws / (draws + judge)))


def _method(measured: GroupShares) -> str:
    if measured.confusion is None:
        return f"exact binomial (Clopper–Pearson) of {DECLARED} groups"
    return "corrected for the judge's errors, with their own sampling error"


def _curve(low: Floats, high: Floats) -> tuple[Interval, ...]:
    # Nested by construction; numerical inversion may still be off in the last digits.
    lows, highs = np.minimum.accumulate(low), np.maximum.accumulate(high)
    return tuple(Interval(level, float(a), float(b)) for level, a, b in zip(LEVELS, lows, highs, strict=True))
