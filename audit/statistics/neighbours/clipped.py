"""Clipped density and coverage: no single ball and no single point can carry the score.

Plain density grows without bound where a generator crowds into a few balls, and the huge ball around an outlier makes
junk look dense. Here radii stop at their median, a point or a ball counts for at most 1, and both scores are put on
the scale of the share of good samples: they fall in a straight line as samples are replaced by junk.

Reference: Salvy et al. 2025, arXiv:2507.01761.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..bits import Stacks, Words, at_least, bit_counts, open_ranks, packed, sorted_radii, stacked, up_to
from .graph import Balls, Inside, balls, crossings, origin, tie_seed
from .prdc import checked_pair
from .splits import Neighbourhood, Parts, Values, own_pairs

CLIPPED = ("inside", "perfect_inside", "filled")
"""What `clipped_replicates` computes: the mean contribution of generated points, of reference points, and of balls."""


class Clipped(NamedTuple):
    """Fidelity and diversity, each 1 for a perfect generator on average and 0 where nothing is right.

    density can exceed 1 where a generator avoids what is untypical; coverage cannot exceed 1.
    """

    density: float
    coverage: float


def clipped(
    *, generated: ArrayLike, reference: ArrayLike, k: int, rng: np.random.Generator, device: str | None = None
) -> Clipped:
    """Compare two sets by balls to the k-th nearest neighbour in the reference, each contribution limited to 1.

    Density: a generated point contributes the number of reference balls that hold it, over k and at most 1, where no
    radius exceeds the median one; the mean contribution is divided by that of the reference points themselves.
    Coverage: a ball, of any radius, contributes the number of generated points in it, over k and at most 1; the mean is
    turned into the share of as many generated points that would have given it, see `matched_share`.

    Args:
        generated: (m, d).
        reference: (n, d).
        k: neighbours, at least 1 and below n and m.
        rng: orders equal distances.
        device: where torch multiplies; None: where the audit computes.

    Raises:
        ValueError: on wrong shapes, values that are not finite, or a k out of range.
    """
    inside, own, filled = contributions(generated=generated, reference=reference, k=k, rng=rng, device=device)
    share = matched_share(filled, reference=len(np.asarray(reference)), generated=len(np.asarray(generated)), k=k)
    return Clipped(inside / own, share)


def contributions(
    *, generated: ArrayLike, reference: ArrayLike, k: int, rng: np.random.Generator, device: str | None = None
) -> tuple[float, float, float]:
    """The means of `CLIPPED`, from which `clipped` makes its scores; arguments and errors as there.

    Args:
        generated: (m, d).
        reference: (n, d).
        k: neighbours, at least 1 and below n and m.
        rng: orders equal distances.
        device: where torch multiplies; None: where the audit computes.
    """
    x, y = checked_pair(generated=generated, reference=reference, k=k)
    seed, centre = tie_seed(rng), origin(x)
    reference_balls = balls(x, depth=k, first=0, seed=seed, centre=centre, device=device)
    generated_balls = balls(y, depth=k, first=len(x), seed=seed, centre=centre, device=device)
    limit, held, hits = median_radius(reference_balls, k=k), np.zeros(len(y)), np.zeros(len(x))
    for block in crossings(reference_balls, generated_balls, k=k, depth=k, seed=seed):
        small = block.forward.level <= limit
        held += np.bincount(block.forward.point[small], minlength=len(y))
        hits += np.bincount(block.forward.ball, minlength=len(x))
    return limited(held, k), limited(own_counts(reference_balls, k=k, limit=limit), k), limited(hits, k)


def median_radius(reference: Balls, *, k: int) -> float:
    """The squared median distance to the k-th neighbour."""
    return float(np.median(reference.levels[:, k - 1]))


def own_counts(reference: Balls, *, k: int, limit: float) -> Values:
    """In how many others' balls each reference point lies, with squared radii clipped at a limit: (n,)."""
    small = reference.levels[:, :k] <= limit
    return np.bincount(reference.nearest[:, :k][small], minlength=reference.size).astype(np.float64)


def limited(counts: NDArray[np.floating | np.integer], k: int) -> float:
    """The mean of counts over k, each at most 1."""
    return float(np.minimum(counts / k, 1).mean())


