"""How far shares are from their targets in all, with intervals that know that noise only ever adds distance."""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .binomial import Limits
from .confusion import Floats, ShareCovariance, drawn_truths, share_covariance

GRID = 21
"""True distances at which the distribution of the measured one is simulated; it is smooth in between."""

CLEAR = 3.0
"""Standard errors from the target beyond which it is clear on which side of it a share lies."""


def total_variation(*, shares: Floats, targets: Floats) -> Floats:
    """½ Σ |share − target|, in [0, 1]: the share of samples that would have to change group; over the last axis."""
    distances: Floats = 0.5 * np.abs(shares - targets).sum(axis=-1)
    return distances


def euclidean_discrepancy(*, shares: Floats, targets: Floats) -> Floats:
    """√Σ (share − target)², in [0, √2]: "fairness discrepancy" in the literature. Sums over the last axis.

    Reference: Choi et al. 2020, arXiv:1910.12008.
    """
    distances: Floats = np.sqrt(np.square(shares - targets).sum(axis=-1))
    return distances


def total_variation_limits(
    *,
    shares: Floats,
    targets: Floats,
    rates: Floats,
    labelled: NDArray[np.int64],
    n: int,
    levels: ArrayLike,
    rng: np.random.Generator,
    reference: NDArray[np.int64] | None = None,
    repeats: int = 4_000,
    spread: Callable[[Floats], ShareCovariance] | None = None,
) -> Limits:
    """Two-sided intervals for the total variation of the true shares from the targets, (L,) each way.

    The measured distance is biased upwards, most of all near the targets, so the two ends are made differently.

    Lower end: shares are resampled not around the estimate but around every point between it and the targets; a true
    distance is too small if one as large as the measured one is too rare for it. It is 0 where the targets themselves
    explain what was seen.

    Upper end: with s = ½ sign(p − target), the measured distance is at least s·(estimate − target), whose mean is the
    true distance. So the measured distance plus z standard errors of s·estimate is an upper bound, whatever the bias;
    signs that the data leave open are set to make that error largest.

    Args:
        shares: (K,) corrected estimates.
        targets: (K,).
        rates: (K, K) rates of the classifier with no zero that is not certain, see `softened_rates`.
        labelled: (K,) labelled samples behind each row of `rates`.
        n: generated samples.
        levels: (L,) confidence levels, ascending.
        rng: for the normal vectors and the possible targets, the same for every point.
        reference: (K,) counts of the sample whose shares the targets are; None where they are exact.
        repeats: how many of them.
        spread: the covariance of estimates where these are the true shares (K,), if not of corrected counts.
    """
    from scipy.special import ndtri

    def covariance_at(truth: Floats) -> Floats:
        known = spread or partial(_corrected, rates=rates, labelled=labelled, n=n)
        parts = known(truth)
        return np.asarray(parts.draws + parts.classifier, dtype=np.float64)

    z = ndtri(0.5 + np.asarray(levels, dtype=np.float64) / 2)
    measured = float(total_variation(shares=shares, targets=targets))
    noise = rng.standard_normal((repeats, len(shares)))
    drift = 0.0 if reference is None else drawn_truths(reference, repeats=repeats, rng=rng) - targets
    parts = np.linspace(0, 1, GRID)
    truths = targets + parts[:, None] * (shares - targets)
    reached = np.array([_reached(measured, truth, targets, drift, covariance_at(truth), noise) for truth in truths])
    # The larger the truth, the likelier a value as large as the measured one; on the normal scale nearly a line.
    rising = np.maximum.accumulate(ndtri(np.clip(reached, 1e-12, 1 - 1e-12))) + 1e-12 * np.arange(GRID)
    low = np.interp(-z, rising, parts * measured)
    covariance = covariance_at(shares)
    if reference is not None:
        covariance = covariance + target_covariance(targets, int(reference.sum()))
    # No distance from exact targets is larger than with all samples in the least wanted group.
    most = 1 - targets.min() if reference is None else 1.0
    high = np.minimum(measured + z * _largest_error(shares, targets, covariance), most)
    return Limits(np.minimum(low, measured), np.maximum(high, measured))


