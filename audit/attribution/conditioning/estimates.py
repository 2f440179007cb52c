"""The estimates of GA205."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...finding import LEVELS, Better, Estimate, Interval
from ...statistics.attribution.conditions import ConditionEffects, effect_curve, parts_of_energy
from ...statistics.intervals import DETECTION
from .measured import Measured

BY_JACKKNIFE = "jackknife over seeds, Student t; pairs of different seeds"


def estimates(parts: Sequence[Measured]) -> Iterator[Estimate]:
    """All of them; those about one condition or value carry its name as their group."""
    several = len(parts) > 1
    yield unmoved(parts, group=None)
    if several:
        yield from (unmoved([part], group=part.entry.slot) for part in parts)
    most = max(parts, key=lambda part: part.effects.whole)
    yield _whole(most, group=None)
    for part in parts:
        if several:
            yield _whole(part, group=part.entry.slot)
        yield from _each(part, several=several)
    for part in parts:
        if part.common:
            yield _same_noise(part, group=part.entry.slot if several else None)
    if several and sum(max(part.effects.moved, 0.0) for part in parts) > 0:
        yield from condition_shares(parts)
    for part in parts:
        yield from _steps(part, several=several)


def unmoved(parts: Sequence[Measured], *, group: str | None) -> Estimate:
    """How many values move nothing: surely at the lower end, possibly at the upper."""
    value = sum(int(part.likely_still.sum()) for part in parts)
    curve: list[Interval] = []
    for level in LEVELS:
        # All conditions share the error.
        own = 1 - (1 - level) / len(parts)
        own = min(own, LEVELS[-1])
        surely = sum(int(part.still(own).sum()) for part in parts)
        possibly = sum(int((~part.moves(own)).sum()) for part in parts)
        low, high = min(surely, value), max(possibly, value)
        if curve:
            low, high = min(low, int(curve[-1].low)), max(high, int(curve[-1].high))
        curve.append(Interval(level, float(low), float(high)))
    return Estimate(
        name="unmoved_conditions",
        value=float(value),
        curve=tuple(curve),
        n=min(part.effects.n for part in parts),
        method="values that surely, and possibly, move nothing: permutation test of energy distances, Holm; equal "
        "outputs by what so many seeds may have missed",
        unit="count",
        better=Better.LOWER,
        group=group,
        from_draws=0.0,
    )


def _whole(part: Measured, *, group: str | None) -> Estimate:
    return _effect(part.effects, part.effects.whole, part.effects.error, group)


def _each(part: Measured, *, several: bool) -> Iterator[Estimate]:
    if len(part.entry.values) == 2 and not several:
        return  # Either value against the other is the whole.
    for name, value, error in zip(part.entry.values, part.effects.each, part.effects.errors, strict=True):
        yield _effect(part.effects, float(value), float(error), f"{part.entry.slot}: {name}" if several else name)


def _effect(effects: ConditionEffects, value: float, error: float, group: str | None) -> Estimate:
    value = float(np.clip(value, 0.0, 1.0))
    return Estimate(
        name="condition_effect",
        value=value,
        curve=effect_curve(value, error, effects.n),
        n=effects.n,
        method=f"energy coefficient, {BY_JACKKNIFE}",
        unit="share",
        better=Better.NEITHER,
        group=group,
        minimum_detectable=DETECTION * error if error > 0 else None,
        from_draws=0.0,
    )


def _same_noise(part: Measured, *, group: str | None) -> Estimate:
    from scipy.special import stdtrit

    assert part.aligned is not None
    ratio, n = part.aligned.ratio, part.effects.n
    tails = (1 - np.array(LEVELS)) / 2
    missed = 1 - tails ** (1 / n) if part.aligned.error < 1e-6 else 0.0
    reach = np.maximum(stdtrit(n - 1, 1 - tails) * part.aligned.error, missed)
    return Estimate(
        name="same_noise_distance",
        value=ratio,
        curve=tuple(
            Interval(level, max(0.0, ratio - float(each)), ratio + float(each))
            for level, each in zip(LEVELS, reach, strict=True)
        ),
        n=n,
        method="jackknife over seeds, Student t",
        unit="ratio",
        better=Better.NEITHER,
        group=group,
        from_draws=0.0,
    )


def condition_shares(parts: Sequence[Measured]) -> Iterator[Estimate]:
    """The share of each condition in the distance that all of them move."""
    moved = np.array([max(part.effects.moved, 0.0) for part in parts])
    # The error of a share of distance is that of the effect, relative to it.
    errors = np.array(
        [part.effects.error * each / max(part.effects.whole, 1e-12) for part, each in zip(parts, moved, strict=True)]
    )
    shares = moved / moved.sum()
    for at, part in enumerate(parts):
        slopes = -shares[at] * np.ones(len(parts))
        slopes[at] += 1
        error = float(np.sqrt(np.square(slopes * errors).sum()) / moved.sum())
        yield Estimate(
            name="condition_share",
            value=float(shares[at]),
            curve=effect_curve(float(shares[at]), max(error, 1e-6), part.effects.n),
            n=part.effects.n,
            method="delta method, jackknife over seeds, Student t",
            unit="share",
            better=Better.NEITHER,
            group=part.entry.slot,
            from_draws=0.0,
        )


def _steps(part: Measured, *, several: bool) -> Iterator[Estimate]:
    energy = np.asarray(part.entry.steps, dtype=np.float64)
    if not part.entry.windows or not energy.sum() > 0:
        return
    shares, curves = parts_of_energy(energy)
    for window, share, curve in zip(part.entry.windows, shares, curves, strict=True):
        yield Estimate(
            name="step_effect",
            value=float(share),
            curve=curve,
            n=len(energy),
            method="another value told in this window alone, same noise; Student t on the logit scale over seeds",
            unit="share",
            better=Better.NEITHER,
            group=f"{part.entry.slot}: {window}" if several else window,
            from_draws=0.0,
        )
