"""Which directions of a latent space count: spectra of Jacobians, units in use, and posteriors against their prior."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval
from ..intervals import curve

Matrix = NDArray[np.float64]
Bounds = Callable[[float], tuple[Matrix, Matrix]]
"""Lower and upper bounds (L,) that hold at a level for all L quantities together."""

MOST_DECADES = 4.0
"""Condition numbers are known up to 10⁴: single precision resolves no smaller singular values beside large ones."""

# Of the skewness of a mean, at most so much is corrected.
_MOST_BENT = 0.3


class Units(NamedTuple):
    """A quantity of each of L units with its simultaneous bounds."""

    values: Matrix
    bounds: Bounds


def resolved(singular_values: Matrix, *, floor: float) -> Matrix:
    """Singular values with those that cannot be told from rounding set to 0.

    Args:
        singular_values: (m, r), descending.
        floor: the least that the derivatives resolve; what lies 10⁴ below the typical largest is not resolved either.
    """
    typical = float(np.sqrt((singular_values[:, 0] ** 2).mean()))
    return np.where(singular_values > max(floor, typical * 10**-MOST_DECADES), singular_values, 0.0)


def effective_rank(singular_values: Matrix) -> Matrix:
    """How many directions carry a map: the exponential of the entropy of the squared singular values' shares.

    (m, r) to (m,), in [1, r], and 0 for a map that is 0 everywhere. Equal singular values give r, a single one 1.

    Reference: Roy, Vetterli 2007, The effective rank: a measure of effective dimensionality, EUSIPCO, 606–610, there
    without the square.
    """
    energy = np.square(singular_values)
    total = energy.sum(axis=1, keepdims=True)
    shares = np.divide(energy, total, out=np.zeros_like(energy), where=total > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.where(total[:, 0] > 0, np.exp(-(shares * logs).sum(axis=1)), 0.0)


def log_condition(singular_values: Matrix) -> Matrix:
    """Decades between the largest and the smallest singular value, (m, r) to (m,), in [0, `MOST_DECADES`].

    A smallest one of 0, and a map that is 0 everywhere, have the most.
    """
    largest, smallest = singular_values[:, 0], singular_values[:, -1]
    decades = np.full(len(largest), MOST_DECADES)
    known = smallest > 0
    decades[known] = np.log10(largest[known] / smallest[known])
    return decades.clip(0.0, MOST_DECADES)


def mean_curve(values: Matrix, *, least: float, most: float) -> tuple[Interval, ...]:
    """Student-t intervals of the mean of independent values (m,) that lie in [least, most], corrected for skewness.

    Where values are skewed, so is Student's t the other way, and its intervals miss on one side only. A cubic of t has
    nearly no skewness left; its limits are turned back into limits of the mean.

    Reference: Hall 1992, doi:10.1111/j.2517-6161.1992.tb01876.x.
    """
    from scipy.stats import t

    m, mean, deviation = len(values), float(values.mean()), float(values.std(ddof=1))
    error = deviation / math.sqrt(m)
    third = float(((values - mean) ** 3).mean())
    # So few values say little about their skewness, and more than this would turn the limits inside out.
    bend = min(max(third / deviation**3, -_MOST_BENT * math.sqrt(m)), _MOST_BENT * math.sqrt(m)) if error > 0 else 0.0

    def limits(level: float) -> Interval:
        quantile = float(t.ppf(0.5 + level / 2, m - 1))
        low = mean - error * _bent(quantile, bend, m)
        high = mean - error * _bent(-quantile, bend, m)
        return Interval(level, min(mean, max(least, low)), max(mean, min(most, high)))

    return curve(limits)


def _bent(quantile: float, skewness: float, m: int) -> float:
    """The value of Student's t whose cubic is `quantile`."""
    if abs(skewness) < 1e-9:
        return quantile
    root = math.sqrt(m)
    return 3 * root / skewness * (float(np.cbrt(1 + skewness * (quantile / root - skewness / (6 * m)))) - 1)


