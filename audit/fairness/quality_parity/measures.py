"""Measures of quality of each group of one attribute, and the gaps between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Features
from ...evidence.likelihoods.kind import Likelihoods, Reconstructions, Scored
from ...finding import Interval
from ...statistics.group_gaps import Gaps, group_gaps
from ...statistics.intervals import Limits
from ...statistics.neighbours.local_quality import LocalQuality, local_quality
from .members import FEWEST, Members

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST = 200
"""Records of a block, where a group has as many: a smaller group does not make the others' blocks smaller still."""

LEAST_PERFECT = 0.05
"""Where a perfect generator's share is below this, the ratio to it says nothing."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of all compared groups of an attribute; more is better.

    Args:
        name: `fidelity`, `coverage`, `likelihood` or `reconstruction`.
        attribute: whose groups they are.
        groups: the names of the K groups.
        values: (K,).
        limits: of each, at any level.
        perfect: what a perfect generator has.
        errors: (K,), standard errors of a perfect generator's values.
        real: (K,), real records behind each.
        drawn: (K,), generated records behind each.
        from_draws: (K,), the part of each variance that more draws would shrink.
        gaps: between them.
        unit: of the values.
        remark: what a reader must know of it, or "".
    """

    name: str
    attribute: str
    groups: tuple[str, ...]
    values: tuple[float, ...]
    limits: tuple[Limits, ...]
    perfect: float
    errors: tuple[float, ...]
    real: tuple[int, ...]
    drawn: tuple[int, ...]
    from_draws: tuple[float, ...]
    gaps: Gaps
    unit: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Value:
    """A group's value, with a perfect generator's error, records of both kinds, and the draws' part of the variance."""

    value: float
    limits: Limits
    error: float
    real: int
    drawn: int
    from_draws: float


def neighbour_measures(
    features: Features,
    who: Members,
    *,
    k: int,
    largest: int,
    blocks: int,
    splits: int,
    tests: int,
    rng: np.random.Generator,
) -> tuple[Measure, ...]:
    """Fidelity and coverage of each group among its own real records; none where fewer than two can be compared.

    All groups are cut to blocks of one size, as far as they have the records: a ball among few records is large, and
    what lies just outside of many would lie inside.
    """
    compared = who.compared
    real = who.sizes(who.reference)
    size = min(largest, max(SMALLEST, min(int(real[g]) for g in compared))) if len(compared) > 1 else SMALLEST
    known = {g: _blocks(features, who, g, size, k=k, blocks=blocks, splits=splits, rng=rng) for g in compared}
    known = {g: each for g, each in known.items() if min(one.perfect for one in each) >= LEAST_PERFECT}
    if len(known) < 2:
        return ()
    fidelity = [_averaged(each, 0) for each in known.values()]
    coverage = [_averaged(each, 1) for each in known.values()]
    return tuple(
        _measure(name, who, tuple(known), values, perfect=1.0, unit="ratio", tests=tests, rng=rng)
        for name, values in (("fidelity", fidelity), ("coverage", coverage))
    )


