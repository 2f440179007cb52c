"""Many random cuts at once: one bit a cut, 64 of them in a word.

A count that is only asked whether it reaches 1, 2, … k is kept as k words, one for each of these: adding a bit shifts
it in from below. So 64 counts go up by a few operations on a word, and no count is ever stored as a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Values = NDArray[np.float64]

WORD = 64
"""Cuts in a word."""

_NARROW = 1 << 16
_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Stacks:
    """Rows by what they belong to, as layers: the first row of every target, the second of those with two, and so on.

    Args:
        size: how many targets there are.
        targets: those that have rows, the ones with the most first.
        rows: layer by layer, in the order of `targets`.
        ends: where each layer ends.
    """

    size: int
    targets: Indices
    rows: Indices
    ends: Indices


def packed(flags: Flags) -> Words:
    """Flags (n, cuts) as words (n, cuts / 64).

    Raises:
        ValueError: if the cuts do not fill whole words.
    """
    if flags.shape[1] % WORD:
        raise ValueError(f"expected a multiple of {WORD} cuts, got {flags.shape[1]}")
    return np.packbits(flags, axis=1).view(np.uint64)


def unpacked(words: Words) -> NDArray[np.uint8]:
    """Words (n, w) as 0 and 1, (n, 64 w), in the order in which they were packed."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1)


def bit_counts(words: Words, groups: Sequence[Indices | None] = (None,)) -> Indices:
    """How many rows of each group (None: all) have each bit set: (groups, cuts)."""
    total = np.zeros((len(groups), words.shape[1] * WORD), dtype=np.int64)
    for row, members in enumerate(groups):
        chosen = words if members is None else words[members]
        for start in range(0, len(chosen), _ROWS):
            total[row] += unpacked(chosen[start : start + _ROWS]).sum(0, dtype=np.int64)
    return total


def stacked(target: NDArray[np.integer], size: int) -> Stacks:
    """Rows arranged by their target, each in 0 … size − 1."""
    if size <= _NARROW:
        # Sorted by their digits, several times faster.
        target = target.astype(np.uint16)
    order = np.argsort(target, kind="stable")
    counts = np.bincount(target, minlength=size)
    targets = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    place = np.empty(size, dtype=np.int64)
    place[targets] = np.arange(len(targets))
    known = target[order]
    layer = np.arange(len(order)) - (np.cumsum(counts) - counts)[known]
    ends = np.cumsum(np.bincount(layer)) if len(order) else np.zeros(0, dtype=np.int64)
    rows = np.empty(len(order), dtype=np.int64)
    rows[np.append(0, ends)[layer] + place[known]] = order
    return Stacks(size, targets, rows, ends)


def at_least(words: Words, stacks: Stacks, most: int = 1) -> Words:
    """In which cuts at least 1, 2, … `most` rows of a target have their bit set: (most, targets, w)."""
    levels = np.zeros((most, len(stacks.targets), words.shape[1]), dtype=np.uint64)
    start = 0
    for end in stacks.ends.tolist():
        _raised(levels[:, : end - start], words[stacks.rows[start:end]])
        start = end
    result = np.zeros((most, stacks.size, words.shape[1]), dtype=np.uint64)
    result[:, stacks.targets] = levels
    return result


def open_ranks(nearest: Indices, part: Words, *, k: int) -> Words:
    """For each ball, rank and cut: does the ball belong to the part and reach beyond that rank? (n, depth, w).

    Args:
        nearest: (n, depth), neighbour lists.
        part: which points belong to the part, (n, w).
        k: neighbours within the part to which a ball reaches.
    """
    n, depth = nearest.shape
    result = np.empty((n, depth, part.shape[1]), dtype=np.uint64)
    nearer = np.zeros((k, *part.shape), dtype=np.uint64)
    for rank in range(depth):
        result[:, rank] = part & ~nearer[-1]
        _raised(nearer, part[nearest[:, rank]])
    return result


def sorted_radii(levels: Values, reaching: Words, part: Words) -> Values:
    """The squared radii of the balls of a part in ascending order, then infinity: (cuts, n).

    Args:
        levels: (n, depth), squared distances in the neighbour lists.
        reaching: (n, depth, w), from `open_ranks`.
        part: (n, w), as there.
    """
    own = unpacked(part).astype(bool)
    last = np.full(own.shape, -1)
    for rank in range(levels.shape[1]):
        last += unpacked(reaching[:, rank])
    radii = np.where(own, np.take_along_axis(levels, np.maximum(last, 0), axis=1), np.inf)
    return np.sort(np.ascontiguousarray(radii.T), axis=1)


def up_to(values: Values, limits: Values) -> Words:
    """In which cuts each value (n,) is no larger than the limit (cuts,) of that cut: (n, w)."""
    order = np.argsort(limits, kind="stable")
    rank = np.empty(len(limits), dtype=np.int64)
    rank[order] = np.arange(len(limits))
    table = packed(rank[None, :] >= np.arange(len(limits) + 1)[:, None])
    return table[np.searchsorted(limits[order], values, side="left")]


def _raised(levels: Words, bits: Words) -> None:
    """Count one more in place, where the bit is set: levels (most, n, w), bits (n, w)."""
    for above in range(len(levels) - 1, 0, -1):
        levels[above] |= levels[above - 1] & bits
    levels[0] |= bits
