"""How likely one share is at most so many times another, where both were estimated: what intervals of ratios come from.

A share is below θ times another with probability ∫ P(share ≤ θ t) dP(t), integrated on the normal scale over what is
known of the other, t. A share that was counted has the beta distribution that gives the exact (Clopper–Pearson) limits,
moved a quarter of a record towards Jeffreys', so that limits cover near their level; where nothing was counted, they
stay exact. `ratio_curves` works the integral out for two counted shares; `curves_against` for any distribution of the
first.

Reference: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .binomial import Limits

Floats = NDArray[np.float64]

OFFSET = 0.25
"""Exact (Clopper–Pearson) limits correspond to 0 and cover too often, Jeffreys' to 1/2."""

NODES = 41
"""Values of the second share at which the integral is taken, evenly spaced on the normal scale."""

RATIOS = 65
"""Ratios at which the distribution is worked out; between them it is nearly straight on the normal scale."""

STEPS = 12.0
"""How many standard errors of the logarithm these reach to either side."""

_REACH = 7.5  # standard deviations of the second share that the integral covers to either side
_LEAST = 1e-9  # the smallest parameter of a beta distribution that stands for one without spread

Tails = tuple[Floats, Floats]
"""P(share ≤ point) and P(share > point), each in the shape of the points."""


@dataclass(frozen=True, slots=True)
class RatioCurves:
    """Of each ratio, how likely the first share is at most so many times the second, at (R, K) ratios.

    On the normal scale, as the lower and as the upper end sees it.
    """

    estimate: Floats
    ratios: Floats
    lower: Floats
    upper: Floats

    def limits(self, levels: ArrayLike) -> Limits:
        """Two-sided intervals, (L, K) each way, at (L,) or (L, K) confidence levels, ascending."""
        from scipy.special import ndtri

        wanted, number = np.asarray(levels, dtype=np.float64), len(self.estimate)
        z = ndtri((1 + np.broadcast_to(wanted[:, None] if wanted.ndim == 1 else wanted, (len(wanted), number))) / 2)
        low, high = np.empty_like(z), np.empty_like(z)
        for k in range(number):
            low[:, k] = np.exp(np.interp(-z[:, k], self.lower[:, k], np.log(self.ratios[:, k])))
            high[:, k] = np.exp(np.interp(z[:, k], self.upper[:, k], np.log(self.ratios[:, k])))
        low = np.where(self.estimate > 0, low, 0.0)
        return Limits(np.minimum(low, self.estimate), np.maximum(high, self.estimate))


