"""Intervals for shares of groups that a fallible classifier counted.

Each group is set against all others: with Q the share classified as the group, S the rate at which its members are
recognised and F the rate at which the others, in their present mixture, are taken for it, its share is
(Q − F) / (S − F). Q, S and F come from separate samples. Each gets the confidence distribution that Jeffreys' prior
gives a binomial share, as a shifted gamma distribution with the same three moments, and
P(share ≤ x) = P(Q − (1 − x) F − x S ≤ 0) follows by a saddlepoint approximation. So the skewness of rare groups and of
rare errors is kept on its own side, nothing is simulated, and the tails are smooth at any level.

F is a sum of many rare errors, often none seen. Its distribution is made twice: with half an error added where one
error weighs most, for the lower end of a share, and with none added, for the upper end. One distribution for both would
put so much weight on errors nobody saw that the upper end fell below the truth.

What was chosen, was chosen by the coverage that `benchmarks/share_intervals.py` prints.

Reference: Barndorff-Nielsen 1990 for the approximation, doi:10.1111/j.2517-6161.1990.tb01797.x.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .binomial import Limits
from .confusion import Floats, corrected_shares, error_rates, share_covariance

NODES = 65
"""Shares at which each group's distribution is worked out; between them it is nearly straight on the normal scale."""

REACH = 25.0
"""How many standard errors these shares extend to either side, as far as [0, 1] goes."""

BISECTIONS = 60
"""Halvings in the search for the saddlepoint."""


class _Cumulants(NamedTuple):
    mean: Floats
    variance: Floats
    third: Floats


class _Parts(NamedTuple):
    seen: _Cumulants  # Q
    recognised: _Cumulants  # S
    mistaken: _Cumulants  # F
    inflation: Floats


@dataclass(frozen=True, slots=True)
class ShareDistributions:
    """Confidence distributions of every group's true share, once for lower and once for upper ends of intervals.

    Args:
        shares: (K,), corrected estimates.
        errors: (K,), their standard errors.
        nodes: (N, K), shares, ascending, at which the distributions are known.
        for_low: (N, K), Φ⁻¹ P(share ≤ node), for lower ends.
        for_high: (N, K), the same for upper ends.
        at_one: (K,), the first at a share of 1: what lies beyond is no share.
        at_zero: (K,), the second at a share of 0.
    """

    shares: Floats
    errors: Floats
    nodes: Floats
    for_low: Floats
    for_high: Floats
    at_one: Floats
    at_zero: Floats

    def tails(self, points: Floats, k: int, *, above: bool) -> tuple[Floats, Floats]:
        """P(share ≤ point) and P(share > point) of group k, given that it is a share; `above` for upper ends."""
        from scipy.special import log_ndtr

        known = self.for_high if above else self.for_low
        scores = np.interp(points, self.nodes[:, k], known[:, k])
        if above:
            beyond = np.exp(np.minimum(log_ndtr(-scores) - log_ndtr(-self.at_zero[k]), 0.0))
            return 1 - beyond, beyond
        below = np.exp(np.minimum(log_ndtr(scores) - log_ndtr(self.at_one[k]), 0.0))
        return below, 1 - below


def share_distributions(*, counts: NDArray[np.int64], confusion: NDArray[np.int64]) -> ShareDistributions:
    """What is known of every group's true share; arguments as for `share_limits`."""
    shares = corrected_shares(counts=counts, rates=error_rates(confusion))
    for_low, for_high = (_parts(counts, confusion, shares, extra) for extra in (0.5, 0.0))
    errors = _error(for_high, shares)
    steps = np.linspace(-1, 1, NODES)[:, None]
    nodes = np.clip(shares + REACH * np.maximum(errors, _error(for_low, shares)) * np.sign(steps) * steps**2, 0, 1)
    return ShareDistributions(
        shares,
        errors,
        nodes,
        np.maximum.accumulate(_normal_score(for_low, nodes), axis=0),
        np.maximum.accumulate(_normal_score(for_high, nodes), axis=0),
        _normal_score(for_low, np.ones(len(shares))),
        _normal_score(for_high, np.zeros(len(shares))),
    )


