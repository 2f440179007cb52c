"""One reference against disjoint generated sets: every neighbour statistic with its variance, from one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..disaggregate import mean_by_group
from .clipped import CLIPPED, clipped_replicates, limited, own_counts
from .graph import Balls, Indices, Matrix, balls, checked, origin, tie_seed
from .outliers import Strays, strays
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
from .support import SUPPORTS, alone, possible, support_replicates, vouched
from .tally import NeighbourTally, apart, own_outside

# Counts up to k cost more than flags: their variance comes from fewer cuts and generated sets.
_COUNT_SPLITS, _COUNT_SETS = 64, 4


@dataclass(frozen=True, slots=True)
class Spread:
    """Variance of the shares on the half-angle scale, asin √share, in the order of `SHARES`.

    Args:
        covariance: (4, 4), over fresh reference and generated sets.
        draws: (4,), the part of its diagonal that is due to the generated sets.
    """

    covariance: Values
    draws: Values


@dataclass(frozen=True, slots=True)
class Grouped:
    """Coverage of each group of reference points, and precision of each group of generated points.

    Args:
        coverage: (groups,), NaN where the group is absent.
        coverage_variance: (groups,), on the half-angle scale, NaN where unknown.
        reference_sizes: (groups,), reference points.
        precision: (groups,), NaN where the group is absent.
        precision_variance: (groups,), on the half-angle scale, NaN where unknown.
        generated_sizes: (groups,), generated points in all sets.
    """

    coverage: Values
    coverage_variance: Values
    reference_sizes: Indices
    precision: Values
    precision_variance: Values
    generated_sizes: Indices


@dataclass(frozen=True, slots=True)
class Limited:
    """Mean contributions, each limited to 1, with their variances.

    Args:
        shares: the values of `CLIPPED` or of `SUPPORTS`.
        spread: their variance for this generator, in that order.
        perfect_spread: the same for a perfect generator.
        splits: the cuts from which it comes.
    """

    shares: dict[str, float]
    spread: Spread
    perfect_spread: Spread
    splits: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """Statistics averaged over the generated sets, with what their uncertainty is computed from.

    Args:
        size: points in the reference and in each generated set.
        sets: generated sets.
        k: neighbours.
        shares: the values of `SHARES`.
        density: its value.
        spread: variance of the shares for this generator.
        perfect_spread: the same for a perfect generator.
        density_from_reference: variance of the density over fresh references.
        density_from_draws: its variance over fresh generated sets.
        perfect_density_variance: its variance for a perfect generator.
        reference_reach: (size,), distance of the nearest generated point, as a multiple of the ball's radius.
        generated_reach: (sets, size), smallest multiple of a reference ball's radius that would include the point.
        clipped: contributions to clipped density and coverage.
        supported: contributions to the shares of the supports; None if k is 1.
        strays: generated points beyond all but a few real ones.
        groups: by group, if groups were given.
    """

    size: int
    sets: int
    k: int
    shares: dict[str, float]
    density: float
    spread: Spread
    perfect_spread: Spread
    density_from_reference: float
    density_from_draws: float
    perfect_density_variance: float
    reference_reach: Values
    generated_reach: Values
    clipped: Limited
    supported: Limited | None
    strays: Strays
    groups: Grouped | None


def measure(
    *,
    generated: Sequence[ArrayLike],
    reference: ArrayLike,
    k: int,
    rng: np.random.Generator,
    splits: int = 128,
    device: str = "cpu",
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
        device: where torch multiplies.
        generated_groups: the group of each point of each set, 0 … groups - 1.
        reference_groups: the group of each reference point.
        groups: how many groups.
        columns: the values, of each generated set and of the reference, any of which can rule a record out, steps
            between values included; None: the features can, by their ends.

    Raises:
        ValueError: on sets of another size than the reference, too few points, or input that `prdc` would refuse.
    """
    if splits < 64 or splits % 64:
        raise ValueError(f"expected a positive multiple of 64 splits, got {splits}")
    x = checked(reference, "reference")
    n, fakes = len(x), [checked_pair(generated=each, reference=x, k=k)[1] for each in generated]
    if any(len(y) != n for y in fakes):
        raise ValueError(
            f"expected generated sets of {n} points, as many as the reference, got {[len(y) for y in fakes]}"
        )
    if n < 4 * (k + 1):
        raise ValueError(f"expected at least {4 * (k + 1)} points for k = {k}, got {n}; choose a smaller k")
    seed, centre, depth = tie_seed(rng), origin(x), depth_for(k, 2, n)
    real = balls(x, depth=depth_for(k, 4, n), first=0, seed=seed, centre=centre, device=device)
    tally = NeighbourTally(real, len(fakes), k, depth)
    lists: list[Indices] = []
    first_levels: Values = np.empty((0, 0))
    for index, y in enumerate(fakes):
        fake = balls(y, depth=depth, first=(index + 1) * n, seed=seed, centre=centre, device=device)
        lists.append(fake.nearest)
        first_levels = fake.levels if index == 0 else first_levels
        tally.add(index, fake, seed)
    around = Neighbourhood(
        real.nearest[:, :depth],
        real.levels[:, :depth],
        tuple(lists),
        tuple(tally.forward),
        tuple(tally.backward),
        first_levels,
        _members(reference_groups, groups),
        tuple(_members(each, groups) for each in generated_groups),
    )
    halves = _halves(n, len(fakes), splits, rng)
    found = replicates(around, halves, k=k)
    itself, quarters = within_itself(real.nearest, real.levels), _quarters(n, splits, rng)
    perfect = replicates(itself, quarters, k=k)
    outside = apart(tally.generated_reach, tally.counts > 0)
    return Measurement(
        size=n,
        sets=len(fakes),
        k=k,
        shares=dict(zip(SHARES, tally.shares(), strict=True)),
        density=float(tally.counts.mean() / k),
        spread=_spread(found.shares, shrink=2, sets=1),
        perfect_spread=_spread(perfect.shares, shrink=4, sets=len(fakes)),
        density_from_reference=tally.density_from_reference(),
        density_from_draws=float(tally.counts.var(ddof=1) / (k * k * tally.counts.size)),
        perfect_density_variance=_perfect_density_variance(real, len(fakes), k),
        reference_reach=apart(tally.reference_reach, tally.hits.sum(0) > 0),
        generated_reach=outside,
        clipped=_clipped(tally, (around, halves), (itself, quarters)),
        supported=_supported(tally, (around, halves), (itself, quarters), columns or (fakes, x), columns is not None),
        strays=strays(generated=outside.reshape(-1), reference=own_outside(real, k)),
        groups=None if reference_groups is None else _grouped(tally, around, found, reference_groups),
    )


