"""How much precision, recall and coverage vary between samples, measured on random parts of the sample at hand.

Both sets are cut at random into disjoint parts, many times; the statistics of two parts differ by chance alone, so
half the mean squared difference is the variance at the parts' size, for statistics of any order (the delete-one
jackknife counts interactions of c points c times). It shrinks as 1/n, since neighbourhoods reach only as far as k
points. No distance is computed again: the k-th neighbour within a part is found in a longer list of neighbours within
the whole. One split is one bit, so that many are handled at once.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bits import at_least, bit_counts, open_ranks, packed, stacked
from .graph import Indices, Inside

Flags = NDArray[np.bool_]
Values = NDArray[np.float64]

SHARES = ("precision", "recall", "coverage", "perfect_precision")
"""The statistics that `replicates` computes, in the order of every covariance matrix."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A reference set and disjoint generated sets, joined by the pairs that lie near each other.

    Args:
        reference: (n, depth), neighbour lists of the reference.
        levels: (n, depth), the squared distances in them, ties broken on one scale.
        generated: neighbour lists of each generated set.
        forward: for each generated set, its points near reference centres.
        backward: for each generated set, reference points near its centres.
        first_levels: (n, depth), as `levels`, of the first generated set.
        reference_groups: for each group, the rows of the reference that belong to it.
        generated_groups: for each generated set and group, the rows that belong to it.
    """

    reference: Indices
    levels: Values
    generated: tuple[Indices, ...]
    forward: tuple[Inside, ...]
    backward: tuple[Inside, ...]
    first_levels: Values
    reference_groups: tuple[Indices, ...] = ()
    generated_groups: tuple[tuple[Indices, ...], ...] = ()


class Parts(NamedTuple):
    """Two disjoint parts of the reference and of each generated set, one column a split: bool (n, splits)."""

    reference: tuple[Flags, Flags]
    generated: tuple[tuple[Flags, Flags], ...]


class Replicates(NamedTuple):
    """Statistics on the four pairings of a reference part with a generated part.

    Args:
        shares: (4, 2, 2, splits), in the order of `SHARES`; reference part, generated part, split.
        group_coverage: (groups, 2, 2, splits); NaN where a part holds none of the group.
        group_precision: the same, of generated points.
    """

    shares: Values
    group_coverage: Values
    group_precision: Values


def depth_for(k: int, parts: int, n: int) -> int:
    """How long a neighbour list must be to hold the k nearest within one of `parts` parts (short in 1 of 1,000)."""
    mean = k * parts
    return min(n - 1, int(mean + 4 * np.sqrt(mean * (1 - 1 / parts)) + 3 * parts))


def cut(n: int, parts: int, splits: int, rng: np.random.Generator) -> list[Flags]:
    """Random cuts of n points into `parts` disjoint parts, equal give or take one point: bool (n, splits) each.

    Args:
        n: points.
        parts: into how many parts.
        splits: how many cuts.
        rng: makes them.
    """
    labels = np.repeat((np.arange(n) * parts // n).astype(np.uint8)[:, None], splits, axis=1)
    labels = rng.permuted(labels, axis=0)
    return [labels == part for part in range(parts)]


def replicates(around: Neighbourhood, parts: Parts, *, k: int) -> Replicates:
    """Precision, recall and coverage between parts, pooled over the generated sets; perfect precision of each part."""
    n, splits = len(around.reference), parts.reference[0].shape[1]
    every_reference = (None, *around.reference_groups)
    reference = [packed(part) for part in parts.reference]
    opened = [open_ranks(around.reference, part, k=k) for part in reference]
    reference_sizes = [bit_counts(part, every_reference) for part in reference]
    hit = np.zeros((len(every_reference), 2, 2, splits))  # reference points that hold a generated one
    held, held_of = np.zeros_like(hit), np.zeros_like(hit)  # generated points inside, and all
    recalled = np.zeros((2, 2, splits))
    for index, nearest in enumerate(around.generated):
        forward, backward = around.forward[index], around.backward[index]
        by_point, by_ball = stacked(forward.point, len(nearest)), stacked(forward.ball, n)
        by_real = stacked(backward.point, n)
        every_generated = (None, *(around.generated_groups[index] if around.generated_groups else ()))
        generated = [packed(part) for part in parts.generated[index]]
        for a in range(2):
            inside = opened[a][forward.ball, forward.rank]
            some_ball = at_least(inside, by_point)[0]
            for b in range(2):
                held[:, a, b] += bit_counts(some_ball & generated[b], every_generated)
                held_of[:, a, b] += bit_counts(generated[b], every_generated)
                some_point = at_least(inside & generated[b][forward.point], by_ball)[0]
                hit[:, a, b] += bit_counts(some_point, every_reference)
        for b in range(2):
            reaching = open_ranks(nearest, generated[b], k=k)[backward.ball, backward.rank]
            some_ball = at_least(reaching, by_real)[0]
            for a in range(2):
                recalled[a, b] += bit_counts(some_ball & reference[a])[0]
    hit_of = len(around.generated) * np.stack(reference_sizes, axis=1)[:, :, None]
    with np.errstate(invalid="ignore"):
        coverage, precision, recall = hit / hit_of, held / held_of, recalled / hit_of[0]
    own = own_pairs(around.reference, around.levels)
    by_own = stacked(own.point, n)
    perfect = np.zeros((2, 2, splits))
    for a in range(2):
        chosen = at_least(opened[a].reshape(len(own.ball), -1), by_own)[0] & reference[a]
        perfect[a] = bit_counts(chosen)[0] / reference_sizes[a][0]
    return Replicates(np.stack([precision[0], recall, coverage[0], perfect]), coverage[1:], precision[1:])


def within_itself(nearest: Indices, levels: Values) -> Neighbourhood:
    """The reference as its own generated set: parts of it play both roles, as a perfect generator would."""
    own = own_pairs(nearest, levels)
    return Neighbourhood(nearest, levels, (nearest,), (own,), (own,), levels)


def own_pairs(nearest: Indices, levels: Values) -> Inside:
    """A set's own neighbour lists (n, depth) as pairs of a ball and a point near its centre."""
    n, depth = nearest.shape
    return Inside(
        ball=np.repeat(np.arange(n), depth),
        point=nearest.reshape(-1),
        rank=np.tile(np.arange(depth), n),
        level=levels.reshape(-1),
    )
