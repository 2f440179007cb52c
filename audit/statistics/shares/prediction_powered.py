"""Means and shares where people looked at some samples and a fallible judge at all.

The judge's mean over the samples without labels, plus its mean error on those with. Nothing is assumed of the judge,
only that the labelled samples were chosen at random: a poor one costs width, not validity. How far it is trusted (λ,
from 0: labels alone, to 1: all its predictions) is tuned to the smallest variance.

Reference: Angelopoulos et al. 2023, doi:10.1126/science.adi6000; Angelopoulos, Duchi & Zrnic 2023, arXiv:2311.01453.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...finding import LEVELS, Interval
from ..intervals import Share, nested
from .binomial import Limits

Floats = NDArray[np.float64]

_KNOWN = 1e9  # degrees of freedom of a variance that follows from the share


@dataclass(frozen=True, slots=True, eq=False)
class PredictionPowered:
    """Means of K quantities with what the labels and the samples leave open.

    Args:
        values: (K,); shares are cut off at 0 and 1.
        covariance: (K, K) of the values, from labels and samples together.
        from_draws: (K,), the share of each variance that more samples without labels would shrink.
        trust: λ in [0, 1].
        levels: ascending confidence levels.
        limits: (L, K) each way.
        labelled: samples with labels.
        n: all samples.
        method: how the limits were made.
    """

    values: Floats
    covariance: Floats
    from_draws: Floats
    trust: float
    levels: tuple[float, ...]
    limits: Limits
    labelled: int
    n: int
    method: str

    def curve(self, k: int = 0) -> tuple[Interval, ...]:
        """The intervals of quantity k at all levels."""
        return nested(low=self.limits.low[:, k], high=self.limits.high[:, k], levels=self.levels)


def prediction_powered(
    *,
    labelled: ArrayLike,
    labelled_predictions: ArrayLike,
    predictions: ArrayLike,
    levels: Sequence[float] = LEVELS,
    tuned: bool = True,
) -> PredictionPowered:
    """Means of what people say, in its own unit, with the help of what a judge predicts.

    Where labels and predictions are all 0 or 1 (one column a class gives all shares at once), limits are put together
    from those of the judge's misses and false alarms, exact where none was seen, so that a judge who made no error on
    50 samples is not taken for one who makes none. Otherwise they are Student's, which a small and skewed set of labels
    can make too narrow.

    Args:
        labelled: (m,) or (m, K), what people said.
        labelled_predictions: the same shape, what the judge predicts of those samples.
        predictions: (n,) or (n, K), what it predicts of all samples without labels.
        levels: ascending confidence levels.
        tuned: whether λ is chosen by the data, one for all K; else it is 1.

    Raises:
        ValueError: if shapes do not match, a number is not finite, or fewer than two samples have labels or have none.
    """
    truth, known, others = (_columns(each) for each in (labelled, labelled_predictions, predictions))
    if truth.shape != known.shape or truth.shape[1] != others.shape[1] or min(len(truth), len(others)) < 2:
        raise ValueError(
            "expected a prediction for each label, of the same classes as the others, and at least two samples with "
            f"and two without labels, got shapes {truth.shape}, {known.shape} and {others.shape}"
        )
    trust = _trust(truth, known, others) if tuned else 1.0
    values = (truth - trust * known).mean(axis=0) + trust * others.mean(axis=0)
    from_labels = np.atleast_2d(np.cov(truth - trust * known, rowvar=False)) / len(truth)
    from_others = np.atleast_2d(np.cov(trust * others, rowvar=False)) / len(others)
    total = np.diagonal(from_labels) + np.diagonal(from_others)
    drawn = np.divide(np.diagonal(from_others), total, out=np.zeros_like(total), where=total > 0)
    if all(np.isin(each, (0.0, 1.0)).all() for each in (truth, known, others)):
        values = np.clip(values, 0, 1)
        limits = _share_limits(values, truth, known, others, trust, levels)
        method = "prediction-powered, recovered from limits of its parts"
    else:
        reach = _student(np.diagonal(from_labels), len(truth), np.diagonal(from_others), len(others), levels)
        limits, method = Limits(values - reach, values + reach), "prediction-powered, Student's t"
    covariance, n = from_labels + from_others, len(truth) + len(others)
    return PredictionPowered(values, covariance, drawn, trust, tuple(levels), limits, len(truth), n, method)


def _columns(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError("expected finite labels and predictions; leave out what could not be judged")
    return array[:, None] if array.ndim == 1 else array


def _trust(truth: Floats, known: Floats, others: Floats) -> float:
    """The λ with the smallest sum of variances; one for all classes, so that shares still sum to 1."""
    m, n = len(truth), len(others)
    together = float(((truth - truth.mean(axis=0)) * (known - known.mean(axis=0))).sum()) / m
    alone = float(np.concatenate([known, others]).var(axis=0, ddof=1).sum())
    return min(1.0, max(0.0, together / ((1 + m / n) * alone))) if alone > 0 else 0.0


def _student(first: Floats, m: int, second: Floats, n: int, levels: Sequence[float]) -> Floats:
    """Half-widths, (L, K), of a sum of two means with these variances; degrees of freedom by Satterthwaite."""
    from scipy.special import stdtrit

    total = first + second
    doubt = first**2 / (m - 1) + second**2 / (n - 1)
    freedom = np.divide(total**2, doubt, out=np.full_like(total, float(m - 1)), where=doubt > 0)
    half: Floats = stdtrit(freedom, 0.5 + np.asarray(levels)[:, None] / 2) * np.sqrt(total)
    return half


def _share_limits(
    values: Floats, truth: Floats, known: Floats, others: Floats, trust: float, levels: Sequence[float]
) -> Limits:
    """Limits of λ q + (1 − λ) members + λ misses − λ false alarms, each a share with limits of its own.

    The last three are shares of the labelled samples, whose correlations are counted; the judge's share q of the
    samples without labels is independent of them.

    Reference: Zou, Huang & Zhang 2009, doi:10.1016/j.csda.2008.09.033 (linear functions of shares).
    """
    parts = np.stack([truth, truth * (1 - known), (1 - truth) * known])
    weights = np.array([1 - trust, trust, -trust])
    centred = parts - parts.mean(axis=1, keepdims=True)
    covariance = np.einsum("imk,jmk->ijk", centred, centred)
    length = np.sqrt(np.einsum("iik->ik", covariance))
    # A part without variance is correlated with nothing; its limits are still a way from it.
    product = length[:, None] * length[None]
    correlation = np.divide(covariance, product, out=np.zeros_like(covariance), where=product > 0)
    correlation[np.arange(3), np.arange(3)] = 1.0
    below, above = _reaches(parts.mean(axis=1), len(truth), levels)
    judged_below, judged_above = _reaches(others.mean(axis=0)[None], len(others), levels)
    forward = weights[:, None, None] > 0

    def combined(with_weight: Floats, against: Floats, judged: Floats) -> Floats:
        steps = weights[:, None, None] * np.where(forward, with_weight, against)
        square = np.einsum("ilk,ijk,jlk->lk", steps, correlation, steps)
        return np.asarray(np.sqrt(np.maximum(square, 0) + (trust * judged[0]) ** 2), dtype=np.float64)

    low, high = combined(below, above, judged_below), combined(above, below, judged_above)
    return Limits(np.clip(values - low, 0, 1), np.clip(values + high, 0, 1))


def _reaches(shares: Floats, trials: int, levels: Sequence[float]) -> tuple[Floats, Floats]:
    """How far limits of shares (P, K) of so many trials lie below and above them, (P, L, K) each."""
    below, above = (np.empty((len(shares), len(levels), shares.shape[1])) for _ in range(2))
    for p, k in np.ndindex(shares.shape):
        share = Share(float(shares[p, k]), 1 / (4 * trials), trials, _KNOWN)
        for at, level in enumerate(levels):
            each = share.limits(level)
            below[p, at, k], above[p, at, k] = share.value - each.low, each.high - share.value
    return below, above
