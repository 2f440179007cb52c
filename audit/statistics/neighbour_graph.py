"""Nearest-neighbour balls and what lies inside them: one blockwise distance pass, ties broken at random.

Every point of a set is the centre of a ball that reaches to its k-th nearest neighbour in that set. Whether another
point lies inside needs no radius, only its *rank*: how many points of the centre's own set are nearer. A rank below k
means inside. The rank also answers the question for every random part of the set; the intervals are made from that.

Equal distances are common in discrete data and with copies. They are ordered by an independent uniform key for each
pair of centre and point, so own and foreign points stay exchangeable under one law, and the known null values hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

# Rounding moves a squared distance by about 1e-15 of the squared norms involved. Keys spread equal distances over 6e-11
# of it: far above the rounding, which would otherwise order copies, and far below any difference that means something.
_SPREAD = 2.0**-34
_SMALLEST = float(np.finfo(np.float64).tiny)
_BLOCK_CELLS = 1 << 20


@dataclass(frozen=True, slots=True)
class Balls:
    """The neighbour lists of one set of points.

    Args:
        points: (n, d), shifted to a common origin.
        first: identity of the first point; identities are what the tie-breaking keys depend on.
        nearest: (n, depth), the nearest others in the same set, nearest first.
        squared: (n, depth), their squared distances, ties broken; strictly ascending up to chance.
        spread: (n,), how far the keys of a centre spread equal squared distances.
    """

    points: Matrix
    first: int
    nearest: Indices
    squared: Matrix
    spread: Matrix

    @property
    def size(self) -> int:
        """How many points."""
        return len(self.nearest)


class Inside(NamedTuple):
    """Pairs of a ball and a point near its centre; `rank` points of the centre's own set are nearer. Sorted by ball."""

    ball: Indices
    point: Indices
    rank: Indices


class Crossing(NamedTuple):
    """What one block of distances between two sets shows.

    Args:
        forward: points of the other set near the first set's centres.
        backward: points of the first set near the other set's centres.
        rows: which centres of the first set the block holds.
        reach: (rows, other), squared distance over the squared radius of the first set's k-th neighbour.
    """

    forward: Inside
    backward: Inside
    rows: slice
    reach: Any


def checked(points: ArrayLike, name: str) -> Matrix:
    """`points` as a finite float64 (n, d) matrix.

    Raises:
        ValueError: if it is not two-dimensional or not finite.
    """
    matrix = np.asarray(points, dtype=np.float64)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(
            f"{name}: expected a matrix (n, d) of features, got shape {matrix.shape}; flatten each sample to a row"
        )
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"{name}: expected finite features, got {int((~finite).sum())} of {len(matrix)} rows with NaN or infinity; "
            "drop or repair those rows first"
        )
    return matrix


def origin(reference: Matrix) -> Matrix:
    """A central point (d,); a squared distance loses few digits when computed around it, even beside an outlier."""
    return np.median(reference, axis=0)


def tie_seed(rng: np.random.Generator) -> int:
    """One draw from which all tie-breaking keys follow, so that they do not depend on block sizes."""
    return int(rng.integers(1 << 63))


def balls(
    points: Matrix, *, depth: int, first: int, seed: int, device: str = "cpu", cells: int = _BLOCK_CELLS
) -> Balls:
    """The nearest neighbours of every point within its own set, ties in random order.

    Args:
        points: (n, d), near the origin.
        depth: how many neighbours to list, below n.
        first: identity of the first point.
        seed: from `tie_seed`.
        device: where torch multiplies.
        cells: distances held at once.
    """
    import torch

    n = len(points)
    x = torch.as_tensor(points, device=device)
    norms = (x * x).sum(1)
    nearest = np.empty((n, depth), dtype=np.int64)
    squared = np.empty((n, depth))
    spread = np.empty(n)
    for rows in _blocks(n, n, cells):
        distances = _squared_distances(x[rows], norms[rows], x, norms)
        distances[torch.arange(rows.stop - rows.start), torch.arange(rows.start, rows.stop)] = torch.inf
        reach = torch.topk(distances, depth, dim=1, largest=False).values[:, -1]
        width = _SPREAD * (norms[rows] + reach) + _SMALLEST
        spread[rows] = width.cpu().numpy()
        row, column, distance = _entries(distances, distances <= (reach + width)[:, None])
        distance += spread[rows][row] * _keys(seed, first + rows.start + row, first + column)
        order = np.lexsort((distance, row))
        starts = np.searchsorted(row, np.arange(rows.stop - rows.start))
        kept = order[starts[:, None] + np.arange(depth)]
        nearest[rows], squared[rows] = column[kept], distance[kept]
    return Balls(points, first, nearest, squared, spread)


