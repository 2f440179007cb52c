"""Texts and melodies as vectors: hashed counts of short runs of words, characters, pitches and intervals.

Hashing needs no vocabulary, so the map is fixed before any data are seen.

Reference: Weinberger et al. 2009, Feature hashing for large scale multitask learning, arXiv:0902.2206.
"""

import re
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

COLUMNS = 256
"""Of each of the two blocks; each block has length 1, so that both count alike."""

BLOCK = 1 << 20
"""Characters whose runs are counted at a time, so that memory does not grow with their number."""

# As sklearn reads texts.
_SPACES = re.compile(r"\s\s+")

EXTRACTOR = "hashed counts of words, word pairs and runs of 1 to 3 characters (2 × 256)"
MUSIC_EXTRACTOR = "hashed counts of pitches and of runs of 1 to 3 intervals (2 × 256)"


def text_features(texts: Sequence[str]) -> NDArray[np.float64]:
    """Texts to (n, 512): words and word pairs, then characters in runs of 1 to 3; any two texts lie within 2."""
    return np.hstack([_hashed(texts, "word", 2), _hashed(texts, "char", 3)])


def music_features(pieces: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Pieces of MIDI pitches (rest −1) to (n, 512): pitches, then intervals in runs of 1 to 3."""
    pitches = [" ".join(map(str, piece)) for piece in pieces]
    intervals = [" ".join(_interval(a, b) for a, b in pairwise(piece)) for piece in pieces]
    return np.hstack([_hashed(pitches, "word", 1), _hashed(intervals, "word", 3)])


def _interval(before: int, after: int) -> str:
    if before < 0 or after < 0:
        return "to-rest" if after < 0 else "from-rest"
    return f"{after - before:+d}"


def _hashed(texts: Sequence[str], analyzer: str, longest: int) -> NDArray[np.float64]:
    from sklearn.preprocessing import normalize

    counts = np.zeros((len(texts), COLUMNS))
    start = 0
    while start < len(texts):
        some = _up_to(texts, start)
        counts[start : start + len(some)] = _counts(some, analyzer, longest)
        start += len(some)
    # Square roots, so that a frequent run does not drown the others; then length 1, so that long texts do not.
    scaled: NDArray[np.float64] = normalize(np.sqrt(counts))
    return scaled


def _up_to(texts: Sequence[str], start: int) -> Sequence[str]:
    """The next texts, of about `BLOCK` characters, at least one."""
    end, size = start, 0
    while end < len(texts) and size < BLOCK:
        size += len(texts[end])
        end += 1
    return texts[start:end]


def _counts(texts: Sequence[str], analyzer: str, longest: int) -> NDArray[np.float64]:
    """How often a run of 1 to `longest` words or characters of each text falls into each column, (n, COLUMNS).

    Runs are numbers until all different ones are known, so that each of these is written out and hashed once.
    """
    units = [text.split() if analyzer == "word" else _SPACES.sub(" ", text) for text in texts]
    between = " " if analyzer == "word" else ""
    everything = list(chain.from_iterable(units))
    single = list(dict.fromkeys(everything))
    numbers = dict(zip(single, range(len(single)), strict=True))
    own = np.fromiter(map(numbers.__getitem__, everything), dtype=np.int64, count=len(everything))
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in units])
    counts, starts, runs, names = np.zeros(len(texts) * COLUMNS, dtype=np.int64), np.arange(len(own)), own, single
    for further in range(longest):
        if further:
            inside = starts + further < len(own)
            inside[inside] = rows[starts[inside]] == rows[starts[inside] + further]
            starts, runs = starts[inside], runs[inside]
            keys = runs * len(single) + own[starts + further]
            different, runs = _different(keys, len(names) * len(single))
            pairs = zip(*(each.tolist() for each in divmod(different, len(single))), strict=True)
            names = [f"{names[run]}{between}{single[unit]}" for run, unit in pairs]
        if not names:
            break
        counts += np.bincount(rows[starts] * COLUMNS + _columns(names)[runs], minlength=len(counts))
    return counts.reshape(len(texts), COLUMNS).astype(np.float64)


def _different(keys: NDArray[np.int64], below: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different keys, ascending, and the place of each key among them."""
    if below > BLOCK:
        return np.unique(keys, return_inverse=True)
    # A table of all possible keys takes no sorting.
    found = np.zeros(below, dtype=bool)
    found[keys] = True
    return np.flatnonzero(found), (np.cumsum(found) - 1)[keys]


def _columns(names: Sequence[str]) -> NDArray[np.int64]:
    """The column of each name, (k,)."""
    from sklearn.feature_extraction import FeatureHasher

    hasher = FeatureHasher(n_features=COLUMNS, input_type="string", alternate_sign=False)
    return np.asarray(hasher.transform([name] for name in names).indices, dtype=np.int64)
