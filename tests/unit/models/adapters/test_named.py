"""Files and folders that nobody opens are named for what they are, with what to save them in."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.data.datasets import load_data
from genai_audit.models.errors import UserError


def several(suffix: str, content: bytes = b"some words") -> Any:
    def make(path: Path) -> None:
        path.mkdir()
        for index in range(3):
            (path / f"{index}{suffix}").write_bytes(content)

    return make


def array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros((3, 4, 4)))


def written(content: bytes) -> Any:
    return lambda path: path.write_bytes(content)


CASES = {
    "a.tsv": (written(b"a\tb\n1\t2\n"), "a table with tabs between cells; save the rows as .csv"),
    "a.feather": (written(b"ARROW1\0\0" + bytes(40)), "a Feather .Arrow. table; save the rows as .csv"),
    "a.npy": (array, "a numpy array .*; save images as .npz"),
    "a.webp": (lambda path: Image.new("RGB", (4, 4)).save(path), "one picture, WebP; give a folder"),
    "webp": (several(".webp"), r"a folder of 3 pictures \(\*.webp\); save them as PNG or JPEG"),
    "txt": (several(".txt"), r"a folder of 3 texts \(\*.txt\); write them into one .txt"),
    "npy": (several(".npy"), r"a folder of 3 numpy arrays \(\*.npy\); save them as one .npz"),
    "mp3": (several(".mp3"), r"a folder of 3 sounds \(\*.mp3\); save them as .wav"),
    "a.flac": (written(b"fLaC" + bytes(40)), "one sound, FLAC; give a folder of generated sounds as .wav"),
}


@pytest.mark.parametrize("name", CASES)
def test_data_are_named_as_checkpoint_and_as_reference(tmp_path: Path, name: str) -> None:
    make, says = CASES[name]
    make(tmp_path / name)
    for opened in (lambda: load_model(tmp_path / name), lambda: load_data(str(tmp_path / name))):
        with pytest.raises(UserError, match=says) as refusal:
            opened()
        assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("model.tflite", b"\x1c\0\0\0TFL3" + bytes(60), "a TensorFlow Lite model; export the model to ONNX"),
        ("frozen.pb", b"\n\x10\n\x05input" + bytes(60), "a frozen TensorFlow graph; export it to ONNX"),
    ],
)
def test_models_of_tensorflow_are_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=says):
        load_model(tmp_path / name)


@pytest.mark.parametrize(("name", "says"), [("a.json", "JSON list of records"), ("a.jsonl", "rows of a table")])
def test_rows_in_json_are_told_from_records(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / name).write_text('[{"age": 3}]' if name == "a.json" else '{"age": 3}\n')
    with pytest.raises(UserError, match=says):
        load_data(str(tmp_path / name), generated=True)
