"""Shares of groups where people labelled a random part of the samples and a classifier told all of them.

What is needed is a table of the labelled samples (rows: what people saw, columns: what the classifier said) and the
classifier's counts among the others. Estimates and limits are those of `prediction_powered`; here they are put into
the form in which shares are compared with targets, and audits of a known generator are simulated.

Reference: Angelopoulos, Duchi & Zrnic 2023, arXiv:2311.01453.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .binomial import Limits
from .confusion import Floats, ShareCovariance
from .prediction_powered import PredictionPowered, prediction_powered

Ints = NDArray[np.int64]

FINE = 49
"""Levels at which a distribution is worked out; between them it is nearly straight on the normal scale."""

STEPS = 6.5  # standard errors that they reach to


@dataclass(frozen=True, slots=True, eq=False)
class HandLabelled:
    """What hand labels and a classifier together say of K shares; in the form of `corrected.ShareDistributions`.

    Args:
        table: int64 (K, K), labelled samples; rows as people saw them, columns as the classifier told.
        others: int64 (K,), the classifier's counts among samples without labels.
        powered: estimates, and their limits at `scores`.
        scores: (F,), normal scores of the upper ends of the limits, ascending from above 0.
    """

    table: Ints
    others: Ints
    powered: PredictionPowered
    scores: Floats

    @property
    def shares(self) -> Floats:
        """Estimates, (K,), in [0, 1]."""
        return self.powered.values

    @property
    def errors(self) -> Floats:
        """Standard errors, (K,), as the limits have them, so that errors that nobody saw are allowed for."""
        at = int(np.abs(self.scores - 1.0).argmin())
        low, high = self.powered.limits.low[at], self.powered.limits.high[at]
        widths: Floats = np.maximum(self.shares - low, high - self.shares) / self.scores[at]
        return np.maximum(widths, 1e-9)

    @property
    def labelled(self) -> int:
        """Samples with labels."""
        return int(self.table.sum())

    def limits(self, levels: ArrayLike) -> Limits:
        """Two-sided intervals of the shares, (L, K) each way, at (L,) levels."""
        from scipy.special import ndtri

        z = ndtri(0.5 + np.asarray(levels, dtype=np.float64) / 2)
        known = self.powered.limits
        low, high = (
            np.stack([np.interp(z, self._from_zero(), np.append(value, ends)) for value, ends in each], axis=1)
            for each in (
                [(self.shares[k], known.low[:, k]) for k in range(len(self.shares))],
                [(self.shares[k], known.high[:, k]) for k in range(len(self.shares))],
            )
        )
        return Limits(low, high)

    def tails(self, points: Floats, k: int, *, above: bool) -> tuple[Floats, Floats]:
        """P(share ≤ point) and P(share > point) of group k; the same for upper and lower ends."""
        from scipy.special import ndtr

        low, high = self.powered.limits.low[::-1, k], self.powered.limits.high[:, k]
        values = np.concatenate([low, [self.shares[k]], high])
        scores = np.concatenate([-self.scores[::-1], [0.0], self.scores])
        # Where limits stand at 0 or 1 the outermost score that they have there counts.
        rising = np.maximum.accumulate(values) + 1e-15 * np.arange(len(values))
        z = np.interp(points, rising, scores)
        z = np.where(points < rising[0], -np.inf, np.where(points > rising[-1], np.inf, z))
        return ndtr(z), ndtr(-z)

    def _from_zero(self) -> Floats:
        return np.append(0.0, self.scores)


def hand_labelled(*, table: Ints, others: Ints) -> HandLabelled:
    """The shares of K groups.

    Args:
        table: (K, K), labelled samples; rows as people saw them, columns as the classifier told. At least two.
        others: (K,), the classifier's counts among samples without labels. At least two.

    Raises:
        ValueError: if there are too few samples of either kind.
    """
    from scipy.special import ndtr

    scores = np.linspace(0, STEPS, FINE)[1:]
    k = len(others)
    one = np.eye(k)
    seen, told = np.unravel_index(np.repeat(np.arange(k * k), table.ravel()), (k, k))
    powered = prediction_powered(
        labelled=one[seen],
        labelled_predictions=one[told],
        predictions=one[np.repeat(np.arange(k), others)],
        levels=tuple((2 * ndtr(scores) - 1).tolist()),
    )
    return HandLabelled(table, others, powered, scores)


def labelled_covariance(*, shares: Floats, rates: Floats, labelled: int, others: int) -> ShareCovariance:
    """Covariance of prediction-powered shares by what they come from: all draws, and the labels.

    With the joint distribution J = diag(p) rates of what is true and what is told, and the λ that suits it:
    λ² [diag(q) − q q'] / others from samples without labels; cov(truth − λ told) / labelled from those with.

    Args:
        shares: (K,), true shares p.
        rates: (K, K), of members of each group, how often they are told to be of each.
        labelled: samples with labels.
        others: samples without.
    """
    joint = shares[:, None] * rates
    told = joint.sum(axis=0)
    truth, said = (np.diag(each) - np.outer(each, each) for each in (shares, told))
    cross = joint - np.outer(shares, told)
    trust = float(_trust(cross.trace(), said.trace(), labelled, others))
    labels = (truth - trust * (cross + cross.T) + trust**2 * said) / labelled
    return ShareCovariance(trust**2 * said / others, labels)


def simulated_labelled(
    *, shares: Floats, rates: Floats, labelled: int, others: int, repeats: int, rng: np.random.Generator
) -> Floats:
    """Prediction-powered shares in repeated audits of a generator with these shares, (K,) or (B, K): (B, K).

    Args:
        shares: true shares of the groups.
        rates: (K, K), see `labelled_covariance`.
        labelled: samples with labels.
        others: samples without.
        repeats: B, how many audits.
        rng: draws samples, with and without labels.
    """
    k = len(rates)
    joint = np.broadcast_to(shares, (repeats, k))[:, :, None] * rates
    joint = joint / joint.sum(axis=(1, 2), keepdims=True)
    tables = rng.multinomial(labelled, joint.reshape(repeats, k * k)).reshape(repeats, k, k)
    told = rng.multinomial(others, joint.sum(axis=1))
    seen, known, far = tables.sum(axis=2) / labelled, tables.sum(axis=1) / labelled, told / others
    agreed = np.einsum("bkk->b", tables) / labelled - (seen * known).sum(axis=1)
    together = (known * labelled + told) / (labelled + others)
    trust = _trust(agreed, (together * (1 - together)).sum(axis=1), labelled, others)[:, None]
    estimates: Floats = np.clip(seen + trust * (far - known), 0, 1)
    return estimates


def _trust(agreement: ArrayLike, variance: ArrayLike, labelled: int, others: int) -> Floats:
    """λ in [0, 1] with the smallest sum of variances."""
    agreed, alone = np.asarray(agreement, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    best = np.divide(agreed, (1 + labelled / others) * alone, out=np.zeros_like(agreed), where=alone > 0)
    trust: Floats = np.clip(best, 0, 1)
    return trust
