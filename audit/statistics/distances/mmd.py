"""Kernel discrepancies: the squared distance between two distributions' mean embeddings, unbiased, from all pairs.

One blockwise pass over the pairs gives the estimate, its variance and the variance it would have between equal
distributions, in closed form; nothing is permuted and no random subsets are drawn.

Reference: Gretton et al. 2012, JMLR 13, 723–773, arXiv:0805.2368; Bińkowski et al. 2018 (KID), arXiv:1801.01401.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..neighbours.graph import checked
from .squared_distance import SquaredDistance

Values = NDArray[np.float64]
Kernel = Callable[[Any, Any], Any]
"""From torch matrices (rows, d) and (m, d) to their kernel matrix (rows, m)."""

_CELLS = 1 << 20
_SKEWNESS_ROWS = 400


@dataclass(frozen=True, slots=True)
class KernelMeasurement:
    """The squared discrepancy, and where it comes from.

    Args:
        distance: unbiased, with its variance.
        witness_generated: (n,), how much denser generated than real records lie around each generated one.
        witness_reference: (m,), the same around each reference record; below 0 where generated ones are missing.
    """

    distance: SquaredDistance
    witness_generated: Values
    witness_reference: Values


@dataclass(frozen=True, slots=True)
class PairSums:
    """Sums over the pairs of two sets, or over the distinct pairs of one: its rows, its columns, and of squares."""

    rows: Values
    columns: Values
    squares: float


def cubic_kernel(dimensions: int) -> Kernel:
    """(x·y / d + 1)³, the kernel of KID."""
    return lambda x, y: (x @ y.T / dimensions + 1) ** 3


def gaussian_kernel(bandwidth: float, *, halvings: int = 0) -> Kernel:
    """The mean of exp(−|x − y|² / 2s²) over s = bandwidth, bandwidth / 2, … as many times halved."""
    scale = -0.5 / bandwidth**2

    def kernel(x: Any, y: Any) -> Any:
        import torch

        products = torch.addmm((x * x).sum(1)[:, None] + (y * y).sum(1)[None, :], x, y.T, alpha=-2)
        part = products.clamp_(min=0).mul_(scale).exp_()
        total = part.clone()
        for _ in range(halvings):
            # Half the bandwidth is the fourth power.
            part = part.square_().square_()
            total += part
        return total.div_(halvings + 1)

    return kernel


def median_distance(*, generated: Values, reference: Values, rng: np.random.Generator, most: int = 1000) -> float:
    """The median distance between two records of either kind; their root mean square distance if that is 0.

    Args:
        generated: (m, d).
        reference: (n, d).
        rng: chooses the records.
        most: how many of either kind are compared.
    """
    from scipy.spatial.distance import pdist

    size = min(most // 2, len(generated), len(reference))
    chosen = [each[rng.permutation(len(each))[:size]] for each in (generated, reference)]
    distances = pdist(np.vstack(chosen))
    median = float(np.median(distances))
    return median if median > 1e-9 * float(distances.max()) else float(np.sqrt(np.square(distances).mean()))


def kernel_distance(*, generated: ArrayLike, reference: ArrayLike, kernel: Kernel, device: str = "cpu") -> float:
    """Unbiased squared kernel discrepancy from all pairs: 0 on average if the distributions are equal.

    Args:
        generated: (n, d), n of at least 2.
        reference: (m, d), m of at least 2.
        kernel: e.g. `cubic_kernel` for KID.
        device: where torch multiplies.
    """
    sums = _pairs(checked(generated, "generated"), checked(reference, "reference"), kernel, device)
    return _value(*sums)


def measure_mmd(*, generated: Values, reference: Values, kernel: Kernel, device: str = "cpu") -> KernelMeasurement:
    """The same with its uncertainty.

    With φ the kernel's features, centred, the noise of a sample of n is a mean of n copies of φ: all traces of its
    covariance follow from sums of squared kernel values (Song et al. 2012, for the unbiased centring), and the part
    that grows with the distance from the variance of the witness function over each sample.

    Args:
        generated: finite (n, d), n of at least 4.
        reference: finite (m, d), m of at least 4.
        kernel: positive definite.
        device: where torch multiplies.
    """
    n, m = len(generated), len(reference)
    own_g, own_r, across = _pairs(generated, reference, kernel, device)
    both_g, both_r = (2 * max(0.0, centred_square(each)) / len(each.rows) ** 2 for each in (own_g, own_r))
    crossed = 4 * _crossed_square(across) / (n * m)
    witness_g = own_g.rows / (n - 1) - across.columns / m
    witness_r = across.rows / n - own_r.rows / (m - 1)
    linear_g, linear_r = (4 * float(each.var(ddof=1)) / len(each) for each in (witness_g, witness_r))
    distance = SquaredDistance(
        value=_value(own_g, own_r, across),
        both_generated=both_g,
        both_reference=both_r,
        crossed=crossed,
        linear_generated=max(0.0, linear_g - 2 * both_g - crossed),
        linear_reference=max(0.0, linear_r - 2 * both_r - crossed),
        skewness=_skewness(reference[:_SKEWNESS_ROWS], kernel, device),
        ratio=m / n,
    )
    return KernelMeasurement(distance, witness_g, witness_r)


def pair_sums(x: Values, y: Values | None, kernel: Kernel, device: str = "cpu") -> PairSums:
    """Sums of kernel values over the pairs of `x` and `y`, or over the distinct pairs of `x`; blockwise.

    Args:
        x: (n, d).
        y: (m, d), or None.
        kernel: of two records.
        device: where torch multiplies.
    """
    import torch

    left = torch.as_tensor(x, device=device)
    right = left if y is None else torch.as_tensor(y, device=device)
    rows, columns = torch.zeros_like(left[:, 0]), torch.zeros_like(right[:, 0])
    squares, step = 0.0, max(1, _CELLS // len(right))
    for start in range(0, len(left), step):
        part = slice(start, min(start + step, len(left)))
        # The kernel is symmetric: of one set's pairs, those above the diagonal are enough.
        block = kernel(left[part], right[start:] if y is None else right)
        if y is None:
            block = block.triu_(1)
        rows[part] += block.sum(1)
        columns[start if y is None else 0 :] += block.sum(0)
        squares += float(block.square_().sum())
    if y is None:
        rows = columns = rows + columns
        squares *= 2
    return PairSums(rows.cpu().numpy(), columns.cpu().numpy(), squares)


def _pairs(y: Values, x: Values, kernel: Kernel, device: str) -> tuple[PairSums, PairSums, PairSums]:
    return pair_sums(y, None, kernel, device), pair_sums(x, None, kernel, device), pair_sums(x, y, kernel, device)


def _value(own_g: PairSums, own_r: PairSums, across: PairSums) -> float:
    n, m = len(own_g.rows), len(own_r.rows)
    within = own_g.rows.sum() / (n * (n - 1)) + own_r.rows.sum() / (m * (m - 1))
    return float(within - 2 * across.rows.sum() / (n * m))


def centred_square(own: PairSums) -> float:
    """Unbiased mean of k(x, x')² for the kernel of centred features. Reference: Székely & Rizzo 2014 (U-centring)."""
    n, total = len(own.rows), own.rows.sum()
    squares = own.squares - 2 * np.square(own.rows).sum() / (n - 2) + total**2 / ((n - 1) * (n - 2))
    return float(squares / (n * (n - 3)))


def _crossed_square(across: PairSums) -> float:
    """Unbiased mean of k(x, y)² where each side's features are centred at their own mean; at least 0."""
    m, n = len(across.rows), len(across.columns)
    total = across.rows.sum()
    squares = across.squares - np.square(across.rows).sum() / n - np.square(across.columns).sum() / m
    return max(0.0, float((squares + total**2 / (m * n)) / ((m - 1) * (n - 1))))


def _skewness(x: Values, kernel: Kernel, device: str) -> float:
    """8 tr S³ / (2 tr S²)^1.5 for the covariance S of the features, from distinct triples and pairs."""
    import torch

    points = torch.as_tensor(x, device=device)
    matrix = kernel(points, points).cpu().numpy()
    n = len(matrix)
    np.fill_diagonal(matrix, 0)
    rows = matrix.sum(1) / (n - 2)
    matrix = matrix - rows[:, None] - rows[None, :] + rows.sum() / (n - 1)
    np.fill_diagonal(matrix, 0)
    square = float(np.square(matrix).sum()) / (n * (n - 1))
    cube = float((matrix @ matrix * matrix).sum()) / (n * (n - 1) * (n - 2))
    return min(math.sqrt(8), max(0.0, cube) * math.sqrt(8) / square**1.5) if square > 0 else 0.0
