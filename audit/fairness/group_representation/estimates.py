"""The estimates of GA101: shares, their ratios to targets, the worst of these, and how far all are off together."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ....models.records import INVENTED
from ...evidence.bundle import DECLARED
from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import POWER, nested
from ...statistics.shares.binomial import Limits, clopper_pearson, normal_quantile
from ...statistics.shares.homogeneity import redrawn_reference
from ...statistics.shares.ratios import detectable_fall, unseen_share, worst_ratio_limits
from ...statistics.shares.total_variation import total_variation, total_variation_limits
from .group_shares import GroupShares

Floats = NDArray[np.float64]

ERROR = 0.05
"""Level of the test for which the smallest departure is given."""

_DRAWN = 1_000  # references of a perfect generator


def group_name(measured: GroupShares, name: str, *, several: bool) -> str:
    """The name of a group, with its attribute where there are several."""
    return f"{measured.attribute}: {name}" if several else name


def share_estimates(measured: GroupShares, *, several: bool) -> Iterator[Estimate]:
    """Share and share ratio of each group."""
    p_values = measured.tails.two_sided
    for k, name in enumerate(measured.names):
        # Values that the reference lacks were chosen by it: how often some of them come says nothing of a fixed group.
        chosen = name == INVENTED and measured.reference is not None
        gradient = np.eye(len(measured.names))[k]
        yield Estimate(
            name="share",
            value=float(measured.shares[k]),
            curve=nested(low=measured.each.low[:, k], high=measured.each.high[:, k]),
            n=measured.n,
            method=_method(measured),
            unit="share",
            better=Better.NEITHER,
            group=group_name(measured, name, several=several),
            perfect=_perfect_unseen(measured) if chosen else _perfect_share(measured, k),
            p_value=None if chosen else float(p_values[k]),
            minimum_detectable=(normal_quantile(1 - ERROR) + POWER) * float(_noise(measured)[:, k].std()),
            from_draws=_from_draws(measured, gradient, 0 * gradient),
        )
        if measured.wanted[k]:
            yield _ratio(measured, k, float(p_values[k]), several=several)


def _ratio(measured: GroupShares, k: int, p_value: float, *, several: bool) -> Estimate:
    simulated = measured.perfect_ratios[:, k]
    low, high = np.quantile(simulated[np.isfinite(simulated)], [0.025, 0.975])
    return Estimate(
        name="share_ratio",
        value=float(measured.ratios[k]),
        curve=nested(low=measured.ratio_each.low[:, k], high=measured.ratio_each.high[:, k]),
        n=measured.n,
        method=_ratio_method(measured),
        unit="ratio",
        better=Better.NEITHER,
        group=group_name(measured, measured.names[k], several=several),
        perfect=Perfect(1.0, min(1.0, float(low)), max(1.0, float(high))),
        p_value=p_value,
        minimum_detectable=_fall(measured, k, tests=1),
        from_draws=_ratio_from_draws(measured, k),
    )


def _perfect_share(measured: GroupShares, k: int) -> Perfect:
    """The band around the target that holds 95 % of a perfect generator's shares, the target's own error included."""
    target = float(measured.targets[k])
    low, high = target + np.quantile(_noise(measured)[:, k], [0.025, 0.975])
    return Perfect(target, float(np.clip(low, 0, target)), float(np.clip(high, target, 1)))


def _perfect_unseen(measured: GroupShares) -> Perfect:
    assert measured.reference is not None
    expected, high = unseen_share(measured.reference)
    return Perfect(expected, 0.0, high)


def _noise(measured: GroupShares) -> Floats:
    """What a perfect generator's shares differ by from the targets, (repeats, K)."""
    differences: Floats = measured.perfect - measured.targets
    return differences


def worst_ratio(parts: Sequence[GroupShares], *, group: str | None = None) -> Estimate:
    """The least ratio of a share to its target over all groups of all attributes given."""
    limits = worst_ratio_limits(
        pointwise=_side_by_side([part.ratio_each for part in parts]),
        simultaneous=_side_by_side([part.ratio_together for part in parts]),
    )
    part = min(parts, key=lambda one: float(one.ratios.min()))
    worst = int(part.ratios.argmin())
    number = sum(int(one.wanted.sum()) for one in parts)
    # Attributes are simulated apart, so a perfect generator's worst is that of independent attributes.
    lowest = np.hstack([one.perfect_ratios for one in parts]).min(axis=1)
    low, median, high = np.quantile(lowest, [0.025, 0.5, 0.975])
    falls = [_fall(one, int(k), tests=number) for one in parts for k in np.flatnonzero(one.wanted)]
    thin = min(float(one.tails.thin[one.wanted].min()) for one in parts)
    return Estimate(
        name="worst_share_ratio",
        value=float(part.ratios[worst]),
        curve=nested(low=limits.low, high=limits.high),
        n=part.n,
        method=f"least of {number} ratios: lower end by intersection–union, upper end by Bonferroni; "
        + _ratio_method(part),
        unit="ratio",
        better=Better.HIGHER,
        group=group,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=min(1.0, 2 * number * thin),
        # The fall of any one group that would be found; none where the absence of some group would not be.
        minimum_detectable=max(each for each in falls if each is not None) if None not in falls else None,
        from_draws=_ratio_from_draws(part, worst),
    )


def _side_by_side(limits: Sequence[Limits]) -> Limits:
    return Limits(np.hstack([each.low for each in limits]), np.hstack([each.high for each in limits]))


