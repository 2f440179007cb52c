"""Texts and melodies: the longest run of tokens that each record shares with the training data."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...statistics.reproduction.runs import Shared, Stretches, shared_runs
from .found import Found, Sets, closest
from .kind import Closeness, Runs
from .tokens import span, tokenised, unit_of

Ints = NDArray[np.int64]

DIFFERENCES = {"word": 3, "character": 3, "interval": 4}
"""Tokens that may differ inside a run that is nearly the same. Another note changes two intervals."""

LEAST_KEPT = 2
"""Runs of fewer tokens are of no record in particular, and are not kept."""


def sequences(modality: str, sets: Sets) -> Found:
    """Compare generated records and those of the null with the training records."""
    unit = unit_of(modality, sets.training)
    asked = [*sets.generated, *sets.null]
    tokens = tokenised(unit, [*asked, *sets.training])
    runs = shared_runs(
        tokens=tokens.tokens, lengths=tokens.lengths, among=len(asked), differences=DIFFERENCES[unit]
    )  # fmt: skip
    n, lengths = len(sets.generated), tokens.lengths[: len(asked)]
    kept, null_kept = _split(runs.stretches, lengths, n)
    left = lengths - runs.exact.length
    # A record without a token shares nothing, however little of it is left.
    left = np.where(lengths > 0, left, 1)
    changed = DIFFERENCES[unit]
    return Found(
        method=f"longest common run of {unit}s with any training record, by a suffix array",
        verbatim=_closeness(f"longest run of {unit}s in common", unit, sets, runs.exact),
        near=_closeness(f"longest run in common with at most {changed} {unit}s that differ", unit, sets, runs.near),
        whole=left[:n],
        null_whole=left[n:],
        part=f"{unit}s",
        runs=kept,
        null_runs=null_kept,
    )


def _closeness(what: str, unit: str, sets: Sets, shared: Shared) -> Closeness:
    n = len(sets.generated)
    length, matched = shared.length[:n].astype(np.float64), shared.other[:n]
    spans = np.zeros((n, 4), dtype=np.int64)
    for at in closest(length, matched).tolist():
        spans[at] = _span(unit, sets.generated, sets.training, shared, at)
    return Closeness(
        what=what,
        unit=f"{unit}s",
        generated=length,
        null=shared.length[n:].astype(np.float64),
        matched=matched,
        spans=spans,
    )


def _span(
    unit: str, generated: Sequence[Any], training: Sequence[Any], shared: Shared, at: int
) -> tuple[int, int, int, int]:
    length = int(shared.span[at])
    mine = span(unit, generated[at], int(shared.start[at]), length)
    theirs = span(unit, training[int(shared.other[at])], int(shared.other_start[at]), length)
    return *mine, *theirs


def _split(stretches: Stretches, lengths: Ints, n: int) -> tuple[Runs, Runs]:
    """The runs of generated records, and of those of the null."""
    long = stretches.length >= LEAST_KEPT
    made = stretches.record < n
    sides = []
    for chosen, first, tokens in ((long & made, 0, lengths[:n]), (long & ~made, n, lengths[n:])):
        record, start, length = stretches.record[chosen] - first, stretches.start[chosen], stretches.length[chosen]
        sides.append(Runs(tokens, record, start, length))
    return sides[0], sides[1]
