"""Far-apart inputs with nearly the same output: how near each one's nearest such partner is.

Every set is cut into blocks of one size, and partners are sought within a block. So the chance of a partner does not
depend on how many points there are, and the blocks are independent of each other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

NEAR = 0.1
"""Outputs closer than this part of the distance that is typical of two outputs are nearly the same."""

FAR = 0.5
"""Inputs further apart than this part of the distance that is typical of two inputs are far apart."""


class Partners(NamedTuple):
    """What is nearest to each point's output among the points whose inputs are far.

    Args:
        gap: (n,), the distance of that output, 1 for a typical one; infinite where no input is far.
        partner: (n,), whose output it is; −1 where no input is far.
        company: (n,), how many far inputs have nearly the same output.
    """

    gap: Matrix
    partner: Indices
    company: Indices


def typical_distance(points: NDArray[np.floating]) -> float:
    """Root mean square distance between two independent points of the kind of these (n, d)."""
    return float(np.sqrt(2 * points.astype(np.float64).var(axis=0, ddof=1).sum()))


def partners(*, outputs: Matrix, inputs: Matrix | None, block: int, near: float = NEAR, far: float = FAR) -> Partners:
    """The nearest output of a far input, within blocks of `block` points; what is left of the last block is cut off.

    Args:
        outputs: (n, d), finite.
        inputs: (n, k) in coordinates in which distance means how different outputs are to be expected; None where any
            two points count as far apart.
        block: points in a block, at least 2.
        near: see `NEAR`; if all outputs are equal, all distances are 0.
        far: see `FAR`.
    """
    count = len(outputs) // block * block
    unit = typical_distance(outputs)
    least = -1.0 if inputs is None else (far * typical_distance(inputs)) ** 2
    gap, partner = np.empty(count), np.empty(count, dtype=np.int64)
    company = np.empty(count, dtype=np.int64)
    for start in range(0, count, block):
        rows = slice(start, start + block)
        distances = _squared_distances(outputs[rows])
        apart = np.ones_like(distances, dtype=bool) if inputs is None else _squared_distances(inputs[rows]) >= least
        np.fill_diagonal(apart, False)
        distances[~apart] = np.inf
        nearest = distances.argmin(axis=1)
        gap[rows] = np.sqrt(distances[np.arange(block), nearest])
        partner[rows] = np.where(apart.any(axis=1), start + nearest, -1)
        company[rows] = (distances <= (near * unit) ** 2).sum(axis=1)
    return Partners(gap / unit if unit > 0 else gap, partner, company)


def regions(*, outputs: Matrix, company: Indices, most: int, near: float = NEAR) -> tuple[Indices, Indices]:
    """Sets of points with nearly the same output as one of them, where far inputs are among them; largest first.

    Args:
        outputs: (n, d).
        company: (n,), how many far inputs have nearly the output of each point.
        most: how many sets.
        near: what counts as nearly the same, as a part of the typical distance.

    Returns:
        the region (n,) of every point, −1 for none, and the central points (g,) of the at most `most` regions.
    """
    index = np.full(len(outputs), -1, dtype=np.int64)
    limit = (near * typical_distance(outputs)) ** 2
    waiting = company.copy()
    centres: list[int] = []
    while len(centres) < most and waiting.max(initial=0) > 0:
        centre = int(waiting.argmax())
        inside = (((outputs - outputs[centre]) ** 2).sum(axis=1) <= limit) & (index < 0)
        index[inside] = len(centres)
        waiting[inside] = 0
        centres.append(centre)
    sizes = np.bincount(index[index >= 0], minlength=len(centres))
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(len(centres) + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(len(centres)), -1
    return rank[index], np.array(centres, dtype=np.int64)[order]


def _squared_distances(points: Matrix) -> Matrix:
    centred = points.astype(np.float64) - points.mean(axis=0)
    norms = (centred**2).sum(axis=1)
    distances = norms[:, None] + norms[None, :] - 2 * centred @ centred.T
    # What rounding leaves of the distance between equal points is no distance.
    return np.where(distances <= 1e-12 * (norms[:, None] + norms[None, :]), 0.0, distances)