def _fall(measured: GroupShares, k: int, *, tests: int) -> float | None:
    """How far the ratio of group k must fall to be found by one of so many tests; None if its absence would not be."""
    target, without = float(measured.targets[k]), measured.targets.copy()
    without[k] = 0.0
    if without.sum() == 0:
        return None
    errors = [
        np.sqrt(sum(matrix[k, k] for matrix in _covariance(measured, shares))) / target
        for shares in (measured.targets, without / without.sum())
    ]
    fall = detectable_fall(
        at_target=float(errors[0]),
        at_zero=float(errors[1]),
        reference=float(np.sqrt(measured.target_variance[k, k])) / target,
        quantile=normal_quantile(1 - ERROR / tests),
        power=POWER,
    )
    return None if np.isnan(fall) else fall


def _covariance(measured: GroupShares, shares: Floats) -> Sequence[Floats]:
    return measured.spread(shares)


def total_variation_estimate(measured: GroupShares, rng: np.random.Generator, *, group: str | None = None) -> Estimate:
    """The share of samples that would have to change groups to meet the targets."""
    limits = total_variation_limits(
        shares=measured.shares,
        targets=measured.targets,
        rates=measured.softened,
        labelled=measured.labelled,
        n=measured.n,
        levels=LEVELS,
        rng=rng,
        reference=measured.reference,
        spread=None if measured.hand is None else measured.spread,
    )
    value = float(total_variation(shares=measured.shares, targets=measured.targets))
    perfect = _perfect_distances(measured, rng)
    low, median, high = np.quantile(perfect, [0.025, 0.5, 0.975])
    # Rounding must not tell what was seen from its equals.
    p_value, p_floor = float((1 + (perfect >= value - 1e-12).sum()) / (1 + len(perfect))), 1 / (1 + len(perfect))
    # The test knows of groups that the reference lacks, which the interval does not: what it leaves possible, stays so.
    explained = (p_value > (1 - np.array(LEVELS)) / 2) & (p_value > p_floor)
    low_ends = np.where(explained, 0.0, limits.low)
    gradient = 0.5 * np.sign(measured.shares - measured.targets)
    return Estimate(
        name="total_variation",
        value=value,
        curve=nested(low=low_ends, high=limits.high),
        n=measured.n,
        method="inversion of a simulated distribution that knows the upward bias of distances; "
        + _ratio_method(measured),
        unit="share",
        better=Better.LOWER,
        group=group,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=p_value,
        minimum_detectable=_detectable_distance(measured, perfect),
        from_draws=_from_draws(measured, gradient, gradient),
        p_floor=p_floor,
    )


def _perfect_distances(measured: GroupShares, rng: np.random.Generator) -> Floats:
    """Total variations that a perfect generator shows.

    Of declared groups, had any of the records been the reference's; for the others, or where those are too many to
    draw, simulated around the shares that the reference leaves possible.
    """
    if measured.confusion is None and measured.reference is not None:
        kept = measured.wanted
        own, real = measured.counts[kept], measured.reference[kept]
        drawn = redrawn_reference(generated=own, reference=real, repeats=min(len(measured.perfect), _DRAWN), rng=rng)
        if drawn is not None:
            known = np.abs((own + real - drawn) / measured.n - drawn / int(real.sum())).sum(axis=-1)
            distances: Floats = 0.5 * (known + float(measured.counts[~kept].sum()) / measured.n)
            return distances
    return total_variation(shares=measured.perfect, targets=measured.targets)


def _detectable_distance(measured: GroupShares, perfect: Floats) -> float | None:
    """How far the measured distance rises when one group loses just enough to be found; None if no loss is."""
    alarm, noise = np.quantile(perfect, 0.95), _noise(measured)
    loser = int(np.where(measured.wanted, noise.std(axis=0), -1.0).argmax())
    direction = measured.targets.copy()
    direction[loser] = measured.targets[loser] - 1.0
    room = float(total_variation(shares=direction, targets=np.zeros_like(direction)))
    if room == 0:
        return None
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
            curve=nested(low=limits.low[:, k], high=limits.high[:, k]),
            n=measured.n,
            method="exact binomial (Clopper–Pearson) of the group classifier's own count; for comparison, not to be "
            "gated",
            unit="share",
            better=Better.NEITHER,
            group=group_name(measured, name, several=several),
            perfect=Perfect(float(expected[k]), float(low[k]), float(high[k])),
        )


def _ratio_from_draws(measured: GroupShares, k: int) -> float | None:
    gradient = np.eye(len(measured.names))[k]
    return _from_draws(measured, gradient, gradient * measured.ratios[k])


def _from_draws(measured: GroupShares, shares: Floats, targets: Floats) -> float | None:
    """The part that the generated draws have in the variance of a combination of shares less one of targets."""
    draws, classifier = (float(shares @ matrix @ shares) for matrix in measured.covariance)
    whole = draws + classifier + float(targets @ measured.target_variance @ targets)
    return None if whole <= 0 else min(1.0, max(0.0, draws / whole))


def _method(measured: GroupShares) -> str:
    if measured.hand is not None:
        return (
            f"prediction-powered (PPI++): {measured.by_hand:,} samples labelled by hand, taken to be chosen at random, "
            f"and the group classifier on all {measured.n:,} (trusted by λ = {measured.hand.powered.trust:.2f})"
        )
    if measured.by_hand:
        return f"exact binomial (Clopper–Pearson) of {measured.by_hand:,} samples labelled by hand, chosen at random"
    if measured.confusion is None:
        return f"exact binomial (Clopper–Pearson) of {DECLARED} groups"
    return "corrected for the group classifier's errors, with their own sampling error"


def _ratio_method(measured: GroupShares) -> str:
    if measured.size is None:
        return _method(measured)
    how = f"of {DECLARED} groups" if measured.confusion is None and not measured.by_hand else _method(measured)
    return f"{how}, and with the sampling error of the reference's {measured.size:,} records"
