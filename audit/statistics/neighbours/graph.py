"""Nearest-neighbour balls and what lies inside them: one blockwise distance pass, ties broken at random.

Every point of a set is the centre of a ball that reaches to its k-th nearest neighbour in that set. Whether another
point lies inside needs no radius, only its *rank*: how many points of the centre's own set are nearer. A rank below k
means inside. The rank also answers the question for every random part of the set, on which the intervals rest.

Equal distances are common in discrete data and with copies. They are ordered by an independent uniform key for each
pair of centre and point, so own and foreign points stay exchangeable under one distribution, and the known null values
hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .cloud import (
    Cloud,
    Indices,
    Matrix,
    above,
    block_cells,
    blocks,
    checked,
    cloud,
    decided,
    lower_bounds,
    origin,
    settled,
)

__all__ = [
    "Balls",
    "Crossing",
    "Indices",
    "Inside",
    "Matrix",
    "balls",
    "checked",
    "crossings",
    "origin",
    "own_reach",
    "tie_seed",
]

# Rounding moves a squared distance by about 1e-15 of the squared norms involved. Keys spread equal distances over 6e-11
# of it: far above the rounding, which would otherwise order copies, and far below any difference that means something.
_SPREAD = 2.0**-34
_SMALLEST = float(np.finfo(np.float64).tiny)
_NOTHING: Matrix = np.empty(0)


@dataclass(frozen=True, slots=True)
class Balls:
    """The neighbour lists of one set of points.

    Args:
        cloud: the points.
        first: identity of the first point; identities are what the tie-breaking keys depend on.
        nearest: (n, depth), the nearest others in the same set, nearest first.
        squared: (n, depth), their squared distances, ties broken; strictly ascending up to chance.
        spread: (n,), how far the keys of a centre spread equal squared distances.
        levels: (n, depth), squared distances with ties broken on one scale for all centres, so that radii of different
            balls can be compared; in the order of the lists up to rounding.
        scale: that scale.
    """

    cloud: Cloud
    first: int
    nearest: Indices
    squared: Matrix
    spread: Matrix
    levels: Matrix
    scale: float

    @property
    def size(self) -> int:
        """How many points."""
        return len(self.nearest)


class Inside(NamedTuple):
    """Pairs of a ball and a point near its centre; `rank` points of the centre's own set are nearer. Sorted by ball.

    `level` is their squared distance, ties broken on the scale of all centres.
    """

    ball: Indices
    point: Indices
    rank: Indices
    level: Matrix


class Crossing(NamedTuple):
    """What one block of distances between two sets shows.

    Args:
        forward: points of the other set near the first set's centres.
        backward: points of the first set near the other set's centres.
        rows: which centres of the first set the block holds.
        row_reach: (rows,), the smallest squared distance to a point of the other set over the squared radius, which is
            the distance to the k-th neighbour; empty where it was not asked for.
        column_reach: (other,), the smallest squared distance to one of these centres over its squared radius.
    """

    forward: Inside
    backward: Inside
    rows: slice
    row_reach: Matrix = _NOTHING
    column_reach: Matrix = _NOTHING


def tie_seed(rng: np.random.Generator) -> int:
    """One draw from which all tie-breaking keys follow, so that they do not depend on block sizes."""
    return int(rng.integers(1 << 63))


def balls(
    points: Matrix,
    *,
    depth: int,
    first: int,
    seed: int,
    centre: Matrix | None = None,
    device: str | None = None,
    cells: int | None = None,
) -> Balls:
    """The nearest neighbours of every point within its own set, ties in random order.

    Args:
        points: (n, d).
        depth: how many neighbours to list, below n.
        first: identity of the first point.
        seed: from `tie_seed`.
        centre: (d,), a point among them, one for all sets that are to be compared; None for that of coordinates 0.
        device: where torch multiplies; None: where the audit computes.
        cells: distances held at once; None for what is fast.
    """
    import torch

    n = len(points)
    own = cloud(points, np.zeros(points.shape[1]) if centre is None else centre, device)
    nearest = np.empty((n, depth), dtype=np.int64)
    squared = np.empty((n, depth))
    spread, plain, keys = np.empty(n), np.empty((n, depth)), np.empty((n, depth))
    norms = own.norms.cpu().numpy()
    for rows in blocks(n, n, cells or block_cells(own)):
        bounds, slack = lower_bounds(own, rows, own)
        bounds.diagonal(rows.start).fill_(torch.inf)
        least = torch.topk(bounds, depth, dim=1, largest=False)
        # As many points as asked for are surely no further than the furthest of these may be.
        reach = above(least.values, own.norms[rows][:, None] + own.norms[least.indices], slack).amax(1)
        limit = reach + _SPREAD * (own.norms[rows] + reach) + _SMALLEST
        row, column, distance = settled(own, rows, own, bounds <= _rounded_up(limit, bounds)[:, None])
        starts = np.searchsorted(row, np.arange(rows.stop - rows.start))
        furthest = distance[np.lexsort((distance, row))[starts + depth - 1]]
        spread[rows] = _SPREAD * (norms[rows] + furthest) + _SMALLEST
        key = _keys(seed, first + rows.start + row, first + column)
        broken = distance + spread[rows][row] * key
        order = np.lexsort((broken, row))
        kept = order[starts[:, None] + np.arange(depth)]
        nearest[rows], squared[rows], plain[rows], keys[rows] = column[kept], broken[kept], distance[kept], key[kept]
        del bounds, least  # before the next block, or two of them would be held at once
    # A scale that differed between centres would favour those near the origin, where the reference is dense.
    scale = float(np.median(spread))
    return Balls(own, first, nearest, squared, spread, plain + scale * keys, scale)


def crossings(
    own: Balls,
    other: Balls,
    *,
    k: int,
    depth: int,
    seed: int,
    reach: bool = False,
    ranks: bool = True,
    cells: int | None = None,
) -> Iterator[Crossing]:
    """Pairs of rank below `depth` between two sets, in both directions, from one pass over their distances.

    Args:
        own: the first set.
        other: the other set.
        k: neighbours that set the radius of a ball.
        depth: ranks that are asked for, at least k.
        seed: from `tie_seed`, as for both sets.
        reach: whether to say how far the balls are from holding a point, too.
        ranks: whether ranks and levels matter; without, pairs of rank below `depth` are given, and no more is true of
            them. That is faster where a point lies in many balls.
        cells: distances held at once; None for what is fast.
    """
    import torch

    x_reach, y_reach = (each.squared[:, depth - 1] for each in (own, other))
    device = own.cloud.norms.device
    x_limit, y_limit = (torch.as_tensor(each, device=device) for each in (x_reach, y_reach))
    # Broken ties move a limit by no more than their spread.
    x_least, y_least = (torch.as_tensor(each, device=device) for each in (x_reach - own.spread, y_reach - other.spread))
    radius = torch.as_tensor(np.maximum(own.squared[:, k - 1], _SMALLEST), device=own.cloud.norms.device)
    for rows in blocks(own.size, other.size, cells or block_cells(other.cloud)):
        bounds, slack = lower_bounds(own.cloud, rows, other.cloud)
        near = bounds <= _rounded_up(x_limit[rows], bounds)[:, None]
        near |= bounds <= _rounded_up(y_limit, bounds)[None, :]
        if ranks:
            row, column, distance = settled(own.cloud, rows, other.cloud, near)
        else:
            limits = (x_least[rows], x_limit[rows]), (y_least, y_limit)
            row, column, distance = decided(own.cloud, rows, other.cloud, near, bounds, slack, limits)
        row += rows.start
        inside = distance <= x_reach[row]
        forward = _ranked(own, other, row[inside], column[inside], distance[inside], depth, seed)
        inside = distance <= y_reach[column]
        backward = _ranked(other, own, column[inside], row[inside], distance[inside], depth, seed)
        crossing = Crossing(forward, backward, rows, *(_reach(bounds, own, rows, radius[rows], slack) if reach else ()))
        del bounds, near  # before the next block, or two of them would be held at once
        yield crossing


def own_reach(own: Balls, points: Indices, *, k: int, cells: int | None = None) -> Matrix:
    """As `row_reach` for some points of the set, each among the others: (points,), to single precision.

    Right for points that no ball holds: leaving out such a point changes no radius.

    Args:
        own: the set and its balls.
        points: which of its points.
        k: neighbours that a ball reaches to.
        cells: distances held at once, None for what is fast.
    """
    import torch

    inverse = 1 / torch.as_tensor(np.maximum(own.squared[:, k - 1], _SMALLEST), device=own.cloud.norms.device)
    which = torch.as_tensor(points, device=own.cloud.norms.device)
    result = np.empty(len(points))
    for rows in blocks(len(points), own.size, cells or block_cells(own.cloud)):
        bounds, slack = lower_bounds(own.cloud, which[rows], own.cloud)
        bounds.add_((2 * slack * own.cloud.norms[which[rows]]).to(bounds.dtype)[:, None]).clamp_(min=0)
        bounds[torch.arange(len(bounds)), which[rows]] = torch.inf
        result[rows] = bounds.mul_(inverse.to(bounds.dtype)).amin(1).double().cpu().numpy()
    return result


def _reach(bounds: Any, own: Balls, rows: slice, radius: Any, slack: float) -> tuple[Matrix, Matrix]:
    """The smallest squared distance over squared radius in every row and in every column, to single precision."""
    # The middle of what is possible, where a point and the nearest one to it are about as far from the centre.
    bounds.add_((2 * slack * own.cloud.norms[rows]).to(bounds.dtype)[:, None]).clamp_(min=0)
    by_row = bounds.amin(1).double() / radius
    by_column = bounds.mul_((1 / radius).to(bounds.dtype)[:, None]).amin(0)
    return by_row.cpu().numpy(), by_column.double().cpu().numpy()


def _rounded_up(limit: Any, like: Any) -> Any:
    """A limit in the precision of what it is compared with, rounded up."""
    import torch

    rounded = limit.to(like.dtype)
    return torch.nextafter(rounded, torch.full_like(rounded, torch.inf))


def _ranked(
    centres: Balls, others: Balls, ball: Indices, point: Indices, distance: Matrix, depth: int, seed: int
) -> Inside:
    key = _keys(seed, centres.first + ball, others.first + point)
    rank = _rank(centres.squared[:, :depth], ball, distance + centres.spread[ball] * key)
    kept = rank < depth
    return Inside(ball[kept], point[kept], rank[kept], (distance + centres.scale * key)[kept])


def _rank(lists: Matrix, row: Indices, value: Matrix) -> Indices:
    """How many entries of its row of `lists`, each ascending, are below each value: a bisection for all at once."""
    low = np.zeros(len(row), dtype=np.int64)
    high = np.full(len(row), lists.shape[1])
    for _ in range(lists.shape[1].bit_length()):
        middle = (low + high) >> 1
        below = lists[row, np.minimum(middle, lists.shape[1] - 1)] < value
        low, high = np.where(below & (low < high), middle + 1, low), np.where(below, high, middle)
    return low


def _keys(seed: int, centre: Indices, point: Indices) -> Matrix:
    """Uniform numbers in [0, 1), a function of the seed and the pair alone (splitmix64 finalisers, chained)."""
    state = _mixed(np.uint64(seed) + centre.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    state = _mixed(state + point.astype(np.uint64) * np.uint64(0xD1342543DE82EF95))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
