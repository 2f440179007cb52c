"""Everything that GA307 measures on tokens: of each side alone, at equal numbers of records or of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...statistics.sequences.ngrams import Measured, Sequences, Tally, contexts, distinct_runs, entropy_rate, tallies
from ...statistics.sequences.repeats import Loops, loops, repeats
from ...statistics.sequences.self_bleu import self_bleu

Ints = NDArray[np.int64]

ORDERS = (1, 2, 3)
_BLEU = 4
# Of all runs that the smaller side has, half are drawn on both: leaving out one record then gives the right variance.
_PART = 0.5
BEFORE = {"word": 1, "character": 2, "pitch": 2}
"""Tokens that make the context of the entropy rate."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One number of both sides; `units` are the tokens behind each, `sets` how many disjoint sets were averaged."""

    generated: Measured
    reference: Measured
    units: tuple[int, int]
    sets: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Measures:
    """Generated against real.

    Args:
        distinct: runs met among an equal number, by size; sizes that one side has no two of are left out.
        self_bleu: at an equal number of records.
        bleu_size: that number.
        entropy: bits a token at an equal number of tokens.
        repeating: flags of the generated and of the real records.
        looping: loops of both.
    """

    distinct: dict[int, tuple[Pair, float]]
    self_bleu: Pair
    bleu_size: int
    entropy: Pair
    repeating: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    looping: tuple[Loops, Loops]


def measure_sequences(
    *, generated: Sequences, reference: Sequences, unit: str, rng: np.random.Generator, longest: int, most_sets: int
) -> Measures:
    """Measure both sides.

    Args:
        generated: at least two records with tokens.
        reference: likewise, numbered alike.
        unit: of the tokens.
        rng: for cutting the larger side into sets as large as the smaller.
        longest: tokens of a record that count for runs; repeats and loops are looked for in all of it.
        most_sets: that are averaged at most.
    """
    n, m = len(generated.lengths), len(reference.lengths)
    short = Sequences(
        np.concatenate([generated.cut(longest).tokens, reference.cut(longest).tokens]),
        np.minimum(np.concatenate([generated.lengths, reference.lengths]), longest),
    )
    sides = np.arange(n), n + np.arange(m)
    counted = tallies(short, _BLEU)
    size = min(n, m)
    blocks = [_equal(side, size, rng, most_sets) for side in sides]
    tokens = [float(short.lengths[side].sum()) for side in sides]
    pairs = contexts(short, before=BEFORE[unit])
    equal = [_up_to(side, short.lengths, min(tokens), rng, most_sets) for side in sides]
    return Measures(
        distinct=dict(_distinct(counted, sides)),
        self_bleu=_both([[_bleu(counted, short.lengths, rows) for rows in side] for side in blocks], tokens),
        bleu_size=size,
        entropy=_both(
            [[entropy_rate(*(each.take(rows) for each in pairs)) for rows in side] for side in equal], tokens
        ),
        repeating=(repeats(generated), repeats(reference)),
        looping=(loops(generated), loops(reference)),
    )


def _distinct(counted: Sequence[Tally], sides: tuple[Ints, Ints]) -> list[tuple[int, tuple[Pair, float]]]:
    by_order = []
    for size in ORDERS:
        both = [counted[size - 1].take(side) for side in sides]
        totals = [int(each.count.sum()) for each in both]
        among = _PART * min(totals)
        if among >= 1:
            first, second = (distinct_runs(each, among=among) for each in both)
            by_order.append((size, (Pair(first, second, (totals[0], totals[1])), among)))
    return by_order


def _bleu(counted: Sequence[Tally], lengths: Ints, rows: Ints) -> Measured:
    return self_bleu([each.take(rows) for each in counted], lengths=lengths[rows])[0]


def _equal(side: Ints, size: int, rng: np.random.Generator, most: int) -> list[Ints]:
    """Disjoint random sets of `size` records."""
    sets = min(len(side) // size, most)
    return list(rng.permutation(side)[: sets * size].reshape(sets, size))


def _up_to(side: Ints, lengths: Ints, tokens: float, rng: np.random.Generator, most: int) -> list[Ints]:
    """Disjoint random sets of whole records that hold `tokens` tokens, or as many as they can without more."""
    if lengths[side].sum() <= tokens:
        return [side]
    rows = rng.permutation(side)
    sets: list[Ints] = []
    while len(sets) < most:
        ends = np.cumsum(lengths[rows])
        if not len(ends) or ends[-1] < tokens:
            break
        size = int(np.searchsorted(ends, tokens, side="right"))
        if size < 2:
            break
        sets.append(rows[:size])
        rows = rows[size:]
    return sets or [rows]


def _both(sides: Sequence[Sequence[Measured]], tokens: Sequence[float]) -> Pair:
    first, second = (
        Measured(float(np.mean([each.value for each in side])), sum(each.variance for each in side) / len(side) ** 2)
        for side in sides
    )
    return Pair(first, second, (int(tokens[0]), int(tokens[1])), (len(sides[0]), len(sides[1])))
