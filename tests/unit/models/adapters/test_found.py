"""What is no checkpoint is told from its content, with the way that fits, in one line."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", "x")
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("notes.txt"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "an HDF5 file.*save it as .keras"),
        (b"GGUF" + bytes(100), "a GGUF file.*serve it .* audit its address"),
        (gzip.compress(b"weights", mtime=0), "a gzip archive; unpack it"),
        (tarred(), "a tar archive; unpack it"),
        (zipped(), "a zip archive with notes.txt; unpack it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS.*git lfs pull"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "one picture; give a folder"),
        (b"PAR1" + bytes(50), "a Parquet table; name it with the ending .parquet"),
        (b"import torch\nmodel = 3\n", "a text that starts with 'import torch'.*--loader"),
        (bytes(range(128, 256)) * 3, "384 bytes of no known kind.*safetensors.*--loader"),
    ],
)
def test_a_file_that_is_no_checkpoint(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        load_model(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "a folder with nothing"),
        (["a.txt", "b.txt"], "a folder of 2 texts .*; write them into one .txt"),
        (["saved_model.pb"], "a TensorFlow SavedModel.*ONNX"),
        (["adapter_config.json"], "an adapter.*; merge it"),
        (["tokenizer.json"], "a tokenizer without a model"),
    ],
)
def test_a_folder_that_holds_no_model(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / name).write_text("{}")
    with pytest.raises(UserError, match=message) as caught:
        load_model(tmp_path)
    assert "\n" not in str(caught.value)