def _blocks(
    features: Features,
    who: Members,
    group: int,
    size: int,
    *,
    k: int,
    blocks: int,
    splits: int,
    rng: np.random.Generator,
) -> list[LocalQuality]:
    """Blocks of the group's real records, each beside as many sets of generated ones as there are, at most `blocks`."""
    real = rng.permutation(np.flatnonzero(who.reference == group))
    made = rng.permutation(np.flatnonzero(who.generated == group))
    size = min(size, len(real), len(made))
    number = min(len(real) // size, len(made) // size, blocks)
    sets = min(len(made) // (size * number), blocks)
    generated = made[: size * number * sets].reshape(number, sets, size)
    return [
        local_quality(
            generated=[features.generated[rows] for rows in generated[block]],
            reference=features.reference[real[block * size : (block + 1) * size]],
            k=k,
            rng=rng,
            # The blocks' variances are averaged, so that together they come from as many cuts.
            splits=max(8, splits // number),
            freedom=splits,
        )
        for block in range(number)
    ]


def _averaged(each: Sequence[LocalQuality], which: int) -> _Value:
    """The mean over blocks, which are separate records, its limits recovered from theirs."""
    values = [one.fidelity if which == 0 else one.covered for one in each]
    limits = [one.fidelity_limits() if which == 0 else one.covered_limits() for one in each]
    middle, number = float(np.mean(values)), len(each)

    def mean_limits(level: float) -> Interval:
        known = [one(level) for one in limits]
        down = math.sqrt(sum((value - one.low) ** 2 for value, one in zip(values, known, strict=True))) / number
        up = math.sqrt(sum((one.high - value) ** 2 for value, one in zip(values, known, strict=True))) / number
        return Interval(level, middle - down, middle + up)

    at = 0 if which == 0 else 2
    total = sum(float(one.covariance[at, at]) for one in each)
    draws = sum(float(one.draws[which]) for one in each)
    return _Value(
        value=middle,
        limits=mean_limits,
        error=math.sqrt(sum(float(one.perfect_variances[which]) for one in each)) / number,
        real=sum(one.size for one in each),
        drawn=sum(one.size * one.sets for one in each),
        from_draws=min(1.0, draws / total) if total > 0 else 1.0,
    )


def scored_measure(
    name: str, scored: Likelihoods | Reconstructions | None, who: Members, *, tests: int, rng: np.random.Generator
) -> Measure | None:
    """Likelihoods or reconstructions of real records beside those of generated ones of the same group.

    For a perfect generator both are draws from one distribution, whatever the group, so the difference is 0: groups
    that are hard for any model, being varied, are not held against it.

    Args:
        name: `likelihood` or `reconstruction`.
        scored: the evidence; None where there is none.
        who: who is of which group.
        tests: groups that are looked at together.
        rng: for the gaps.
    """
    if scored is None:
        return None
    held = scored.holdout is not None and len(who.holdout) > 0
    real, of_real = (scored.holdout, who.holdout) if held else (scored.reference, who.reference)
    assert real is not None
    if held and any(_count(real, of_real, g) < FEWEST for g in who.compared):
        held, real, of_real = False, scored.reference, who.reference
    likelihood = isinstance(scored, Likelihoods)
    ours, theirs = (each.per_unit if likelihood else -each.values for each in (real, scored.generated))
    scale = 1.0 if likelihood else max(float(-np.mean(ours)), 1e-300)
    found: dict[int, _Value] = {}
    for group in who.compared:
        one = ours[of_real[real.rows] == group] / scale
        other = theirs[who.generated[scored.generated.rows] == group] / scale
        one, other = one[np.isfinite(one)], other[np.isfinite(other)]
        if min(len(one), len(other)) >= FEWEST:
            found[group] = _difference(one, other)
    if len(found) < 2:
        return None
    return _measure(
        name,
        who,
        tuple(found),
        list(found.values()),
        perfect=0.0,
        unit=f"nats per {scored.unit}" if likelihood else "ratio",
        tests=tests,
        rng=rng,
        remark=_remark(scored, real, held=held, likelihood=likelihood),
    )


def _remark(scored: Likelihoods | Reconstructions, real: Scored, *, held: bool, likelihood: bool) -> str:
    said = (
        "real records are held out" if held else "real records are of the reference, which the model may have learned"
    )
    if isinstance(scored, Likelihoods):
        said += f"; likelihoods are {'lower bounds' if scored.kind == 'lower_bound' else 'exact'}"
        for who, each in (("real", real), ("generated", scored.generated)):
            if each.impossible:
                said += f"; {each.impossible:.1%} of {who} records have likelihood 0 and are left out"
    return said


def _count(scored: Scored, groups: Ints, group: int) -> int:
    return int((groups[scored.rows] == group).sum())


def _difference(one: Floats, other: Floats) -> _Value:
    """Mean of one less that of the other, with Welch's interval."""
    from scipy.special import stdtrit

    parts = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    variance = sum(parts)
    freedom = variance**2 / (parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(other) - 1)) if variance else 1.0
    value = float(one.mean() - other.mean())
    pooled = np.concatenate([one - one.mean(), other - other.mean()]).var() * (1 / len(one) + 1 / len(other))

    def limits(level: float) -> Interval:
        reach = float(stdtrit(freedom, 0.5 + level / 2)) * math.sqrt(variance)
        return Interval(level, value - reach, value + reach)

    draws = float(parts[1] / variance) if variance else 0.0
    return _Value(value, limits, math.sqrt(float(pooled)), len(one), len(other), draws)


def _measure(
    name: str,
    who: Members,
    groups: tuple[int, ...],
    values: Sequence[_Value],
    *,
    perfect: float,
    unit: str,
    tests: int,
    rng: np.random.Generator,
    remark: str = "",
) -> Measure:
    gaps = group_gaps(
        values=[each.value for each in values],
        limits=[each.limits for each in values],
        perfect_errors=[each.error for each in values],
        weights=[float(each.real) for each in values],
        rng=rng,
        tests=tests,
    )
    return Measure(
        name=name,
        attribute=who.attribute,
        groups=tuple(who.names[g] for g in groups),
        values=tuple(each.value for each in values),
        limits=tuple(each.limits for each in values),
        perfect=perfect,
        errors=tuple(each.error for each in values),
        real=tuple(each.real for each in values),
        drawn=tuple(each.drawn for each in values),
        from_draws=tuple(each.from_draws for each in values),
        gaps=gaps,
        unit=unit,
        remark=remark,
    )
