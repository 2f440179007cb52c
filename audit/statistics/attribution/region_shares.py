"""How an effect is divided among regions, with intervals over records.

A difference that is only noise has an absolute value above 0, which would make shares of nothing. So the sign of each
region's difference is taken from one half of the records and its size from the other: what has no effect then gets 0 on
average, however many records there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPLITS = 16
"""Random halves over which signs are averaged."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionShares:
    """How an effect is divided among R regions.

    Args:
        values: (R,), they sum to 1; below 0 by noise alone.
        influence: for each sample of records, (n, R): first-order effect of each record on each share.
    """

    values: Floats
    influence: tuple[Floats, ...]

    def of(self, chosen: NDArray[np.bool_]) -> tuple[float, float]:
        """The share of some regions (R,) together, and its standard error."""
        errors = [float(each[:, chosen].sum(axis=1).var(ddof=1)) / len(each) for each in self.influence]
        return float(self.values[chosen].sum()), float(np.sqrt(sum(errors)))

    @property
    def errors(self) -> Floats:
        """Standard errors of the shares, (R,)."""
        return np.asarray(np.sqrt(sum(each.var(axis=0, ddof=1) / len(each) for each in self.influence)))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the errors: those of the smallest sample."""
        return float(min(len(each) for each in self.influence) - 1)

    def bounds(self, level: float, family: int = 1) -> tuple[Floats, Floats]:
        """Bounds (R,) at `level` for all of a family of intervals together (Bonferroni), inside [0, 1]."""
        reach = student_reach(level, self.freedom, family) * self.errors
        return np.clip(self.values - reach, 0.0, 1.0), np.clip(self.values + reach, 0.0, 1.0)


def student_reach(level: float, freedom: float, family: int = 1) -> float:
    """Standard errors that a two-sided interval reaches, one of a family that hold together (Bonferroni)."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - (1 - level) / (2 * family)))


def shares_of_difference(*, generated: Floats, reference: Floats, rng: np.random.Generator) -> RegionShares | None:
    """The division of the absolute difference of two samples' mean maps.

    Args:
        generated: (n, R), the map of each generated record.
        reference: (m, R), that of each reference record.
        rng: draws the halves.

    Returns:
        None where the samples do not differ.
    """
    sizes = np.zeros(generated.shape[1])
    for _ in range(SPLITS):
        one, other = _half_differences(generated, reference, rng)
        sizes += (np.sign(one) * other + np.sign(other) * one) / (2 * SPLITS)
    total = float(sizes.sum())
    if total <= 0:
        return None
    values = sizes / total
    signs = np.sign(generated.mean(axis=0) - reference.mean(axis=0))

    def influence(sample: Floats, side: float) -> Floats:
        parts = side * (sample - sample.mean(axis=0)) * signs
        return np.asarray((parts - values * parts.sum(axis=1, keepdims=True)) / total)

    return RegionShares(values, (influence(generated, 1.0), influence(reference, -1.0)))


def shares_of_size(maps: Floats) -> RegionShares | None:
    """The division of the mean absolute value of the maps (n, R) of single records; None where all are 0."""
    sizes = np.abs(maps)
    totals = sizes.sum(axis=1, keepdims=True)
    total = float(totals.mean())
    if total <= 0:
        return None
    values = sizes.mean(axis=0) / total
    return RegionShares(values, ((sizes - values * totals) / total,))


def _half_differences(generated: Floats, reference: Floats, rng: np.random.Generator) -> Sequence[Floats]:
    halves = [np.array_split(rng.permutation(len(each)), 2) for each in (generated, reference)]
    return [generated[a].mean(axis=0) - reference[b].mean(axis=0) for a, b in zip(*halves, strict=True)]
