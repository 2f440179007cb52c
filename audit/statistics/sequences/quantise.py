"""Cut a cloud of points into bins, so that samples of any kind become histograms."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BLOCK = 4096
_KEPT = 0.9
# Lloyd's rounds stop when fewer points than this share change their bin: what is left moves histograms less than noise.
_SETTLED = 0.01


def quantise(points: Floats, *, bins: int, rng: np.random.Generator, rounds: int = 20, fewest: int = 1) -> Ints:
    """The bin of each point by k-means on its principal components (90 % of the variance): int64 (n,).

    Equal points always share a bin. Where there are no more different points than bins, each is a bin of its own; where
    there are more, so are those of many copies, whose bins then hang on no draw.

    Args:
        points: (n, d), finite.
        bins: at most so many; those that end up with fewer than `fewest` points are given up.
        rng: for the first centres.
        rounds: of Lloyd's algorithm at most.
        fewest: points of a bin at least; a histogram says little of thinner ones.

    Raises:
        ValueError: if there is no point or a value is not finite.
    """
    return np.asarray(quantisers(points, bins=bins, fits=1, rng=rng, rounds=rounds, fewest=fewest)[0])


def quantisers(
    points: Floats, *, bins: int, fits: int, rng: np.random.Generator, rounds: int = 20, fewest: int = 1
) -> Ints:
    """The bins of each point by several fits of `quantise` that differ in their first centres: int64 (fits, n).

    Args:
        points: (n, d).
        bins: of each fit.
        fits: how many.
        rng: chooses the first centres.
        rounds: of each fit, at most.
        fewest: points that a bin must hold.
    """
    if bins < 1 or not len(points) or not np.isfinite(points).all():
        raise ValueError(f"expected finite points and at least one bin, got shape {points.shape} and {bins} bins")
    first, place, count = _different(points)
    if len(first) <= bins:
        return np.tile(place, (fits, 1))
    label = np.empty((fits, len(first)), dtype=np.int64)
    often = _often(count, most=bins // 2, least=max(fewest // 2, 2))
    rest = np.setdiff1d(np.arange(len(first)), often)
    label[:, often] = np.arange(len(often))
    reduced = _principal(points[first[rest]], count[rest])
    for fit in range(fits):
        clusters = _clusters(reduced, count[rest], bins - len(often), rng, rounds, fewest)
        label[fit, rest] = len(often) + clusters
    return label[:, place]


def _often(count: Ints, *, most: int, least: int) -> Ints:
    """The different points with the most copies, at least `least` each."""
    order = np.argsort(-count, kind="stable")[:most]
    return np.sort(order[count[order] >= least])


def _clusters(
    reduced: NDArray[np.float32], count: Ints, bins: int, rng: np.random.Generator, rounds: int, fewest: int
) -> Ints:
    """The cluster of each of some different points, by Lloyd's algorithm from random first centres."""
    weights = count.astype(np.float32)
    centres = reduced[rng.choice(len(reduced), bins, replace=False, p=count / count.sum())]
    label = np.full(len(reduced), -1, dtype=np.int64)
    for _ in range(rounds):
        before, label = label, _nearest(reduced, centres)
        if weights[label != before].sum() < _SETTLED * weights.sum():
            break
        centres = _means(reduced, weights, label, centres)
    for _ in range(rounds):
        sizes = np.bincount(label, weights=weights, minlength=len(centres))
        if not (sizes < fewest).any() or len(centres) == 1:
            break
        # Not all at once: what the thinnest give up may be enough for the others.
        kept = sizes > max(min(sizes.min(), fewest - 1), 0)
        centres = centres[kept if kept.any() else [0]]
        label = _nearest(reduced, centres)
    _, label = np.unique(label, return_inverse=True)
    return np.asarray(label, dtype=np.int64)


def _different(points: Floats) -> tuple[Ints, Ints, Ints]:
    """First row of each different point, which of them each point is, and how many points it stands for."""
    rows = np.ascontiguousarray(points + 0.0)  # −0 and 0 are one value but two bit patterns
    keys = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).reshape(-1)
    _, first, place, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return first, place.reshape(-1).astype(np.int64), count


def _principal(points: Floats, count: Ints) -> NDArray[np.float32]:
    """The leading principal components, with which 90 % of the variance of all the points is told."""
    # Centred first, single precision is plenty for deciding which centre is nearest.
    centred = (points - np.average(points, axis=0, weights=count)).astype(np.float32)
    values, vectors = np.linalg.eigh((centred.T @ (centred * count[:, None].astype(np.float32))).astype(np.float64))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    enough = int(np.searchsorted(np.cumsum(values), _KEPT * values.sum())) + 1
    return np.asarray(centred @ vectors[:, :enough].astype(np.float32), dtype=np.float32)


def _nearest(points: NDArray[np.float32], centres: NDArray[np.float32]) -> Ints:
    label = np.empty(len(points), dtype=np.int64)
    half = (centres * centres).sum(axis=1) / 2
    for start in range(0, len(points), _BLOCK):
        product = points[start : start + _BLOCK] @ centres.T
        product -= half
        label[start : start + _BLOCK] = product.argmax(axis=1)
    return label


def _means(
    points: NDArray[np.float32], weights: NDArray[np.float32], label: Ints, centres: NDArray[np.float32]
) -> NDArray[np.float32]:
    """New centres; an empty bin keeps the old one."""
    order = np.argsort(label, kind="stable")
    begins = np.flatnonzero(np.diff(label[order], prepend=-1))
    total = np.add.reduceat(weights[order], begins)
    sums = np.add.reduceat(points[order] * weights[order, None], begins, axis=0)
    moved = centres.copy()
    moved[label[order][begins]] = sums / total[:, None]
    return moved
