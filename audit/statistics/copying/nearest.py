"""The nearest record of another set for every record of one, exact, with ties counted and broken at random.

A tie is no accident where records are categories, notes or pixels of few levels: whoever lets the first or the last of
equally near records win gives one of two sets an advantage. So ties are counted, and one of them is drawn.

Euclidean distances are found as `neighbours.cloud` finds them: products in single precision rule out nearly all
pairs, and what remains is computed in double precision.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..neighbours.cloud import Cloud, above, block_cells, blocks, lower_bounds, settled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rounding in double precision must not break a tie.
_EQUAL = 1 + 1e-12
_SINGLE_UP = 1 + 2.0**-22
CELLS = 1 << 20
"""Distances that are held at once where each is computed by itself."""


class Nearest(NamedTuple):
    """For each of n records the nearest of another set.

    Args:
        distance: float64 (n,).
        row: int64 (n,), which one; of equally near ones one at random.
        ties: int64 (n,), how many are equally near, at least 1.
    """

    distance: Floats
    row: Ints
    ties: Ints


Block = Callable[[slice], Any]
"""Distances of some records to all of the other set, a tensor (rows, m)."""


def nearest_of_blocks(block: Block, *, sizes: tuple[int, int], itself: bool, rng: np.random.Generator) -> Nearest:
    """The nearest by distances that are computed in blocks.

    Args:
        block: distances of the records in a slice; equal ones must be equal to the last bit.
        sizes: records of this and of the other set, both at least 1; 2 where they are one set.
        itself: the other set is this one, and no record is its own neighbour.
        rng: breaks ties; results do not depend on the size of blocks.
    """
    n, m = sizes
    found = Nearest(np.empty(n), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64))
    drawn = rng.random(n)
    for rows in blocks(n, m, CELLS):
        distances = block(rows)
        if itself:
            _leave_out(distances, rows)
        least = distances.amin(1)
        row, column = (distances == least[:, None]).nonzero(as_tuple=True)
        _place(found, rows, row.cpu().numpy(), column.cpu().numpy(), least.double().cpu().numpy(), drawn)
    return found


def nearest_points(own: Cloud, other: Cloud, *, itself: bool, rng: np.random.Generator) -> Nearest:
    """The nearest by Euclidean distance, ties included, as in double precision throughout.

    Args:
        own: points whose nearest are sought.
        other: points among which they are, about the same centre.
        itself: the other set is this one, and no point is its own neighbour.
        rng: breaks ties.
    """
    found = Nearest(np.empty(own.size), np.empty(own.size, dtype=np.int64), np.empty(own.size, dtype=np.int64))
    drawn, largest = rng.random(own.size), other.norms.max()
    for rows in blocks(own.size, other.size, block_cells(other)):
        bounds, slack = lower_bounds(own, rows, other)
        if itself:
            _leave_out(bounds, rows)
        # No nearest pair lies beyond what the least lower bound may stand for.
        limit = above(bounds.amin(1), own.norms[rows] + largest, slack).to(bounds.dtype) * _SINGLE_UP
        row, column, squared = settled(own, rows, other, bounds <= limit[:, None])
        least = np.full(rows.stop - rows.start, np.inf)
        np.minimum.at(least, row, squared)
        tied = squared <= least[row] * _EQUAL
        _place(found, rows, row[tied], column[tied], np.sqrt(least), drawn)
    return found


def _leave_out(distances: Any, rows: slice) -> None:
    at = np.arange(rows.stop - rows.start)
    distances[at, at + rows.start] = float("inf")


def _place(found: Nearest, rows: slice, row: Ints, column: Ints, least: Floats, drawn: Floats) -> None:
    """Write a block's answers, of the tied columns of each row (sorted by row) the one that was drawn."""
    ties = np.bincount(row, minlength=rows.stop - rows.start)
    starts = np.cumsum(ties) - ties
    found.distance[rows], found.ties[rows] = least, ties
    found.row[rows] = column[starts + np.minimum((drawn[rows] * ties).astype(np.int64), ties - 1)]
