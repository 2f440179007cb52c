"""Do records that resemble each other stand side by side in their file?

Frames of a film, repeated measurements and pages of a book do. Under independence the records of a short stretch of
the file could stand there in any order. So the stretches are kept, and within all of them the places are exchanged at
random: a file sorted by class, or with one folder after another, gives no alarm, because within a stretch nothing is
sorted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

STRETCH = 30
"""Neighbouring places that are exchanged."""

REACH = 2
"""Places apart at which two records stand side by side."""

TOLERATED = 0.05
"""Share of pairs side by side beyond chance that is let pass: real files have such traces, and they change little."""

EXCHANGES = 4999
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SideBySide:
    """How many pairs of nearest records stand side by side.

    Args:
        pairs: all of them.
        observed: those side by side.
        expected: those that would be on average, in random order within stretches.
        p_value: of so many or more, if in truth at most `TOLERATED` of the pairs were side by side beyond chance.
    """

    pairs: int
    observed: int
    expected: float
    p_value: float


def side_by_side(pairs: Indices, rng: np.random.Generator, *, exchanges: int = EXCHANGES) -> SideBySide:
    """Test the order of a file by exchanging places; the same exchange in every stretch is a group, so p is exact.

    Args:
        pairs: int64 (k, 2), places of records that are each other's nearest.
        rng: draws the exchanges.
        exchanges: how many.
    """
    low, high = np.sort(pairs, axis=1).T
    observed = int((high - low <= REACH).sum())
    within = _by_place(low, high, low // STRETCH == high // STRETCH)
    across = _by_place(low, high, low // STRETCH + 1 == high // STRETCH)
    counts = np.concatenate([_exchanged(within, across, rng, size) for size in _portions(exchanges)])
    least = counts + TOLERATED * len(pairs)
    p = (1 + int((least >= observed).sum())) / (exchanges + 1)
    return SideBySide(len(pairs), observed, float(counts.mean()), p)


def _portions(total: int) -> list[int]:
    return [min(_AT_ONCE, total - start) for start in range(0, total, _AT_ONCE)]


def _by_place(low: Indices, high: Indices, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Numbers of pairs by the places of both within their stretches."""
    cells = (low % STRETCH * STRETCH + high % STRETCH)[chosen]
    return np.bincount(cells, minlength=STRETCH**2).reshape(STRETCH, STRETCH).astype(np.float64)


def _exchanged(
    within: NDArray[np.float64], across: NDArray[np.float64], rng: np.random.Generator, size: int
) -> NDArray[np.float64]:
    places = np.argsort(rng.random((size, STRETCH)), axis=1)
    first, second = places[:, :, None], places[:, None, :]
    same = np.einsum("kij,ij->k", np.abs(first - second) <= REACH, within)
    next_one = np.einsum("kij,ij->k", STRETCH + second - first <= REACH, across)
    return np.asarray(same + next_one, dtype=np.float64)