def crossings(
    own: Balls, other: Balls, *, k: int, depth: int, seed: int, device: str = "cpu", cells: int = _BLOCK_CELLS
) -> Iterator[Crossing]:
    """Pairs of rank below `depth` between two sets, in both directions, from one pass over their distances."""
    import torch

    x, y = (torch.as_tensor(each.points, device=device) for each in (own, other))
    x_norms, y_norms = (x * x).sum(1), (y * y).sum(1)
    x_reach, y_reach = (torch.as_tensor(each.squared[:, depth - 1], device=device) for each in (own, other))
    radius = torch.as_tensor(np.maximum(own.squared[:, k - 1], _SMALLEST), device=device)
    for rows in _blocks(own.size, other.size, cells):
        distances = _squared_distances(x[rows], x_norms[rows], y, y_norms)
        row, column, distance = _entries(distances, distances <= x_reach[rows][:, None])
        forward = _ranked(own, other, rows.start + row, column, distance, depth, seed)
        row, column, distance = _entries(distances, distances <= y_reach[None, :])
        backward = _ranked(other, own, column, rows.start + row, distance, depth, seed)
        yield Crossing(forward, backward, rows, distances.div_(radius[rows][:, None]))


def _ranked(
    centres: Balls, others: Balls, ball: Indices, point: Indices, distance: Matrix, depth: int, seed: int
) -> Inside:
    distance = distance + centres.spread[ball] * _keys(seed, centres.first + ball, others.first + point)
    rank = _rank(centres.squared[:, :depth], ball, distance)
    kept = rank < depth
    return Inside(ball[kept], point[kept], rank[kept])


def _rank(lists: Matrix, row: Indices, value: Matrix) -> Indices:
    """How many entries of its row of `lists`, each ascending, are below each value: a bisection for all at once."""
    low = np.zeros(len(row), dtype=np.int64)
    high = np.full(len(row), lists.shape[1])
    for _ in range(lists.shape[1].bit_length()):
        middle = (low + high) >> 1
        below = lists[row, np.minimum(middle, lists.shape[1] - 1)] < value
        low, high = np.where(below & (low < high), middle + 1, low), np.where(below, high, middle)
    return low


def _blocks(rows: int, columns: int, cells: int) -> Iterator[slice]:
    step = max(1, cells // columns)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def _squared_distances(x: Any, x_norms: Any, y: Any, y_norms: Any) -> Any:
    import torch

    return torch.addmm(y_norms[None, :], x, y.T, alpha=-2).add_(x_norms[:, None]).clamp_(min=0)


def _entries(distances: Any, near: Any) -> tuple[Indices, Indices, Matrix]:
    row, column = near.nonzero(as_tuple=True)
    return row.cpu().numpy(), column.cpu().numpy(), distances[row, column].cpu().numpy()


def _keys(seed: int, centre: Indices, point: Indices) -> Matrix:
    """Uniform numbers in [0, 1), a function of the seed and the pair alone (splitmix64 finalisers, chained)."""
    state = _mixed(np.uint64(seed) + centre.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    state = _mixed(state + point.astype(np.uint64) * np.uint64(0xD1342543DE82EF95))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
