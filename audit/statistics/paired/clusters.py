"""The mean of values that come in clusters (prompts, templates, writers, pieces), which are the sampling unit.

The variance is that of the jackknife over clusters (CR3), with degrees of freedom by Satterthwaite. Three things make
the usual interval cover too rarely, and each is answered by widening it: unequal clusters (the degrees of freedom are
the smaller of those for independent values and for clusters that are all of a piece), skewed values (limits are also
found from Hall's transformation, and the outer ones count), and few clusters (below `FEW`, a wild cluster bootstrap
under the null is inverted, and again the outer limits count).

Reference: Bell & McCaffrey 2002, Survey Methodology 28(2), 169–181; Hall 1992, doi:10.1111/j.2517-6161.1992.tb01876.x;
Cameron, Gelbach & Miller 2008, doi:10.1162/rest.90.3.414; MacKinnon & Webb 2018, doi:10.1111/ectj.12107.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...finding import LEVELS, Interval
from ..intervals import nested, p_value
from .wild import wild_p, wild_reach

Floats = NDArray[np.float64]

FEW = 30
"""Clusters below which quantiles of Student's t are not trusted."""


@dataclass(frozen=True, slots=True)
class ClusterMean:
    """A mean with what its clusters leave open.

    Args:
        value: the mean of all values, each counted once.
        error: its standard error.
        curve: confidence intervals at the levels asked for.
        freedom: effective degrees of freedom of the standard error, at most clusters − 1 or nearly so.
        clusters: how many.
        n: how many values.
        method: how the intervals were made.
    """

    value: float
    error: float
    curve: tuple[Interval, ...]
    freedom: float
    clusters: int
    n: int
    method: str


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Centred totals and sizes of clusters, (G,) each: all that a mean and its error need."""

    mean: float
    totals: Floats
    sizes: Floats
    error: float


def cluster_mean(*, values: ArrayLike, clusters: ArrayLike, levels: Sequence[float] = LEVELS) -> ClusterMean:
    """The mean of `values` with intervals that hold when only clusters are independent.

    Args:
        values: (n,), finite.
        clusters: (n,), a label of the cluster of each.
        levels: ascending confidence levels.

    Raises:
        ValueError: if a value is not finite, lengths differ, there are fewer than two clusters, or all clusters have
            one mean: nothing then says how far another cluster would be.
    """
    sums = _summed(values, clusters)
    count, at = len(sums.sizes), np.asarray(levels, dtype=np.float64)
    freedom = _freedom(sums.sizes)
    below, above = _student_reach(sums, freedom, at)
    method = "cluster-robust t interval, widened for skewness"
    if count < FEW:
        wild_below, wild_above = wild_reach(totals=sums.totals, sizes=sums.sizes, levels=at, freedom=freedom)
        below, above = np.maximum(below, wild_below), np.maximum(above, wild_above)
        method = "wild cluster bootstrap, widened for skewness"
    curve = nested(low=sums.mean - below, high=sums.mean + above, levels=levels)
    return ClusterMean(sums.mean, sums.error, curve, freedom, count, int(sums.sizes.sum()), method)


def wild_cluster_p(*, values: ArrayLike, clusters: ArrayLike, null: float = 0.0) -> float:
    """Two-sided p-value of the mean being `null`; arguments as `cluster_mean`, with whose intervals of few it agrees.

    It is the larger of two: by a wild cluster bootstrap under the null, which alone rejects too often where clusters
    are skewed, and by the t limits that are widened for that. With very few clusters it cannot be small: six weights
    for each of G clusters leave at least 6^(1 − G).

    Raises:
        ValueError: as `cluster_mean`.

    Reference: MacKinnon & Webb 2018, doi:10.1111/ectj.12107.
    """
    sums = _summed(values, clusters)
    freedom = _freedom(sums.sizes)

    def limits(level: float) -> Interval:
        below, above = _student_reach(sums, freedom, np.array([level]))
        return Interval(level, sums.mean - float(below[0]), sums.mean + float(above[0]))

    wild = wild_p(totals=sums.totals, sizes=sums.sizes, shift=null - sums.mean)
    return max(wild, p_value(limits, null))


def _summed(values: ArrayLike, clusters: ArrayLike) -> _Sums:
    numbers, labels = np.asarray(values, dtype=np.float64), np.asarray(clusters)
    if numbers.ndim != 1 or numbers.shape != labels.shape:
        raise ValueError(f"expected one cluster for each value, got shapes {numbers.shape} and {labels.shape}")
    if not np.isfinite(numbers).all():
        raise ValueError("expected finite values; say what a value that could not be measured stands for")
    _, member = np.unique(labels, return_inverse=True)
    sizes: Floats = np.bincount(member).astype(np.float64)
    if len(sizes) < 2:
        raise ValueError(f"expected at least two clusters, got {len(sizes)}: give more, they are the sampling unit")
    mean = float(numbers.mean())
    totals: Floats = np.asarray(np.bincount(member, weights=numbers - mean), dtype=np.float64)
    jackknifed = np.square(totals / (1 - sizes / sizes.sum())).sum() * (1 - 1 / len(sizes))
    error = float(np.sqrt(jackknifed)) / len(numbers)
    if error <= 1e-12 * max(float(np.abs(numbers).max()), 1e-300):
        raise ValueError(
            f"expected clusters that differ, got {len(sizes)} with the same mean of {mean:.6g}: their spread, and so "
            "how far the next would be, is unknown; give more clusters, or use exact limits of a share"
        )
    return _Sums(mean, totals, sizes, error)


def _freedom(sizes: Floats) -> float:
    """Degrees of freedom of the CR3 variance: the smaller of those for independent and for wholly alike values."""
    return min(satterthwaite(sizes, sizes), satterthwaite(sizes, np.square(sizes)))


def satterthwaite(sizes: Floats, variances: Floats) -> float:
    """(tr B)² / tr B² of the quadratic form B that the CR3 variance is in normal totals of these variances, (G,) each.

    The residual totals are L t with L = I − u 1', u = sizes / n; B = A L diag(variances) L' A with A = 1 / (1 − u).
    Written out, so that thousands of clusters need no matrix.

    Reference: Satterthwaite 1946, doi:10.2307/3002019; Bell & McCaffrey 2002.
    """
    u, v = sizes / sizes.sum(), variances / variances.sum()
    a = (1 - u) ** -2
    trace = float((a * (v - 2 * u * v + u**2)).sum())
    uu, uv, vv = (float((a * each).sum()) for each in (u * u, u * v, v * v))
    apart = float((a**2 * v * (v - 4 * u * v + 2 * u**2)).sum())
    square = apart + 2 * uv**2 + 2 * uu * vv - 4 * uu * uv + uu**2
    return trace**2 / square


def _student_reach(sums: _Sums, freedom: float, levels: Floats) -> tuple[Floats, Floats]:
    """How far limits lie below and above the mean: the outer of Student's and those by Hall's transformation."""
    from scipy.special import stdtrit

    plain = stdtrit(freedom, 0.5 + levels / 2)
    skewness = float((sums.totals**3).sum() / np.square(sums.totals).sum() ** 1.5)
    if abs(skewness) < 1e-8:
        return sums.error * plain, sums.error * plain

    def untransformed(score: Floats) -> Floats:
        inverse: Floats = 3 / skewness * (np.cbrt(1 + skewness * (score - skewness / 6)) - 1)
        return inverse

    below = np.maximum(plain, untransformed(plain))
    above = np.maximum(plain, -untransformed(-plain))
    return sums.error * below, sums.error * above
