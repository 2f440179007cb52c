"""What lies at a path that no adapter opens, told from its first bytes, and which way fits it."""

import zipfile
from pathlib import Path
from typing import NamedTuple

from .foreign import members

LOADER = "name code that builds the model by --loader FILE.py:FUNCTION (`genai-audit init loader` writes a start)"


class Unsupported(NamedTuple):
    """What something is that no adapter opens, and what to do with it."""

    what: str
    way: str


STARTS: tuple[tuple[bytes, Unsupported], ...] = (
    (
        b"\x89HDF",
        Unsupported(
            "an HDF5 file, as Keras 2 and weights files have it", f"save it as .keras with Keras 3, or {LOADER}"
        ),
    ),
    (
        b"GGUF",
        Unsupported(
            "a GGUF file of llama.cpp", f"audit the folder it was made from, serve it and give its address, or {LOADER}"
        ),
    ),
    (b"ggml", Unsupported("an old file of llama.cpp", f"audit the folder it was made from, or {LOADER}")),
    (b"\x1f\x8b", Unsupported("a gzip archive", "unpack it and name what is inside")),
    (b"BZh", Unsupported("a bzip2 archive", "unpack it and name what is inside")),
    (b"\x28\xb5\x2f\xfd", Unsupported("a zstd archive", "unpack it and name what is inside")),
    (b"7z\xbc\xaf", Unsupported("a 7z archive", "unpack it and name what is inside")),
    (b"%PDF", Unsupported("a PDF", "name a checkpoint")),
    (b"\x89PNG", Unsupported("one picture", "give a folder of generated pictures, or a checkpoint")),
    (b"\xff\xd8\xff", Unsupported("one picture", "give a folder of generated pictures, or a checkpoint")),
    (b"RIFF", Unsupported("one sound", "give a folder of generated sounds, or a checkpoint")),
    (b"PAR1", Unsupported("a Parquet table", "name it with the ending .parquet, then it is read as generated rows")),
    (b"version https://git-lfs", Unsupported("a pointer of Git LFS in place of the file", "run `git lfs pull`")),
)

FOLDER_MARKS: tuple[tuple[str, Unsupported], ...] = (
    (
        "saved_model.pb",
        Unsupported("a TensorFlow SavedModel", f"save it as .keras with Keras 3, export it to ONNX, or {LOADER}"),
    ),
    (
        "adapter_config.json",
        Unsupported("an adapter without its base model", "merge it into the base and save that folder"),
    ),
    ("checkpoint", Unsupported("a TensorFlow checkpoint", f"export it to ONNX, or {LOADER}")),
    (
        "*.index.json",
        Unsupported("an index of weight files without a config.json", "copy the whole folder of the model"),
    ),
    (
        "tokenizer.json",
        Unsupported("a tokenizer without a model", "copy config.json and the weights into the folder too"),
    ),
    ("*.onnx", Unsupported("a folder of ONNX graphs", "name one of them")),
    ("*.keras", Unsupported("a folder of Keras models", "name one of them")),
)

TAR_MARK = slice(257, 262)


def describe_path(path: Path) -> Unsupported:
    """Say what a file or folder is, by its content."""
    return _folder(path) if path.is_dir() else _file(path)


def _folder(path: Path) -> Unsupported:
    for mark, unsupported in FOLDER_MARKS:
        if any(path.glob(mark)):
            return unsupported
    names = sorted(each.name for each in path.iterdir())
    inside = ", ".join(names[:4]) + (" …" if len(names) > 4 else "") if names else "nothing"
    return Unsupported(f"a folder with {inside}", f"name a checkpoint in it, or {LOADER}")


def _file(path: Path) -> Unsupported:
    with path.open("rb") as file:
        start = file.read(512)
    for mark, unsupported in STARTS:
        if start.startswith(mark):
            return unsupported
    if start[TAR_MARK] == b"ustar":
        return Unsupported("a tar archive", "unpack it and name what is inside")
    if zipfile.is_zipfile(path):
        return _archive(path)
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError:
        return Unsupported(
            f"{path.stat().st_size:,} bytes of no known kind", f"save the model as safetensors, or {LOADER}"
        )
    line = text.strip().splitlines()[0][:40] if text.strip() else ""
    return Unsupported(f"a text that starts with {line!r}", f"name the weights instead, or {LOADER}")


def _archive(path: Path) -> Unsupported:
    names = members(path)
    inside = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return Unsupported(f"a zip archive with {inside or 'nothing'}", f"unpack it and name what is inside, or {LOADER}")
