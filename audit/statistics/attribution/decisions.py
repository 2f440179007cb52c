"""A check of a map passes, fails or stays open, by limits of what it measures.

A map is trusted only if all its checks pass, so each passes at the whole level: one false check is enough to keep a
wrong map out. It is rejected if any fails, so failures share their error (Bonferroni over the checks).

Reference: Berger 1982, doi:10.1080/00401706.1982.10487790 (intersection–union tests).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..paired.clusters import cluster_mean

Floats = NDArray[np.float64]

ERROR = 0.05
"""Chance at which a check passes that should not, and at which any fails of a map whose checks all should pass."""

CHECKS = 9
"""Checks of one map at most, which share the error of failing."""


class Decision(StrEnum):
    """What a check says."""

    PASS = "pass"
    FAIL = "fail"
    OPEN = "open"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one map.

    Args:
        name: of the check.
        decision: what it says.
        value: what was measured.
        low: lower limit at the 95 % level.
        high: upper limit at the 95 % level.
        rule: when it passes, in words.
    """

    name: str
    decision: Decision
    value: float
    low: float
    high: float
    rule: str


@dataclass(frozen=True, slots=True)
class Limits:
    """One-sided limits for passing, at `ERROR`, and for failing, at its share; and both sides for people to read."""

    value: float
    pass_low: float
    pass_high: float
    fail_low: float
    fail_high: float
    low: float
    high: float


def limits_of(values: ArrayLike, clusters: ArrayLike, *, more: float = 0.0, freedom: float = np.inf) -> Limits:
    """Limits of a mean over clusters.

    Args:
        values: (n,).
        clusters: (n,), the sampling unit of each.
        more: a standard error that is added to that over clusters, such as of a few random copies.
        freedom: its degrees of freedom.
    """
    from scipy.stats import t

    sample, units = np.asarray(values, dtype=np.float64), np.asarray(clusters)
    levels = [1 - 2 * ERROR, 1 - ERROR, 1 - 2 * ERROR / CHECKS]
    middle = float(sample.mean())
    ends = dict.fromkeys(levels, (middle, middle))
    means = np.array([sample[units == each].mean() for each in np.unique(units)])
    # Rounding is no spread: where all units say the same, the limits are what they say.
    if len(means) > 1 and np.ptp(means) > 1e-9 * np.abs(sample).max():
        mean = cluster_mean(values=sample, clusters=units, levels=levels)
        ends = {each.level: (each.low, each.high) for each in mean.curve}
    if more > 0:
        for level, (low, high) in list(ends.items()):
            reach = t.ppf(0.5 + level / 2, freedom) * more
            ends[level] = middle - float(np.hypot(middle - low, reach)), middle + float(np.hypot(high - middle, reach))
    passing, people, failing = (ends[level] for level in levels)
    return Limits(middle, *passing, *failing, *people)


def above(name: str, limits: Limits, *, passing: float, failing: float, rule: str) -> Check:
    """Passes if the mean is surely above `passing`, fails if it is surely below `failing` (at least `passing`)."""
    decision = Decision.OPEN
    if limits.pass_low > passing:
        decision = Decision.PASS
    elif limits.fail_high < failing:
        decision = Decision.FAIL
    return Check(name, decision, limits.value, limits.low, limits.high, rule)


def below(name: str, limits: Limits, *, passing: float, rule: str) -> Check:
    """Passes if the mean is surely at most `passing`, fails if it is surely above."""
    decision = Decision.OPEN
    if limits.pass_high <= passing:
        decision = Decision.PASS
    elif limits.fail_low > passing:
        decision = Decision.FAIL
    return Check(name, decision, limits.value, limits.low, limits.high, rule)
