"""Runs of words and characters that are numbered before they are hashed are counted as sklearn counts them."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer

from genai_audit.models.encoders.builtin import hashed

ODD = ["", " ", "a", "a  b", "\n\tq  r ", "z\x1cy", "\u3000\u3000x", "é 😀 é 😀 é", "the same", "the same"]


def plain(texts: list[str], analyzer: str, longest: int) -> np.ndarray:
    counter = HashingVectorizer(
        n_features=hashed.COLUMNS,
        analyzer=analyzer,
        ngram_range=(1, longest),
        token_pattern=r"\S+" if analyzer == "word" else None,
        lowercase=False,
        alternate_sign=False,
        norm=None,
    )
    return np.asarray(counter.transform(texts).toarray())


@pytest.mark.parametrize(("analyzer", "longest"), [("word", 1), ("word", 2), ("word", 3), ("char", 3)])
@pytest.mark.parametrize("block", [3, 40, 1 << 20])
def test_counts_are_those_of_sklearn(analyzer: str, longest: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small blocks part the texts, and too small a table has to sort.
    monkeypatch.setattr(hashed, "BLOCK", block)
    rng = np.random.default_rng(longest)
    texts = ODD + [" ".join(rng.choice(["one", "two", "x", "Ωμέγα", "10"], rng.integers(9))) for _ in range(50)]
    wanted = np.sqrt(plain(texts, analyzer, longest))
    lengths = np.linalg.norm(wanted, axis=1, keepdims=True)
    found = hashed._hashed(texts, analyzer, longest)
    assert found == pytest.approx(wanted / np.where(lengths > 0, lengths, 1), rel=1e-14)
    np.testing.assert_array_equal(hashed._counts(texts, analyzer, longest), plain(texts, analyzer, longest))