def share_limits(*, counts: NDArray[np.int64], confusion: NDArray[np.int64], levels: ArrayLike) -> Limits:
    """Two-sided intervals for every group's true share, (L, K) each way, in [0, 1]; nested, and around the estimate.

    They include the sampling error of the generated counts and of the classifier's error rates, and hold each group by
    itself at its level. The classifier is taken to err on generated samples as on those where its errors were counted.

    Args:
        counts: (K,) generated samples classified as each group.
        confusion: (K, K), see `confusion.py`.
        levels: (L,) confidence levels.
    """
    from scipy.special import log_ndtr, ndtri_exp

    tails = np.log((1 - np.asarray(levels, dtype=np.float64)[:, None]) / 2)
    shares = corrected_shares(counts=counts, rates=error_rates(confusion))
    for_low, for_high = (_parts(counts, confusion, shares, extra) for extra in (0.5, 0.0))
    # Where the classifier's errors should have produced more (or fewer) of a group than were seen, the distribution
    # lies beyond 0 (or 1). Conditioning on shares being shares keeps the interval from shrinking to nothing there.
    low = _quantiles(for_low, shares, ndtri_exp(tails + log_ndtr(_normal_score(for_low, np.ones(len(shares))))))
    high = _quantiles(for_high, shares, -ndtri_exp(tails + log_ndtr(-_normal_score(for_high, np.zeros(len(shares))))))
    return Limits(np.minimum(np.where(counts > 0, low, 0.0), shares), np.maximum(high, shares))


def share_tails(*, counts: NDArray[np.int64], confusion: NDArray[np.int64], targets: Floats) -> tuple[Floats, Floats]:
    """One-sided p-values, (K,) each, of a true share being its target: small where it is below, and where above.

    Twice the smaller is one minus the level whose interval just excludes the target.
    """
    from scipy.special import log_ndtr

    shares = corrected_shares(counts=counts, rates=error_rates(confusion))
    for_low, for_high = (_parts(counts, confusion, shares, extra) for extra in (0.5, 0.0))
    below = log_ndtr(_normal_score(for_low, targets)) - log_ndtr(_normal_score(for_low, np.ones(len(shares))))
    above = log_ndtr(-_normal_score(for_high, targets)) - log_ndtr(-_normal_score(for_high, np.zeros(len(shares))))
    return np.exp(np.minimum(above, 0.0)), np.exp(np.minimum(below, 0.0))


def _parts(counts: NDArray[np.int64], confusion: NDArray[np.int64], shares: Floats, extra: float) -> _Parts:
    n, labelled, hits = int(counts.sum()), confusion.sum(axis=1), np.diagonal(confusion)
    return _Parts(
        seen=_beta(counts + 0.5, n - counts + 0.5),
        recognised=_beta(hits + 0.5, labelled - hits + 0.5),
        mistaken=_mistaken(confusion, labelled, shares, extra),
        inflation=_inflation(shares, error_rates(confusion), labelled, n),
    )


def _mistaken(confusion: NDArray[np.int64], labelled: NDArray[np.int64], shares: Floats, extra: float) -> _Cumulants:
    """Cumulants of F, a mixture of error rates, (K,).

    `extra` errors are added to the largest weight only, which bounds a mixture of rates safely; to add them to every
    cell would swamp a good classifier of many groups.

    Reference: Fay and Feuer 1997, doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#.
    """
    k = len(shares)
    off = ~np.eye(k, dtype=bool)
    weights = np.where(off, shares[None, :], 0.0)
    empty = weights.sum(axis=1) < 1e-9  # one group is everything: the others' mixture is unknown
    weights[empty] = off[empty]
    weights /= weights.sum(axis=1, keepdims=True)
    heaviest = (weights / labelled).argmax(axis=1)
    added = np.zeros((k, k))
    added[np.arange(k), heaviest] = extra
    errors = confusion.T
    each = _beta(errors + added, labelled - errors + added)
    return _Cumulants(
        (weights * each.mean).sum(axis=1),
        (weights**2 * each.variance).sum(axis=1),
        (weights**3 * each.third).sum(axis=1),
    )


def _inflation(shares: Floats, rates: Floats, labelled: NDArray[np.int64], n: int) -> Floats:
    # F was taken at the estimated mixture of the other groups, whose own error it leaves out: the ratio of the variance
    # with it to that without, both linearised. Never below 1, where the plain formula is the cautious one.
    covariance = share_covariance(shares=shares, rates=rates, labelled=labelled, n=n)
    weights = np.where(np.eye(len(shares), dtype=bool), 0.0, shares[:, None] / np.maximum(1 - shares, 1e-9))
    mistaken = (weights * rates).sum(axis=0)
    seen, hits, spread = shares @ rates, np.diagonal(rates), rates * (1 - rates) / labelled[:, None]
    own = (
        seen * (1 - seen) / n + (1 - shares) ** 2 * (weights**2 * spread).sum(axis=0) + shares**2 * np.diagonal(spread)
    )
    own /= np.maximum(hits - mistaken, 1e-3) ** 2
    full = np.diagonal(covariance.draws + covariance.classifier)
    inflation: Floats = np.clip(full / np.maximum(own, 1e-300), 1.0, 4.0)
    return inflation


