"""Texts and melodies as tokens, in which a copied run is the same anywhere, and where each token lies in its record.

A text is a row of words and marks of punctuation, so that blanks and line breaks do not matter and no run begins
inside a word; one whose set has no blanks, such as molecules written as SMILES, is a row of characters. A melody is a
row of intervals with the durations of the notes that they lead to, so that a transposed copy is the same run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Spans = list[tuple[int, int]]

WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
"""A word with its apostrophes, or one mark of punctuation."""

FEWEST_SPACED = 0.1
"""Records with a blank inside, as a share, from which texts are divided into words."""

REST = -1


@dataclass(frozen=True, slots=True)
class Tokens:
    """Records of several sets, one after the other.

    Args:
        tokens: int64 (t,), from 1, equal for what is equal.
        lengths: int64 (n,), tokens of each record.
    """

    tokens: Ints
    lengths: Ints


def unit_of(modality: str, reference: Sequence[Any]) -> str:
    """What a token is: `interval`, `word` or `character`."""
    if modality == "music":
        return "interval"
    spaced = sum(len(text.split(maxsplit=1)) > 1 for text in reference)
    return "word" if spaced >= FEWEST_SPACED * len(reference) else "character"


def tokenised(unit: str, records: Sequence[Any]) -> Tokens:
    """Records as numbers of tokens."""
    if unit == "character":
        return _characters(records)
    numbers: dict[Any, int] = {}
    lengths, flat = [], []
    for record in records:
        part = WORD.findall(record) if unit == "word" else intervals(record)
        lengths.append(len(part))
        flat += [numbers.setdefault(token, len(numbers) + 1) for token in part]
    return Tokens(np.array(flat, dtype=np.int64), np.array(lengths, dtype=np.int64))


def _characters(texts: Sequence[str]) -> Tokens:
    bare = ["".join(text.split()) for text in texts]
    codes = np.frombuffer("".join(bare).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    # Few numbers in use, so that many fit the keys by which suffixes are sorted.
    used = np.zeros(int(codes.max(initial=0)) + 1, dtype=np.int64)
    used[codes] = 1
    return Tokens(np.cumsum(used)[codes], np.array([len(text) for text in bare], dtype=np.int64))


def intervals(pitches: Sequence[int]) -> list[tuple[int | None, int]]:
    """Each note after the first sound as the steps up from the one before it, None for a rest, and its duration."""
    found: list[tuple[int | None, int]] = []
    last: int | None = None
    for pitch, start, end in notes(pitches):
        if last is not None:
            found.append((None if pitch == REST else pitch - last, end - start))
        last = last if pitch == REST else pitch
    return found


def notes(pitches: Sequence[int]) -> list[tuple[int, int, int]]:
    """Pitches that last, with the steps at which each begins and ends: what is the same step after step is one note."""
    changes = [0, *(at for at in range(1, len(pitches)) if pitches[at] != pitches[at - 1]), len(pitches)]
    return [(pitches[start], start, end) for start, end in pairwise(changes) if end > start]


def places(unit: str, record: Any) -> Spans:
    """Where each token of a record begins and ends: in characters, or in steps of a melody."""
    if unit == "word":
        return [each.span() for each in WORD.finditer(record)]
    if unit == "character":
        return [(at, at + 1) for at, sign in enumerate(record) if not sign.isspace()]
    # An interval lies between two notes, so that a run of them begins with the note before the first.
    sounding = False
    found: Spans = []
    last = 0
    for pitch, start, end in notes(record):
        if sounding:
            found.append((last, end))
        if pitch != REST:
            sounding, last = True, start
    return found


def span(unit: str, record: Any, start: int, length: int) -> tuple[int, int]:
    """Where a run of tokens begins and ends in a record."""
    where = places(unit, record)
    return where[start][0], where[start + length - 1][1]
