"""Points in two precisions: single for the products that rule pairs out, double for the pairs that remain.

Nearly all pairs of two sets are far from being neighbours, and single precision is enough to say so. The product of
rounded points errs by a known bound; what it cannot rule out is computed in double precision from the differences of
the points themselves. So the result is that of double precision throughout, at the speed of single precision.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..where import CPU, kernel_device

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

# Fewer cells than this fit a processor's cache; more than the other are a burden on memory.
_FEWEST_CELLS, _MOST_CELLS = 1 << 20, 1 << 22
# A product reads the whole other set once a block: where that set is larger than the cache, blocks of many rows pay.
_CACHE, _ROWS = 1 << 22, 384

_UNIT, _DOUBLE_UNIT = 2.0**-24, 2.0**-53
# Beyond these squared norms single precision would overflow, or lose everything to underflow.
_SMALLEST, _LARGEST = 2.0**-80, 2.0**120
_UNDERFLOW = 2.0**-120
# A pair in double precision costs some twenty cells of a product in double precision.
_DEAR = 20
_PAIR_CELLS = 1 << 19
# From so many features on, a row of pairs is worth a call of its own.
_LONG = 100


@dataclass(frozen=True, slots=True)
class Cloud:
    """One set of points on the device.

    Args:
        exact: float64 (n, d), as given.
        centre: float64 (d,), about which products are taken.
        norms: float64 (n,), squared distances from the centre.
        rough: float32 (n, d), shifted to the centre; None where single precision cannot hold the points.
        slack: error of a rough squared distance, as a share of the sum of both squared norms.
    """

    exact: Any
    centre: Any
    norms: Any
    rough: Any | None
    slack: float

    @property
    def size(self) -> int:
        """How many points."""
        return len(self.exact)

    def double(self, rows: Any) -> Any:
        """Some points, a slice or indices of them, shifted to the centre."""
        return self.exact[rows] - self.centre


def checked(points: ArrayLike, name: str) -> Matrix:
    """`points` as a finite float64 (n, d) matrix.

    Raises:
        ValueError: if it is not two-dimensional or not finite.
    """
    # Torch reads the memory in place; it accepts neither views that run backwards nor memory that is locked.
    matrix: Matrix = np.require(points, dtype=np.float64, requirements=["C", "W"])
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(
            f"{name}: expected a matrix (n, d) of features, got shape {matrix.shape}; flatten each sample to a row"
        )
    finite = np.concatenate(
        [np.isfinite(matrix[rows]).all(axis=1) for rows in blocks(len(matrix), matrix.shape[1], _FEWEST_CELLS)]
    )
    if not finite.all():
        raise ValueError(
            f"{name}: expected finite features, got {int((~finite).sum())} of {len(matrix)} rows with NaN or infinity; "
            "drop or repair those rows first"
        )
    return matrix


def origin(reference: Matrix) -> Matrix:
    """A central point (d,); a product loses few digits when taken about it, even beside an outlier."""
    return np.median(reference[:: -(-len(reference) // 512)], axis=0)


def cloud(points: Matrix, centre: Matrix, device: str | None = None) -> Cloud:
    """Put points on the device; all that are to be compared need one centre."""
    import torch

    device = device or kernel_device()
    exact, middle = torch.as_tensor(points, device=device), torch.as_tensor(centre, device=device)
    n, d = exact.shape
    norms = torch.empty(n, dtype=torch.float64, device=device)
    rough = torch.empty((n, d), dtype=torch.float32, device=device)
    for rows in blocks(n, d, _FEWEST_CELLS):
        shifted = exact[rows] - middle
        rough[rows] = shifted
        norms[rows] = shifted.mul_(shifted).sum(1)
    largest = float(norms.max())
    # Products of reduced precision, where a caller has allowed them, err by more than the bound below.
    sound = _SMALLEST < largest < _LARGEST and torch.get_float32_matmul_precision() == "highest"
    # d products, as many sums, two roundings of points and a few of norms, each of one unit; 2 |xy| <= |x|² + |y|².
    return Cloud(exact, middle, norms, rough if sound else None, (d + 32) * _UNIT)


def blocks(rows: int, columns: int, cells: int) -> Iterator[slice]:
    """Slices of rows with about so many cells each."""
    step = max(1, cells // columns)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def block_cells(other: Cloud) -> int:
    """How many distances to points of a set are best held at once."""
    if other.exact.numel() <= _CACHE:
        return _FEWEST_CELLS
    return min(max(_FEWEST_CELLS, _ROWS * other.size), _MOST_CELLS)


def lower_bounds(own: Cloud, rows: Any, other: Cloud) -> tuple[Any, float]:
    """Squared distances (rows, other), never too large and too small by no more than `above` says, with its slack.

    `rows` are a slice or indices.
    """
    import torch

    if own.rough is None or other.rough is None:
        slack = own.slack * _DOUBLE_UNIT / _UNIT
        exact = _products(own, rows, other)
        return exact.sub_(slack * own.norms[rows][:, None]).sub_(slack * other.norms[None, :]), slack
    slack = own.slack
    first, second = ((each * (1 - slack)).float() for each in (own.norms[rows], other.norms - _UNDERFLOW))
    return torch.addmm(second[None, :], own.rough[rows], other.rough.T, alpha=-2).add_(first[:, None]), slack


def above(bounds: Any, norms: Any, slack: float) -> Any:
    """What squared distances can be at most, given their lower bounds and the sums of both squared norms."""
    return bounds.double() + 2 * slack * norms + 2 * _UNDERFLOW


def settled(own: Cloud, rows: slice, other: Cloud, near: Any) -> tuple[Indices, Indices, Matrix]:
    """Row, column and squared distance in double precision of the pairs of a block (rows, other) marked as near.

    Args:
        own: the points of the rows.
        rows: the block.
        other: the points of the columns.
        near: bool (rows, other), the pairs that are asked for.
    """
    row, column = near.nonzero(as_tuple=True)
    distance = distances(own, rows, other, row, column)
    return row.cpu().numpy(), column.cpu().numpy(), distance.cpu().numpy()


def decided(
    own: Cloud, rows: slice, other: Cloud, near: Any, bounds: Any, slack: float, limits: tuple[tuple[Any, Any], ...]
) -> tuple[Indices, Indices, Matrix]:
    """The same, no more precise than it takes to say on which side of its limits a distance lies.

    Args:
        own: the set of the block's rows.
        rows: the block.
        other: the set of its columns.
        near: (rows, other), the pairs that are asked for.
        bounds: from `lower_bounds`.
        slack: from `lower_bounds`.
        limits: for the rows (rows,) and for the columns (other,): the least and the largest value that the limit has.
    """
    row, column = near.nonzero(as_tuple=True)
    low = bounds[row, column].double()
    distance = above(low, own.norms[rows][row] + other.norms[column], slack)
    unknown = near.new_zeros(len(row))
    for at, (least, largest) in zip((row, column), limits, strict=True):
        unknown |= (low <= largest[at]) & (distance > least[at])
    which = unknown.nonzero(as_tuple=True)[0]
    distance[which] = distances(own, rows, other, row[which], column[which])
    return row.cpu().numpy(), column.cpu().numpy(), distance.cpu().numpy()


def distances(own: Cloud, rows: slice, other: Cloud, row: Any, column: Any) -> Any:
    """Squared distances in double precision of pairs of a block, its rows counted from the first: (pairs,).

    Args:
        own: the points of the rows.
        rows: the block.
        other: the points of the columns.
        row: (pairs,), counted from the first row of the block, in ascending order.
        column: (pairs,).
    """
    import torch

    d = own.exact.shape[1]
    if len(row) * _DEAR > (rows.stop - rows.start) * other.size and d > _DEAR:
        return _products(own, rows, other)[row, column]
    if row.device.type == CPU and d > _LONG:
        return torch.as_tensor(_by_rows(own, rows, other, row.numpy(), column.numpy()))
    distance = torch.empty(len(row), dtype=torch.float64, device=row.device)
    for some in blocks(len(row), d, _PAIR_CELLS):
        gap = other.exact.index_select(0, column[some])
        gap -= own.exact.index_select(0, rows.start + row[some])
        distance[some] = torch.linalg.vecdot(gap, gap)
    return distance


def _by_rows(own: Cloud, rows: slice, other: Cloud, row: Indices, column: Indices) -> Matrix:
    """The same on the processor, one row of the block after the other: the points beside it then fit its cache."""
    from scipy.spatial.distance import cdist

    first, second = own.exact[rows].numpy(), other.exact.numpy()
    distance = np.empty(len(row))
    starts = np.flatnonzero(np.diff(row, prepend=-1)).tolist()
    for start, end in pairwise([*starts, len(row)]):
        at = row[start]
        distance[start:end] = cdist(first[at : at + 1], second[column[start:end]], "sqeuclidean")[0]
    return distance


def _products(own: Cloud, rows: Any, other: Cloud) -> Any:
    """Squared distances (rows, other) in double precision, by the expansion of the square."""
    import torch

    first = own.double(rows)
    result = torch.empty((len(first), other.size), dtype=torch.float64, device=first.device)
    for columns in blocks(other.size, first.shape[1], _FEWEST_CELLS):
        torch.addmm(other.norms[None, columns], first, other.double(columns).T, alpha=-2, out=result[:, columns])
    return result.add_(own.norms[rows][:, None]).clamp_(min=0)
