"""The Fréchet distance between the normal distributions that have two samples' means and covariances.

tr √(Σ₁Σ₂) needs neither a matrix square root nor nonsymmetric eigenvalues: with Σ₁ = LLᵀ it is the sum of the roots of
the eigenvalues of the symmetric LᵀΣ₂L, and with fewer records than dimensions the sum of the singular values of the
product of both centred samples. Both stay finite and real on covariances without full rank.

Reference: Dowson & Landau 1982, doi:10.1016/0047-259X(82)90077-X; Heusel et al. 2017, arXiv:1706.08500.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..neighbours.graph import checked

Values = NDArray[np.float64]

# So many records at a time that they stay in the cache from the centre to the product.
_ROWS = 512
# Up to this size narrow panels are quicker on the way to three diagonals; beyond, numpy's choice is.
_SMALL, _PANEL = 400, 16
# Outside of this range numpy's routine scales the matrix first.
_TINY = 1e-100


@dataclass(frozen=True, slots=True)
class Moments:
    """How many records there are, their mean (d,) and unbiased covariance (d, d), of which the lower half is read."""

    n: int
    mean: Values
    covariance: Values


class FrechetNull(NamedTuple):
    """Mean, variance and skewness of the distance between two samples of one distribution."""

    mean: float
    variance: float
    skewness: float


def moments(points: Values) -> Moments:
    """Of the rows of `points` (n, d), n of at least 2."""
    mean = points.mean(axis=0)
    lower = scatter(points, mean) / (len(points) - 1)
    return Moments(len(points), mean, lower + np.tril(lower, -1).T)


def scatter(points: Values, centre: Values) -> Values:
    """The lower half (d, d) of the sum of products of points (n, d) about a centre (d,); columns first in memory."""
    from scipy.linalg.blas import dsyrk

    total: Values = np.zeros((len(centre), len(centre)), order="F")
    for start in range(0, len(points), _ROWS):
        total = dsyrk(1.0, (points[start : start + _ROWS] - centre).T, beta=1.0, c=total, lower=1, overwrite_c=1)
    return total


def frechet_distance(*, generated: ArrayLike, reference: ArrayLike) -> float:
    """Squared Fréchet distance of the samples as they are, in squared units of the features, at least 0.

    It is biased upwards: two samples of one distribution are apart too, see `frechet_null`.

    Args:
        generated: (n, d), at least two rows.
        reference: (m, d), at least two rows.

    Raises:
        ValueError: on fewer rows, different numbers of columns, or values that are not finite.
    """
    y, x = checked(generated, "generated"), checked(reference, "reference")
    if y.shape[1] != x.shape[1] or min(len(x), len(y)) < 2:
        raise ValueError(f"expected two rows or more of equally many features on both sides, got {y.shape}, {x.shape}")
    if min(len(x), len(y)) >= x.shape[1]:
        return frechet_from_moments(generated=moments(y), reference=moments(x))
    first, second = ((each - each.mean(axis=0)) / np.sqrt(len(each) - 1) for each in (x, y))
    shift = np.square(x.mean(axis=0) - y.mean(axis=0)).sum()
    spread = np.square(first).sum() + np.square(second).sum()
    return _positive(shift + spread - 2 * _nuclear(first, second), shift + spread)


def frechet_from_moments(*, generated: Moments, reference: Moments) -> float:
    """The same from means and covariances alone."""
    return distance_to(generated=generated, reference=reference, reference_root=root(reference.covariance))


def distance_to(*, generated: Moments, reference: Moments, reference_root: Values) -> float:
    """The same where the reference's `root` is already at hand, for many generated samples."""
    shift = np.square(generated.mean - reference.mean).sum()
    spread = np.trace(generated.covariance) + np.trace(reference.covariance)
    return _positive(shift + spread - 2 * cross_trace(reference_root, generated.covariance), shift + spread)


def root(covariance: Values) -> Values:
    """Lower triangular L (d, d) with LLᵀ = `covariance`, of full rank or not; columns first in memory."""
    from scipy.linalg.lapack import dpotrf

    lower, failed = dpotrf(covariance, lower=1)
    if failed:
        values, vectors = np.linalg.eigh(covariance)
        factor = np.asarray(np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0))).T, mode="r"), dtype=np.float64)
        return factor.T
    return np.asarray(lower, dtype=np.float64)


def cross_trace(reference_root: Values, covariance: Values) -> float:
    """Trace of √(LLᵀ · covariance) for a lower triangular L."""
    from scipy.linalg.lapack import dsygst

    # The lower half of LᵀΣL, by a fraction of the products that whole matrices would take.
    turned, _ = dsygst(covariance, reference_root, itype=2, lower=1)
    values = _eigenvalues(turned)
    # Zeros come out as rounding errors, whose roots would add up to more than the rounding of the rest.
    floor = len(values) * np.finfo(np.float64).eps * max(float(values[-1]), 0.0)
    return float(np.sqrt(values[values > floor]).sum())


def _eigenvalues(lower: Values) -> Values:
    """Ascending, of a symmetric matrix (d, d) of which the lower half is given; it is written over."""
    from scipy.linalg.lapack import dsterf, dsytrd

    if 1 < len(lower) <= _SMALL and _TINY < np.abs(np.diagonal(lower)).max() < 1 / _TINY:
        _, diagonal, beside, _, failed = dsytrd(lower, lower=1, lwork=_PANEL * len(lower), overwrite_a=1)
        values, unsettled = dsterf(diagonal, beside)
        if not failed and not unsettled:
            return np.asarray(values, dtype=np.float64)
    return np.asarray(np.linalg.eigvalsh(lower, UPLO="L"), dtype=np.float64)


def null_weights(eigenvalues: ArrayLike) -> Values:
    """Between samples of one normal distribution the distance is about (1/n + 1/m) Σ w χ²₁; the weights w, all of them.

    A mean's coordinate has λᵢ; a covariance's entry, by the second-order expansion ½ Σᵢⱼ (δΣᵢⱼ)² / (λᵢ + λⱼ), has
    λᵢλⱼ / (λᵢ + λⱼ) for each pair i < j and λᵢ / 2 for i = j.
    """
    values = np.maximum(np.asarray(eigenvalues, dtype=np.float64), 0)
    values = values[values > 0]
    i, j = np.triu_indices(len(values), 1)
    return np.concatenate([values, values / 2, values[i] * values[j] / (values[i] + values[j])])


def frechet_null(eigenvalues: ArrayLike, *, generated: int, reference: int) -> FrechetNull:
    """What a perfect generator would score on normal data, to first order in 1/n: for n well above d.

    Args:
        eigenvalues: of the covariance, (d,).
        generated: generated records.
        reference: reference records.
    """
    weights = (1 / generated + 1 / reference) * null_weights(eigenvalues)
    variance = 2 * float(np.square(weights).sum())
    third = 8 * float((weights**3).sum())
    return FrechetNull(float(weights.sum()), variance, third / variance**1.5 if variance > 0 else 0.0)


def _nuclear(first: Values, second: Values) -> float:
    """Sum of the singular values of first · secondᵀ, through the smaller of its sides."""
    small, large = sorted((first, second), key=len)
    if len(large) > large.shape[1]:
        # LLᵀ = largeᵀ large, so small · L has the same singular values and fewer columns.
        large = root(large.T @ large).T
    values = np.linalg.svd(small @ large.T, compute_uv=False)
    return float(values.sum())


def _positive(distance: float, scale: float) -> float:
    """Equal samples give rounding errors of either sign; they are 0."""
    return float(distance) if distance > 1e-13 * scale else 0.0
