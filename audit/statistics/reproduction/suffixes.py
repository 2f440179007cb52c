"""Suffixes of records in order, and how far any two of them agree.

Prefix doubling on whole arrays (Manber and Myers), with the refinement of Larsson and Sadakane that only what is still
tied is sorted again: natural texts are told apart by a few tokens, so that time grows all but linearly. An automaton
would be linear in theory, but takes a Python object a state. What two suffixes have in common is found by hashes of
prefixes and bisection, all pairs at once.

Reference: Manber and Myers 1993, doi:10.1137/0222058; Larsson and Sadakane 2007, doi:10.1016/j.tcs.2007.07.017.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

END = 0
"""Stands after each record; no token has this number."""

_BITS = 62
_BASE = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Strung:
    """Records of tokens in one string, each followed by `END`.

    Args:
        tokens: int64 (t,), tokens from 1 and `END`.
        record: int64 (t,), the record at each place.
        begins: int64 (n,), where each record begins.
        lengths: int64 (n,), tokens of each.
    """

    tokens: Ints
    record: Ints
    begins: Ints
    lengths: Ints

    @property
    def left(self) -> Ints:
        """Tokens from each place to the end of its record, (t,); 0 at `END`."""
        ends = self.begins + self.lengths
        remaining: Ints = ends[self.record] - np.arange(len(self.tokens))
        return remaining


def strung(tokens: Ints, lengths: Ints) -> Strung:
    """Records one after the other (tokens from 1) as one string with `END` after each."""
    record = np.repeat(np.arange(len(lengths)), lengths + 1)
    begins = np.cumsum(lengths + 1) - (lengths + 1)
    places = np.full(len(record), END, dtype=np.int64)
    inside = np.arange(len(record)) - begins[record] < lengths[record]
    places[inside] = tokens
    return Strung(places, record, begins, lengths)


def suffix_order(string: Strung) -> Ints:
    """The places of the string in the order of what follows them in their record; (t,).

    What follows the end of a record does not count: equal remainders of two records stand in any order.
    """
    total, left = len(string.tokens), string.left
    key, width = _packed(string.tokens, left)
    order = np.argsort(key, kind="stable")
    rank = np.empty(total, dtype=np.int64)
    places = np.arange(total)
    group = _starts(key[order])
    rank[order] = group
    open_ = places[_shared(group)]
    while True:
        # Where the end was among what was compared, the rest of the record is known to be equal.
        open_ = open_[left[order[open_]] >= width]
        if not len(open_):
            return order
        at = order[open_]
        key = rank[at] * (total + 1) + rank[np.minimum(at + width, total - 1)]
        by = np.argsort(key, kind="stable")
        order[open_] = at = at[by]
        fresh = _first(key[by], open_)
        rank[at] = fresh
        open_ = open_[_shared(fresh)]
        width *= 2


def _packed(tokens: Ints, left: Ints) -> tuple[Ints, int]:
    """As many tokens from each place on as fit a number, and how many these are; after the end of a record, none."""
    bits = max(1, int(tokens.max(initial=0)).bit_length())
    width = max(1, _BITS // bits)
    key = np.zeros(len(tokens), dtype=np.int64)
    for step in range(width):
        key <<= bits
        if step < len(tokens):
            key[: len(tokens) - step] |= np.where(left[: len(tokens) - step] > step, tokens[step:], 0)
    return key, width


def _starts(ordered: Ints) -> Ints:
    """The place of the first of those that equal each, (t,)."""
    return _first(ordered, np.arange(len(ordered)))


def _first(ordered: Ints, places: Ints) -> Ints:
    """Of ordered keys at ascending places, the place of the first with the same key."""
    new = np.ones(len(ordered), dtype=np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    result: Ints = places[np.maximum.accumulate(np.where(new, np.arange(len(ordered)), 0))]
    return result


def _shared(group: Ints) -> NDArray[np.bool_]:
    """Which have a neighbour in their group."""
    same = group[1:] == group[:-1]
    shared = np.zeros(len(group), dtype=np.bool_)
    shared[1:] |= same
    shared[:-1] |= same
    return shared


@dataclass(frozen=True, slots=True)
class Hashes:
    """Hashes of a string's beginnings, from which that of any part follows.

    Args:
        string: the string.
        sums: uint64 (t + 1,), of its first tokens, modulo 2⁶⁴.
        powers: uint64 (t + 1,), of the base.
    """

    string: Strung
    sums: Words
    powers: Words

    def ahead(self, one: Ints, other: Ints) -> Ints:
        """How many tokens from these pairs of places on are equal, within their records."""
        left = self.string.left
        return self._common(one, other, np.minimum(left[one], left[other]), 1)

    def behind(self, one: Ints, other: Ints) -> Ints:
        """How many tokens before these pairs of places are equal, within their records."""
        gone = np.minimum(*(each - self.string.begins[self.string.record[each]] for each in (one, other)))
        return self._common(one, other, gone, -1)

    def _common(self, one: Ints, other: Ints, most: Ints, way: int) -> Ints:
        common = np.zeros(len(one), dtype=np.int64)
        step = 1 << max(0, int(most.max(initial=0)).bit_length() - 1)
        while step:
            tried = np.flatnonzero(common + step <= most)
            shift = common[tried] if way > 0 else -common[tried] - step
            same = self._part(one[tried] + shift, step) == self._part(other[tried] + shift, step)
            common[tried[same]] += step
            step >>= 1
        return common

    def _part(self, start: Ints, length: int) -> Words:
        # Both parts are moved to the end of the string, where powers do not depend on the place.
        part: Words = (self.sums[start + length] - self.sums[start]) * self.powers[len(self.sums) - 1 - start]
        return part


def hashes(string: Strung) -> Hashes:
    """The hashes of a string. Two parts that differ agree by chance once in 10¹⁹; callers compare what they report."""
    powers = np.full(len(string.tokens) + 1, _BASE, dtype=np.uint64)
    powers[0] = 1
    np.multiply.accumulate(powers, out=powers)
    # Scattered token numbers, as small ones would cancel each other.
    values = string.tokens.astype(np.uint64) + np.uint64(1)
    values = (values ^ (values >> np.uint64(3))) * np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(29)
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * powers[:-1], out=sums[1:])
    return Hashes(string, sums, powers)
