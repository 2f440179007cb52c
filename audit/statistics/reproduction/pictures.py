"""How near pictures lie to a set: distances in units of what is usual there, and hashes of what an eye would see."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.float32]

NEIGHBOURS = 50
"""The nearest pictures whose mean distance is the unit."""

HASHED = 8
"""Rows and columns of the lowest frequencies that a hash is made of."""

_BLOCK = 20_000_000
"""Distances held at once."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Of each picture (n,): its nearest one in the set, and how far that is."""

    index: Ints
    distance: Floats


def calibrated_nearest(points: Rows, among: Rows) -> Nearest:
    """The nearest picture of a set, at its distance divided by the mean distance of the 50 nearest ones.

    A plain picture is near to many others, a busy one to none: what is unusually near for it lies far below 1.

    Args:
        points: float32 (n, d).
        among: float32 (m, d), of at least one; of fewer than 50, all are the neighbours.

    Returns:
        Distances in [0, 1]; 0 for an exact copy, 1 where all neighbours are equally far.

    Reference: Carlini et al. 2023, arXiv:2301.13188, section 4.2.
    """
    k = min(NEIGHBOURS, len(among))
    index, ratio = np.empty(len(points), dtype=np.int64), np.empty(len(points))
    squares = np.einsum("ij,ij->i", among, among)
    step = max(1, _BLOCK // len(among))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        near = np.argpartition(squares - 2 * (part @ among.T), k - 1, axis=1)[:, :k]
        # Products of large numbers cancel: what is reported is computed from differences.
        gaps = np.stack([np.linalg.norm(among[near[:, at]] - part, axis=1) for at in range(k)], axis=1)
        first = gaps.argmin(axis=1)
        usual = gaps.mean(axis=1, dtype=np.float64)
        rows = np.arange(len(part))
        index[start : start + step] = near[rows, first]
        nearest = gaps[rows, first].astype(np.float64)
        # Where 50 pictures of the set equal this one, nothing says that one of them was copied.
        ratio[start : start + step] = np.where(usual > 0, nearest / np.where(usual > 0, usual, 1.0), 1.0)
    return Nearest(index, ratio)


def perceptual_bits(pictures: Rows) -> NDArray[np.bool_]:
    """Whether each of the lowest 8 × 8 frequencies of a picture's brightness is above their median, (n, 64).

    Brightness as a whole, contrast, noise and small shifts leave most of it as it is. Of pictures with fewer than 8
    rows or columns there are as many bits as they have frequencies.

    Args:
        pictures: float32 (n, c, h, w).

    Reference: Zauner 2010, "Implementation and benchmarking of perceptual image hash functions", section 3.2.
    """
    from scipy.fft import dctn

    low = dctn(pictures.mean(axis=1), axes=(1, 2), norm="ortho")[:, :HASHED, :HASHED].reshape(len(pictures), -1)
    rest = low[:, 1:] if low.shape[1] > 1 else low
    bits: NDArray[np.bool_] = low > np.median(rest, axis=1, keepdims=True)
    return bits


def nearest_hash(bits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Nearest:
    """The picture of a set whose hash differs in the fewest bits; the first among equals.

    Args:
        bits: (n, b).
        among: (m, b), of at least one.
    """
    signs, theirs = (np.where(each, 1.0, -1.0).astype(np.float32) for each in (bits, among))
    index, apart = np.empty(len(bits), dtype=np.int64), np.empty(len(bits))
    step = max(1, _BLOCK // len(among))
    for start in range(0, len(bits), step):
        product = signs[start : start + step] @ theirs.T
        best = product.argmax(axis=1)
        index[start : start + step] = best
        apart[start : start + step] = (bits.shape[1] - product[np.arange(len(best)), best]) / 2
    return Nearest(index, apart)


def shrunk(pictures: Rows, side: int) -> Rows:
    """Pictures of at most `side` rows and columns: means over the areas that the pixels of the smaller one cover."""
    for axis in (2, 3):
        size = pictures.shape[axis]
        if size > side:
            pictures = np.moveaxis(np.tensordot(pictures, _areas(size, side), axes=(axis, 1)), -1, axis)
    return np.ascontiguousarray(pictures, dtype=np.float32)


def _areas(size: int, side: int) -> Rows:
    """Which part of each of `size` pixels belongs to each of `side`, (side, size); rows add up to 1."""
    edges = np.arange(side + 1) * size / side
    pixels = np.arange(size)
    shared = np.minimum(pixels + 1, edges[1:, None]) - np.maximum(pixels, edges[:-1, None])
    areas: Rows = (np.clip(shared, 0, None) * side / size).astype(np.float32)
    return areas
