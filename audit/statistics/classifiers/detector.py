"""A fast, strong classifier of real and generated records: ridge regression on features and random Fourier features.

The random Fourier features approximate a Gaussian kernel in time linear in n. Kernel width and penalty are chosen by
the exact leave-one-out error, which ridge regression gives in closed form; nothing is iterated.

Reference: Rahimi & Recht 2007, Random features for large-scale kernel machines, NeurIPS 20; Golub, Heath & Wahba 1979,
doi:10.1080/00401706.1979.10489751.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

WAVES = 512
"""Random features of each kernel."""

_PENALTIES = np.logspace(-3, 3, 13)
_WIDTHS = 4
_LOOKED_AT = 512
# A feature with less than this part of the typical spread is mostly rounding; beyond so many spreads it is an outlier.
_LEAST_SPREAD, _MOST_SPREADS = 0.05, 6.0


@dataclass(frozen=True, slots=True)
class Detector:
    """A fitted classifier.

    Args:
        mean: (d,), of the training records.
        scale: (d,), their spread, divided out.
        frequencies: (d, waves), of the random waves.
        phases: (waves,).
        weights: (d + waves,), for plain features and waves.
        centre: (d + waves,), their means.
        width: of the kernel, as a multiple of the median distance between training records.
        penalty: of the ridge.
        error: mean squared leave-one-out error against labels ±1; 1 or more says that nothing was learnt.
    """

    mean: Values
    scale: Values
    frequencies: Values
    phases: Values
    weights: Values
    centre: Values
    width: float
    penalty: float
    error: float

    def scores(self, points: Values) -> Values:
        """One number a record of (n, d), higher for what looks generated: (n,)."""
        plain = _scaled(points, self.mean, self.scale)
        scored: Values = (_expanded(plain, self.frequencies, self.phases) - self.centre) @ self.weights
        # Equal records must tie, though products of matrices round each row in its own way.
        return np.round(scored, 9)


def fit(*, generated: Values, reference: Values, rng: np.random.Generator) -> Detector:
    """Fit the classifier to (n, d) records of either kind; constant and duplicated ones do no harm."""
    points = np.concatenate([generated, reference])
    labels = np.concatenate([np.ones(len(generated)), -np.ones(len(reference))])
    mean, spread = points.mean(axis=0), points.std(axis=0)
    typical = float(np.sqrt(np.mean(spread**2)))
    scale = np.maximum(spread, _LEAST_SPREAD * typical) if typical > 0 else np.ones_like(spread)
    plain = _scaled(points, mean, scale)
    directions = rng.normal(size=(plain.shape[1], WAVES))
    phases = rng.uniform(0, 2 * np.pi, WAVES)
    widths, typical_distance = _widths(plain, rng)
    best: Detector | None = None
    for width in widths:
        waves = directions / width
        expanded = _expanded(plain, waves, phases)
        weights, centre, penalty, error = _ridge(expanded, labels)
        if best is None or error < best.error:
            best = Detector(
                mean, scale, waves, phases, weights, centre, float(width / typical_distance), penalty, error
            )
    assert best is not None
    return best


def _scaled(points: Values, mean: Values, scale: Values) -> Values:
    """Features of about unit spread, shared out so that a record has about unit length."""
    shared: Values = np.clip((points - mean) / scale, -_MOST_SPREADS, _MOST_SPREADS) / np.sqrt(points.shape[1])
    return shared


def _expanded(plain: Values, frequencies: Values, phases: Values) -> Values:
    return np.hstack([plain, np.sqrt(2 / len(phases)) * np.cos(plain @ frequencies + phases)])


def _widths(plain: Values, rng: np.random.Generator) -> tuple[Values, float]:
    """Kernel widths from the distance of nearest neighbours to that of any two records, and the latter."""
    some = plain[rng.permutation(len(plain))[:_LOOKED_AT]]
    squares = np.square(some).sum(1)
    squared = squares[:, None] + squares[None, :] - 2 * some @ some.T
    np.fill_diagonal(squared, np.inf)
    distances = np.sqrt(np.maximum(squared, 0))
    apart = distances[np.triu_indices(len(some), 1)]
    far = float(np.median(apart))
    if far <= 1e-6:
        far = float(apart.max()) if apart.max() > 1e-6 else 1.0
    near = distances.min(axis=1)
    # Copies lie at distance 0 and say nothing about scale.
    known = near[near > 1e-6]
    close = float(np.median(known)) if len(known) else far
    return np.geomspace(min(close, far), far, _WIDTHS), far


def _ridge(expanded: Values, labels: Values) -> tuple[Values, Values, float, float]:
    """Weights and centre of the ridge regression whose penalty has the least leave-one-out error."""
    from scipy.linalg import eigh

    n = len(expanded)
    centre = expanded.mean(axis=0)
    centred, target = expanded - centre, labels - labels.mean()
    if n >= centred.shape[1]:
        values, axes = eigh(centred.T @ centred, overwrite_a=True, check_finite=False)
        values = np.maximum(values, 0)
        turned = centred @ axes
    else:
        values, left = eigh(centred @ centred.T, overwrite_a=True, check_finite=False)
        values = np.maximum(values, 0)
        turned = left * np.sqrt(values)
        axes = centred.T @ (left / np.sqrt(np.maximum(values, 1e-12)))
    moments, squares = turned.T @ target, turned**2
    shrunk = 1 / (values[:, None] + _PENALTIES)
    fitted = turned @ (moments[:, None] * shrunk)
    leverage = np.minimum(squares @ shrunk + 1 / n, 1 - 1e-9)
    errors = np.mean(((target[:, None] - fitted) / (1 - leverage)) ** 2, axis=0)
    at = int(np.argmin(errors))
    return axes @ (moments * shrunk[:, at]), centre, float(_PENALTIES[at]), float(errors[at])
