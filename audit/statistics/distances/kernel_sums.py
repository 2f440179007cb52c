"""Kernels, and sums of their values over the pairs of two sets, tile by tile.

Within groups of the records, sums come from the same tiles: what all pairs need is never computed again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..neighbours.cloud import blocks
from ..where import CPU, kernel_device

Values = NDArray[np.float64]
Rows = NDArray[np.int64]
Kernel = Callable[[Any, Any], Any]
"""From torch matrices (rows, d) and (m, d) to their kernel matrix (rows, m)."""

# Records on one side of a tile: its kernel values stay in the processor's cache from the product to the last sum. Other
# devices are kept busy by larger ones.
_TILE, _TILE_ELSEWHERE = 256, 2048


@dataclass(frozen=True, slots=True)
class PairSums:
    """Sums over the pairs of two sets, or over the distinct pairs of one: its rows, its columns, and of squares."""

    rows: Values
    columns: Values
    squares: float


@dataclass(frozen=True, slots=True)
class CubicKernel:
    """(x·y / d + 1)³, the kernel of KID; `dimensions` is d."""

    dimensions: int

    def __call__(self, x: Any, y: Any) -> Any:
        """The kernel matrix of torch matrices (rows, d) and (m, d)."""
        return self.of(x @ y.T, None, None)

    def lengths(self, points: Any) -> None:
        """Of single records it needs nothing."""

    def of(self, products: Any, x_lengths: Any, y_lengths: Any) -> Any:
        """The same of the products (rows, m) of the records, which it writes over."""
        root = products.div_(self.dimensions).add_(1)
        return root.square().mul_(root)


@dataclass(frozen=True, slots=True)
class GaussianKernel:
    """See `gaussian_kernel`."""

    bandwidth: float
    halvings: int

    def __call__(self, x: Any, y: Any) -> Any:
        """The kernel matrix of torch matrices (rows, d) and (m, d)."""
        return self.of(x @ y.T, self.lengths(x), self.lengths(y))

    def lengths(self, points: Any) -> Any:
        """What `of` needs of every record, −|x|² / 2s²: (n,) of a torch matrix (n, d)."""
        import torch

        return torch.linalg.vecdot(points, points).mul_(-0.5 / self.bandwidth**2)

    def of(self, products: Any, x_lengths: Any, y_lengths: Any) -> Any:
        """The same of the products (rows, m), which it writes over, and the `lengths` (rows,) and (m,)."""
        total = products.mul_(self.bandwidth**-2).add_(y_lengths).add_(x_lengths[:, None]).clamp_(max=0).exp_()
        part = total
        for halved in range(self.halvings):
            # Half the bandwidth is the fourth power.
            part = (part.square_() if halved else part.square()).square_()
            total += part
        return total.div_(self.halvings + 1) if self.halvings else total


def cubic_kernel(dimensions: int) -> CubicKernel:
    """(x·y / d + 1)³, the kernel of KID."""
    return CubicKernel(dimensions)


def gaussian_kernel(bandwidth: float, *, halvings: int = 0) -> GaussianKernel:
    """The mean of exp(−|x − y|² / 2s²) over s = bandwidth, bandwidth / 2, … as many times halved."""
    return GaussianKernel(bandwidth, halvings)


@dataclass(frozen=True, slots=True)
class Part:
    """Another kernel, and the rows whose pairs it is summed over: ascending in the first set and in the second."""

    kernel: CubicKernel
    rows: Rows
    columns: Rows

    def of_tile(self, products: Any, top: slice, beside: slice) -> Any:
        """Its values in a tile of products, of its own rows and columns alone."""
        import torch

        own = []
        for chosen, place in ((self.rows, top), (self.columns, beside)):
            start, stop = np.searchsorted(chosen, (place.start, place.stop))
            own.append(torch.as_tensor(chosen[start:stop] - place.start, device=products.device))
        return self.kernel.of(products[own[0]][:, own[1]], None, None)


def pair_sums(x: Values, y: Values | None, kernel: Kernel, device: str | None = None) -> PairSums:
    """Sums of kernel values over the pairs of `x` and `y`, or over the distinct pairs of `x`; blockwise.

    Args:
        x: (n, d).
        y: (m, d), or None.
        kernel: of two records.
        device: where torch multiplies; None: where the audit computes.
    """
    return pair_sums_by_group(x, y, kernel, (), device=device)[0][0]


def pair_sums_by_group(
    x: Values,
    y: Values | None,
    kernel: Kernel,
    groups: Sequence[tuple[slice, slice]],
    *,
    part: Part | None = None,
    device: str | None = None,
) -> tuple[list[PairSums], float]:
    """The same of all records, and then of those of each group alone; and the sum of another kernel over some pairs.

    Args:
        x: (n, d).
        y: (m, d), or None.
        kernel: of two records; for a `part` one of those defined here.
        groups: the rows of each in `x` and in `y`, disjoint; without `y` the same twice.
        part: what to sum another kernel over.
        device: where torch multiplies; None: where the audit computes.
    """
    import torch

    device = device or kernel_device()
    left = torch.as_tensor(x, device=device)
    right = left if y is None else torch.as_tensor(y, device=device)
    products, values = _tiles(left, right, kernel)
    pairs = [(slice(0, len(left)), slice(0, len(right))), *groups]
    sums = [_Sums.nothing(*pair, like=left) for pair in pairs]
    other = left.new_zeros(1)
    side = _TILE if left.device.type == CPU else _TILE_ELSEWHERE
    for top in blocks(len(left), 1, side):
        for beside in blocks(len(right), 1, side):
            # The kernel is symmetric: of one set's pairs, those above the diagonal are enough.
            if y is None and beside.stop <= top.start:
                continue
            diagonal = y is None and beside.start == top.start
            tile = products(top, beside)
            if part is not None:
                some = part.of_tile(tile, top, beside)
                other += (some.triu_(1) if diagonal else some).sum()
            tile = values(tile, top, beside)
            if diagonal:
                tile = tile.triu_(1)
            for each in sums:
                each.add(tile, top, beside)
    return [each.done(symmetric=y is None) for each in sums], float(other) * (2 if y is None else 1)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums so far over the pairs of some rows and some columns; `total` (1,) is of squares."""

    top: slice
    beside: slice
    rows: Any
    columns: Any
    total: Any

    @classmethod
    def nothing(cls, top: slice, beside: slice, *, like: Any) -> "_Sums":
        sizes = (top.stop - top.start, beside.stop - beside.start, 1)
        return cls(top, beside, *(like.new_zeros(size) for size in sizes))

    def add(self, tile: Any, top: slice, beside: slice) -> None:
        """What lies in a tile of these rows and columns of all."""
        first, last = max(top.start, self.top.start), min(top.stop, self.top.stop)
        left, right = max(beside.start, self.beside.start), min(beside.stop, self.beside.stop)
        if first >= last or left >= right:
            return
        part = tile[first - top.start : last - top.start, left - beside.start : right - beside.start]
        self.rows[first - self.top.start : last - self.top.start] += part.sum(1)
        self.columns[left - self.beside.start : right - self.beside.start] += part.sum(0)
        flat = part.reshape(-1)
        self.total.add_(flat @ flat)

    def done(self, *, symmetric: bool) -> PairSums:
        """The sums; of one set's pairs the other half counts too."""
        rows, columns, total = self.rows, self.columns, float(self.total)
        if symmetric:
            rows = columns = rows + columns
            total *= 2
        return PairSums(rows.cpu().numpy(), columns.cpu().numpy(), total)


def _tiles(left: Any, right: Any, kernel: Kernel) -> tuple[Callable[[slice, slice], Any], Callable[..., Any]]:
    """What gives the products of some rows of each, and what makes kernel values of them."""
    if not isinstance(kernel, GaussianKernel | CubicKernel):
        return (lambda top, beside: kernel(left[top], right[beside])), lambda tile, top, beside: tile
    # Not anew for every tile.
    first = kernel.lengths(left)
    second = first if right is left else kernel.lengths(right)

    def values(products: Any, top: slice, beside: slice) -> Any:
        if first is None or second is None:
            return kernel.of(products, None, None)
        return kernel.of(products, first[top], second[beside])

    return (lambda top, beside: left[top] @ right[beside].T), values
