"""Texts and melodies as vectors: hashed counts of short runs of words, characters, pitches and intervals.

Hashing needs no vocabulary, so the map is fixed before any data are seen.

Reference: Weinberger et al. 2009, Feature hashing for large scale multitask learning, arXiv:0902.2206.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

COLUMNS = 256
"""Of each of the two blocks; each block has length 1, so that both count alike."""

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
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.preprocessing import normalize

    counter = HashingVectorizer(
        n_features=COLUMNS,
        analyzer=analyzer,
        ngram_range=(1, longest),
        token_pattern=r"\S+" if analyzer == "word" else None,
        lowercase=False,
        alternate_sign=False,
        norm=None,
    )
    # Square roots, so that a frequent run does not drown the others; then length 1, so that long texts do not.
    counts = np.sqrt(counter.transform(texts).toarray())
    scaled: NDArray[np.float64] = normalize(counts)
    return scaled
