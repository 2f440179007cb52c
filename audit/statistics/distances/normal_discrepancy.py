"""Kernel discrepancy between a sample and the standard normal distribution itself, without drawing from it.

For Gaussian kernels the mean embedding of N(0, I) has a closed form, and so have the variance and the skewness of the
estimate where the sample comes from N(0, I): any product of Gaussian kernels between normal points is the integral of
one more Gaussian, det(I + L)^(−d/2), with L the Laplacian of the graph whose edges are the kernels. So the estimate has
the noise of the sample alone, and what equal distributions would show is known rather than estimated.

Reference: Gretton et al. 2012, JMLR 13, 723–773, arXiv:0805.2368; Baringhaus & Henze 1988, doi:10.1007/BF02613322.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .kernel_sums import gaussian_kernel, pair_sums
from .mmd import centred_square
from .squared_distance import SquaredDistance

Matrix = NDArray[np.float64]
Edges = Sequence[tuple[int, int]]


def normal_discrepancy(
    sample: Matrix, *, bandwidth: float, halvings: int = 0, device: str | None = None
) -> SquaredDistance:
    """Squared kernel discrepancy of a sample to N(0, I), unbiased: 0 on average for a sample from it.

    Args:
        sample: finite (n, d), n of at least 4.
        bandwidth: of the widest kernel; the mean over it and its halves is taken, as in `gaussian_kernel`.
        halvings: how many halves.
        device: where torch multiplies; None: where the audit computes.

    Raises:
        ValueError: if the sample is smaller or not finite.
    """
    n, d = sample.shape
    if n < 4 or not np.isfinite(sample).all():
        raise ValueError(f"expected at least 4 finite points, got shape {sample.shape}")
    own = pair_sums(sample, None, gaussian_kernel(bandwidth, halvings=halvings), device)
    precisions = _precisions(bandwidth, halvings)
    single = expected_product([(0, 1)], precisions, d)
    near = np.mean(
        [
            (1 / (1 + each)) ** (d / 2) * np.exp(-0.5 * each / (1 + each) * (sample**2).sum(axis=1))
            for each in precisions
        ],
        axis=0,
    )
    value = float(own.rows.sum() / (n * (n - 1)) - 2 * near.mean() + single)
    null, skewness = _null(precisions, d)
    null *= 2 / (n * (n - 1))
    # The variance of the estimate is that of its witness, of which pairs of noise are counted twice.
    witness = own.rows / (n - 1) - near
    pairs = 2 * max(0.0, centred_square(own)) / (n * (n - 1))
    whole = 4 * float(witness.var(ddof=1)) / n - pairs
    return SquaredDistance(
        value=value,
        both_generated=0.0,
        both_reference=null,
        crossed=0.0,
        linear_generated=max(0.0, whole - null),
        linear_reference=0.0,
        skewness=skewness,
        ratio=0.0,
    )


def expected_similarity(dimensions: int, *, bandwidth: float, halvings: int = 0) -> float:
    """E k(z, z') of the same kernel for two independent points from N(0, I)."""
    return expected_product([(0, 1)], _precisions(bandwidth, halvings), dimensions)


def expected_product(edges: Edges, precisions: Sequence[float], dimensions: int) -> float:
    """Mean over independent points from N(0, I) of a product of kernels, one for each pair of points in `edges`.

    Every kernel is the mean over `precisions` of exp(−precision |x − y|² / 2).
    """
    points = 1 + max(max(edge) for edge in edges)
    total = 0.0
    for weights in itertools.product(precisions, repeat=len(edges)):
        laplacian = np.eye(points)
        for (a, b), weight in zip(edges, weights, strict=True):
            laplacian[[a, b], [a, b]] += weight
            laplacian[[a, b], [b, a]] -= weight
        total += math.exp(-dimensions / 2 * float(np.linalg.slogdet(laplacian)[1]))
    return float(total / len(precisions) ** len(edges))


def _precisions(bandwidth: float, halvings: int) -> list[float]:
    return [4**halving / bandwidth**2 for halving in range(halvings + 1)]


def _null(precisions: Sequence[float], dimensions: int) -> tuple[float, float]:
    """Mean square of the kernel centred at N(0, I), and the skewness of a sum over all pairs, in [0, √8]."""
    one, two, three, twice, thrice = (
        expected_product(edges, precisions, dimensions)
        for edges in (
            [(0, 1)],
            [(0, 1), (1, 2)],
            [(0, 1), (1, 2), (2, 3)],
            [(0, 1), (0, 1)],
            [(0, 1), (1, 2), (2, 0)],
        )
    )
    # Traces of (S − 1·μᵀ − μ·1ᵀ + 1·c·1ᵀ)² and of its cube.
    square = max(0.0, twice - 2 * two + one**2)
    cube = max(0.0, thrice - 3 * three + 3 * one * two - one**3)
    return square, min(math.sqrt(8), math.sqrt(8) * cube / square**1.5) if square > 0 else 0.0