def _halves(n: int, sets: int, splits: int, rng: np.random.Generator) -> Parts:
    first, *rest = (cut(n, 2, splits, rng) for _ in range(sets + 1))
    return Parts((first[0], first[1]), tuple((each[0], each[1]) for each in rest))


def _clipped(tally: NeighbourTally, sets: tuple[Neighbourhood, Parts], perfect: tuple[Neighbourhood, Parts]) -> Limited:
    k, total = tally.k, len(tally.counts)
    used = min(total, _COUNT_SETS)
    found = clipped_replicates(*sets, k=k, sets=used, splits=_COUNT_SPLITS)
    sound = clipped_replicates(*perfect, k=k, sets=1, splits=_COUNT_SPLITS)
    values = (
        limited(tally.held, k),
        limited(own_counts(tally.real, k=k, limit=tally.median), k),
        limited(tally.hits, k),
    )
    return Limited(
        dict(zip(CLIPPED, values, strict=True)),
        _spread(found, shrink=2, sets=total / used),
        _spread(sound, shrink=4, sets=total),
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
    made, real = columns
    itself = alone(real, steps=steps)
    able = [
        (possible(y, real, steps=steps), itself, possible(real, y, steps=steps), alone(y, steps=steps)) for y in made
    ]
    own = np.tile(own_counts(tally.real, k=k, limit=tally.largest), (total, 1))
    counts = (tally.vouching, own, tally.recalling, tally.crowding)
    values = [
        float(np.mean([vouched(each[index], able[index][at]) for index in range(total)]))
        for at, each in enumerate(counts)
    ]
    found = support_replicates(*sets, able[0], k=k, splits=_COUNT_SPLITS)
    sound = support_replicates(*perfect, (itself,) * 4, k=k, splits=_COUNT_SPLITS)
    return Limited(
        dict(zip(SUPPORTS, values, strict=True)),
        _spread(found, shrink=2, sets=total),
        _spread(sound, shrink=4, sets=total),
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


def _perfect_density_variance(real: Balls, sets: int, k: int) -> float:
    """If the distributions are equal, points lie in as many balls as reference points are neighbours of others."""
    chosen = np.bincount(real.nearest[:, :k].reshape(-1), minlength=real.size) / k
    return float(chosen.var(ddof=1) / real.size * (1 + 1 / sets))


def _members(groups: NDArray[np.int64] | None, count: int) -> tuple[Indices, ...]:
    return () if groups is None else tuple(np.flatnonzero(groups == group) for group in range(count))


def _grouped(tally: NeighbourTally, around: Neighbourhood, found: Replicates, labels: NDArray[np.int64]) -> Grouped:
    hit, held = (tally.hits > 0).mean(0), tally.counts > 0
    sizes = np.array([len(rows) for rows in around.reference_groups])
    coverage = mean_by_group(hit, labels, len(sizes))
    fakes, precision = [], []
    for group in range(len(sizes)):
        members = [held[index, rows[group]] for index, rows in enumerate(around.generated_groups)]
        joined = np.concatenate(members)
        fakes.append(len(joined))
        precision.append(joined.mean() if len(joined) else np.nan)
    return Grouped(
        coverage,
        _group_variance(found.group_coverage),
        sizes,
        np.array(precision),
        _group_variance(found.group_precision),
        np.array(fakes),
    )


def _group_variance(shares: Values) -> Values:
    angle = np.arcsin(np.sqrt(np.clip(shares, 0, 1)))
    both = np.concatenate([angle[:, 0, 0] - angle[:, 1, 1], angle[:, 0, 1] - angle[:, 1, 0]], axis=1)
    known = np.isfinite(both)
    total = np.where(known, both, 0) ** 2
    count = known.sum(1)
    return np.where(count > 0, total.sum(1) / (4 * np.maximum(count, 1)), np.nan)