def target_covariance(targets: Floats, reference: int) -> Floats:
    """Covariance, (K, K), of the shares of a sample of `reference` records."""
    spread: Floats = (np.diag(targets) - np.outer(targets, targets)) / reference
    return spread


def _largest_error(shares: Floats, targets: Floats, covariance: Floats) -> float:
    """Largest standard error of s·estimate over the sign patterns s that the estimate leaves open."""
    difference = shares - targets
    signs = np.where(difference < 0, -0.5, 0.5)
    undecided = np.abs(difference) < CLEAR * np.sqrt(np.maximum(np.diagonal(covariance), 0))
    for _ in range(len(shares)):
        # Change of s'Σs when one sign flips; climb until no flip helps.
        gains = np.where(undecided, 4 * signs * (np.diagonal(covariance) * signs - covariance @ signs), -np.inf)
        best = int(gains.argmax())
        if gains[best] <= 1e-15:
            break
        signs[best] *= -1
    return math.sqrt(max(float(signs @ covariance @ signs), 0.0))


def _on_simplex(shares: Floats) -> Floats:
    positive = np.maximum(shares, 0)
    normalised: Floats = positive / positive.sum(axis=-1, keepdims=True)
    return normalised


def _reached(
    measured: float,
    truth: Floats,
    targets: Floats,
    drift: Floats | float,
    covariance: Floats,
    noise: Floats,
) -> float:
    """How often a generator with the shares `truth` shows a distance as large as the measured one.

    Args:
        measured: that distance.
        truth: (K,).
        targets: (K,).
        drift: (repeats, K), by how much the targets may be off.
        covariance: (K, K), of estimates where these are the true shares.
        noise: (repeats, K), standard normal.
    """
    values, vectors = np.linalg.eigh(covariance)
    scatter = noise * np.sqrt(np.maximum(values, 0)) @ vectors.T
    distances = total_variation(shares=_on_simplex(truth + drift + scatter), targets=targets)
    centred = distances - distances.mean()
    spread = max(float(distances.std()), 1e-12)
    # Three moments instead of counting, so that the rarest levels need no more draws than the others.
    below = pearson(np.array((measured - distances.mean()) / spread), np.array((centred**3).mean() / spread**3))
    return 1 - float(below)


def pearson(z: Floats, skewness: Floats) -> Floats:
    """Distribution function of a gamma variable shifted (and mirrored) to mean 0, variance 1 and the given skewness.

    Three moments describe a sum of few skewed parts well, where two do not.
    """
    from scipy.special import gammainc, gammaincc, ndtr

    skewed = np.abs(skewness) > 1e-3
    half = np.where(skewed, skewness, 1.0) / 2
    shape = half**-2
    argument = np.maximum(shape + z / half, 0)
    gamma = np.where(half > 0, gammainc(shape, argument), gammaincc(shape, argument))
    below: Floats = np.where(skewed, gamma, ndtr(z))
    return below


def pearson_at(z: float, skewness: float) -> float:
    """The same at one place, without the cost of arrays: intervals ask for it thousands of times."""
    gammainc, gammaincc, ndtr = _special()
    if abs(skewness) <= 1e-3:
        return float(ndtr(z))
    half = skewness / 2
    shape = half**-2
    return float((gammainc if half > 0 else gammaincc)(shape, max(shape + z / half, 0.0)))


@cache
def _special() -> tuple[Any, Any, Any]:
    from scipy.special import gammainc, gammaincc, ndtr

    return gammainc, gammaincc, ndtr


def _corrected(shares: Floats, *, rates: Floats, labelled: NDArray[np.int64], n: int) -> ShareCovariance:
    return share_covariance(shares=shares, rates=rates, labelled=labelled, n=n)
