"""Intervals for shares of groups that a fallible judge counted.

Each group is set against all others: with Q the share judged as the group, S the rate at which its members are
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


def share_limits(*, counts: NDArray[np.int64], confusion: NDArray[np.int64], levels: ArrayLike) -> Limits:
    """Two-sided intervals for every group's true share, (L, K) each way, in [0, 1]; nested, and around the estimate.

    They include the sampling error of the generated counts and of the judge's error rates, and hold each group by
    itself at its level. The judge is taken to err on generated samples as on those where its errors were counted.

    Args:
        counts: (K,) generated samples judged to be of each group.
        confusion: (K, K), see `confusion.py`.
        levels: (L,) confidence levels.
    """
    from scipy.special import log_ndtr, ndtri_exp

    tails = np.log((1 - np.asarray(levels, dtype=np.float64)[:, None]) / 2)
    shares = corrected_shares(counts=counts, rates=error_rates(confusion))
    for_low, for_high = (_parts(counts, confusion, shares, extra) for extra in (0.5, 0.0))
    # Where the judge's errors should have produced more (or fewer) of a group than were seen, the distribution lies
    # beyond 0 (or 1). Conditioning on shares being shares keeps the interval from shrinking to nothing there.
    low = _quantiles(for_low, shares, ndtri_exp(tails + log_ndtr(_normal_score(for_low, np.ones(len(shares))))))
    high = _quantiles(for_high, shares, -ndtri_exp(tails + log_ndtr(-_normal_score(for_high, np.zeros(len(shares))))))
    return Limits(np.minimum(np.where(counts > 0, low, 0.0), shares), np.maximum(high, shares))


def share_p_values(*, counts: NDArray[np.int64], confusion: NDArray[np.int64], targets: Floats) -> Floats:
    """Two-sided p-value, (K,), of a true share being its target: one minus the level that just excludes it."""
    from scipy.special import log_ndtr

    shares = corrected_shares(counts=counts, rates=error_rates(confusion))
    for_low, for_high = (_parts(counts, confusion, shares, extra) for extra in (0.5, 0.0))
    below = log_ndtr(_normal_score(for_low, targets)) - log_ndtr(_normal_score(for_low, np.ones(len(shares))))
    above = log_ndtr(-_normal_score(for_high, targets)) - log_ndtr(-_normal_score(for_high, np.zeros(len(shares))))
    p_values: Floats = np.minimum(1.0, 2 * np.exp(np.minimum(below, above)))
    return p_values


def worst_ratio_limits(*, pointwise: Limits, simultaneous: Limits, targets: Floats) -> Limits:
    """Intervals for the smallest ratio of a share to its target, (L,) each way.

    The two ends need different guards. The least of the lower ends errs only if the lower end of the truly worst group
    errs, so each group's own level is enough (an intersection–union test). The least of the upper ends errs if any
    group's does, so these must hold together (Bonferroni).

    Args:
        pointwise: (L, K) limits of the shares at each level.
        simultaneous: (L, K) limits at 1 − (1 − level) / K.
        targets: (K,) the shares wanted; groups with target 0 are left out.

    Reference: Berger 1982, doi:10.1080/00401706.1982.10487790.
    """
    wanted = targets > 0
    return Limits(
        (pointwise.low[:, wanted] / targets[wanted]).min(axis=1),
        (simultaneous.high[:, wanted] / targets[wanted]).min(axis=1),
    )


def simultaneous_levels(levels: ArrayLike, groups: int) -> Floats:
    """The level that each of several intervals needs so that all hold together at `levels` (Bonferroni)."""
    return 1 - (1 - np.asarray(levels, dtype=np.float64)) / groups


def _parts(counts: NDArray[np.int64], confusion: NDArray[np.int64], shares: Floats, extra: float) -> _Parts:
    n, judged, hits = int(counts.sum()), confusion.sum(axis=1), np.diagonal(confusion)
    return _Parts(
        seen=_beta(counts + 0.5, n - counts + 0.5),
        recognised=_beta(hits + 0.5, judged - hits + 0.5),
        mistaken=_mistaken(confusion, judged, shares, extra),
        inflation=_inflation(shares, error_rates(confusion), judged, n),
    )


def _mistaken(confusion: NDArray[np.int64], judged: NDArray[np.int64], shares: Floats, extra: float) -> _Cumulants:
    """Cumulants of F, a mixture of error rates, (K,).

    `extra` errors are added to the largest weight only, which bounds a mixture of rates safely; to add them to every
    cell would swamp a good judge of many groups.

    Reference: Fay and Feuer 1997, doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#.
    """
    k = len(shares)
    off = ~np.eye(k, dtype=bool)
    weights = np.where(off, shares[None, :], 0.0)
    empty = weights.sum(axis=1) < 1e-9  # one group is everything: the others' mixture is unknown
    weights[empty] = off[empty]
    weights /= weights.sum(axis=1, keepdims=True)
    heaviest = (weights / judged).argmax(axis=1)
    added = np.zeros((k, k))
    added[np.arange(k), heaviest] = extra
    errors = confusion.T
    each = _beta(errors + added, judged - errors + added)
    return _Cumulants(
        (weights * each.mean).sum(axis=1),
        (weights**2 * each.variance).sum(axis=1),
        (weights**3 * each.third).sum(axis=1),
    )


def _inflation(shares: Floats, rates: Floats, judged: NDArray[np.int64], n: int) -> Floats:
    # F was taken at the estimated mixture of the other groups, whose own error it leaves out: the ratio of the variance
    # with it to that without, both linearised. Never below 1, where the plain formula is the cautious one.
    covariance = share_covariance(shares=shares, rates=rates, judged=judged, n=n)
    weights = np.where(np.eye(len(shares), dtype=bool), 0.0, shares[:, None] / np.maximum(1 - shares, 1e-9))
    mistaken = (weights * rates).sum(axis=0)
    seen, hits, spread = shares @ rates, np.diagonal(rates), rates * (1 - rates) / judged[:, None]
    own = (
        seen * (1 - seen) / n + (1 - shares) ** 2 * (weights**2 * spread).sum(axis=0) + shares**2 * np.diagonal(spread)
    )
    own /= np.maximum(hits - mistaken, 1e-3) ** 2
    full = np.diagonal(covariance.draws + covariance.judge)
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
    error = np.sqrt(_sum(parts, shares)[1].sum(axis=0)) / np.maximum(parts.recognised.mean - parts.mistaken.mean, 1e-2)
    nodes = np.clip(shares + REACH * error * np.sign(steps) * steps**2, 0, 1)
    known = np.maximum.accumulate(_normal_score(parts, nodes), axis=0)
    known += 1e-12 * np.arange(NODES)[:, None]  # strictly ascending, as interpolation wants
    return np.stack([np.interp(scores[:, k], known[:, k], nodes[:, k]) for k in range(len(shares))], axis=1)
