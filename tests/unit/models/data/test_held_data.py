"""Files of pictures are read alike, whether the pictures are held in a file or in memory."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_audit.models import held_pictures
from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.data.in_memory import data_in_memory
from genai_audit.models.errors import UserError
from genai_audit.models.held_pictures import FLOATS, LEVELS, HeldPictures

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (23, 6, 7, 3), dtype=np.uint8)
FORMS: dict[str, Any] = {
    "levels": COLOUR,
    "levels, channels first": np.ascontiguousarray(COLOUR.transpose(0, 3, 1, 2)),
    "levels, columns first": np.asfortranarray(COLOUR),
    "grey levels": COLOUR[..., 0],
    "truth values": COLOUR > 100,
    "single precision": COLOUR.astype(np.float32) / 255,
    "half precision": (COLOUR / 255).astype(np.float16),
    "double precision, big-endian, off by rounding": (COLOUR / 255.0 * (1 + 5e-7)).astype(">f8"),
}


def both(monkeypatch: pytest.MonkeyPatch, read: Any) -> tuple[Any, Any]:
    """What is read into memory, and what is held in a file, a few pictures at a time."""
    plain = read()
    monkeypatch.setattr(held_pictures, "LARGE", 0)
    monkeypatch.setattr(held_pictures, "AT_ONCE", 4 * 6 * 7 * 3 * 5)
    return plain, read()


def check_equal(plain: Dataset, held: Dataset) -> None:
    assert isinstance(plain.samples, np.ndarray)
    assert isinstance(held.samples, HeldPictures)
    assert held.samples.shape == plain.samples.shape
    assert np.array_equal(held.samples[:], plain.samples)
    assert (held.sha256, held.classes) == (plain.sha256, plain.classes)
    rows = np.array([22, 0, 3])
    assert held.subset(rows).sha256 == plain.subset(rows).sha256


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [False, True])
def test_archives(form: str, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, write = tmp_path / "a.npz", np.savez_compressed if packed else np.savez
    write(path, x=FORMS[form], y=np.arange(23) % 4, patient=np.arange(23))
    plain, held = both(monkeypatch, lambda: load_data(str(path)))
    check_equal(plain, held)
    assert held.identifiers == plain.identifiers != {}
    came_as_bytes = "levels" in form or form == "truth values"
    assert held.samples.stored == (LEVELS if came_as_bytes else FLOATS)


@pytest.mark.parametrize("form", FORMS)
def test_arrays_in_memory(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_equal(*both(monkeypatch, lambda: data_in_memory((FORMS[form], [0, 1] * 11 + [0]), "reference")))


def test_folders_of_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for index, picture in enumerate(COLOUR):
        (tmp_path / "ab"[index % 2]).mkdir(exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "ab"[index % 2] / f"{index:02d}.png")
    plain, held = both(monkeypatch, lambda: load_data(str(tmp_path)))
    check_equal(plain, held)
    assert held.samples.stored == LEVELS
    Image.fromarray(COLOUR[0][:5]).save(tmp_path / "b" / "99.png")
    with pytest.raises(UserError, match=r"99.png: expected 7×6 with 3 channels as in 00.png, got 7×5"):
        load_data(str(tmp_path))


BAD: dict[str, tuple[Any, str]] = {
    "not finite": (
        np.where(np.arange(23)[:, None, None, None] > 20, np.nan, COLOUR / 255),
        "NaN or infinity in 2 of 23",
    ),
    "too large": (COLOUR / 100, r"got values from 0 to 2.55"),
    "black": ((COLOUR > 100).astype(np.uint8), "only 0 and 1, which is black"),
    "whole numbers": (COLOUR.astype(np.int64), "got int64"),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_values_are_refused_in_the_same_words(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, (x, message) = tmp_path / "a.npz", BAD[fault]
    np.savez(path, x=x)

    def said() -> str:
        with pytest.raises(UserError, match=message) as caught:
            load_data(str(path))
        return str(caught.value)

    plain, held = both(monkeypatch, said)
    assert plain == held


def test_what_a_generator_made_wrong_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=BAD["not finite"][0] * 3)
    plain, held = both(monkeypatch, lambda: load_data(str(path), generated=True))
    assert np.array_equal(held.samples[:], plain.samples, equal_nan=True)


def test_a_damaged_archive_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=COLOUR)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(held_pictures, "LARGE", 0)
    with pytest.raises(UserError, match=r"a.npz: the .npz archive is damaged .*write it again"):
        load_data(str(path))


def test_a_model_can_be_trained_on_held_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from genai_audit.models.families.training.fitting import train

    path = tmp_path / "a.npz"
    np.savez(path, x=COLOUR)
    plain, held = both(monkeypatch, lambda: load_data(str(path)))
    states = [train("vae", each, overrides={"steps": 2, "hidden": (8,)}).model.state_dict() for each in (plain, held)]
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
