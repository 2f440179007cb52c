"""Files and folders that nobody opens are named for what they are, with what to save them in."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

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


def zipped(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "{}")
    return content.getvalue()


FOLDERS = {
    "manifest.ocdbt": "a checkpoint of Orbax",
    "__0_0.distcp": "a distributed checkpoint of PyTorch; make one file of it",
    "step9/mp_rank_00_model_states.pt": "a checkpoint of DeepSpeed; make one file of it",
    "MLmodel": "a model of MLflow; name the file",
    "Data/com.apple.CoreML/model.mlmodel": "a Core ML model; export the model",
    "dataset_info.json": "a data set of Hugging Face; save it",
    "data.mdb": "an LMDB data base; save the records",
    "checkpoint": "a TensorFlow checkpoint; export it",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_of_other_programs_are_named(tmp_path: Path, name: str) -> None:
    file = tmp_path / "folder" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"content")
    with pytest.raises(UserError, match=f"got {FOLDERS[name]}"):
        load_model(tmp_path / "folder")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("m.ckpt-9.index", bytes(60), "a TensorFlow checkpoint; export it"),
        ("m.ckpt-9.data-00000-of-00001", bytes(60), "a TensorFlow checkpoint; export it"),
        ("m.mar", zipped("MAR-INF/MANIFEST.json"), "an archive of TorchServe; unpack it"),
        ("m.msgpack", b"\x81\xa6params\x80", "weights of Flax"),
        ("m.mlmodel", b"\x08\x04\x12\x10abc", "a Core ML model"),
        ("m.plan", b"ftrt" + bytes(60), "an engine of TensorRT"),
        ("m.caffemodel", b"\n\x07abc", "weights of Caffe"),
        ("t.xls", b"\xd0\xcf\x11\xe0" + bytes(60), "a table of another program; save the rows"),
        ("t.dta", b"<stata_dta><header>", "a table of another program; save the rows"),
        ("t.mat", b"MATLAB 5.0 MAT-file", "a table of another program; save the rows"),
        ("v.mp4", b"\0\0\0\x20ftypisom", "a video; save its pictures"),
        ("m.safetensors", b"<!DOCTYPE html><html>404", "a web page, perhaps in place of"),
        ("odd", b"\x08\x04\x12\x10abc", "7 bytes of no known kind"),
    ],
)
def test_files_of_other_programs_are_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f"got {says}") as refusal:
        load_model(tmp_path / name)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("lora_unet_x.lora_down.weight", "weights of a LoRA adapter; merge it"),
        ("unet.a.lora_A.weight", "weights of a LoRA adapter; merge it"),
        ("model.diffusion_model.input_blocks.0.weight", "a whole pipeline in one file, .*; make a folder of it"),
        ("x.weight", "expected metadata 'genai_audit'"),
    ],
)
def test_weights_without_a_model_are_named_by_their_names(tmp_path: Path, name: str, says: str) -> None:
    save_file({name: torch.zeros(2, 2)}, tmp_path / "m.safetensors")
    with pytest.raises(UserError, match=says):
        load_model(tmp_path)


def test_what_a_training_needs_to_go_on_is_no_second_model(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(2)}, tmp_path / "m.safetensors")
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin"):
        torch.save({}, tmp_path / name)
    with pytest.raises(UserError, match=r"m\.safetensors: expected metadata"):
        load_model(tmp_path)
    torch.save({}, tmp_path / "other.pt")
    with pytest.raises(UserError, match=r"expected one model, got m\.safetensors, other\.pt; name one of them"):
        load_model(tmp_path)


@pytest.mark.parametrize(("name", "says"), [("a.json", "JSON list of records"), ("a.jsonl", "rows of a table")])
def test_rows_in_json_are_told_from_records(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / name).write_text('[{"age": 3}]' if name == "a.json" else '{"age": 3}\n')
    with pytest.raises(UserError, match=says):
        load_data(str(tmp_path / name), generated=True)
