"""Runs of tokens, counted by record: how many different ones there are, and how predictable each token is.

The record is the sampling unit throughout: tokens of one record are never treated as independent. Variances are those
of the jackknife over records, in closed form, so nothing is resampled.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

START = -1
"""Stands before the first token of a record where a context is asked for; no token has this number."""


class Measured(NamedTuple):
    """A number and its variance over fresh records."""

    value: float
    variance: float


@dataclass(frozen=True, slots=True)
class Sequences:
    """Records of token numbers, one after the other.

    Args:
        tokens: int64 (t,), at least 0.
        lengths: int64 (n,), tokens of each record; they add up to t.
    """

    tokens: Ints
    lengths: Ints

    def __post_init__(self) -> None:
        if int(self.lengths.sum()) != len(self.tokens):
            raise ValueError(
                f"expected lengths that add up to {len(self.tokens)} tokens, got {int(self.lengths.sum())}"
            )

    def take(self, rows: Ints) -> "Sequences":
        """The records at `rows`, in that order."""
        lengths = self.lengths[rows]
        begins = (np.cumsum(self.lengths) - self.lengths)[rows]
        inside = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return Sequences(self.tokens[np.repeat(begins, lengths) + inside], lengths)

    def cut(self, most: int) -> "Sequences":
        """The first tokens of each record, `most` of them."""
        inside = np.arange(len(self.tokens)) - np.repeat(np.cumsum(self.lengths) - self.lengths, self.lengths)
        return Sequences(self.tokens[inside < most], np.minimum(self.lengths, most))


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each record holds each run: one entry a pair that occurs, records ascending.

    Args:
        record: int64 (m,).
        kind: int64 (m,), the number of the run.
        count: int64 (m,), at least 1.
        records: how many records there are, those without any run included.
        kinds: how many numbers of runs there are, those that do not occur here included.
    """

    record: Ints
    kind: Ints
    count: Ints
    records: int
    kinds: int

    def take(self, rows: Ints) -> "Tally":
        """The records at `rows`, each at most once, renumbered in that order."""
        place = np.full(self.records, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        record = place[self.record]
        kept = np.flatnonzero(record >= 0)
        return Tally(record[kept], self.kind[kept], self.count[kept], len(rows), self.kinds)

    def per_record(self) -> Floats:
        """Runs of each record, (records,)."""
        return _summed(self.record, self.count, self.records)


def runs(sequences: Sequences, longest: int) -> Iterator[tuple[Ints, Ints, int]]:
    """For sizes 1 to `longest`: record and number of every run of that many tokens, and how many numbers there are.

    Runs are numbered over all records together, so that equal runs have equal numbers everywhere.
    """
    lengths, tokens = sequences.lengths, sequences.tokens
    record = np.repeat(np.arange(len(lengths)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(tokens))  # tokens from here to the end of the record
    single, kinds = _numbered(tokens)
    kind, singles, at = single, kinds, np.arange(len(tokens))
    for size in range(1, longest + 1):
        if size > 1:
            whole = left[at] >= size
            at = at[whole]
            kind, kinds = _numbered(kind[whole] * singles + single[at + size - 1])
        yield record[at], kind, kinds


def tallies(sequences: Sequences, longest: int) -> list[Tally]:
    """Runs of 1 to `longest` tokens, counted by record."""
    return [_tally(record, kind, len(sequences.lengths), kinds) for record, kind, kinds in runs(sequences, longest)]


def contexts(sequences: Sequences, *, before: int) -> tuple[Tally, Tally]:
    """Each token together with the `before` tokens that it follows, and these contexts alone, counted by record.

    In front of the first token stands a mark of its own, so that there is one pair a token.
    """
    n = len(sequences.lengths)
    padded_lengths = sequences.lengths + before
    padded = np.full(int(padded_lengths.sum()), START, dtype=np.int64)
    inside = np.arange(len(padded)) - np.repeat(np.cumsum(padded_lengths) - padded_lengths, padded_lengths)
    padded[inside >= before] = sequences.tokens
    by_length = list(runs(Sequences(padded, padded_lengths), before + 1))
    record, kind, kinds = by_length[-1]
    past_record, past, pasts = by_length[-2]
    # The last context of a record is followed by nothing.
    followed = np.diff(past_record, append=-1) == 0
    return _tally(record, kind, n, kinds), _tally(past_record[followed], past[followed], n, pasts)


def distinct_runs(tally: Tally, *, among: float) -> Measured:
    """How many different runs would be met among that many runs of whole records drawn without replacement.

    Exact expectation over all such draws, with the records as units; the variance is that of leaving out one.

    Args:
        tally: runs of one size.
        among: runs to be drawn, at most as many as there are.

    Raises:
        ValueError: if there are fewer, or fewer than two records.

    Reference: Colwell, Mao & Chang 2004, doi:10.1890/03-0557.
    """
    n, lengths = tally.records, tally.per_record()
    mean = float(lengths.mean()) if n else 0.0
    if n < 2 or not 0 < among <= lengths.sum() + 1e-9:
        raise ValueError(f"expected two records and at least {among:g} runs, got {n} and {lengths.sum():g}")
    drawn = min(among / mean, float(n))
    holders = np.bincount(tally.kind, minlength=tally.kinds)
    per_holders = np.bincount(holders)  # how many kinds are held by 0, 1, 2 … records
    per_holders[0] = 0
    held = np.arange(len(per_holders))
    value = float(per_holders @ _met(held, n, drawn))
    slope = value - float(per_holders @ _met(held, n, drawn - 1)) if drawn > 1 else value
    kept = min(drawn, n - 1.0)
    after = _met(held, n - 1, kept)
    loss = np.diff(after, prepend=0.0)  # what a kind loses with one of its holders
    change = -_summed(tally.record, loss[holders[tally.kind]], n)
    # Without a long record the others are shorter on average, so more of them make up the same number of runs.
    change += slope * drawn * (lengths - mean) / ((n - 1) * mean)
    return Measured(value, _left_out(change))


def entropy_rate(pairs: Tally, past: Tally) -> Measured:
    """Entropy of a token given those before it, as observed: bits a token, 0 or more.

    Observed entropy lies below the true one the more, the fewer tokens there are: compare equal numbers only.

    Args:
        pairs: tokens with their contexts, from `contexts`.
        past: the contexts.

    Raises:
        ValueError: if there is no token, or fewer than two records.
    """
    n, sizes = pairs.records, pairs.per_record()
    total = float(sizes.sum())
    if n < 2 or total == 0:
        raise ValueError(f"expected two records with tokens, got {n} records with {total:g}")
    spread, without = np.zeros(2), np.zeros((2, n))
    for at, tally in enumerate((past, pairs)):
        counts = _summed(tally.kind, tally.count, tally.kinds)
        spread[at] = _c_log_c(counts).sum()
        here = counts[tally.kind]
        change = _c_log_c(here - tally.count) - _c_log_c(here)
        without[at] = _summed(tally.record, change, n)
    value = float(spread[0] - spread[1]) / total
    rest = total - sizes
    known = rest > 0
    change = np.zeros(n)
    change[known] = (spread[0] - spread[1] + without[0] - without[1])[known] / rest[known] - value
    scale = math.log(2)
    return Measured(max(value, 0.0) / scale, _left_out(change) / scale**2)


def _numbered(keys: Ints) -> tuple[Ints, int]:
    known, number = np.unique(keys, return_inverse=True)
    return number.astype(np.int64), len(known)


def _tally(record: Ints, kind: Ints, records: int, kinds: int) -> Tally:
    pair, count = np.unique(record * max(kinds, 1) + kind, return_counts=True)
    return Tally(pair // max(kinds, 1), pair % max(kinds, 1), count.astype(np.int64), records, kinds)


def _summed(place: Ints, weights: Floats | Ints, size: int) -> Floats:
    return np.bincount(place, weights=weights, minlength=size).astype(np.float64)


def _met(held: Ints, n: int, drawn: float) -> Floats:
    """Chance that `drawn` of n records include one of the `held`: 1 − C(n − held, drawn) / C(n, drawn)."""
    from scipy.special import gammaln

    spare = n - held - drawn + 1
    possible = spare > 0
    left = n - held[possible]
    missed = gammaln(left + 1) - gammaln(spare[possible]) - gammaln(n + 1) + gammaln(n - drawn + 1)
    result = np.ones(len(held))
    result[possible] = -np.expm1(np.minimum(missed, 0.0))
    return result


def _left_out(change: Floats) -> float:
    """Variance from the changes that leaving out each record makes.

    Reference: Efron & Stein 1981, doi:10.1214/aos/1176345462.
    """
    n = len(change)
    return float((n - 1) * change.var())


def _c_log_c(counts: Floats | Ints) -> Floats:
    return np.asarray(counts * np.log(np.maximum(counts, 1)), dtype=np.float64)
