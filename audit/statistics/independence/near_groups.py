"""Groups of records that lie nearer together than independent records would, at every scale from exact copies up.

Records closer than a radius are linked, and linked records form groups. For small radii the numbers of groups of one,
two, three … records obey the inequality of `group_sizes` for every distribution: three points within reach of one of
them form a group, and the chance of that is a second moment where that of a pair is a first. Linked groups that are not
all within reach of each other only make larger groups commoner.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..neighbours.graph import balls, origin, tie_seed
from .group_sizes import Excess, excess

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

DEPTH = 12
"""Neighbours of each record among which links are looked for."""

SCALES = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.35, 0.45, 0.5, 0.6, 2 / 3, 0.75, 0.8, 0.9, 0.95)
"""Radii, by how many links as a share of the records they allow: groups of k near-equal records need 1 − 1 / k."""

# The scales repeat one another. Where the bound is sharp (many equally likely, tight clusters) the smallest of their
# p-values, doubled, was below 0.05 in 0 to 4 % of samples: see benchmarks/independence.py.
_REPEATED = 2.0


@dataclass(frozen=True, slots=True)
class NearGroups:
    """What was found at the scale that speaks most against independence.

    Args:
        p_value: over all scales and sizes.
        excess: the groups at that scale.
        radius: its radius, in the unit of the features; 0 for exact copies.
        group: (n,), the group of each record at that scale.
        pairs: (k, 2), each record with its nearest one, each pair once; positions of records, ties at random.
    """

    p_value: float
    excess: Excess
    radius: float
    group: Indices
    pairs: Indices


def near_groups(points: Matrix, rng: np.random.Generator) -> NearGroups:
    """Look for groups of near-equal records.

    Args:
        points: (n, d), finite, n at least 2.
        rng: orders what is equally near.
    """
    different, which = np.unique(points, axis=0, return_inverse=True)
    which = which.reshape(-1)
    ends, lengths, nearest = _forest(different, rng)
    links = np.concatenate([np.zeros(len(points) - len(different)), lengths])
    best: tuple[Excess, float, Indices] | None = None
    for radius in _radii(links, len(points)):
        # Lengths that are equal but for rounding belong to one scale.
        group = _joined(ends[lengths <= radius * (1 + 1e-9)], len(different))[which]
        tested = excess(_sizes(group))
        if best is None or tested.p_value < best[0].p_value:
            best = tested, radius, group
    if best is None:  # A single record has no link.
        best = excess(np.ones(len(points), dtype=np.int64)), 0.0, np.arange(len(points))
    p = min(1.0, _REPEATED * best[0].p_value)
    return NearGroups(p, *best, _pairs(which, nearest, rng))


def _radii(links: Matrix, n: int) -> list[float]:
    """Ascending; the last one joins all that are neighbours of neighbours."""
    places = [place for share in SCALES if 0 <= (place := int(share * n) - 1) < len(links)]
    return sorted({float(links[place]) for place in (*places, len(links) - 1)}) if len(links) else []


def _sizes(group: Indices) -> Indices:
    sizes = np.bincount(group)
    return sizes[sizes > 0]


def _forest(points: Matrix, rng: np.random.Generator) -> tuple[Indices, Matrix, Indices]:
    """The shortest links that join all neighbours: ends (k, 2) and lengths (k,), ascending; and each one's nearest."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    n = len(points)
    if n < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0), np.zeros(n, dtype=np.int64)
    neighbours = balls(points, depth=min(DEPTH, n - 1), first=0, seed=tie_seed(rng), centre=origin(points))
    rows = np.repeat(np.arange(n), neighbours.nearest.shape[1])
    columns = neighbours.nearest.reshape(-1)
    # A link that both ends list must count once: a sparse matrix would add the two.
    ends = np.stack([np.minimum(rows, columns), np.maximum(rows, columns)], axis=1)
    _, first = np.unique(ends[:, 0] * n + ends[:, 1], return_index=True)
    weights = np.maximum(neighbours.squared.reshape(-1)[first], np.finfo(np.float64).tiny)
    tree = minimum_spanning_tree(coo_array((weights, tuple(ends[first].T)), shape=(n, n)).tocsr()).tocoo()
    ends = np.stack([tree.row, tree.col], axis=1).astype(np.int64)
    # Again from the points themselves: the weights were moved a little to break ties.
    lengths = np.sqrt(((points[ends[:, 0]] - points[ends[:, 1]]) ** 2).sum(axis=1))
    order = np.argsort(lengths, kind="stable")
    return ends[order], lengths[order], neighbours.nearest[:, 0]


def _joined(ends: Indices, n: int) -> Indices:
    """The group of each of n points where these links join them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(ends)), tuple(ends.T)), shape=(n, n))
    _, group = connected_components(links, directed=False)
    return np.asarray(group, dtype=np.int64)


def _pairs(which: Indices, nearest: Indices, rng: np.random.Generator) -> Indices:
    """Each record with an exact copy of it or, without one, with its nearest; at random among equals.

    Args:
        which: (n,), the distinct point that each record is.
        nearest: the nearest other one of each distinct point.
        rng: chooses among copies.
    """
    shuffled = rng.permutation(len(which))
    by_point = shuffled[np.argsort(which[shuffled], kind="stable")]
    counts = np.bincount(which)
    starts = np.cumsum(counts) - counts
    place = np.arange(len(which)) - starts[which[by_point]]
    own, copies = which[by_point], counts[which[by_point]]
    # Around each circle of copies; the others go to a random copy of their nearest point.
    partner = by_point[starts[own] + (place + 1) % copies]
    other = nearest[own]
    foreign = by_point[starts[other] + rng.integers(counts[other])]
    ends = np.stack([by_point, np.where(copies > 1, partner, foreign)], axis=1)
    ends = np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1)
    return np.unique(ends, axis=0)
