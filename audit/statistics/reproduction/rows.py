"""What a row of a table shares with the row of another table that shares most: equal values, weighed by their rarity.

A value that one row in eight has is worth log₂ 8 = 3 bits. So a row of common values that stands in the training data
as it would in any table of the kind says little, while a rare combination says much: the part of a row of what the
length of a run is in a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 4_000_000
"""Pairs of rows held at once."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of n rows asked about and of m rows of the set.

    Args:
        asked: (n,), numbers, or the number of each value.
        among: (m,), likewise; equal for equal values.
        tolerance: up to which numbers are nearly the same; 0 where only equal ones are.
    """

    asked: Floats
    among: Floats
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Rows:
    """Of each row (n,): what it shares with the row of the set with which it shares most.

    Args:
        bits: of equal values.
        index: that row.
        near_bits: of values that are equal, or nearly the same where they are numbers.
        near_index: that row.
        equal: the largest number of columns that are equal in any one row.
    """

    bits: Floats
    index: Ints
    near_bits: Floats
    near_index: Ints
    equal: Ints


def shared_rows(columns: Sequence[Column]) -> Rows:
    """Compare each row asked about with each of the set."""
    n, m = len(columns[0].asked), len(columns[0].among)
    worth = [_worth(each, 0.0) for each in columns]
    loose = [_worth(each, each.tolerance) for each in columns]
    parts = []
    step = max(1, _BLOCK // m)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        size = len(columns[0].asked[rows])
        bits, near = (np.zeros((size, m), dtype=np.float32) for _ in range(2))
        equal = np.zeros((size, m), dtype=np.int16)
        for each, exact, inexact in zip(columns, worth, loose, strict=True):
            same = each.asked[rows, None] == each.among[None]
            equal += same
            bits += same * exact[rows, None]
            if each.tolerance > 0:
                same = np.abs(each.asked[rows, None] - each.among[None]) <= each.tolerance
            near += same * inexact[rows, None]
        first, second, at = bits.argmax(axis=1), near.argmax(axis=1), np.arange(size)
        parts.append((bits[at, first], first, near[at, second], second, equal.max(axis=1)))
    bits, index, near, near_index, equal = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Rows(
        bits.astype(np.float64), index.astype(np.int64), near.astype(np.float64), near_index.astype(np.int64),
        equal.astype(np.int64),
    )  # fmt: skip


def _worth(column: Column, tolerance: float) -> NDArray[np.float32]:
    """Bits of each value asked about, (n,): how rare it, or what is nearly the same, is in the set; 0 where absent."""
    ordered = np.sort(column.among)
    low = np.searchsorted(ordered, column.asked - tolerance, side="left")
    high = np.searchsorted(ordered, column.asked + tolerance, side="right")
    found = np.maximum(high - low, 0)
    return np.where(found > 0, -np.log2(np.maximum(found, 1) / len(ordered)), 0.0).astype(np.float32)
