"""Kernel discrepancies: the squared distance between two distributions' mean embeddings, unbiased, from all pairs.

One blockwise pass over the pairs gives the estimate, its variance and the variance it would have between equal
distributions, in closed form; nothing is permuted and no random subsets are drawn.

Reference: Gretton et al. 2012, JMLR 13, 723–773, arXiv:0805.2368; Bińkowski et al. 2018 (KID), arXiv:1801.01401.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..neighbours.graph import checked
from ..where import kernel_device
from .kernel_sums import (
    CubicKernel,
    GaussianKernel,
    Kernel,
    PairSums,
    Part,
    Rows,
    Values,
    pair_sums,
    pair_sums_by_group,
)
from .squared_distance import SquaredDistance

_SKEWNESS_ROWS = 400
# Up to this share of features that vary at all, leaving out the others pays.
_DENSE = 0.95
# Above this share of the largest squared distance from the middle, rounding in products is far beyond what counts.
_CLEAR = 1e-4
# Fewer records have no variance of their pairs.
_FEWEST = 4


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


def median_distance(*, generated: Values, reference: Values, rng: np.random.Generator, most: int = 1000) -> float:
    """The median distance between two records of either kind; their root mean square distance if that is 0.

    Args:
        generated: (m, d).
        reference: (n, d).
        rng: chooses the records.
        most: how many of either kind are compared.
    """
    size = min(most // 2, len(generated), len(reference))
    chosen = [each[rng.permutation(len(each))[:size]] for each in (generated, reference)]
    distances = _distances(np.vstack(chosen))
    median = float(np.median(distances))
    return median if median > 1e-9 * float(distances.max()) else float(np.sqrt(np.square(distances).mean()))


def _distances(points: Values) -> Values:
    """Between the rows of (n, d), n (n − 1) / 2 of them: from one product where rounding cannot tell."""
    from scipy.spatial.distance import pdist

    centred = points - points.mean(axis=0)
    squares = np.square(centred).sum(axis=1)
    products = centred @ centred.T
    products *= -2
    products += squares
    products += squares[:, None]
    rough = products[np.triu_indices(len(points), 1)]
    if np.median(rough) > _CLEAR * squares.max():
        return np.asarray(np.sqrt(np.maximum(rough, 0)), dtype=np.float64)
    return np.asarray(pdist(points), dtype=np.float64)


def kernel_distance(*, generated: ArrayLike, reference: ArrayLike, kernel: Kernel, device: str | None = None) -> float:
    """Unbiased squared kernel discrepancy from all pairs: 0 on average if the distributions are equal.

    Args:
        generated: (n, d), n of at least 2.
        reference: (m, d), m of at least 2.
        kernel: e.g. `cubic_kernel` for KID.
        device: where torch multiplies; None: where the audit computes.
    """
    sums = _pairs(checked(generated, "generated"), checked(reference, "reference"), kernel, device)
    return _value(*sums)


def measure_mmd(
    *, generated: Values, reference: Values, kernel: Kernel, device: str | None = None
) -> KernelMeasurement:
    """The same with its uncertainty.

    With φ the kernel's features, centred, the noise of a sample of n is a mean of n copies of φ: all traces of its
    covariance follow from sums of squared kernel values (Song et al. 2012, for the unbiased centring), and the part
    that grows with the distance from the variance of the witness function over each sample.

    Args:
        generated: finite (n, d), n of at least 4.
        reference: finite (m, d), m of at least 4.
        kernel: positive definite.
        device: where torch multiplies; None: where the audit computes.
    """
    if isinstance(kernel, GaussianKernel):
        generated, reference = varying(generated, reference)
    return measure_together(generated=generated, reference=reference, kernel=kernel, device=device).whole


@dataclass(frozen=True, slots=True)
class Discrepancies:
    """What one pass over the pairs gives.

    Args:
        whole: of all records.
        groups: of each group; None of groups with fewer than four records on either side.
        plain: the squared discrepancy of the first records by another kernel; None where none was asked for.
    """

    whole: KernelMeasurement
    groups: tuple[KernelMeasurement | None, ...] = ()
    plain: float | None = None


def measure_together(
    *,
    generated: Values,
    reference: Values,
    kernel: Kernel,
    groups: Sequence[tuple[Rows, Rows]] = (),
    plain: tuple[CubicKernel, int] | None = None,
    device: str | None = None,
) -> Discrepancies:
    """`measure_mmd` of all records and of each group's alone, and `kernel_distance` of some, from the same products.

    Args:
        generated: finite (n, d), n of at least 4.
        reference: finite (m, d), m of at least 4.
        kernel: positive definite.
        groups: the rows of each group's generated and of its reference records; no record is of two groups.
        plain: another kernel, and how many records of either kind, from the first, it compares at most.
        device: where torch multiplies; None: where the audit computes.
    """
    large = [min(len(own), len(real)) >= _FEWEST for own, real in groups]
    kept = [pair for pair, enough in zip(groups, large, strict=True) if enough]
    y, places_y, g = _in_groups(generated, [own for own, _ in kept])
    x, places_x, r = _in_groups(reference, [real for _, real in kept])
    sums, totals = [], []
    for left, right, rows, columns, i, j in (
        (y, None, g, g, places_y, places_y),
        (x, None, r, r, places_x, places_x),
        (x, y, r, g, places_x, places_y),
    ):
        part = None if plain is None else Part(plain[0], *(np.sort(each[: plain[1]]) for each in (i, j)))
        pairs = list(zip(rows, columns, strict=True))
        found, total = pair_sums_by_group(left, right, kernel, pairs, part=part, device=device)
        sums.append(found)
        totals.append(total)
    some = [reference[:_SKEWNESS_ROWS], *(reference[real[:_SKEWNESS_ROWS]] for _, real in kept)]
    whole, *parts = (_measurement(each, _skewness(few, kernel, device)) for *each, few in zip(*sums, some, strict=True))
    measured = iter(parts)
    return Discrepancies(
        KernelMeasurement(whole.distance, whole.witness_generated[places_y], whole.witness_reference[places_x]),
        tuple(next(measured) if enough else None for enough in large),
        None if plain is None else _unbiased(totals, *(min(plain[1], len(each)) for each in (generated, reference))),
    )


def _in_groups(points: Values, groups: Sequence[Rows]) -> tuple[Values, Rows, list[slice]]:
    """The records in the order of their groups, those of none last; where each came, and where each group lies."""
    if not groups:
        return points, np.arange(len(points)), []
    rows = np.concatenate(groups)
    rows = np.append(rows, np.setdiff1d(np.arange(len(points)), rows))
    ends = np.cumsum([len(each) for each in groups]).tolist()
    return points[rows], np.argsort(rows), [slice(end - len(each), end) for end, each in zip(ends, groups, strict=True)]


def _measurement(sums: Sequence[PairSums], skewness: float) -> KernelMeasurement:
    """From the sums over the pairs of generated records, of reference records, and of one of either."""
    own_g, own_r, across = sums
    n, m = len(own_g.rows), len(own_r.rows)
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
        skewness=skewness,
        ratio=m / n,
    )
    return KernelMeasurement(distance, witness_g, witness_r)


def varying(generated: Values, reference: Values) -> tuple[Values, Values]:
    """Both without the features that all records have in common, where there are many: they add to no distance.

    Args:
        generated: (n, d).
        reference: (m, d).
    """
    some = np.zeros(reference.shape[1], dtype=bool)
    for points in (reference, generated):
        for start in range(0, len(points), _SKEWNESS_ROWS):
            some |= (points[start : start + _SKEWNESS_ROWS] != reference[0]).any(axis=0)
            if some.mean() > _DENSE:
                return generated, reference
    chosen = np.flatnonzero(some)
    return generated.take(chosen, axis=1), reference.take(chosen, axis=1)


def _pairs(y: Values, x: Values, kernel: Kernel, device: str | None) -> tuple[PairSums, PairSums, PairSums]:
    return pair_sums(y, None, kernel, device), pair_sums(x, None, kernel, device), pair_sums(x, y, kernel, device)


def _value(own_g: PairSums, own_r: PairSums, across: PairSums) -> float:
    totals = [float(each.rows.sum()) for each in (own_g, own_r, across)]
    return _unbiased(totals, len(own_g.rows), len(own_r.rows))


def _unbiased(totals: Sequence[float], n: int, m: int) -> float:
    """The squared discrepancy of n generated and m reference records from the sums over their pairs."""
    own_g, own_r, across = totals
    return own_g / (n * (n - 1)) + own_r / (m * (m - 1)) - 2 * across / (n * m)


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


def _skewness(x: Values, kernel: Kernel, device: str | None) -> float:
    """8 tr S³ / (2 tr S²)^1.5 for the covariance S of the features, from distinct triples and pairs."""
    import torch

    points = torch.as_tensor(x, device=device or kernel_device())
    matrix = kernel(points, points).cpu().numpy()
    n = len(matrix)
    np.fill_diagonal(matrix, 0)
    rows = matrix.sum(1) / (n - 2)
    matrix = matrix - rows[:, None] - rows[None, :] + rows.sum() / (n - 1)
    np.fill_diagonal(matrix, 0)
    square = float(np.square(matrix).sum()) / (n * (n - 1))
    cube = float((matrix @ matrix * matrix).sum()) / (n * (n - 1) * (n - 2))
    return min(math.sqrt(8), max(0.0, cube) * math.sqrt(8) / square**1.5) if square > 0 else 0.0
