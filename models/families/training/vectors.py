"""Records of any modality as plain vectors, for clustering training data into modes to plant defects in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.datasets import Dataset

WORDS = 256
"""Columns that n-grams of texts and melodies are hashed to."""


def vectors(data: Dataset) -> NDArray[np.float32]:
    """One row a record, (n, d): values as they are, table columns in standard units, hashed counts of n-grams."""
    samples = data.samples
    match data.modality:
        case "image" | "audio":
            rows = samples.reshape(len(samples), -1)
        case "tabular":
            rows = _columns(samples)
        case "text":
            rows = _hashed(samples, "char_wb")
        case _:
            rows = _hashed([" ".join(map(str, piece)) for piece in samples], "word")
    return np.asarray(rows, dtype=np.float32)


def _hashed(texts: list[str], analyzer: str) -> NDArray[np.float64]:
    from sklearn.feature_extraction.text import HashingVectorizer

    pattern = r"\S+" if analyzer == "word" else None
    counter = HashingVectorizer(n_features=WORDS, analyzer=analyzer, ngram_range=(1, 3), token_pattern=pattern)
    counts: NDArray[np.float64] = counter.transform(texts).toarray()
    return counts


def _columns(frame: Any) -> NDArray[np.float64]:
    import pandas as pd

    plain = pd.get_dummies(frame, dtype=float).fillna(0.0).to_numpy(dtype=float)
    spread: NDArray[np.float64] = np.where(plain.std(axis=0) > 0, plain.std(axis=0), 1.0)
    units: NDArray[np.float64] = (plain - plain.mean(axis=0)) / spread
    return units
