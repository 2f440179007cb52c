"""Maps of whole sets of contexts: those of one length together, laid out so that contexts end at the right."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ablation import ablated, kept_only
from .choosing import Beginnings, Vocabulary
from .next_token import NextToken

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DRAWS = 4
"""Tokens drawn in place of each, over which the readout is averaged."""

CHECK_DRAWS = 2
"""Of these, those that the checks use, as they take hundreds of passes a context; the second method uses the first."""


def right(rows: Sequence[NDArray[np.int64] | NDArray[np.float64]], width: int, filler: float) -> NDArray[np.generic]:
    """Rows of various lengths as one array (n, width), each ending at the right."""
    laid = np.full((len(rows), width), filler, dtype=rows[0].dtype)
    for at, row in zip(laid, rows, strict=True):
        at[width - len(row) :] = row
    return laid


@dataclass(frozen=True, slots=True)
class Layout:
    """Contexts with what replaces their tokens.

    Args:
        ids: int64 (n, P), ending at the right, −1 before the first.
        lengths: int64 (n,).
        targets: int64 (n,).
        fills: for each baseline int64 (K, n, P).
    """

    ids: Ints
    lengths: Ints
    targets: Ints
    fills: tuple[Ints, ...]

    def groups(self) -> Iterator[tuple[int, Ints]]:
        """Each length that there is, and the contexts of it."""
        for length in np.unique(self.lengths).tolist():
            yield length, np.flatnonzero(self.lengths == length)

    def first(self, count: int) -> "Layout":
        """The first contexts only."""
        fills = tuple(each[:, :count] for each in self.fills)
        return Layout(self.ids[:count], self.lengths[:count], self.targets[:count], fills)

    def full(self, ask: NextToken) -> Floats:
        """The readout of each context, (n,)."""
        nats = np.empty(len(self.ids))
        for length, rows in self.groups():
            nats[rows] = ask.nats(self.ids[rows, -length:], self.targets[rows])
        return nats


def laid_out(contexts: Beginnings, vocabulary: Vocabulary, uniform: Floats) -> Layout:
    """Contexts with their replacements.

    Args:
        contexts: n of them.
        vocabulary: of the reference.
        uniform: (K, n, P), the numbers by which replacements are drawn; the same for every set.
    """
    ids = np.asarray(right(contexts.ids, uniform.shape[2], -1), dtype=np.int64)
    lengths = np.array([len(each) for each in contexts.ids], dtype=np.int64)
    return Layout(ids, lengths, contexts.targets, (vocabulary.drawn(uniform), vocabulary.commonest(ids)[None]))


def map_of(ask: NextToken, layout: Layout, nats: Floats, told: Callable[[int], None]) -> tuple[Floats, Floats]:
    """What replacing each token takes from the readout, (B, n, P), and replacing all of them, (B, n).

    Args:
        ask: the readout.
        layout: the contexts.
        nats: (n,), the readout of each.
        told: how many contexts more were done.
    """
    values = np.zeros((len(layout.fills), *layout.ids.shape))
    effects = np.zeros(values.shape[:2])
    for length, rows in layout.groups():
        for at, fill in enumerate(layout.fills):
            ids = layout.ids[rows, -length:]
            singles, emptied = ablated(ask, ids, layout.targets[rows], fill[:, rows, -length:])
            values[at, rows, -length:] = nats[rows, None] - singles
            effects[at, rows] = nats[rows] - emptied
        told(len(rows))
    return values, effects


def masked_readout(ask: NextToken, layout: Layout, fill: Ints) -> Callable[[Ints, NDArray[np.bool_]], Floats]:
    """The readout of contexts by their places, where of the last tokens only some are kept.

    Tokens before these stay, so that contexts of various lengths have as many parts as each other.
    """
    known: dict[bytes, float] = {}

    def masked(rows: Ints, keep: NDArray[np.bool_]) -> Floats:
        # Short contexts have few different masks, which orders of tokens meet again and again.
        keys = [each.tobytes() for each in np.column_stack([rows, np.packbits(keep, axis=1)])]
        places = {key: place for place, key in enumerate(keys) if key not in known}
        fresh = np.array(list(places.values()), dtype=np.int64)
        known.update(zip(places, _masked(ask, layout, fill, rows[fresh], keep[fresh]).tolist(), strict=True))
        return np.array([known[key] for key in keys])

    return masked


def _masked(ask: NextToken, layout: Layout, fill: Ints, rows: Ints, keep: NDArray[np.bool_]) -> Floats:
    width, parts = layout.ids.shape[1], keep.shape[1]
    whole = np.ones((len(rows), width), dtype=bool)
    whole[:, width - parts :] = keep
    nats = np.empty(len(rows))
    for length in np.unique(layout.lengths[rows]).tolist():
        at = np.flatnonzero(layout.lengths[rows] == length)
        mine = rows[at]
        ids, instead = layout.ids[mine, -length:], fill[:, mine, -length:]
        nats[at] = kept_only(ask, ids, layout.targets[mine], instead, whole[at, -length:])
    return nats
