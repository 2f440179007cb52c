"""How much worse a measure is for one group than for the others, and for the group where it is worst.

A group's gap is what the others have on average, less what it has. Groups are separate records, so their errors are
independent, and the limits of a difference are recovered from those of its parts (MOVER), which keeps their asymmetry.

Reference: Zou and Donner 2008, doi:10.1002/sim.3095; Westfall and Young 1993 for the largest of several statistics.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..finding import LEVELS, Interval
from .intervals import POWER, Limits, nested
from .shares.binomial import normal_quantile

Floats = NDArray[np.float64]

DRAWN = 20_000
"""Draws of all groups' gaps without a difference between groups."""

ERROR = 0.05
"""Level of the test for which the smallest gap is given."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of K groups.

    Args:
        values: (K,); above 0 where a group is worse off than the others.
        low: (L, K), lower ends at `LEVELS`, each group by itself.
        high: (L, K), upper ends.
        worst: the largest of the values, at least 0 but for rounding.
        group: the group that has it.
        curve: intervals of the largest true gap.
        p_values: (K,), two-sided, of each group having what the others have; adjusted together (max-T).
        p_value: of no group being worse off than the others.
        perfect: median and the ends of the middle 95 % of the largest gap that a perfect generator shows.
        minimum_detectable: the gap of any one group that would be found in four audits of five.
        p_floor: the smallest p-value that there can be.
    """

    values: Floats
    low: Floats
    high: Floats
    worst: float
    group: int
    curve: tuple[Interval, ...]
    p_values: Floats
    p_value: float
    perfect: tuple[float, float, float]
    minimum_detectable: float
    p_floor: float


def group_gaps(
    *,
    values: Sequence[float],
    limits: Sequence[Limits],
    perfect_errors: Sequence[float],
    weights: Sequence[float],
    rng: np.random.Generator,
    tests: int | None = None,
) -> Gaps:
    """The gaps between groups in a measure of which more is better.

    The largest gap's lower end needs limits that hold for all groups together (Bonferroni), its upper end does not: the
    largest of the upper ends errs only if that of the truly worst group does.

    Args:
        values: of K groups, at least two.
        limits: of each, at any level.
        perfect_errors: standard error of each group's value where the generator is perfect.
        weights: of each group among the others, e.g. its real records.
        rng: draws the largest of several gaps.
        tests: groups that are looked at together, where others than these are; else K.

    Raises:
        ValueError: if there are fewer than two groups.
    """
    k = len(values)
    if k < 2:
        raise ValueError(f"expected two groups or more, got {k}")
    number = max(k, tests or k)
    contrasts = _contrasts(np.asarray(weights, dtype=np.float64))
    gaps = contrasts @ np.asarray(values, dtype=np.float64)
    each = [_limits(contrasts, values, limits, level) for level in LEVELS]
    together = [_limits(contrasts, values, limits, 1 - (1 - level) / number) for level in LEVELS]
    low, high = (np.stack([one[end] for one in each]) for end in (0, 1))
    worst = int(gaps.argmax())
    lowest = np.stack([one[0] for one in together]).max(axis=1)
    noise = rng.standard_normal((DRAWN, k))
    p_values, p_value = _p_values(gaps, contrasts, noise, _errors(limits))
    sound_errors = np.asarray(perfect_errors, dtype=np.float64)
    sound = (noise * sound_errors @ contrasts.T).max(axis=1)
    sound_scale = np.sqrt(contrasts**2 @ sound_errors**2)
    down, median, up = np.quantile(sound, [0.025, 0.5, 0.975])
    return Gaps(
        values=gaps,
        low=low,
        high=high,
        worst=float(gaps[worst]),
        group=worst,
        # Somebody is at or below the others' mean, so the largest true gap is never below 0.
        curve=nested(low=np.clip(lowest, 0.0, gaps[worst]), high=np.maximum(high.max(axis=1), gaps[worst])),
        p_values=p_values,
        p_value=min(1.0, p_value * number / k),
        perfect=(float(median), float(down), float(up)),
        minimum_detectable=(normal_quantile(1 - ERROR / number) + POWER) * float(sound_scale.max()),
        p_floor=1 / (1 + DRAWN),
    )


def _p_values(gaps: Floats, contrasts: Floats, noise: Floats, errors: Floats) -> tuple[Floats, float]:
    """Two-sided p-values (K,) of each gap among all, and of no group being worse off, by the largest of studentised."""
    drawn, scale = noise * errors @ contrasts.T, np.sqrt(contrasts**2 @ errors**2)
    studentised = drawn / scale
    largest = np.abs(studentised).max(axis=1)
    each = np.array([_share(largest, abs(gap) / one) for gap, one in zip(gaps, scale, strict=True)])
    return each, _share(studentised.max(axis=1), float((gaps / scale).max()))


def _contrasts(weights: Floats) -> Floats:
    """(K, K): row g times the groups' values is the mean of the others less that of g."""
    shares = np.tile(weights, (len(weights), 1))
    np.fill_diagonal(shares, 0.0)
    shares /= shares.sum(axis=1, keepdims=True)
    contrasts: Floats = shares - np.eye(len(weights))
    return contrasts


def _limits(
    contrasts: Floats, values: Sequence[float], limits: Sequence[Limits], level: float
) -> tuple[Floats, Floats]:
    """Both ends of each contrast, (K,) each."""
    known = [each(level) for each in limits]
    at = np.asarray(values, dtype=np.float64)
    down, up = at - [each.low for each in known], np.array([each.high for each in known]) - at
    gaps = contrasts @ at
    falls = np.where(contrasts > 0, down, up)
    rises = np.where(contrasts > 0, up, down)
    return gaps - np.sqrt((contrasts**2 * falls**2).sum(axis=1)), gaps + np.sqrt((contrasts**2 * rises**2).sum(axis=1))


def _errors(limits: Sequence[Limits], level: float = 0.95) -> Floats:
    """Standard errors, from the widths of intervals, so that none is 0 where nothing varied."""
    widths = [each(level) for each in limits]
    return np.array([max((each.high - each.low) / (2 * normal_quantile(level)), 1e-12) for each in widths])


def _share(drawn: Floats, seen: float) -> float:
    if not math.isfinite(seen):
        return 1.0
    return float((1 + (drawn >= seen - 1e-12).sum()) / (1 + len(drawn)))
