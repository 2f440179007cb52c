"""How near the nearest generated record is: a score that every generator offers, by its samples alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELLS = 4_000_000
"""Distances at hand at once."""


def closeness(points: Floats, generated: Floats, *, own: Ints | None = None) -> Floats:
    """Minus the Euclidean distance of each point to the nearest generated one, (n,); 0 for an exact copy.

    Args:
        points: (n, d).
        generated: (m, d).
        own: int64 (n,), which generated row each point is, and is not compared with; None for other records.
    """
    found = np.empty(len(points))
    sizes = np.einsum("ij,ij->i", generated, generated)
    step = max(1, CELLS // max(1, len(generated)))
    for start in range(0, len(points), step):
        some = points[start : start + step]
        # |y|² − 2 x·y orders the generated records as their distances do.
        order = sizes - 2 * (some @ generated.T)
        if own is not None:
            order[np.arange(len(some)), own[start : start + step]] = np.inf
        nearest = generated[order.argmin(axis=1)]
        # Of the nearest the distance itself, which is exactly 0 where the two are equal.
        found[start : start + step] = -np.sqrt(np.square(some - nearest).sum(axis=1))
    return found
