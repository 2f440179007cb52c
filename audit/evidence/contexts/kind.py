"""The kind of evidence that says which positions of a context drive the prediction of what follows it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..explained.kind import CheckedMap

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MATERIAL = 0.05
"""Nats of the next token's log-probability that are worth explaining: a twentieth of its probability."""


@dataclass(frozen=True, slots=True)
class ContextSet:
    """Contexts of one set of records, one a record, and what leaving out each of their tokens does.

    Contexts end at the right: the last column is the token just before the one that is predicted. B baselines.

    Args:
        rows: int64 (n,), the record that each is the beginning of, by its place in the set.
        lengths: int64 (n,), tokens of each, the mark of the beginning included.
        tokens: int64 (n, P), their ids; −1 before the first.
        targets: int64 (n,), the id that truly follows.
        nats: float64 (n,), the log-probability of that one.
        attributions: float64 (B, n, P), nats less those with the token at that place replaced; 0 before the first.
        effects: float64 (B, n), nats less those with every token replaced.
    """

    rows: Ints
    lengths: Ints
    tokens: Ints
    targets: Ints
    nats: Floats
    attributions: Floats
    effects: Floats


@dataclass(frozen=True, slots=True)
class Contexts:
    """Which tokens of a context drive the next one: of real records, of generated ones, and of untrained copies.

    The k-th context of both sets has the same length, and its tokens are replaced by the same draws.

    Args:
        unit: what a token is, in words.
        baselines: what takes the place of a token, in words, B ways; the first is drawn, the last is fixed.
        shown: the place of the baseline whose profile is nearer to that of the copies: the one that is reported.
        draws: replacements over which each baseline is averaged.
        begins: whether every context begins with a mark of the beginning that is in no record.
        real: contexts of the reference.
        generated: contexts of generated records.
        fresh: float64 (B, C, m, P), the map of each of C copies with new random weights on the first m real contexts.
        gradients: float64 (m, P), the map of those by integrated gradients on the embedding, towards the shown
            baseline; of no rows where the model passes no gradient.
        gradient_complete: bool (m,), whether each adds up to the effect.
        gradient_steps: int64 (m,), integration steps of each.
        symbols: the text of each id in `symbol_ids`; a pitch as its number.
        symbol_ids: int64 (S,).
        impossible: contexts that were left out, as the model gives what follows no probability.
        longest: the longest context that was asked for; longer records are looked at up to there.
        cut: why fewer or shorter contexts were asked for than usual; empty where they were not.
        checked: the map of the first real contexts, put to the test.
    """

    unit: str
    baselines: tuple[str, ...]
    shown: int
    draws: tuple[int, ...]
    begins: bool
    real: ContextSet
    generated: ContextSet
    fresh: Floats
    gradients: Floats
    gradient_complete: NDArray[np.bool_]
    gradient_steps: Ints
    symbols: tuple[str, ...]
    symbol_ids: Ints
    impossible: int
    longest: int
    cut: str = ""
    checked: tuple[CheckedMap, ...] = ()
