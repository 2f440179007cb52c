"""The Inception Score: how sure a classifier is of every record, and how evenly its classes are used.

It looks at generated records alone. A generator that makes one perfect record of every class gets the best score, so it
says nothing about variety within classes; what real records score with the same classifier is what to compare with.

Reference: Salimans et al. 2016, arXiv:1606.03498; Barratt & Sharma 2018, arXiv:1801.01973.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class InceptionScore(NamedTuple):
    """The score and the variance of its logarithm over fresh samples.

    Args:
        value: between 1 (all records have the same class probabilities) and the number of classes.
        log_variance: to first order in 1/n.
    """

    value: float
    log_variance: float


def inception_score(probabilities: ArrayLike) -> InceptionScore:
    """The exponential of the mean Kullback–Leibler divergence of class probabilities from their mean over records.

    The score is of all records at once. As the mean is estimated from them, it is biased downwards by about
    (K − 1) / 2n of itself at most, with K classes.

    Args:
        probabilities: (n, K), rows that sum to 1; zeros are allowed.

    Raises:
        ValueError: if rows are no probabilities.
    """
    rows = np.asarray(probabilities, dtype=np.float64)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise ValueError(f"expected finite class probabilities (n, K), got an array of shape {rows.shape}")
    if (rows < 0).any() or (np.abs(rows.sum(axis=1) - 1) > 1e-6).any():
        raise ValueError("expected rows of probabilities that sum to 1; turn logits into probabilities by a softmax")
    mean = np.broadcast_to(rows.mean(axis=0), rows.shape)
    quotient = np.divide(rows, mean, out=np.ones_like(rows), where=rows > 0)
    # The influence of a record through the mean is Σ p = 1 for all of them, so only its own divergence counts.
    divergence = (rows * np.log(quotient)).sum(axis=1)
    return InceptionScore(float(np.exp(divergence.mean())), float(divergence.var() / len(rows)))