def ratio_curves(*, generated: ArrayLike, m: int, reference: ArrayLike, n: int) -> RatioCurves:
    """What intervals for the ratio of a generated share to a real one are read from; see `ratio_limits`.

    Args:
        generated: (K,) counts of `m` generated samples.
        m: generated samples.
        reference: (K,) positive counts of `n` real samples.
        n: real samples.
    """
    y, x = np.asarray(generated, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    nodes = ratio_nodes((y + 0.5) / m * n / x, np.sqrt(1 / (y + 0.5) + 1 / x))
    with np.errstate(divide="ignore"):
        lower, upper = (_counted_scores(nodes, y, m, x, n, above=side) for side in (False, True))
    return RatioCurves((y / m) / (x / n), nodes, lower, upper)


def ratio_limits(*, generated: ArrayLike, m: int, reference: ArrayLike, n: int, levels: ArrayLike) -> Limits:
    """Two-sided intervals for the ratio of a generated share to a real one, (L, K) each way; nested, around the ratio.

    Args:
        generated: (K,) counts of `m` generated samples.
        m: generated samples.
        reference: (K,) positive counts of `n` real samples.
        n: real samples.
        levels: (L,) or (L, K) confidence levels, ascending.
    """
    return ratio_curves(generated=generated, m=m, reference=reference, n=n).limits(levels)


def ratio_p_values(*, generated: ArrayLike, m: int, reference: ArrayLike, n: int) -> Floats:
    """Two-sided p-value, (K,), of equal shares: one minus the level whose interval just excludes a ratio of 1.

    Args:
        generated: (K,) counts of `m` generated samples.
        m: generated samples.
        reference: (K,) positive counts of `n` real samples.
        n: real samples.
    """
    from scipy.special import ndtr

    y, x = np.asarray(generated, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    one = np.ones((1, len(x)))
    below = ndtr(np.where(y > 0, _counted_scores(one, y, m, x, n, above=False)[0], np.inf))
    above = ndtr(-_counted_scores(one, y, m, x, n, above=True)[0])
    p_values: Floats = np.minimum(1.0, 2 * np.minimum(below, above))
    return p_values


def curves_against(
    tails: Callable[[Floats, bool], Tails], *, estimate: Floats, centre: Floats, width: Floats, counts: Floats, n: int
) -> RatioCurves:
    """The curves of shares of any distribution against shares that were counted.

    Args:
        tails: of the first shares at points (R, Z, K), as the upper end sees them or not.
        estimate: (K,), the ratios as estimated.
        centre: (K,), positive, about which ratios are looked at.
        width: (K,), standard errors of the ratios' logarithms.
        counts: (K,), positive counts of the second shares.
        n: what they are counts of.
    """
    nodes = ratio_nodes(centre, width)
    points = (nodes[:, None, :] * share_quantiles(counts, n, above=side) for side in (False, True))
    lower, upper = (normal_scores(*tails(each, side)) for each, side in zip(points, (False, True), strict=True))
    return RatioCurves(estimate, nodes, lower, upper)


def ratio_nodes(centre: Floats, width: Floats) -> Floats:
    """Ratios around a centre, (R, K), ascending and denser near it; `width` (K,) is in logarithms."""
    steps = np.linspace(-1, 1, RATIOS)[:, None]
    nodes: Floats = np.exp(np.log(centre) + STEPS * width * np.sign(steps) * np.abs(steps) ** 1.5)
    return nodes


def share_quantiles(counts: Floats, n: int, *, above: bool) -> Floats:
    """Shares behind counts (K,) of n, (Z, K), evenly spaced on the normal scale; `above` for upper ends of ratios."""
    from scipy.special import betaincinv, ndtr

    others = n - counts
    # An upper end of the ratio needs the smaller of the shares that the counts leave possible.
    if above:
        a, b = counts + OFFSET, others + 1 - OFFSET * np.minimum(others, 1)
    else:
        a, b = counts + 1 - OFFSET, others + OFFSET * np.minimum(others, 1)
    b, z = np.maximum(b, _LEAST), _places()[:, None]
    tail = ndtr(-np.abs(z))
    # From the nearer end, so that neither loses digits.
    quantiles: Floats = np.where(z < 0, betaincinv(a, b, tail), 1 - betaincinv(b, a, tail))
    return quantiles


def normal_scores(below: Floats, beyond: Floats) -> Floats:
    """Φ⁻¹ of the mean probability over the second share, (R, K), strictly ascending.

    Args:
        below: (R, Z, K), P(share ≤ point).
        beyond: (R, Z, K), P(share > point), so that small ones keep their digits.
    """
    from scipy.special import ndtri_exp

    weights = np.exp(-(_places() ** 2) / 2)
    weights /= weights.sum()
    below, beyond = (np.einsum("z,rzk->rk", weights, each) for each in (below, beyond))
    small = below < 0.5
    tails = np.log(np.maximum(np.where(small, below, beyond), 1e-300))
    scores = np.where(small, 1.0, -1.0) * ndtri_exp(np.minimum(tails, 0.0))
    rising: Floats = np.maximum.accumulate(scores, axis=0) + 1e-12 * np.arange(len(scores))[:, None]
    return rising


def _places() -> Floats:
    return np.linspace(-_REACH, _REACH, NODES)


def _counted_scores(ratios: Floats, y: Floats, m: int, x: Floats, n: int, *, above: bool) -> Floats:
    """Φ⁻¹ P(generated share ≤ ratio × real share), for ratios (R, K), as the upper or the lower end sees it."""
    from scipy.special import betainc, betaincc

    seen, unseen = OFFSET * np.minimum(y, 1), OFFSET * np.minimum(m - y, 1)
    c, d = (y + 1 - seen, m - y + unseen) if above else (y + seen, m - y + 1 - unseen)
    c, d = np.maximum(c, _LEAST), np.maximum(d, _LEAST)
    points = np.minimum(ratios[:, None, :] * share_quantiles(x, n, above=above), 1.0)
    return normal_scores(betainc(c, d, points), betaincc(c, d, points))
