"""Texts and melodies as sequences of token numbers, and as vectors of hashed runs of tokens."""

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...statistics.sequences.ngrams import Sequences, runs

Ints = NDArray[np.int64]

WORD = r"\w+(?:['’]\w+)*|[^\w\s]"
"""A word with its apostrophes, or one mark of punctuation."""

_FEWEST_SPACED = 0.1
_COLUMNS = 512
_LONGEST = 3
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Records of several sets as tokens.

    Args:
        sets: one `Sequences` a set, numbered alike.
        names: what each token number stands for.
        unit: `word`, `character` or `pitch`.
    """

    sets: tuple[Sequences, ...]
    names: tuple[str, ...]
    unit: str


def tokenize(modality: str, sets: Sequence[Sequence[Any]], *, reference: int) -> Tokens:
    """Records as tokens: pitches of melodies; words of texts, or characters where texts are not divided by blanks.

    Characters are taken where fewer than one in ten records of the set `reference` has a blank between other
    characters, as in molecules written as SMILES or in languages that do not divide words.
    """
    unit = "pitch" if modality == "music" else _unit(sets[reference])
    split: Callable[[Any], list[Any]] = re.compile(WORD).findall if unit == "word" else list
    numbers: dict[Any, int] = {}
    sequences = []
    for records in sets:
        parts = [split(record) for record in records]
        flat = [numbers.setdefault(token, len(numbers)) for part in parts for token in part]
        sequences.append(
            Sequences(np.array(flat, dtype=np.int64), np.array([len(part) for part in parts], dtype=np.int64))
        )
    return Tokens(tuple(sequences), tuple(str(token) for token in numbers), unit)


def _unit(texts: Sequence[str]) -> str:
    spaced = sum(len(text.split(maxsplit=1)) > 1 for text in texts)
    return "word" if spaced >= _FEWEST_SPACED * len(texts) else "character"


def hashed(sequences: Sequences, names: Sequence[str]) -> NDArray[np.float64]:
    """Records to (n, 512): square roots of hashed counts of runs of 1 to 3 tokens, each record scaled to length 1.

    The hash depends on the tokens alone, so the map is fixed before any data are seen. Empty records are 0.

    Reference: Weinberger et al. 2009, arXiv:0902.2206.
    """
    n = len(sequences.lengths)
    codes = np.array([zlib.crc32(name.encode("utf-8", "surrogatepass")) for name in names], dtype=np.uint64)
    token = codes[sequences.tokens] if len(names) else np.empty(0, dtype=np.uint64)
    left = np.repeat(np.cumsum(sequences.lengths), sequences.lengths) - np.arange(len(token))
    record = np.repeat(np.arange(n), sequences.lengths)
    counts = np.zeros(n * _COLUMNS)
    run = np.zeros(len(token), dtype=np.uint64)
    for size in range(1, _LONGEST + 1):
        at = np.flatnonzero(left >= size)
        run[at] = (run[at] ^ token[at + size - 1]) * _MIX + np.uint64(size)
        column = (run[at] >> np.uint64(40)).astype(np.int64) % _COLUMNS
        counts += np.bincount(record[at] * _COLUMNS + column, minlength=n * _COLUMNS)
    points = np.sqrt(counts).reshape(n, _COLUMNS)
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.where(length > 0, length, 1.0), dtype=np.float64)


def phrase(sequences: Sequences, names: Sequence[str], unit: str, size: int) -> tuple[Ints, Ints, list[str], Ints]:
    """Record and number of every run of `size` tokens; of each number the run as a reader writes it, and its tokens.

    Args:
        sequences: records as token numbers.
        names: what each number stands for.
        unit: `word`, `character` or `pitch`.
        size: tokens in a run.
    """
    *_, (record, kind, kinds) = runs(sequences, size)
    left = np.repeat(np.cumsum(sequences.lengths), sequences.lengths) - np.arange(len(sequences.tokens))
    where = np.flatnonzero(left >= size)
    first = np.zeros(kinds, dtype=np.int64)
    first[kind[::-1]] = where[::-1]
    between = "" if unit == "character" else " "
    tokens = sequences.tokens[first[:, None] + np.arange(size)].astype(np.int64)
    return record, kind, [between.join(names[token] for token in each) for each in tokens.tolist()], tokens


def holders(sets: Sequence[Sequences], run: Sequence[int]) -> int:
    """How many records of some sets hold a run of tokens."""
    found = 0
    for each in sets:
        starts = max(len(each.tokens) - len(run) + 1, 0)
        same = np.ones(starts, dtype=np.bool_)
        for at, token in enumerate(run):
            same &= each.tokens[at : at + starts] == token
        ends = np.cumsum(each.lengths)
        first = np.flatnonzero(same)
        record = np.searchsorted(ends, first, side="right")
        # A run that two records share is in neither.
        found += len(np.unique(record[first + len(run) <= ends[record]]))
    return found