def _beta(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]]) -> _Cumulants:
    total = a + b
    product = a * b
    return _Cumulants(
        a / total,
        product / (total**2 * (total + 1)),
        2 * product * (b - a) / (total**3 * (total + 1) * (total + 2)),
    )


def _normal_score(parts: _Parts, x: Floats) -> Floats:
    """Φ⁻¹ P(share ≤ x), for x (..., K), through r* = r + log(u / r) / r at the saddlepoint."""
    mean, variances, poles = _sum(parts, x)
    saddle = _saddlepoint(mean, variances, poles)
    bent = 1 - poles * saddle
    # Each part contributes −(log(1 − p t) + p t) / p² times its variance, which is t² / 2 where the pole is far.
    product = poles * saddle
    excess = np.where(
        np.abs(product) < 1e-4,
        0.5 + product / 3,
        -(np.log1p(-product) + product) / np.where(product == 0, 1.0, product**2),
    )
    cumulant = mean * saddle + (variances * saddle**2 * excess).sum(axis=0)
    curvature = (variances / bent**2).sum(axis=0)
    r = np.sign(saddle) * np.sqrt(np.maximum(-2 * cumulant, 0))
    u = saddle * np.sqrt(curvature)
    at_mean = (variances * poles).sum(axis=0) / (3 * variances.sum(axis=0) ** 1.5)  # a sixth of the skewness
    near = np.abs(r) < 1e-2
    safe = np.where(near, 1.0, r)
    score: Floats = np.where(near, r + at_mean, safe + np.log(np.where(near, 1.0, u / safe)) / safe)
    return score


def _sum(parts: _Parts, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean (..., K) of Q − (1 − x) F − x S, and variances and inverse poles (3, ..., K) of its parts.

    A shifted gamma part with variance v and third cumulant c has the cumulant function whose second derivative is
    v / (1 − p t)² with p = c / (2 v): that is all the saddlepoint needs.
    """
    weights = np.stack([np.ones_like(x), x - 1, -x])
    each = (parts.seen, parts.mistaken, parts.recognised)
    mean = sum(weight * part.mean for weight, part in zip(weights, each, strict=True))
    variances = np.stack([weight**2 * part.variance for weight, part in zip(weights, each, strict=True)])
    thirds = np.stack([weight**3 * part.third for weight, part in zip(weights, each, strict=True)])
    poles = np.divide(thirds, 2 * variances, out=np.zeros_like(thirds), where=variances > 0)
    return np.asarray(mean, dtype=np.float64), variances * parts.inflation, poles


def _saddlepoint(mean: Floats, variances: Floats, poles: Floats) -> Floats:
    """Where the derivative of the cumulant function, mean + Σ v t / (1 − p t), is zero."""
    far = 1e4 / np.sqrt(variances.sum(axis=0))
    high = np.minimum(far, (1 - 1e-9) / np.maximum(poles.max(axis=0), 1 / far))
    low = np.maximum(-far, (1 - 1e-9) / np.minimum(poles.min(axis=0), -1 / far))
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        rises = mean + (variances * middle / (1 - poles * middle)).sum(axis=0) > 0
        low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    saddle: Floats = (low + high) / 2
    return saddle


def _quantiles(parts: _Parts, shares: Floats, scores: Floats) -> Floats:
    """The shares (L, K) below which the truth lies with the probability of these normal scores (L, K)."""
    steps = np.linspace(-1, 1, NODES)[:, None]
    nodes = np.clip(shares + REACH * _error(parts, shares) * np.sign(steps) * steps**2, 0, 1)
    known = np.maximum.accumulate(_normal_score(parts, nodes), axis=0)
    known += 1e-12 * np.arange(NODES)[:, None]  # strictly ascending, as interpolation wants
    return np.stack([np.interp(scores[:, k], known[:, k], nodes[:, k]) for k in range(len(shares))], axis=1)


def _error(parts: _Parts, shares: Floats) -> Floats:
    """Standard errors of the shares, (K,)."""
    spread: Floats = np.sqrt(_sum(parts, shares)[1].sum(axis=0))
    return spread / np.maximum(parts.recognised.mean - parts.mistaken.mean, 1e-2)
