"""A difference between two groups, put down to the parts of what they differ in, with limits for each part.

Complete attributions of a common readout with a common baseline add up: the gap between two groups' means is the sum of
the gaps between the means of each part's attributions. Two sampling units are known: clusters (templates, prompts) that
have members of both groups, and rows that are independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...finding import LEVELS, Interval
from ..intervals import nested
from ..paired.clusters import FEW, cluster_mean, wild_cluster_p

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """A mean over sampling units, with limits that hold where only these are independent.

    Args:
        value: the gap.
        units: float64 (m,), whose mean is the gap: one of each sampling unit.
    """

    value: float
    units: Floats

    @property
    def error(self) -> float:
        """Its standard error; 0 where nothing varies."""
        return float(self.units.std(ddof=1) / np.sqrt(len(self.units)))

    @property
    def varies(self) -> bool:
        """Whether the units differ: where they do not, only that they agree is known."""
        return self.error > 1e-12 * max(float(np.abs(self.units).max()), 1e-300)

    @property
    def method(self) -> str:
        """How the limits are made."""
        if not self.varies:
            return "all sampling units equal"
        return (
            "wild cluster bootstrap, widened for skewness" if len(self.units) < FEW else "Student t, widened for skew"
        )

    def ends(self, levels: Sequence[float] = LEVELS) -> Floats:
        """Lower and upper limits at ascending levels, (2, levels)."""
        if not self.varies:
            return np.full((2, len(levels)), self.value)
        if len(self.units) > MANY:
            return self._normal(levels)
        return _cluster_ends(np.ascontiguousarray(self.units).tobytes(), tuple(levels))

    def _normal(self, levels: Sequence[float]) -> Floats:
        from scipy.special import ndtri

        reach = ndtri(0.5 + np.asarray(levels) / 2) * self.error
        return np.stack([self.value - reach, self.value + reach])

    def limits(self, levels: Sequence[float] = LEVELS) -> tuple[Interval, ...]:
        """Intervals at ascending levels."""
        low, high = self.ends(levels)
        return nested(low=low, high=high, levels=levels)

    def p_value(self) -> float:
        """Two-sided, of no gap; where all units agree, of their signs."""
        from scipy.special import ndtr

        if not self.varies:
            return 1.0 if abs(self.value) <= 1e-9 else 0.5 ** (len(self.units) - 1)
        if len(self.units) > MANY:
            return float(2 * ndtr(-abs(self.value) / self.error))
        return min(1.0, wild_cluster_p(values=self.units, clusters=np.arange(len(self.units))))


@lru_cache(maxsize=1_024)
def _cluster_ends(units: bytes, levels: tuple[float, ...]) -> Floats:
    """The limits of a mean of clusters; kept, because a bootstrap is slow and the same gap is asked about often."""
    values = np.frombuffer(units)
    found = cluster_mean(values=values, clusters=np.arange(len(values)), levels=levels).curve
    return np.array([[each.low for each in found], [each.high for each in found]])


MANY = 1_000
"""Independent units beyond which a mean is taken to be normal."""


def gap_by_cluster(*, values: ArrayLike, sides: ArrayLike, clusters: ArrayLike) -> Gap:
    """The mean of one side less that of the other within each cluster, averaged over clusters.

    Args:
        values: (n,), finite.
        sides: (n,), 0 for the first side and 1 for the second.
        clusters: (n,), each with members of both sides.

    Raises:
        ValueError: if lengths differ, a value is not finite, or a cluster lacks a side; two clusters are needed.
    """
    numbers, side, label = np.asarray(values, dtype=np.float64), np.asarray(sides), np.asarray(clusters)
    if not numbers.shape == side.shape == label.shape or numbers.ndim != 1:
        raise ValueError(
            f"expected a side and a cluster for each value, got {numbers.shape}, {side.shape}, {label.shape}"
        )
    if not np.isfinite(numbers).all() or not np.isin(side, (0, 1)).all():
        raise ValueError("expected finite values and sides 0 and 1; leave out what is neither")
    names, member = np.unique(label, return_inverse=True)
    counts = np.stack([np.bincount(member[side == each], minlength=len(names)) for each in (0, 1)])
    if len(names) < 2 or not counts.all():
        raise ValueError(f"expected at least two clusters with members of both sides, got counts {counts.tolist()}")
    sums = [np.bincount(member[side == each], weights=numbers[side == each], minlength=len(names)) for each in (0, 1)]
    units: Floats = sums[0] / counts[0] - sums[1] / counts[1]
    return Gap(float(units.mean()), units)


def gap_by_row(*, value: float, influence: ArrayLike) -> Gap:
    """A gap that is known with the influence of each independent row on it.

    Args:
        value: the gap.
        influence: (n,), of mean 0 but for rounding; the gap's variance is the mean of its squares over n.
    """
    rows = np.asarray(influence, dtype=np.float64)
    return Gap(value, value + rows - rows.mean())


def share_of(part: Gap, whole: Gap) -> Gap:
    """The part's share in the whole, by the delta method over the sampling units.

    Raises:
        ValueError: if the whole is 0 or its units are others.
    """
    if whole.value == 0 or part.units.shape != whole.units.shape:
        raise ValueError("expected a whole that is not 0, with the sampling units of the part")
    share = part.value / whole.value
    return Gap(share, share + (part.units - share * whole.units) / whole.value)


def widest(gaps: Sequence[Gap], levels: Sequence[float] = LEVELS) -> tuple[Gap, tuple[Interval, ...]]:
    """Of several readings of one quantity, as by several baselines: the furthest from 0, with limits of them all."""
    ends = np.stack([each.ends(levels) for each in gaps])
    furthest = max(gaps, key=lambda each: abs(each.value))
    return furthest, nested(low=ends[:, 0].min(axis=0), high=ends[:, 1].max(axis=0), levels=levels)


def resolved(whole: Gap) -> bool:
    """Whether a share of the whole says anything: the whole is more than three standard errors from 0."""
    return abs(whole.value) > 3 * whole.error and whole.value != 0
