"""One reference against disjoint generated sets: every neighbour statistic with its variance, from one pass."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..disaggregate import mean_by_group
from .clipped import CLIPPED, clipped_replicates, limited, own_counts
from .graph import Balls, Indices, Matrix, balls, checked, origin, tie_seed
from .measurement import Grouped, Limited, Measurement, Spread
from .outliers import outliers
from .prdc import checked_pair
from .splits import (
    SHARES,
    Neighbourhood,
    Parts,
    Replicates,
    Values,
    cut,
    depth_for,
    replicates,
    within_itself,
)
from .support import SUPPORTS, alone, ends, possible, support_replicates, vouched
from .tally import NeighbourTally, apart, own_outside

# Counts up to k cost more than flags: their variance comes from fewer cuts and generated sets.
_COUNT_SPLITS, _COUNT_SETS = 64, 4


def measure(
    *,
    generated: Sequence[ArrayLike],
    reference: ArrayLike,
    k: int,
    rng: np.random.Generator,
    splits: int = 128,
    device: str | None = None,
    generated_groups: Sequence[NDArray[np.int64]] = (),
    reference_groups: NDArray[np.int64] | None = None,
    groups: int = 0,
    columns: tuple[Sequence[Matrix], Matrix] | None = None,
) -> Measurement:
    """All neighbour statistics of generated sets, each as large as the reference.

    Args:
        generated: the sets, (n, d) each, disjoint.
        reference: (n, d).
        k: neighbours; each statistic is also taken on quarters of the reference, so 4 (k + 1) <= n.
        rng: orders equal distances and draws the parts from which variances are estimated.
        splits: how many random cuts, a multiple of 64.
        device: where torch multiplies; None: where the audit computes.
        generated_groups: the group of each point of each set, 0 … groups - 1.
        reference_groups: the group of each reference point.
        groups: how many groups.
        columns: the values, of each generated set and of the reference, any of which can rule a record out, steps
            between values included; None: the features can, by their ends.

    Raises:
        ValueError: on sets of another size than the reference, too few points, or input that `prdc` would refuse.
    """
    x, sets = _checked_sets(generated, reference, k=k, splits=splits)
    n, seed, centre = len(x), tie_seed(rng), origin(x)
    own = balls(x, depth=depth_for(k, 4, n), first=0, seed=seed, centre=centre, device=device)
    tally, around = _tallied(own, sets, k=k, seed=seed, centre=centre, device=device)
    around = _with_groups(around, reference_groups, generated_groups, groups)
    pairs = around, _halves(n, len(sets), splits, rng)
    sound_pairs = within_itself(own.nearest, own.levels), _quarters(n, splits, rng)
    replicated, sound = replicates(*pairs, k=k), replicates(*sound_pairs, k=k)
    outside = apart(tally.generated_reach, tally.counts > 0)
    return Measurement(
        size=n,
        sets=len(sets),
        k=k,
        shares=dict(zip(SHARES, tally.shares(), strict=True)),
        density=float(tally.counts.mean() / k),
        spread=_spread(replicated.shares, shrink=2, sets=1),
        perfect_spread=_spread(sound.shares, shrink=4, sets=len(sets)),
        density_from_reference=tally.density_from_reference(),
        density_from_draws=float(tally.counts.var(ddof=1) / (k * k * tally.counts.size)),
        perfect_density_variance=_perfect_density_variance(own, len(sets), k),
        reference_reach=apart(tally.reference_reach, tally.hits.sum(0) > 0),
        generated_reach=outside,
        clipped=_clipped(tally, pairs, sound_pairs),
        supported=_supported(tally, pairs, sound_pairs, columns or (sets, x), columns is not None),
        outliers=outliers(generated=outside.reshape(-1), reference=own_outside(own, k)),
        groups=None if reference_groups is None else _grouped(tally, around, replicated, reference_groups),
    )


def _checked_sets(
    generated: Sequence[ArrayLike], reference: ArrayLike, *, k: int, splits: int
) -> tuple[Matrix, list[Matrix]]:
    if splits < 64 or splits % 64:
        raise ValueError(f"expected a positive multiple of 64 splits, got {splits}")
    x = checked(reference, "reference")
    n, sets = len(x), [checked_pair(generated=each, reference=x, k=k)[1] for each in generated]
    if any(len(y) != n for y in sets):
        raise ValueError(
            f"expected generated sets of {n} points, as many as the reference, got {[len(y) for y in sets]}"
        )
    if n < 4 * (k + 1):
        raise ValueError(f"expected at least {4 * (k + 1)} points for k = {k}, got {n}; choose a smaller k")
    return x, sets


def _tallied(
    own: Balls, sets: Sequence[Matrix], *, k: int, seed: int, centre: Matrix, device: str | None
) -> tuple[NeighbourTally, Neighbourhood]:
    """The distances between the reference, of which `own` are the balls, and every generated set."""
    n = own.size
    depth = depth_for(k, 2, n)
    tally = NeighbourTally(own, len(sets), k, depth)
    lists: list[Indices] = []
    first_levels: Values = np.empty((0, 0))
    for index, y in enumerate(sets):
        theirs = balls(y, depth=depth, first=(index + 1) * n, seed=seed, centre=centre, device=device)
        lists.append(theirs.nearest)
        first_levels = theirs.levels if index == 0 else first_levels
        tally.add(index, theirs, seed)
    around = Neighbourhood(
        own.nearest[:, :depth],
        own.levels[:, :depth],
        tuple(lists),
        tuple(tally.forward),
        tuple(tally.backward),
        first_levels,
    )
    return tally, around


def _halves(n: int, sets: int, splits: int, rng: np.random.Generator) -> Parts:
    first, *rest = (cut(n, 2, splits, rng) for _ in range(sets + 1))
    return Parts((first[0], first[1]), tuple((each[0], each[1]) for each in rest))


def _clipped(tally: NeighbourTally, sets: tuple[Neighbourhood, Parts], perfect: tuple[Neighbourhood, Parts]) -> Limited:
    k, total = tally.k, len(tally.counts)
    used = min(total, _COUNT_SETS)
    replicates = clipped_replicates(*sets, k=k, sets=used, splits=_COUNT_SPLITS)
    perfect_replicates = clipped_replicates(*perfect, k=k, sets=1, splits=_COUNT_SPLITS)
    values = (
        limited(tally.held, k),
        limited(own_counts(tally.reference, k=k, limit=tally.median), k),
        limited(tally.hits, k),
    )
    return Limited(
        dict(zip(CLIPPED, values, strict=True)),
        _spread(replicates, shrink=2, sets=total / used),
        _spread(perfect_replicates, shrink=4, sets=total),
        _COUNT_SPLITS,
    )


def _supported(
    tally: NeighbourTally,
    sets: tuple[Neighbourhood, Parts],
    perfect: tuple[Neighbourhood, Parts],
    columns: tuple[Sequence[Matrix], Matrix],
    steps: bool,
) -> Limited | None:
    """Both shares of the supports; the reference among itself takes the part of the generated sets when perfect."""
    k, total = tally.k, len(tally.counts)
    if k < 2:
        return None
    generated, reference = columns
    real = ends(reference, steps=steps)
    itself = alone(reference, steps=steps, known=real)
    able = []
    for y in generated:
        made = ends(y, steps=steps)
        within = possible(y, reference, steps=steps, known=real), possible(reference, y, steps=steps, known=made)
        able.append((within[0], itself, within[1], alone(y, steps=steps, known=made)))
    own = np.tile(own_counts(tally.reference, k=k, limit=tally.largest), (total, 1))
    counts = (tally.vouching, own, tally.recalling, tally.crowding)
    values = [
        float(np.mean([vouched(each[index], able[index][at]) for index in range(total)]))
        for at, each in enumerate(counts)
    ]
    replicates = support_replicates(*sets, able[0], k=k, splits=_COUNT_SPLITS)
    perfect_replicates = support_replicates(*perfect, (itself,) * 4, k=k, splits=_COUNT_SPLITS)
    return Limited(
        dict(zip(SUPPORTS, values, strict=True)),
        _spread(replicates, shrink=2, sets=total),
        _spread(perfect_replicates, shrink=4, sets=total),
        _COUNT_SPLITS,
    )


def _quarters(n: int, splits: int, rng: np.random.Generator) -> Parts:
    quarters = cut(n, 4, splits, rng)
    return Parts((quarters[0], quarters[1]), ((quarters[2], quarters[3]),))


def _spread(shares: Values, *, shrink: int, sets: float) -> Spread:
    """Variance at full size from parts `shrink` times smaller, for the mean over `sets` times more draws."""
    angle = np.arcsin(np.sqrt(np.clip(shares, 0, 1)))
    both = np.concatenate([angle[:, 0, 0] - angle[:, 1, 1], angle[:, 0, 1] - angle[:, 1, 0]], axis=1)
    draws = np.concatenate([angle[:, 0, 0] - angle[:, 0, 1], angle[:, 1, 0] - angle[:, 1, 1]], axis=1)
    total, given = (each @ each.T / (2 * shrink * each.shape[1]) for each in (both, draws))
    # More sets average out what differs between draws given the reference, and nothing else.
    return Spread(total - (1 - 1 / sets) * given, np.diag(given) / sets)


def _perfect_density_variance(own: Balls, sets: int, k: int) -> float:
    """If the distributions are equal, points lie in as many balls as reference points are neighbours of others."""
    chosen = np.bincount(own.nearest[:, :k].reshape(-1), minlength=own.size) / k
    return float(chosen.var(ddof=1) / own.size * (1 + 1 / sets))


def _with_groups(
    around: Neighbourhood,
    reference_groups: NDArray[np.int64] | None,
    generated_groups: Sequence[NDArray[np.int64]],
    count: int,
) -> Neighbourhood:
    members = tuple(_members(each, count) for each in generated_groups)
    return replace(around, reference_groups=_members(reference_groups, count), generated_groups=members)


def _members(groups: NDArray[np.int64] | None, count: int) -> tuple[Indices, ...]:
    return () if groups is None else tuple(np.flatnonzero(groups == group) for group in range(count))


def _grouped(
    tally: NeighbourTally, around: Neighbourhood, replicates: Replicates, labels: NDArray[np.int64]
) -> Grouped:
    hit, held = (tally.hits > 0).mean(0), tally.counts > 0
    sizes = np.array([len(rows) for rows in around.reference_groups])
    coverage = mean_by_group(hit, labels, len(sizes))
    sizes_of_generated, precision = [], []
    for group in range(len(sizes)):
        members = [held[index, rows[group]] for index, rows in enumerate(around.generated_groups)]
        joined = np.concatenate(members)
        sizes_of_generated.append(len(joined))
        precision.append(joined.mean() if len(joined) else np.nan)
    return Grouped(
        coverage,
        _group_variance(replicates.group_coverage),
        sizes,
        np.array(precision),
        _group_variance(replicates.group_precision),
        np.array(sizes_of_generated),
    )


def _group_variance(shares: Values) -> Values:
    angle = np.arcsin(np.sqrt(np.clip(shares, 0, 1)))
    both = np.concatenate([angle[:, 0, 0] - angle[:, 1, 1], angle[:, 0, 1] - angle[:, 1, 0]], axis=1)
    known = np.isfinite(both)
    total = np.where(known, both, 0) ** 2
    count = known.sum(1)
    return np.where(count > 0, total.sum(1) / (4 * np.maximum(count, 1)), np.nan)
