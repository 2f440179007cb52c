"""Distances of sequences by the runs of symbols that they have in common.

The distance of two sequences is one minus the share of their different runs of n symbols that both have (Jaccard). It
is a metric, takes a product of sparse matrices, and moves by little where a copy is cut or spliced at one place.

Reference: Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x; Broder 1997, doi:10.1109/SEQUEN.1997.666900.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .nearest import Nearest, nearest_of_blocks

Ints = NDArray[np.int64]

_BASE, _WHOLE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03)


@dataclass(frozen=True, slots=True)
class RunSets:
    """The runs of every sequence of a set.

    Args:
        runs: sparse float32 (n, V), 1 where a sequence has a run.
        sizes: int64 (n,), different runs of each.
    """

    runs: Any
    sizes: Ints

    def __len__(self) -> int:
        return len(self.sizes)


def run_sets(sets: Sequence[Sequence[Sequence[int]]], *, length: int) -> list[RunSets]:
    """The runs of `length` symbols of several sets of sequences; a shorter sequence is one run.

    Args:
        sets: each a list of sequences of symbols, whole numbers of at least −2.
        length: of a run.

    Raises:
        ValueError: if the length is below 1.
    """
    if length < 1:
        raise ValueError(f"expected runs of at least one symbol, got {length}")
    from scipy.sparse import csr_matrix

    keys, owners = zip(*(_runs(each, length) for each in sets), strict=True)
    known, place = np.unique(np.concatenate(keys), return_inverse=True)
    result, start = [], 0
    for each, owner in zip(sets, owners, strict=True):
        cells = np.unique(owner * len(known) + place[start : start + len(owner)])
        start += len(owner)
        row, column = np.divmod(cells, max(len(known), 1))
        shape = (len(each), len(known))
        runs = csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=shape)
        result.append(RunSets(runs, np.bincount(row, minlength=len(each)).astype(np.int64)))
    return result


def _runs(sequences: Sequence[Sequence[int]], length: int) -> tuple[NDArray[np.uint64], Ints]:
    """A number for every run, equal for equal runs, and the sequence that it is of."""
    sizes = np.array([len(each) for each in sequences], dtype=np.int64)
    symbols = np.fromiter(chain.from_iterable(sequences), dtype=np.int64, count=int(sizes.sum()))
    hashed = _mixed(symbols.astype(np.uint64) + np.uint64(3))
    owner, offset = np.repeat(np.arange(len(sizes)), sizes), np.cumsum(sizes) - sizes
    left = np.repeat(offset + sizes, sizes) - np.arange(len(symbols))
    start = np.flatnonzero(left >= length)
    total = np.zeros(len(start), dtype=np.uint64)
    for step in range(length):
        total = _mixed(total * _BASE + hashed[start + step])
    # A sequence without a whole run is compared as a whole.
    short = np.flatnonzero(sizes < length)
    whole = np.array([_whole(hashed[offset[at] : offset[at] + sizes[at]]) for at in short], dtype=np.uint64)
    return np.concatenate([total, whole]), np.concatenate([owner[start], short])


def _whole(hashed: NDArray[np.uint64]) -> np.uint64:
    total = np.array([_WHOLE])
    for each in hashed:
        total = _mixed(total * _BASE + each)
    return np.uint64(total[0])


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scattered over all 64 bits (the finaliser of SplitMix64), so that different runs hardly ever collide."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scattered: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return scattered


def nearest_sequences(own: RunSets, other: RunSets, *, itself: bool, rng: np.random.Generator) -> Nearest:
    """The nearest sequence of another set, at a distance in [0, 1].

    Args:
        own: sequences whose nearest are sought.
        other: sequences among which they are, made by the same call.
        itself: the other set is this one, and no sequence is its own neighbour.
        rng: breaks ties.
    """
    import torch

    turned = other.runs.T.tocsr()

    def block(rows: slice) -> Any:
        common = (own.runs[rows] @ turned).toarray().astype(np.float64)
        union = own.sizes[rows, None] + other.sizes[None, :] - common
        # Quotients of equal value are equal to the last bit, so ties stay ties.
        return torch.as_tensor(1 - common / union)

    return nearest_of_blocks(block, sizes=(len(own), len(other)), itself=itself, rng=rng)
