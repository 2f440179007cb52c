"""What in pieces of music tells two groups apart: which notes are of which group, and where that shows most.

Chosen from pieces that a model is not asked about, so that no readout is fitted to what it then measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LONGEST = 48
"""Steps of a prompt at most."""

SLOTS = 6
"""Slots of a prompt at most: 64 subsets."""

WIDTHS = (1, 2, 4, 8)
"""Steps of a slot: where a step is a sixteenth, up to half a bar of four quarters."""

SMOOTHED = 0.5
"""Added to each count, so that no note is surely of one group (Krichevsky and Trofimov 1981)."""

DEALT = 2_000
"""Ways to deal out notes to two hands that are tried for the control."""

UNEVEN, LEAST = 0.02, 0.2
"""Of the control: by how much the share of a hand may differ between groups, and the least that a hand has in each."""


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """What the next note is judged by: V tokens.

    Args:
        first: float64 (V,), of each note the share of it that falls in pieces of the first group, if the groups were
            equally large.
        control: bool (V,), notes of which both groups have as many; empty where there is no such choice.
    """

    first: Floats
    control: NDArray[np.bool_]

    @property
    def weights(self) -> Floats:
        """The two sides of the contrast, then those of the control if there is one, (V, 2 or 4)."""
        sets = [self.first, 1 - self.first]
        if self.control.size:
            sets += [self.control.astype(np.float64), (~self.control).astype(np.float64)]
        return np.stack(sets, axis=1)

    def piece(self, ids: Ints) -> float:
        """How much a piece speaks for the first group: the mean over its notes."""
        return float(self.first[ids].mean())


def notes_of(pieces: Sequence[Sequence[Ints]], vocabulary: int, rng: np.random.Generator) -> Notes:
    """The notes of two groups of pieces, marks of the beginning left out.

    Args:
        pieces: token ids by group and piece.
        vocabulary: how many tokens there are.
        rng: deals out notes for the control.
    """
    counts = np.stack([np.bincount(np.concatenate(list(each)), minlength=vocabulary) for each in pieces])
    # A token that no piece has says nothing, whatever the sizes of the groups.
    smooth = (counts + SMOOTHED) / (counts + SMOOTHED).sum(axis=1, keepdims=True)
    first = np.where(counts.any(axis=0), smooth[0] / smooth.sum(axis=0), 0.5)
    return Notes(first, _even(pieces, vocabulary, rng))


def _even(pieces: Sequence[Sequence[Ints]], vocabulary: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Notes of which both groups have as large a share, (V,); of no length where no deal comes near that.

    Of random deals, that with the least difference between groups and the least between pieces: a choice that is even
    on the whole alone, as of low notes in one mode and high ones in another, would still tell pieces apart.
    """
    dealt = rng.random((DEALT, vocabulary)) < 0.5
    shares = [
        np.stack([np.bincount(ids, minlength=vocabulary) / len(ids) for ids in each]) @ dealt.T for each in pieces
    ]
    masses = np.stack([each.mean(axis=0) for each in shares])
    fit = ((masses >= LEAST) & (masses <= 1 - LEAST)).all(axis=0) & (np.abs(masses[0] - masses[1]) <= UNEVEN)
    spread = np.abs(masses[0] - masses[1]) + np.concatenate(shares).std(axis=0)
    best = int(np.where(fit, spread, np.inf).argmin())
    return dealt[best] if fit[best] else np.zeros(0, dtype=bool)


def place_of(pieces: Sequence[Sequence[Ints]], notes: Notes) -> int:
    """After how many steps the next note tells most: between half and three quarters of the median piece.

    Args:
        pieces: token ids by group and piece, marks of the beginning left out.
        notes: what tells.
    """
    typical = min(LONGEST / 0.75, *(float(np.median([len(ids) for ids in each])) for each in pieces))
    candidates = range(max(1, int(np.ceil(typical / 2))), int(typical * 0.75) + 1)

    def told(place: int) -> float:
        means = [np.mean([notes.first[ids[place]] for ids in each if len(ids) > place] or [0.5]) for each in pieces]
        return float(means[0] - means[1])

    return max(candidates, key=told, default=max(1, int(typical / 2)))


def slots_of(steps: int) -> list[slice]:
    """The slots of a prompt of so many steps: at most `SLOTS` of equal width, the last one perhaps shorter."""
    width = next((each for each in WIDTHS if each * SLOTS >= steps), WIDTHS[-1])
    return [slice(start, min(start + width, steps)) for start in range(0, steps, width)]


def slot_name(slot: slice) -> str:
    """A slot in words, steps counted from 1."""
    return f"step {slot.stop}" if slot.stop - slot.start == 1 else f"span of steps {slot.start + 1}–{slot.stop}"