def median_curve(values: Matrix, *, least: float, most: float) -> tuple[Interval, ...]:
    """Intervals of the median of independent values (m,) in [least, most], by order statistics, for any distribution.

    Where even the extremes are too near for a level, the end of the range is the bound.

    Reference: David, Nagaraja 2003, Order statistics, section 7.1, doi:10.1002/0471722162.
    """
    from scipy.stats import binom

    ordered, n, middle = np.sort(values), len(values), float(np.median(values))

    def limits(level: float) -> Interval:
        # As many values may lie beyond either end as a fair coin leaves with half of the error.
        beyond = int(binom.ppf((1 - level) / 2, n, 0.5)) - 1
        low, high = (float(ordered[beyond]), float(ordered[-1 - beyond])) if beyond >= 0 else (least, most)
        return Interval(level, min(low, middle), max(high, middle))

    return curve(limits)


def variances(values: Matrix) -> Units:
    """Variance of each column of (n, L), with simultaneous bounds from its fourth moment, on the logarithmic scale.

    Reference: Bonett 2006, Computational Statistics & Data Analysis 50, 775–782, doi:10.1016/j.csda.2004.10.003.
    """
    n = len(values)
    squares = np.square(values - values.mean(axis=0))
    variance = squares.sum(axis=0) / (n - 1)
    # The second term is there where all values lie equally far from the mean and the fourth moment tells nothing.
    errors = np.hypot(squares.std(axis=0, ddof=1) / np.sqrt(n), 2 * variance / n)
    return Units(variance, _log_bounds(variance, errors, n))


def relative_strength(norms: Matrix, *, least: float = 0.0) -> Units:
    """Each column's mean norm over that of an equal part of the total, 1 for an equal part; at m points (m, L).

    Norms and not their squares: where a map jumps, a few points would make up all of the sum of squares.

    Args:
        norms: at least 0.
        least: the total is taken to be at least this, so that many columns that all do next to nothing count as such.
    """
    m, size = norms.shape
    totals = norms.sum(axis=1)
    total = float(totals.mean())
    if total <= least:
        scale = least / size or 1.0
        values, influence = norms.mean(axis=0) / scale, norms / scale
    else:
        values = norms.mean(axis=0) * size / total
        influence = (norms * size - values * totals[:, None]) / total
    return Units(values, _log_bounds(values, influence.std(axis=0, ddof=1) / np.sqrt(m), m))


def count_above(units: Units, limit: float) -> tuple[int, tuple[Interval, ...]]:
    """How many units exceed the limit; intervals from those that surely and those that possibly do."""

    def limits(level: float) -> Interval:
        low, high = units.bounds(level)
        return Interval(level, float((low > limit).sum()), float((high > limit).sum()))

    return int((units.values > limit).sum()), tuple(limits(level) for level in LEVELS)


def posterior_divergence(means: Matrix, log_variances: Matrix) -> Matrix:
    """KL(q(z_k|x) ‖ N(0, 1)) of each record and unit in nats, (r, L), at least 0.

    Reference: Kingma, Welling 2014, arXiv:1312.6114 (appendix B).
    """
    # exp(v) − 1 − v loses all digits near 0 where it is summed up as written.
    divergence: Matrix = 0.5 * (np.square(means) + np.maximum(np.expm1(log_variances) - log_variances, 0.0))
    return divergence


def marginal_divergence(means: Matrix, log_variances: Matrix) -> Matrix:
    """KL from N(0, 1) of the normal distribution with the aggregate posterior's moments, in nats per unit (L,)."""
    centre = means.mean(axis=0)
    spread = means.var(axis=0) + np.exp(log_variances).mean(axis=0)
    return posterior_divergence(centre, np.log(spread))


def _log_bounds(values: Matrix, errors: Matrix, n: int) -> Bounds:
    """Student-t bounds of positive values on the logarithmic scale, Bonferroni over all; 0 stays 0."""

    def bounds(level: float) -> tuple[Matrix, Matrix]:
        from scipy.stats import t

        width = t.ppf(1 - (1 - level) / (2 * max(1, len(values))), n - 1)
        relative = np.divide(errors, values, out=np.zeros_like(values), where=values > 0)
        factor = np.exp(np.minimum(width * relative, 700.0))
        return values / factor, values * factor

    return bounds
