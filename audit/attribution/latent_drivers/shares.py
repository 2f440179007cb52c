"""Shares of an effect among latent dimensions, with intervals, and what meaningless axes would show.

The sampling unit is the draw (a pair of latents). A share is a ratio of two means over draws, so its uncertainty comes
from the influence of each draw on that ratio; intervals live on a scale on which a share cannot leave 0 to 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """How an effect is divided among L dimensions.

    Args:
        values: (L,), they sum to one.
        influence: (n, L), the first-order effect of each draw on each share; columns have mean zero.
    """

    values: Array
    influence: Array

    @property
    def standard_errors(self) -> Array:
        """(L,): standard error of each share."""
        return np.asarray(self.influence.std(axis=0, ddof=1) / np.sqrt(len(self.influence)))


def shares_of(attributions: Array) -> Shares:
    """Mean absolute attribution of each dimension over the total: attributions (n, L), not all zero."""
    sizes = np.abs(attributions)
    totals = sizes.sum(axis=1)
    if not totals.any():
        raise ValueError("expected attributions that are not all zero: there is no effect to share out")
    values = sizes.mean(axis=0) / totals.mean()
    return Shares(values, (sizes - values * totals[:, None]) / totals.mean())


def average(shares: list[Shares]) -> Shares:
    """The mean of several shares of the same draws, such as those of several readouts, each counting the same."""
    values = np.mean([each.values for each in shares], axis=0)
    return Shares(values, np.mean([each.influence for each in shares], axis=0))


def bounds(shares: Shares, level: float, family: int = 1) -> tuple[Array, Array]:
    """Lower and upper bounds (L,) of the shares, at `level` for all of a family of intervals together (Bonferroni).

    Student's t on the logit scale. No dimension is ever bounded by less than this: on the part of all paths that n
    draws may have missed, 1 − (α/2)^(1/n), it could have had the effect of an average dimension. So a dimension that
    moved nothing on n paths still has an interval of some width, and few draws prove nothing.

    Reference: Clopper, Pearson 1934, doi:10.1093/biomet/26.4.404 (the bound on the part that was missed).
    """
    from scipy.special import expit, logit
    from scipy.stats import t

    values, n, size = shares.values, len(shares.influence), len(shares.values)
    tail = (1 - level) / (2 * family)
    low, high = values.copy(), values.copy()
    inside = (values > 0) & (values < 1)
    at = values[inside]
    width = t.ppf(1 - tail, n - 1) * shares.standard_errors[inside] / (at * (1 - at))
    low[inside], high[inside] = expit(logit(at) - width), expit(logit(at) + width)
    missed = (1 - tail ** (1 / n)) / size
    high = np.maximum(high, missed) if size > 1 else high
    low = np.minimum(low, 1 - (size - 1) * missed)
    # The way to the logit and back rounds.
    return np.minimum(low, values), np.maximum(high, values)


def share_curve(shares: Shares, dimension: int) -> tuple[Interval, ...]:
    """Intervals of one share at every level."""
    return tuple(
        Interval(level, float(low[dimension]), float(high[dimension]))
        for level, (low, high) in ((level, bounds(shares, level)) for level in LEVELS)
    )


def largest_curve(shares: Shares) -> tuple[Interval, ...]:
    """Intervals of the largest share: it is at least every lower and at most the largest upper simultaneous bound."""
    curve = []
    for level in LEVELS:
        low, high = bounds(shares, level, family=len(shares.values))
        curve.append(Interval(level, float(low.max()), float(high.max())))
    return tuple(curve)


def unused(shares: Shares, limit: float) -> tuple[int, tuple[Interval, ...]]:
    """How many dimensions have a share below `limit`, with intervals.

    The lower end counts the dimensions whose upper simultaneous bound is below the limit (surely unused), the upper
    end those whose lower bound is (not surely used).
    """
    curve = []
    for level in LEVELS:
        low, high = bounds(shares, level, family=len(shares.values))
        curve.append(Interval(level, float((high < limit).sum()), float((low < limit).sum())))
    return int((shares.values < limit).sum()), tuple(curve)


def effective(shares: Shares) -> tuple[float, tuple[Interval, ...]]:
    """The effective number of dimensions, one over the sum of squared shares (inverse Simpson), with intervals.

    Equal shares give L, a single driver gives 1. Sampling noise adds to every squared share, so its expectation is
    taken off; the second-order term keeps the interval open where all shares are equal and the first order vanishes.

    Reference: Hill 1973, doi:10.2307/1934352.
    """
    from scipy.stats import t

    n, size = shares.influence.shape
    squares = float((shares.values**2).sum() - (shares.standard_errors**2).sum())
    squares = min(max(squares, 1 / size), 1.0)
    # The trace of the squared covariance of the shares, from whichever Gram matrix is smaller.
    centred = shares.influence - shares.influence.mean(axis=0)
    gram = centred @ centred.T if n < size else centred.T @ centred
    second_order = 2 * float((gram**2).sum()) / (n * (n - 1)) ** 2
    first_order = float((2 * shares.influence @ shares.values).var(ddof=1)) / n
    relative = np.sqrt(first_order + second_order) / squares
    curve = []
    for level in LEVELS:
        spread = np.exp(min(t.ppf(0.5 + level / 2, n - 1) * relative, 700.0))
        low, high = 1 / (squares * spread), spread / squares
        curve.append(Interval(level, max(1.0, float(low)), min(float(size), float(high))))
    return 1 / squares, tuple(curve)


def turned_shares(attributions: Array, paths: Array, *, rotations: int, rng: np.random.Generator) -> Array:
    """Shares of the same generator with its latent axes turned at random: (rotations, R, L).

    The prior looks the same from every direction, so turning the axes changes no output: it is the null model in which
    single dimensions mean nothing.

    Args:
        attributions: (R, n, L), of the readouts that were explained.
        paths: (n, L), latent minus baseline.
        rotations: how many random rotations.
        rng: draws the rotations.
    """
    # Beyond this many products a part of the draws says the same.
    few = max(32, int(2e8 // (len(attributions) * paths.shape[1] ** 2)))
    attributions, paths = attributions[:, :few], paths[:few]
    shares = np.empty((rotations, len(attributions), paths.shape[1]))
    for index in range(rotations):
        found = turned(attributions, paths, _rotation(paths.shape[1], rng))
        shares[index] = [shares_of(each).values for each in found]
    return shares


def concentration(shares: Array) -> tuple[Array, Array]:
    """Largest share and effective dimensions, (T,) each, of shares (T, R, L) averaged over the readouts."""
    values = shares.mean(axis=1)
    return values.max(axis=1), 1 / (values**2).sum(axis=1)


def turned(attributions: Array, paths: Array, rotation: Array) -> Array:
    """Integrated gradients (R, n, L) to what they would be on axes turned by an orthogonal matrix (L, L).

    It needs no new pass through the network: on a straight path an integrated gradient is the path (n, L) times the
    mean gradient, so the attributions give the gradients back, and both can be turned.
    """
    gradients = np.divide(attributions, paths, out=np.zeros_like(attributions), where=paths != 0)
    return np.asarray((paths @ rotation) * (gradients @ rotation))


def _rotation(size: int, rng: np.random.Generator) -> Array:
    """A random orthogonal matrix, uniform over all (Haar measure).

    Reference: Mezzadri 2007, arXiv:math-ph/0609050.
    """
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return np.asarray(q * np.sign(np.diag(r)))
