"""The lowest of several groups' rates relative to the highest, with an interval that holds for both being chosen."""

import numpy as np
from numpy.typing import ArrayLike

from ..shares.binomial import Limits
from ..shares.ratios import simultaneous_levels, worst_ratio_limits
from .gaps import wilson_limits
from .rates import Floats, Ints


def lowest_to_highest(*, values: Floats, trials: Floats, levels: ArrayLike) -> Limits:
    """Two-sided intervals, (levels,) each way, for the least of all ratios of two different groups' rates.

    Each ratio's ends come from the score intervals of its two rates, recovered on the logarithmic scale; errors of
    groups are taken as independent. See `worst_ratio_limits` for what the least of them needs.

    Args:
        values: (K,), rates, at least one above 0.
        trials: (K,), records behind each.
        levels: (levels,) confidence levels, ascending.

    Reference: Donner and Zou 2012, doi:10.1177/0962280210383082.
    """
    k = len(values)
    top, bottom = np.nonzero(~np.eye(k, dtype=bool) & (values > 0)[None, :])
    at = np.asarray(levels, dtype=np.float64)
    single = _limits(values, trials, top, bottom, at)
    both = _limits(values, trials, top, bottom, simultaneous_levels(at, k * (k - 1)))
    ends = worst_ratio_limits(pointwise=single, simultaneous=both)
    # The lowest over the highest is at most 1, and its estimate lies between its ends.
    value = float(values.min() / values.max())
    return Limits(np.minimum(ends.low, value), np.clip(ends.high, value, 1.0))


def _limits(values: Floats, trials: Floats, top: Ints, bottom: Ints, levels: Floats) -> Limits:
    from scipy.special import ndtri

    z = ndtri(0.5 + levels / 2)[:, None]
    low, high = wilson_limits(values[None, :], trials[None, :], z)
    with np.errstate(divide="ignore"):
        logs, lows, highs = np.log(values)[None, :], np.log(low), np.log(high)
    fall = np.hypot(_gap(logs[:, top], lows[:, top]), highs[:, bottom] - logs[:, bottom])
    rise = np.hypot(_gap(highs[:, top], logs[:, top]), logs[:, bottom] - lows[:, bottom])
    quotient = values[top] / values[bottom]
    # Of a group without any, the lower end is 0, and the upper one what fully opposed errors would give.
    worst = high[:, top] / low[:, bottom]
    above = np.where(values[top] > 0, np.minimum(quotient * np.exp(rise), worst), worst)
    below = np.where(values[top] > 0, quotient * np.exp(-fall), 0.0)
    return Limits(below, above)


def _gap(high: Floats, low: Floats) -> Floats:
    """How far apart two logarithms are; 0 where the lower is that of 0, whose ends are made otherwise."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(low), high - low, 0.0)
