"""Records that repeat themselves: a run of tokens twice in a row, or a loop that goes on to the end."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ngrams import Ints, Sequences


class Loops(NamedTuple):
    """Of each record: `tokens` int64 (n,) in the loop at its end (0: none), and its `period` (0: none)."""

    tokens: Ints
    period: Ints


def repeats(sequences: Sequences, *, longest: int = 4) -> NDArray[np.bool_]:
    """Which records hold a run of 1 to `longest` tokens twice in a row: bool (n,)."""
    n = len(sequences.lengths)
    repeating = np.zeros(n, dtype=bool)
    record = np.repeat(np.arange(n), sequences.lengths)
    for size in range(1, longest + 1):
        here = _agreeing(sequences, record, size) >= size
        repeating[record[here]] = True
    return repeating


def loops(sequences: Sequences, *, longest: int = 8, times: int = 3) -> Loops:
    """The loop at the end of each record: a period of 1 to `longest` tokens, gone through `times` times or more.

    Of several periods the one with most tokens counts, and of equals the shortest.
    """
    n = len(sequences.lengths)
    tokens, periods = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    record = np.repeat(np.arange(n), sequences.lengths)
    ends = np.cumsum(sequences.lengths)
    for period in range(1, longest + 1):
        able = np.flatnonzero(sequences.lengths >= times * period)
        agreeing = _agreeing(sequences, record, period)[ends[able] - 1]
        inside = np.where(agreeing >= (times - 1) * period, agreeing + period, 0)
        longer = inside > tokens[able]
        tokens[able[longer]] = inside[longer]
        periods[able[longer]] = period
    return Loops(tokens, periods)


def _agreeing(sequences: Sequences, record: Ints, period: int) -> Ints:
    """For each token, how many tokens up to it, without a break, equal the one a period earlier in the same record."""
    tokens, total = sequences.tokens, len(sequences.tokens)
    same = np.zeros(total, dtype=bool)
    same[period:] = (tokens[period:] == tokens[:-period]) & (record[period:] == record[:-period])
    here = np.arange(total)
    breaks = np.maximum.accumulate(np.where(same, -1, here)) if total else here
    return np.asarray(here - breaks, dtype=np.int64)
