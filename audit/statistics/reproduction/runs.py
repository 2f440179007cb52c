"""The longest run of tokens that each record shares with any record of a set, word for word or nearly so."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .suffixes import Hashes, Ints, Strung, hashes, strung, suffix_order

SEEDS = 8
"""Exact runs of a record from which runs with few differences are grown: the longest ones."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What q records share with those of a set, one entry a record.

    Args:
        length: int64 (q,), tokens of the longest run; 0 where no token is shared.
        start: int64 (q,), the token of the record at which it begins.
        other: int64 (q,), the record of the set that has it; −1 where none does.
        other_start: int64 (q,), the token of that record at which it begins.
        span: int64 (q,), tokens from its first to its last, those that differ included.
    """

    length: Ints
    start: Ints
    other: Ints
    other_start: Ints
    span: Ints


@dataclass(frozen=True, slots=True)
class Stretches:
    """Runs that lie in no longer one: of each record, those that cannot be continued to either side.

    Args:
        record: int64 (r,), ascending.
        start: int64 (r,), the token of the record at which each begins, ascending within it.
        length: int64 (r,).
    """

    record: Ints
    start: Ints
    length: Ints


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of q records: the longest word for word, the longest with few differences, and all that are maximal."""

    exact: Shared
    near: Shared
    stretches: Stretches


def shared_runs(*, tokens: Ints, lengths: Ints, among: int, differences: int) -> Runs:
    """Runs that the first records share with the rest.

    Args:
        tokens: int64 (t,), from 1, of all records one after the other: those asked about, then those of the set.
        lengths: int64 (n,), tokens of each record.
        among: how many records are asked about.
        differences: tokens that may differ inside a run of the second kind. It is a run of the first kind grown to
            both sides past that many tokens that differ, so that it holds no insertion and no omission.
    """
    string = strung(tokens, lengths)
    asked = int((lengths[:among] + 1).sum())
    places, nearest, common = _nearest(string, hashed := hashes(string), asked)
    whole = _maximal(string, places, common)
    seeds = _longest(string.record[places[whole]], common[whole], SEEDS)
    at = whole[seeds]
    near = _grown(hashed, places[at], nearest[at], differences)
    return Runs(
        exact=_best(string, among, places, nearest, common, common),
        near=_best(string, among, near[0], near[1], near[2], near[3]),
        stretches=Stretches(
            string.record[places[whole]],
            places[whole] - string.begins[string.record[places[whole]]],
            common[whole],
        ),
    )


def _nearest(string: Strung, hashed: Hashes, asked: int) -> tuple[Ints, Ints, Ints]:
    """Of each place of the first `asked`, a place of the rest that agrees longest, and how far; END is left out."""
    order = suffix_order(string)
    known = order >= asked
    slots = np.arange(len(order))
    before = np.maximum.accumulate(np.where(known, slots, -1))
    after = np.minimum.accumulate(np.where(known, slots, len(order))[::-1])[::-1]
    queries = np.flatnonzero(~known)
    queries = queries[string.left[order[queries]] > 0]
    places = order[queries]
    best = np.zeros(len(places), dtype=np.int64)
    where = np.full(len(places), -1, dtype=np.int64)
    for side, there in ((before[queries], before[queries] >= 0), (after[queries], after[queries] < len(order))):
        some = np.flatnonzero(there)
        other = order[side[some]]
        common = hashed.ahead(places[some], other)
        better = common > best[some]
        best[some[better]], where[some[better]] = common[better], other[better]
    by = np.argsort(places, kind="stable")
    return places[by], where[by], best[by]


def _maximal(string: Strung, places: Ints, common: Ints) -> Ints:
    """Which entries are runs that do not continue one that begins a token before."""
    continued = np.zeros(len(places), dtype=np.bool_)
    continued[1:] = (string.record[places[1:]] == string.record[places[:-1]]) & (common[1:] < common[:-1])
    return np.flatnonzero(~continued & (common > 0))


