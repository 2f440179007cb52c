"""The modes of a column of numbers: a Gaussian mixture in one dimension, fitted without a random number.

Reference: Dempster, Laird, Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x (expectation maximisation);
Schwarz 1978, doi:10.1214/aos/1176344136 (the information criterion that chooses how many modes).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_MODES = 10
POINTS = 2000
"""Quantiles that stand for a column, so that the cost does not grow with it."""
STEPS = 100
THINNEST = 1e-4
"""The least deviation of a mode, as a share of the column's range: no repeated value is infinitely dense. Of rounded
columns it is a quarter of the step."""


class Mode(NamedTuple):
    """One Gaussian of a mixture."""

    weight: float
    mean: float
    deviation: float


def fit_modes(values: NDArray[np.float64], *, step: float = 0.0) -> tuple[Mode, ...]:
    """The mixture of at most `MOST_MODES` Gaussians that has the least Bayesian information criterion.

    Args:
        values: finite numbers (n,), at least one.
        step: the distance between neighbouring values of a rounded column, or 0.
    """
    n = min(POINTS, len(values))
    points = np.quantile(values, (np.arange(n) + 0.5) / n)
    thinnest = step / 4 or THINNEST * float(np.ptp(values))
    if np.ptp(values) == 0:
        return (Mode(1.0, float(values[0]), thinnest or max(abs(float(values[0])) * THINNEST, THINNEST)),)
    distinct = np.unique(points)
    best: tuple[Mode, ...] = ()
    least = np.inf
    for k in range(1, min(MOST_MODES, len(distinct)) + 1):
        middles = (np.arange(k) + 0.5) / k
        # Two starts: even over the records, and even over the values, which finds modes beside a heavy atom.
        for start in (np.quantile(points, middles), np.quantile(distinct, middles)):
            modes, log_likelihood = _climb(points, start, thinnest)
            criterion = (3 * k - 1) * np.log(n) - 2 * log_likelihood
            if criterion < least:
                best, least = modes, criterion
    return tuple(sorted(best, key=lambda mode: mode.mean))


def _climb(points: NDArray[np.float64], means: NDArray[np.float64], thinnest: float) -> tuple[tuple[Mode, ...], float]:
    """Expectation maximisation from these means; the modes and their log-likelihood in nats."""
    weights = np.full(len(means), 1 / len(means))
    deviations = np.full(len(means), max(float(points.std()) / len(means), thinnest))
    log_likelihood = -np.inf
    for _ in range(STEPS):
        joint = (
            np.log(weights)
            - np.log(deviations * np.sqrt(2 * np.pi))
            - 0.5 * ((points[:, None] - means) / deviations) ** 2
        )  # (points, k)
        top = joint.max(axis=1, keepdims=True)
        total = top + np.log(np.exp(joint - top).sum(axis=1, keepdims=True))
        belongs = np.exp(joint - total)  # (points, k)
        mass = np.maximum(belongs.sum(axis=0), 1e-9)
        weights = mass / mass.sum()
        means = belongs.T @ points / mass
        squares = np.array([b @ (points - m) ** 2 for b, m in zip(belongs.T, means, strict=True)])
        deviations = np.maximum(np.sqrt(squares / mass), thinnest)
        before, log_likelihood = log_likelihood, float(total.sum())
        if log_likelihood - before < 1e-4 * len(points) / STEPS:
            break
    modes = zip(weights.tolist(), means.tolist(), deviations.tolist(), strict=True)
    return tuple(Mode(*each) for each in modes), log_likelihood