def expected_filling(*, reference: int, generated: ArrayLike, k: int) -> Values:
    """The mean contribution of a ball when so many of the generated points come from the data's own distribution.

    E min(J, k) / k, where J, the number of them within the k-th of n - 1 own neighbours, is beta-binomial: generated
    points and own ones come in random order. Only the k terms of J < k are summed.

    Args:
        reference: n, above k.
        generated: any number of them, at least 0 each.
        k: neighbours.
    """
    from scipy.special import betaln, gammaln

    drawn = np.asarray(generated, dtype=np.float64)[..., None]
    j = np.arange(k)
    possible = np.maximum(drawn - j, 0)
    ways = gammaln(drawn + 1) - gammaln(j + 1) - gammaln(possible + 1)
    chance = np.exp(ways + betaln(k + j, reference - k + possible) - betaln(k, reference - k))
    missing: Values = (np.where(drawn >= j, chance, 0.0) * (k - j)).sum(-1) / k
    return 1 - missing


def matched_share(filled: float, *, reference: int, generated: int, k: int) -> float:
    """The share of generated points, drawn from the data's own distribution, that fills the balls as much; at most 1.

    Args:
        filled: mean contribution of a ball, in [0, 1].
        reference: n, above k.
        generated: points in the generated set.
        k: neighbours.
    """
    counts = np.arange(generated + 1)
    expected = expected_filling(reference=reference, generated=counts, k=k)
    return float(np.interp(filled, expected, counts / generated))


def clipped_replicates(around: Neighbourhood, parts: Parts, *, k: int, sets: int, splits: int) -> Values:
    """The means of `CLIPPED` on parts, pooled over the first generated sets: (3, 2, 2, splits), as `replicates`.

    Args:
        around: all sets.
        parts: at least as many cuts as asked for.
        k: neighbours.
        sets: generated sets that are used, from the first.
        splits: cuts that are used, from the first, a multiple of 64.
    """
    result, n = np.empty((3, 2, 2, splits)), len(around.reference)
    own = own_pairs(around.reference, around.levels)
    by_own = stacked(own.point, n)
    generated = [[packed(part[:, :splits]) for part in each] for each in parts.generated[:sets]]
    arranged = [
        (stacked(each.point, len(part)), stacked(each.ball, n)) for each, (part, _) in _pairs(around, generated)
    ]
    for a in range(2):
        part = packed(parts.reference[a][:, :splits])
        reaching = open_ranks(around.reference, part, k=k)
        limit = _median_radii(around.levels, reaching, part)
        result[1, a] = _inside(own, reaching, limit, by_own, (part,), k)[0]
        inside, filled = np.zeros((2, splits)), np.zeros((2, splits))
        for (pairs, each), (by_point, by_ball) in zip(_pairs(around, generated), arranged, strict=True):
            inside += _inside(pairs, reaching, limit, by_point, each, k)
            filled += _filled(pairs, reaching, by_ball, part, each, k)
        result[0, a], result[2, a] = inside / sets, filled / sets
    return result


def _pairs(around: Neighbourhood, generated: Sequence[Sequence[Words]]) -> list[tuple[Inside, Sequence[Words]]]:
    return list(zip(around.forward, generated, strict=False))


def _median_radii(levels: Values, reaching: Words, part: Words) -> Values:
    """Of the balls of a part, in each split."""
    ordered, size = sorted_radii(levels, reaching, part), bit_counts(part)[0]
    low, high = (np.take_along_axis(ordered, each[:, None] // 2, axis=1)[:, 0] for each in (size - 1, size))
    middle: Values = (low + high) / 2
    return middle


def _inside(pairs: Inside, reaching: Words, limit: Values, by_point: Stacks, parts: Sequence[Words], k: int) -> Values:
    held = at_least(reaching[pairs.ball, pairs.rank] & up_to(pairs.level, limit), by_point, k)
    return np.stack([_up_to_k(held & part) / (k * bit_counts(part)[0]) for part in parts])


def _filled(pairs: Inside, reaching: Words, by_ball: Stacks, balls_of: Words, parts: Sequence[Words], k: int) -> Values:
    held = reaching[pairs.ball, pairs.rank]
    filled = [_up_to_k(at_least(held & part[pairs.point], by_ball, k)) for part in parts]
    return np.stack([each / (k * bit_counts(balls_of)[0]) for each in filled])


def _up_to_k(levels: Words) -> NDArray[np.int64]:
    """The sum of all counts, each k at most: (splits,)."""
    return np.asarray(bit_counts(levels.reshape(-1, levels.shape[-1]))[0], dtype=np.int64)
