"""α-precision and β-recall, integrated over all levels: what no auditor gates, as a perfect generator does not score 1.

The α-support of a set is the ball about its mean that holds a share α of it. α-precision is the share of generated
records in the real α-support; β-recall the share of real records whose nearest generated record lies in the generated
β-support, and nearer than their nearest real one.

Reference: Alaa et al. 2022, arXiv:2102.08921.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Values = NDArray[np.float64]

LEVELS = np.linspace(0, 1, 30)


def integrated_precision(*, generated: Values, reference: Values) -> float:
    """1 − 2 ∫ |P(α) − α| dα: 1 where every ball about the real mean holds as many generated as real records."""
    centre = reference.mean(axis=0)
    radii = np.quantile(np.linalg.norm(reference - centre, axis=1), LEVELS)
    inside = np.linalg.norm(generated - centre, axis=1)[None] <= radii[:, None]
    return _integrated(inside.mean(axis=1))


def integrated_recall(*, generated: Values, reference: Values) -> float:
    """1 − 2 ∫ |R(β) − β| dβ, of two samples of equal size."""
    to_generated, to_real = cdist(reference, generated), cdist(reference, reference)
    np.fill_diagonal(to_real, np.inf)
    nearest = np.linalg.norm(generated - generated.mean(axis=0), axis=1)[to_generated.argmin(axis=1)]
    radii = np.quantile(nearest, LEVELS)
    covered = to_generated.min(axis=1) <= to_real.min(axis=1)
    return _integrated((covered[None] & (nearest[None] <= radii[:, None])).mean(axis=1))


def _integrated(shares: Values) -> float:
    return float(1 - np.abs(shares - LEVELS).sum() / LEVELS.sum())
