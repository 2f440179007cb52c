"""What a confusion matrix does to shares, and how to undo it.

Rows of a confusion matrix are true groups, columns the classifier's; `rates` are its rows divided by their sums.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

RELIABLE = 1e-12
"""Shares below this are rounding errors of the solver."""


WEAKEST = 0.3
"""The smallest Youden index with which a classifier may speak.

The standard error of a corrected share is that of a plain count divided by about this index: at 0.3 it takes eleven
times the samples, and an error rate that is off by three points on generated samples moves the share by ten.
"""


class ShareCovariance(NamedTuple):
    """The two sources of error in corrected shares, each a (K, K) covariance; they add up."""

    draws: Floats
    classifier: Floats


def error_rates(confusion: ArrayLike) -> Floats:
    """Rows divided by their sums, (..., K, K): how often the classifier says j of a member of k."""
    counts = np.asarray(confusion, dtype=np.float64)
    rates: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return rates


def softened_rates(confusion: NDArray[np.int64]) -> Floats:
    """Rates after half a sample more right and half a sample more wrong in every row, (K, K).

    A classifier that made no error on 120 samples is not one without error; the variance of its rates must not be zero.
    For two groups this is the mean of the posterior under Jeffreys' prior.
    """
    k = len(confusion)
    return error_rates(confusion + 0.5 * np.eye(k) + 0.5 * (1 - np.eye(k)) / (k - 1))


def youden(confusion: NDArray[np.int64]) -> Floats:
    """How well the classifier tells each group from the one most often mistaken for it, (K,) in [−1, 1].

    P(says k | is k) − max over j ≠ k of P(says k | is j). For two groups this is Youden's sensitivity + specificity − 1
    for both. It bounds from below the factor by which a change of a true share shows up in the counted share, whatever
    the shares of the others; errors of the corrected share grow with its inverse.

    Reference: Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.
    """
    rates = error_rates(confusion)
    others = np.where(np.eye(len(rates), dtype=bool), -np.inf, rates)
    indices: Floats = np.diagonal(rates) - others.max(axis=0)
    return indices


def scaled_errors(rates: Floats, factor: float) -> Floats | None:
    """The rates where it errs `factor` times as often in the same directions; None if a row would err always."""
    errors = factor * np.where(np.eye(len(rates), dtype=bool), 0.0, rates)
    total = errors.sum(axis=1)
    return None if total.max() >= 1 else errors + np.diag(1 - total)


def corrected_shares(*, counts: NDArray[np.int64], rates: Floats) -> Floats:
    """Maximum-likelihood shares of a multinomial seen through a classifier, (..., K), each row summing to 1.

    Solves Σ_k p_k rates_kj = q_j where that has a solution with p ≥ 0, which is then the maximum; elsewhere maximises
    Σ_j counts_j log Σ_k p_k rates_kj under p ≥ 0 by projected Newton steps.

    Args:
        counts: (..., K) samples that the classifier put into each group, at least one in all.
        rates: (K, K) or (..., K, K), see `error_rates`.
    """
    seen = np.asarray(counts, dtype=np.float64)
    seen = seen / seen.sum(axis=-1, keepdims=True)
    flat = seen.reshape(-1, seen.shape[-1])
    matrices = np.broadcast_to(rates, (*seen.shape, seen.shape[-1])).reshape(len(flat), *rates.shape[-2:])
    shares = _unconstrained(flat, matrices)
    outside = (shares < 0).any(axis=1)
    if outside.any():
        shares[outside] = _constrained(flat[outside], matrices[outside], shares[outside])
    return shares.reshape(seen.shape)


def share_covariance(*, shares: Floats, rates: Floats, labelled: NDArray[np.int64], n: int) -> ShareCovariance:
    """Covariance of corrected shares away from the border of the simplex, by linearisation.

    With q = rates' p and J = (rates')⁻¹: J [diag(q) − q q'] J' / n from the draws, and
    J Σ_k p_k² [diag(r_k) − r_k r_k'] J' / labelled_k from the classifier's error rates, which were counted
    on samples too.

    Args:
        shares: (K,) true shares p.
        rates: (K, K).
        labelled: (K,) labelled samples behind each row of `rates`.
        n: generated samples.
    """
    seen = shares @ rates
    inverse = np.linalg.pinv(rates.T)
    weights = shares**2 / labelled
    spread = np.diag(weights @ rates) - (rates.T * weights) @ rates
    draws = (np.diag(seen) - np.outer(seen, seen)) / n
    return ShareCovariance(inverse @ draws @ inverse.T, inverse @ spread @ inverse.T)


def simulated_shares(
    *, shares: Floats, rates: Floats, labelled: NDArray[np.int64], n: int, repeats: int, rng: np.random.Generator
) -> Floats:
    """Corrected shares in repeated audits of a generator with these shares, (K,) or (repeats, K): (repeats, K).

    Each repeat draws n generated samples and, anew, the labelled samples on which the classifier's errors are counted.

    Args:
        shares: true shares of the groups.
        rates: (K, K), of members of each group, the shares that the classifier takes for each.
        labelled: (K,), labelled samples of each group.
        n: generated samples.
        repeats: how many audits.
        rng: draws them.
    """
    k = len(rates)
    counts = rng.multinomial(n, _probabilities(shares @ rates), size=repeats)
    confusion = np.stack(
        [rng.multinomial(labelled[i], _probabilities(rates[i]), size=repeats) for i in range(k)], axis=1
    )
    return corrected_shares(counts=counts, rates=error_rates(confusion))


def drawn_truths(counts: NDArray[np.int64], *, repeats: int, rng: np.random.Generator) -> Floats:
    """Shares, (repeats, K), that a sample with these counts (K,) leaves possible, around those of the sample.

    A Dirichlet distribution by Jeffreys' prior on the values that the sample has; those that it lacks stay at 0.
    """
    return _probabilities(rng.gamma(np.where(counts > 0, counts + 0.5, 0.0), size=(repeats, len(counts))))


def _probabilities(weights: Floats) -> Floats:
    weights = np.maximum(weights, 0)
    normalised: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return normalised


def _unconstrained(seen: Floats, rates: Floats) -> Floats:
    transposed = np.swapaxes(rates, -1, -2)
    shares: Floats
    try:
        shares = np.asarray(np.linalg.solve(transposed, seen[..., None])[..., 0], dtype=np.float64)
    except np.linalg.LinAlgError:
        shares = np.empty_like(seen)
        # Where a classifier cannot tell two groups apart, any solution will do to start from.
        lost = np.linalg.det(transposed) == 0
        shares[lost] = (np.linalg.pinv(transposed[lost]) @ seen[lost][..., None])[..., 0]
        shares[~lost] = np.linalg.solve(transposed[~lost], seen[~lost][..., None])[..., 0]
    shares[np.abs(shares) < RELIABLE] = 0.0
    return shares


def _constrained(seen: Floats, rates: Floats, start: Floats) -> Floats:
    # The rows of R and q sum to 1, so the maximum of Σ q log(p R) − Σ p over p ≥ 0 lies on the simplex by itself. Only
    # signs are left to constrain, which projection does one coordinate at a time.
    shares = np.maximum(start, 1e-4)
    shares /= shares.sum(axis=1, keepdims=True)
    for _ in range(5):
        shares *= 1 - _gradient(seen, rates, shares)
    going = np.arange(len(shares))
    for _ in range(60):
        at = shares[going]
        gradient = _gradient(seen, rates, at)
        bound = (at <= RELIABLE) & (gradient > 0)
        # Most are there after a few steps; those that are need no more.
        unfinished = np.abs(np.where(bound, 0, gradient) * at).max(axis=1) >= 1e-10
        if not unfinished.any():
            break
        if not unfinished.all():
            going, seen, rates, at = going[unfinished], seen[unfinished], rates[unfinished], at[unfinished]
            gradient, bound = gradient[unfinished], bound[unfinished]
        shares[going] = _best_step(seen, rates, at, _newton_step(seen, rates, at, gradient, bound))
    shares[shares < RELIABLE] = 0.0
    normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normalised


def _expected(shares: Floats, rates: Floats) -> Floats:
    # The floor only matters for classified groups nobody could be in: it keeps 0 / 0 out of terms that are 0 anyway.
    expected: Floats = np.maximum((shares[:, None, :] @ rates)[:, 0], 1e-60)
    return expected


def _gradient(seen: Floats, rates: Floats, shares: Floats) -> Floats:
    ratio = seen / _expected(shares, rates)
    gradient: Floats = 1 - (rates @ ratio[..., None])[..., 0]
    return gradient


def _newton_step(seen: Floats, rates: Floats, shares: Floats, gradient: Floats, bound: NDArray[np.bool_]) -> Floats:
    expected = _expected(shares, rates)
    hessian: Floats = (rates * (seen / expected**2)[:, None, :]) @ np.swapaxes(rates, 1, 2)
    hessian *= ~bound[:, :, None] & ~bound[:, None, :]
    k = shares.shape[1]
    diagonal = np.arange(k)
    hessian[:, diagonal, diagonal] += np.where(bound, 1.0, 1e-9)
    step = np.linalg.solve(hessian, np.where(bound, 0.0, gradient)[..., None])[..., 0]
    return np.asarray(step, dtype=np.float64)


def _best_step(seen: Floats, rates: Floats, shares: Floats, step: Floats) -> Floats:
    # Full and shortened Newton steps compete with one step of expectation–maximisation, which never makes things worse.
    candidates = [np.maximum(shares - length * step, 0) for length in (1.0, 0.5, 0.25, 0.0625)]
    candidates.append(shares * (1 - _gradient(seen, rates, shares)))
    values = np.stack([_objective(seen, rates, candidate) for candidate in candidates])
    best: Floats = np.stack(candidates)[values.argmin(axis=0), np.arange(len(shares))]
    return best


def _objective(seen: Floats, rates: Floats, shares: Floats) -> Floats:
    expected = _expected(shares, rates)
    value: Floats = shares.sum(axis=1) - np.where(seen > 0, seen * np.log(expected), 0.0).sum(axis=1)
    return value
