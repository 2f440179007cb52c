"""Modes of real data: clusters learned on one part of it, as fixed cells in which other samples can be counted.

Cells that were fitted to the very samples they count hold too many of them, so a perfect generator would look thin in
all of them. Here the cells come from data that are counted nowhere; then real and generated counts are plain
multinomial counts, whatever the cells look like.

Ward's clustering gives every number of clusters at once and needs no restarts: well separated clusters are found
however many there are. Their number is the one with the best Bayesian information criterion of equal spherical
Gaussians, as in X-means. Lloyd's iterations then settle the centres.

Reference: Ward 1963, doi:10.1080/01621459.1963.10500845; Pelleg and Moore 2000 (X-means, ICML); Lloyd 1982,
doi:10.1109/TIT.1982.1056489.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OUTSIDE = -1
"""The label of a sample that lies in no mode."""

REACH = 4.0
"""A mode ends this many root mean squared distances from its centre."""

_MOST_AXES = 50
_KEPT_VARIANCE = 0.95
_TREE_POINTS = 3000  # the tree needs memory for every pair
_LLOYD_POINTS = 20_000
_ROUNDS = 25
_PRIOR = 5.0  # points of average spread that a mode's own spread is mixed with
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Modes:
    """Cells: each sample belongs to the nearest centre, unless it is further away than the mode reaches.

    Args:
        origin: (d,), what is subtracted first.
        axes: (d, p), orthonormal directions in which distances count.
        centres: (K, p), the largest mode first.
        radii: (K,), how far each mode reaches.
        sizes: (K,), points it was learned from.
        separated: whether more than one cluster stood out; otherwise the cells divide one cloud.
    """

    origin: Floats
    axes: Floats
    centres: Floats
    radii: Floats
    sizes: Ints
    separated: bool


class Places(NamedTuple):
    """The mode of each sample (n,), `OUTSIDE` where there is none, and its distance to the nearest centre (n,)."""

    labels: Ints
    distances: Floats


def find_modes(
    *,
    learning: Floats,
    rng: np.random.Generator,
    most: int = 100,
    cells: int = 1,
    number: int | None = None,
    least: int = 3,
) -> Modes:
    """The modes of real samples (n, d), learned from these alone.

    Args:
        learning: real samples that will not be counted.
        rng: chooses the points of the tree where there are too many.
        most: modes at most; never more than one for every six samples.
        cells: into how many cells a cloud without separate clusters is divided.
        number: so many modes, instead of choosing.
        least: a mode of fewer samples is dissolved; its samples fall to others, or outside.

    Raises:
        ValueError: with fewer than two samples.
    """
    if len(learning) < 2:
        raise ValueError(f"expected at least two samples to find modes in, got {len(learning)}")
    points = learning if len(learning) <= _LLOYD_POINTS else learning[rng.permutation(len(learning))[:_LLOYD_POINTS]]
    origin, axes = _principal_axes(points)
    points = (points - origin) @ axes
    tree_points = points if len(points) <= _TREE_POINTS else points[rng.permutation(len(points))[:_TREE_POINTS]]
    tree = _Tree(tree_points)
    limit = max(1, min(most, len(tree_points) // 6))
    best = tree.best_number(limit)
    wanted = number if number is not None else best if best > 1 else min(cells, limit)
    centres, labels = _lloyd(points, tree.centres(min(wanted, len(tree_points))))
    sizes = np.bincount(labels, minlength=len(centres))
    kept = sizes >= min(least, sizes.max())
    squares = ((points - centres[labels]) ** 2).sum(axis=1)
    order = np.flatnonzero(kept)[np.argsort(-sizes[kept], kind="stable")]
    scatter = np.bincount(labels, weights=squares, minlength=len(centres))
    average = squares.sum() / max(len(points) - len(centres), 1)
    # Unbiased within each mode, and steadied by the average of all.
    spread = (scatter + _PRIOR * average) / (np.maximum(sizes - 1, 0) + _PRIOR)
    return Modes(origin, axes, centres[order], REACH * np.sqrt(spread[order]), sizes[order], best > 1)


def place(modes: Modes, samples: Floats) -> Places:
    """To which mode each sample (n, d) belongs."""
    labels, distances = np.empty(len(samples), np.int64), np.empty(len(samples))
    for start in range(0, len(samples), _BLOCK):
        part = slice(start, start + _BLOCK)
        squares = _squared_distances((samples[part] - modes.origin) @ modes.axes, modes.centres)
        labels[part] = squares.argmin(axis=1)
        distances[part] = np.sqrt(squares.min(axis=1))
    # Rounding must not push equal points out of a mode that has no width.
    slack = 1e-6 * (1.0 + np.abs(modes.centres).max(initial=0.0))
    return Places(np.where(distances <= modes.radii[labels] + slack, labels, OUTSIDE), distances)


def _principal_axes(points: Floats) -> tuple[Floats, Floats]:
    """The mean, and the leading directions that hold most of the variance (d, p); scales are kept as they are."""
    origin = points.mean(axis=0)
    some = points[:: max(1, len(points) // _TREE_POINTS)] - origin
    if some.shape[1] == 1:
        return origin, np.ones((1, 1))
    if len(some) < some.shape[1]:
        values, left = np.linalg.eigh(some @ some.T)
        vectors = some.T @ left / np.sqrt(np.maximum(values, 1e-300))
    else:
        values, vectors = np.linalg.eigh(some.T @ some)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    total = values.sum()
    if total <= 0:
        return origin, np.eye(some.shape[1], 1)
    enough = int(np.searchsorted(np.cumsum(values) / total, _KEPT_VARIANCE)) + 1
    kept = min(enough, _MOST_AXES, int((values > 1e-12 * total).sum()))
    # In few dimensions nothing is gained by leaving one out.
    kept = int((values > 1e-12 * total).sum()) if some.shape[1] <= 8 else kept
    return origin, np.ascontiguousarray(vectors[:, :kept])


class _Tree:
    """Ward's tree over some points: for every number of clusters, their sizes, their scatter and their centres."""

    def __init__(self, points: Floats) -> None:
        from scipy.cluster.hierarchy import linkage

        self.points = points
        self.merges = linkage(points, "ward")
        self.descent = _from_the_root(self.merges)
        # Merges at one height count in the order of scipy's `cut_tree`: those furthest down the tree first.
        rank = np.lexsort((-np.argsort(self.descent), self.merges[:, 2]))
        self.joins = np.argsort(rank)

    def labels(self, clusters: int) -> Ints:
        """The cluster of each point, (n,), numbered by their first points; as scipy's `cut_tree`, in linear time."""
        n = len(self.points)
        joined = (self.joins < n - clusters).tolist()
        cluster = list(range(2 * n - 1))
        pairs = self.merges[:, :2].astype(np.int64).tolist()
        for merge in self.descent.tolist():
            if joined[merge]:
                left, right = pairs[merge]
                cluster[left] = cluster[right] = cluster[n + merge]
        _, first, labels = np.unique(cluster[:n], return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[labels].astype(np.int64)

    def centres(self, clusters: int) -> Floats:
        return _means(self.points, self.labels(clusters), clusters)

    def best_number(self, most: int) -> int:
        """The number of clusters with the best Bayesian information criterion, at most `most`."""
        n = len(self.points)
        # Joining two clusters at height h adds h² / 2 to the scatter.
        scatter = np.concatenate([[0.0], np.cumsum(self.merges[:, 2] ** 2 / 2)])[::-1]  # at 1, 2, … clusters
        if scatter[0] <= 0:
            return 1
        numbers = np.arange(1, most + 1)
        # Below this, spread is rounding: points that should be equal.
        within = np.maximum(scatter[:most], 1e-10 * scatter[0]) / (n - numbers)
        dimensions = self._dimensions(most)
        likelihood = self._size_terms(most) - n * dimensions / 2 * np.log(within)
        criterion = likelihood - numbers * (dimensions + 1) / 2 * np.log(n)
        return int(criterion.argmax()) + 1

    def _dimensions(self, clusters: int) -> float:
        """How many directions the scatter within clusters fills: (Σ λ)² / Σ λ² of its covariance."""
        labels = self.labels(clusters)
        inside = self.points - _means(self.points, labels, clusters)[labels]
        covariance = inside.T @ inside
        squares = float((covariance**2).sum())
        return float(np.trace(covariance) ** 2) / squares if squares > 0 else 1.0

    def _size_terms(self, most: int) -> Floats:
        """Σ n_k log(n_k / n) at 1, 2, …, `most` clusters, by undoing the merges from the last."""
        n = len(self.points)
        sizes = np.concatenate([np.ones(n), self.merges[:, 3]])
        entropy = sizes * np.log(sizes / n)
        terms = np.zeros(most)
        for split in range(1, most):
            merge = n - 1 - split
            left, right = self.merges[merge, :2].astype(int)
            terms[split] = terms[split - 1] - entropy[n + merge] + entropy[left] + entropy[right]
        return terms


def _from_the_root(merges: Floats) -> Ints:
    """The merges (n − 1,) of a tree, the last one first, each before those of its right and its left branch."""
    n = len(merges) + 1
    order, branches = [n - 2], merges[:, :2].astype(np.int64).tolist()
    for merge in order:
        left, right = branches[merge]
        order += [node - n for node in (right, left) if node >= n]
    return np.array(order, dtype=np.int64)


def _lloyd(points: Floats, centres: Floats) -> tuple[Floats, Ints]:
    labels = np.full(len(points), -1, dtype=np.int64)
    for _ in range(_ROUNDS):
        nearest = _squared_distances(points, centres).argmin(axis=1)
        if (nearest == labels).all():
            break
        labels = nearest
        filled = np.bincount(labels, minlength=len(centres)) > 0
        centres = np.where(filled[:, None], _means(points, labels, len(centres)), centres)
    return centres, labels


def _means(points: Floats, labels: Ints, clusters: int) -> Floats:
    member = np.zeros((clusters, len(points)))
    member[labels, np.arange(len(points))] = 1.0
    means: Floats = member @ points / np.maximum(member.sum(axis=1, keepdims=True), 1.0)
    return means


def _squared_distances(points: Floats, centres: Floats) -> Floats:
    squares = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * points @ centres.T
    nonnegative: Floats = np.maximum(squares, 0)
    return nonnegative
