"""Numbers of statistically different bins: which cells of feature space hold too few or too many generated records.

The bins are grown on one part of the reference and the proportions compared with another part. Bins grown on the very
records that they are compared with fit those better than fresh ones, and the test would lose its level.

Reference: Richardson & Weiss 2018, arXiv:1805.12462.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genai_audit.audit.statistics.neighbours.graph import checked

Values = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bins:
    """Comparison of the shares of two samples in every bin.

    Args:
        different: how many bins differ at the level asked for.
        bins: how many there are.
        z: (bins,), generated less reference share in standard errors; 0 where both are empty.
        p_value: that all shares are equal: χ² of homogeneity over the bins that hold anything.
        divergence: Jensen–Shannon divergence of the shares, in nats.
    """

    different: int
    bins: int
    z: Values
    p_value: float
    divergence: float


def different_bins(
    *, generated: ArrayLike, reference: ArrayLike, bins: int, rng: np.random.Generator, level: float = 0.05
) -> Bins:
    """Compare the shares of generated and real records in bins grown on half of the reference (k-means).

    Args:
        generated: (n, d).
        reference: (m, d); half of it grows the bins, the rest is compared.
        bins: how many; fewer if that half holds fewer different records.
        rng: for the halves and the first centres.
        level: of each bin's test, two-sided.

    Raises:
        ValueError: if half of the reference has fewer records than there are bins.
    """
    y, x = checked(generated, "generated"), checked(reference, "reference")
    order = rng.permutation(len(x))
    half = len(x) // 2
    if half < bins or bins < 2:
        raise ValueError(f"expected 2 to {half} bins for {len(x)} reference records, got {bins}")
    centres = grow(x[order[:half]], bins=bins, rng=rng)
    held = _counts(x[order[half:]], centres)
    made = _counts(y, centres)
    return compare_counts(generated=made, reference=held, level=level)


def grow(points: Values, *, bins: int, rng: np.random.Generator) -> Values:
    """Centres of k-means cells (at most `bins`, d)."""
    from sklearn.cluster import KMeans

    different = len(np.unique(points, axis=0))
    seed = int(rng.integers(1 << 31))
    fitted = KMeans(n_clusters=min(bins, different), n_init=1, random_state=seed).fit(points)
    centres: Values = fitted.cluster_centers_
    return centres


def compare_counts(*, generated: ArrayLike, reference: ArrayLike, level: float = 0.05) -> Bins:
    """The same from counts (bins,) of both samples."""
    from scipy.special import chdtrc, ndtri

    made, held = np.asarray(generated, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    n, m = made.sum(), held.sum()
    pooled = (made + held) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    z = np.divide(made / n - held / m, error, out=np.zeros_like(made), where=error > 0)
    used = pooled > 0
    expected = np.array([pooled[used] * n, pooled[used] * m])
    statistic = float((np.square(np.array([made[used], held[used]]) - expected) / expected).sum())
    p = float(chdtrc(used.sum() - 1, statistic)) if used.sum() > 1 else 1.0
    shares = np.array([made / n, held / m])
    logs = np.log(np.where(shares > 0, shares / np.where(used, shares.mean(axis=0), 1.0), 1.0))
    divergence = float((shares * logs).sum() / 2)
    return Bins(int((np.abs(z) > ndtri(1 - level / 2)).sum()), len(z), z, p, divergence)


def _counts(points: Values, centres: Values) -> Indices:
    """How many points are nearest to each centre: one matrix product, blockwise."""
    norms = np.square(centres).sum(axis=1) / 2
    total = np.zeros(len(centres), dtype=np.int64)
    step = max(1, (1 << 22) // len(centres))
    for start in range(0, len(points), step):
        nearest = (points[start : start + step] @ centres.T - norms).argmax(axis=1)
        total += np.bincount(nearest, minlength=len(centres))
    return total
