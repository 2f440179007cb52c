"""Counts, summed over the blocks of distances between a reference and generated sets."""

import numpy as np
from numpy.typing import NDArray

from .clipped import median_radius, own_counts
from .graph import Balls, Indices, Inside, crossings, own_reach
from .prdc import share_chosen
from .splits import Values
from .support import largest_vouching, small_counts

# What the 64 nearest pairs of a ball or a point do not decide, the others change in one split of 2**64.
_ENOUGH = 64


class NeighbourTally:
    """Counts for every point, set by set."""

    def __init__(self, reference: Balls, sets: int, k: int, depth: int) -> None:
        n = reference.size
        self.reference, self.k, self.depth = reference, k, depth
        self.counts = np.zeros((sets, n), dtype=np.int64)  # reference balls around each generated point
        self.hits = np.zeros((sets, n), dtype=np.int64)  # generated points in each reference ball
        self.median, self.largest = median_radius(reference, k=k), largest_vouching(reference, k=k)
        self.held = np.zeros((sets, n))  # reference balls, none larger than the median one, around each generated point
        self.vouching = np.zeros((sets, n))  # the same of all balls that count for the support
        self.recalling = np.zeros((sets, n))  # generated balls that count for the support, around each real point
        self.crowding = np.zeros((sets, n))  # the same around each point of its own set
        self.recalled = np.zeros((sets, n), dtype=bool)
        self.reference_reach = np.full(n, np.inf)
        self.generated_reach = np.full((sets, n), np.inf)
        self.forward: list[Inside] = []
        self.backward: list[Inside] = []

    def add(self, index: int, generated: Balls, seed: int) -> None:
        """Count the distances between the reference and one generated set."""
        n, k = self.reference.size, self.k
        forward, backward = [], []
        largest = largest_vouching(generated, k=k)
        self.crowding[index] = own_counts(generated, k=k, limit=largest)
        for block in crossings(self.reference, generated, k=k, depth=self.depth, seed=seed, reach=True):
            inside = block.forward.rank < k
            known = self.counts[index].copy()
            self.counts[index] += np.bincount(block.forward.point[inside], minlength=n)
            self.hits[index] += np.bincount(block.forward.ball[inside], minlength=n)
            self.held[index] += _within(block.forward, self.median, k, n)
            self.vouching[index] += _within(block.forward, self.largest, k, n)
            self.recalling[index] += _within(block.backward, largest, k, n)
            self.recalled[index, block.backward.point[block.backward.rank < k]] = True
            self.reference_reach[block.rows] = np.minimum(self.reference_reach[block.rows], block.row_reach)
            self.generated_reach[index] = np.minimum(self.generated_reach[index], block.column_reach)
            forward.append(_few(block.forward, block.forward.ball, known[block.forward.point] < _ENOUGH))
            backward.append(_few(block.backward, block.backward.point, None))
        self.forward.append(_joined(forward))
        self.backward.append(_joined(backward))

    def shares(self) -> tuple[float, float, float, float]:
        """The values of `SHARES`."""
        precision, coverage = float((self.counts > 0).mean()), float((self.hits > 0).mean())
        return precision, float(self.recalled.mean()), coverage, share_chosen(self.reference, k=self.k)

    def density_from_reference(self) -> float:
        """Variance of Σ hits / (k m) over fresh references, from what leaving out each point does to it.

        Point j takes its own ball away, and each ball that counted j among its k nearest reaches one rank further and
        gains about a k-th of its content. (The content of that one shell would do too, but is noisier.)
        """
        total = self.hits.sum(0)
        gain = np.repeat(total / self.k, self.k)
        gained = np.bincount(self.reference.nearest[:, : self.k].reshape(-1), weights=gain, minlength=len(total))
        change = (gained - total) / (self.k * self.hits.size)
        return float(change.var(ddof=1) * len(total))


def _within(pairs: Inside, limit: float, k: int, n: int) -> Values:
    """In how many balls no larger than the limit each point lies, among pairs of any rank: (n,)."""
    kept = pairs.rank < k
    return small_counts(Inside(pairs.ball[kept], pairs.point[kept], pairs.rank[kept], pairs.level[kept]), limit, n)


def _few(inside: Inside, by: Indices, also: NDArray[np.bool_] | None) -> Inside:
    """The pairs that can matter, so that memory stays linear when a collapsed generator lies inside every ball."""
    counts = np.bincount(by)
    if len(by) == 0 or counts.max() <= _ENOUGH:
        return inside
    order = np.argsort(by * (int(inside.rank.max()) + 1) + inside.rank)
    starts = np.cumsum(counts) - counts
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - starts[by[order]]
    kept = place < _ENOUGH if also is None else (place < _ENOUGH) | also
    return Inside(inside.ball[kept], inside.point[kept], inside.rank[kept], inside.level[kept])


def _joined(pieces: list[Inside]) -> Inside:
    ball, point, rank, level = (np.concatenate(each) for each in zip(*pieces, strict=True))
    return Inside(ball.astype(np.int32), point.astype(np.int32), rank.astype(np.int16), level)


def apart(reach: Values, inside: NDArray[np.bool_]) -> Values:
    """Distances as multiples of radii, above 1 exactly where nothing lies inside, whatever rounding says."""
    outside = np.sqrt(reach)
    return np.where(inside, np.minimum(outside, 1), np.maximum(outside, np.nextafter(1, 2)))


def own_outside(reference: Balls, k: int) -> Values:
    """How far each reference point lies outside the others' balls: (n,), 0 for those inside."""
    outside = np.setdiff1d(np.arange(reference.size), reference.nearest[:, :k])
    result = np.zeros(reference.size)
    # Not inside, whatever rounding says.
    result[outside] = np.maximum(np.sqrt(own_reach(reference, outside, k=k)), np.nextafter(1, 2))
    return result