def _longest(record: Ints, length: Ints, most: int) -> Ints:
    """The places of the longest runs of each record, `most` of them, in the order of the records."""
    order = np.lexsort((-length, record))
    ordered = record[order]
    first = np.searchsorted(ordered, ordered, side="left")
    return order[np.arange(len(order)) - first < most]


def _grown(hashed: Hashes, one: Ints, other: Ints, differences: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Runs with differences from exact seeds: where they begin in both, how many tokens agree, and how many they span.

    Among all ways of sharing the allowed differences between left and right, that with the most tokens that agree.
    """
    ahead, behind = (_reach(hashed, one, other, differences, way) for way in (1, -1))
    agree = np.zeros(len(one), dtype=np.int64) - 1
    back, span = np.zeros_like(agree), np.zeros_like(agree)
    for right in range(differences + 1):
        left = differences - right
        total = ahead[0][right] + behind[0][left]
        better = total > agree
        agree = np.where(better, total, agree)
        back = np.where(better, behind[1][left], back)
        span = np.where(better, ahead[1][right] + behind[1][left], span)
    return one - back, other - back, agree, span


def _reach(hashed: Hashes, one: Ints, other: Ints, differences: int, way: int) -> tuple[list[Ints], list[Ints]]:
    """Tokens that agree, and that are spanned, in one direction with 0, 1, … differences."""
    string = hashed.string
    common = (hashed.ahead if way > 0 else hashed.behind)(one, other)
    agree, span = [common], [common]
    for _ in range(differences):
        if way > 0:
            room = np.minimum(string.left[one] - span[-1], string.left[other] - span[-1])
            at = one + span[-1] + 1, other + span[-1] + 1
        else:
            inside = [each - string.begins[string.record[each]] for each in (one, other)]
            room = np.minimum(inside[0], inside[1]) - span[-1]
            at = one - span[-1] - 1, other - span[-1] - 1
        # Beyond a token that differs there must be one that agrees, or the run ends before it.
        some = np.flatnonzero(room > 1)
        more = np.zeros(len(one), dtype=np.int64)
        more[some] = (hashed.ahead if way > 0 else hashed.behind)(at[0][some], at[1][some])
        agree.append(agree[-1] + more)
        span.append(np.where(more > 0, span[-1] + 1 + more, span[-1]))
    return agree, span


def _best(string: Strung, among: int, places: Ints, others: Ints, length: Ints, span: Ints) -> Shared:
    """The longest of each record, the first among equals."""
    record = string.record[places]
    order = np.lexsort((places, -length, record))
    _, first = np.unique(record[order], return_index=True)
    chosen = order[first]
    chosen = chosen[length[chosen] > 0]
    rows = record[chosen]
    found = Shared(*(np.full(among, fill, dtype=np.int64) for fill in (0, 0, -1, 0, 0)))
    found.length[rows], found.span[rows] = length[chosen], span[chosen]
    found.start[rows] = places[chosen] - string.begins[rows]
    owners = string.record[others[chosen]]
    found.other[rows] = owners - among
    found.other_start[rows] = others[chosen] - string.begins[owners]
    return found


def covered(stretches: Stretches, *, records: int, least: int) -> NDArray[np.int64]:
    """Tokens of each record that lie in runs of at least that length, (records,); overlaps count once."""
    chosen = stretches.length >= least
    record, start, length = stretches.record[chosen], stretches.start[chosen], stretches.length[chosen]
    if not len(record):
        return np.zeros(records, dtype=np.int64)
    # Maximal runs end in the order in which they begin, so each overlaps the one before it at most by what is left.
    end = start + length
    before = np.zeros(len(end), dtype=np.int64)
    before[1:] = np.where(record[1:] == record[:-1], end[:-1], 0)
    fresh = end - np.maximum(start, before)
    total: NDArray[np.int64] = np.bincount(record, weights=fresh, minlength=records).astype(np.int64)
    return total
