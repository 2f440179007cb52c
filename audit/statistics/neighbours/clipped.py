"""Clipped density and coverage: no single ball and no single point can carry the score.

Plain density grows without bound where a generator crowds into a few balls, and the huge ball around an outlier makes
junk look dense. Here radii stop at their median, a point or a ball counts for at most 1, and both scores are put on
the scale of the share of good samples: they fall in a straight line as samples are replaced by junk.

Reference: Salvy et al. 2025, arXiv:2507.01761.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .graph import Balls, Inside, balls, crossings, origin, tie_seed
from .prdc import checked_pair
from .splits import Neighbourhood, Parts, Values, open_ranks, own_pairs

CLIPPED = ("inside", "perfect_inside", "filled")
"""What `clipped_replicates` computes: the mean contribution of generated points, of reference points, and of balls."""


class Clipped(NamedTuple):
    """Fidelity and diversity, each 1 for a perfect generator on average and 0 where nothing is right.

    density can exceed 1 where a generator avoids what is untypical; coverage cannot exceed 1.
    """

    density: float
    coverage: float


def clipped(
    *, generated: ArrayLike, reference: ArrayLike, k: int, rng: np.random.Generator, device: str = "cpu"
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
        device: where torch multiplies.

    Raises:
        ValueError: on wrong shapes, values that are not finite, or a k out of range.
    """
    inside, own, filled = contributions(generated=generated, reference=reference, k=k, rng=rng, device=device)
    share = matched_share(filled, reference=len(np.asarray(reference)), generated=len(np.asarray(generated)), k=k)
    return Clipped(inside / own, share)


def contributions(
    *, generated: ArrayLike, reference: ArrayLike, k: int, rng: np.random.Generator, device: str = "cpu"
) -> tuple[float, float, float]:
    """The means of `CLIPPED`, from which `clipped` makes its scores; arguments and errors as there.

    Args:
        generated: (m, d).
        reference: (n, d).
        k: neighbours, at least 1 and below n and m.
        rng: orders equal distances.
        device: where torch multiplies.
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
        splits: cuts that are used, from the first, a multiple of 8.
    """
    result = np.empty((3, 2, 2, splits))
    own = own_pairs(around.reference, around.levels)
    for start in range(0, splits, 8):
        few = slice(start, start + 8)
        reference = [part[:, few] for part in parts.reference]
        for a in range(2):
            reaching = np.unpackbits(open_ranks(around.reference, reference[a], k=k), axis=2)
            limit = _median_radii(around.levels, reaching, reference[a])
            result[1, a, :, few] = _inside(own, reaching, limit, (reference[a],), k)[0]
            inside, filled = np.zeros((2, 8)), np.zeros((2, 8))
            for pairs, each in zip(around.forward[:sets], parts.generated, strict=False):
                generated = tuple(part[:, few] for part in each)
                inside += _inside(pairs, reaching, limit, generated, k)
                filled += _filled(pairs, reaching, reference[a], generated, k)
            result[0, a, :, few], result[2, a, :, few] = inside / sets, filled / sets
    return result


def _median_radii(levels: Values, reaching: NDArray[np.uint8], part: NDArray[np.bool_]) -> Values:
    """Of the balls of a part, in each split."""
    last = np.maximum(reaching.sum(axis=1, dtype=np.int64) - 1, 0)
    radii = np.where(part, np.take_along_axis(levels, last, axis=1), np.inf)
    size = part.sum(0)
    ordered = np.sort(radii, axis=0)
    low, high = (np.take_along_axis(ordered, each[None] // 2, axis=0)[0] for each in (size - 1, size))
    middle: Values = (low + high) / 2
    return middle


def _inside(
    pairs: Inside, reaching: NDArray[np.uint8], limit: Values, parts: tuple[NDArray[np.bool_], ...], k: int
) -> Values:
    held = reaching[pairs.ball, pairs.rank] * (pairs.level[:, None] <= limit)
    counts = np.minimum(summed(held, pairs.point, len(parts[0])), k)
    return np.stack([(counts * part).sum(0) / (k * part.sum(0)) for part in parts])


def _filled(
    pairs: Inside,
    reaching: NDArray[np.uint8],
    balls_of: NDArray[np.bool_],
    parts: tuple[NDArray[np.bool_], ...],
    k: int,
) -> Values:
    held = reaching[pairs.ball, pairs.rank]
    counts = [np.minimum(summed(held * part[pairs.point], pairs.ball, len(balls_of)), k) for part in parts]
    return np.stack([each.sum(0) / (k * balls_of.sum(0)) for each in counts])


def summed(rows: NDArray[np.uint8], target: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    """The sum of the rows that share a target: (size, columns)."""
    result = np.zeros((size, rows.shape[1]), dtype=np.int64)
    for column in range(rows.shape[1]):
        result[:, column] = np.bincount(target, weights=rows[:, column], minlength=size)
    return result
