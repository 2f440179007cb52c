"""A mean over clusters as an estimate: limits at any level, and the p-value of a value that it may have."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval
from ...statistics.paired.clusters import FEW, ClusterMean, cluster_mean, wild_cluster_p

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Clustered:
    """Values in clusters, and their mean.

    Args:
        values: float64 (n,).
        clusters: int64 (n,).
        known: their mean with what the clusters leave open; None where all clusters have the same mean.
    """

    values: Floats
    clusters: NDArray[np.int64]
    known: ClusterMean | None

    @property
    def value(self) -> float:
        """The mean of all values."""
        return float(self.values.mean()) if self.known is None else self.known.value

    @property
    def error(self) -> float:
        """Its standard error; 0 where nothing varies."""
        return 0.0 if self.known is None else self.known.error

    @property
    def number(self) -> int:
        """How many clusters."""
        return len(np.unique(self.clusters))

    @property
    def method(self) -> str:
        """How its intervals are made."""
        return "all clusters equal" if self.known is None else self.known.method

    def limits(self, levels: Sequence[float] = LEVELS) -> tuple[Interval, ...]:
        """Intervals at ascending levels; of no width where nothing varies."""
        if self.known is None:
            return tuple(Interval(level, self.value, self.value) for level in levels)
        if tuple(levels) == LEVELS:
            return self.known.curve
        return cluster_mean(values=self.values, clusters=self.clusters, levels=levels).curve

    def student(self, levels: Sequence[float]) -> tuple[Interval, ...]:
        """Student's limits with the effective degrees of freedom, not widened for skewness: for bounded values.

        Shares of pairs by writer, with clusters as uneven as those of CrowS-Pairs, were held by them in 92.5 to 100 %
        of samples at the 95 % level, whether writers agreed or not; see docs/fairness-benchmarks.md.
        """
        from scipy.special import stdtrit

        assert self.known is not None
        reach = stdtrit(self.known.freedom, 0.5 + np.asarray(levels) / 2) * self.error
        return tuple(
            Interval(level, self.value - half, self.value + half)
            for level, half in zip(levels, reach.tolist(), strict=True)
        )

    def student_p(self, null: float) -> float:
        """Two-sided p-value of the mean being `null`, by Student's t; where all clusters agree, of their signs."""
        from scipy.special import stdtr

        if self.known is None:
            return 1.0 if math.isclose(self.value, null, abs_tol=1e-12) else 1 / 2 ** (self.number - 1)
        return float(2 * stdtr(self.known.freedom, -abs(self.value - null) / self.error))

    def p_value(self, null: float) -> float:
        """Two-sided, of the mean being `null`: Student's and, with few clusters, that of a wild bootstrap."""
        p_value = self.student_p(null)
        if self.known is not None and self.number < FEW:
            p_value = max(p_value, wild_cluster_p(values=self.values, clusters=self.clusters, null=null))
        return min(1.0, p_value)


def clustered(values: Floats, clusters: NDArray[np.int64]) -> Clustered:
    """The mean of values, (n,) of at least two clusters, (n,)."""
    try:
        return Clustered(values, clusters, cluster_mean(values=values, clusters=clusters))
    except ValueError:
        if len(np.unique(clusters)) < 2 or not np.isfinite(values).all():
            raise
        return Clustered(values, clusters, None)
