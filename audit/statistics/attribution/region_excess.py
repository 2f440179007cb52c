"""Where is a group worse off than the others? Region by region, all groups and regions together.

Reference: Westfall and Young 1993, Resampling-based multiple testing (the largest of permuted statistics);
Welch 1947, doi:10.1093/biomet/34.1-2.28.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval
from ..intervals import POWER, nested
from .differences import differences

Floats = NDArray[np.float64]

PERMUTATIONS = 499
"""Dealings of the groups' labels."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionExcess:
    """By how much the mean of K groups exceeds that of all other records in each of R regions.

    Args:
        values: (K, R), in units of the mean of all records and regions.
        low: (K, R), lower bounds at the nominal level for all together.
        high: (K, R), upper bounds.
        worst: group and region of the largest value.
        curve: intervals of the largest value.
        p_value: of the groups' labels saying nothing.
        perfect: median, and the ends of the middle 95 %, of the largest value where labels say nothing.
        minimum_detectable: the largest value that would be found in four audits of five.
    """

    values: Floats
    low: Floats
    high: Floats
    worst: tuple[int, int]
    curve: tuple[Interval, ...]
    p_value: float
    perfect: tuple[float, float, float]
    minimum_detectable: float
    p_floor: float = 1 / (1 + PERMUTATIONS)


def region_excess(
    errors: Floats, groups: NDArray[np.int64], count: int, *, nominal: float, rng: np.random.Generator
) -> RegionExcess | None:
    """Compare the groups.

    Args:
        errors: (n, R), at least 0, of each record.
        groups: (n,), 0 … count − 1, with at least two records in each.
        count: K, at least two.
        nominal: the level of `low` and `high`.
        rng: deals the labels.

    Returns:
        None where there is no error at all.
    """
    scale = float(errors.mean())
    if scale <= 0:
        return None
    relative = errors / scale
    each = [differences(relative[groups == k], relative[groups != k]) for k in range(count)]
    values = np.stack([one.values for one in each])
    number = values.size
    worst = np.unravel_index(int(values.argmax()), values.shape)
    value = float(values[worst])
    lows = [max(float(one.bounds(level, number)[0].max()) for one in each) for level in LEVELS]
    highs = [max(float(one.bounds(level)[1].max()) for one in each) for level in LEVELS]
    low, high = (np.stack([one.bounds(nominal, number)[end] for one in each]) for end in (0, 1))
    largest, studentised = _permuted(relative, groups, count, rng)
    seen = _studentised(relative, groups, count)[1]
    down, median, up = np.quantile(largest, [0.025, 0.5, 0.975])
    return RegionExcess(
        values=values,
        low=low,
        high=high,
        worst=(int(worst[0]), int(worst[1])),
        curve=nested(low=np.minimum(lows, value), high=np.maximum(highs, value)),
        p_value=float((1 + (studentised >= seen - 1e-12).sum()) / (1 + PERMUTATIONS)),
        perfect=(float(median), float(down), float(up)),
        minimum_detectable=float(np.quantile(largest, 0.95) + POWER * largest.std()),
    )


def _permuted(
    relative: Floats, groups: NDArray[np.int64], count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    drawn = [_studentised(relative, rng.permutation(groups), count) for _ in range(PERMUTATIONS)]
    return np.array([each[0] for each in drawn]), np.array([each[1] for each in drawn])


def _studentised(relative: Floats, groups: NDArray[np.int64], count: int) -> tuple[float, float]:
    """The largest difference of a group to the others in any region, and the largest over its standard error."""
    member = np.zeros((count, len(groups)))
    member[groups, np.arange(len(groups))] = 1.0
    n = len(groups)
    sizes = member.sum(axis=1)[:, None]
    sums, squares = member @ relative, member @ relative**2
    rest, rest_squares, left = relative.sum(axis=0) - sums, (relative**2).sum(axis=0) - squares, n - sizes
    apart = sums / sizes - rest / left
    variance = _variance(sums, squares, sizes) / sizes + _variance(rest, rest_squares, left) / left
    score = np.divide(apart, np.sqrt(variance), out=np.zeros_like(apart), where=variance > 1e-18)
    return float(apart.max()), float(score.max())


def _variance(sums: Floats, squares: Floats, sizes: Floats) -> Floats:
    return np.asarray(np.maximum(squares - sums**2 / sizes, 0.0) / (sizes - 1))
