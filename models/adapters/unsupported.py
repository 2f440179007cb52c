"""What lies at a path that no adapter opens, told from its first bytes, and which way fits it."""

import re
import zipfile
from collections import Counter
from pathlib import Path

from ..checkpoints.known_kinds import FOLDERS, LOADER, OPENVINO, TABLE, TENSORFLOW, WEB_PAGE, Unsupported, by_name
from .foreign import members

PICTURES = "give a folder of generated pictures as PNG or JPEG, or a checkpoint"
SOUNDS = "give a folder of generated sounds as .wav, or a checkpoint"
SERVED = (
    "serve it (`llama-server -m FILE.gguf`, or another server that speaks OpenAI's protocol) and audit its address, "
    f"http://localhost:8080/v1#MODEL, with --prompts; or audit the folder that it was made from, or {LOADER}"
)

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
            "a GGUF file of llama.cpp",
            SERVED,
        ),
    ),
    (b"ggml", Unsupported("an old file of llama.cpp", f"audit the folder it was made from, or {LOADER}")),
    (b"\x1f\x8b", Unsupported("a gzip archive", "unpack it and name what is inside")),
    (b"BZh", Unsupported("a bzip2 archive", "unpack it and name what is inside")),
    (b"\x28\xb5\x2f\xfd", Unsupported("a zstd archive", "unpack it and name what is inside")),
    (b"7z\xbc\xaf", Unsupported("a 7z archive", "unpack it and name what is inside")),
    (b"%PDF", Unsupported("a PDF", "name a checkpoint")),
    (b"\x89PNG", Unsupported("one picture", PICTURES)),
    (b"\xff\xd8\xff", Unsupported("one picture", PICTURES)),
    (b"GIF8", Unsupported("one picture, GIF", PICTURES)),
    (b"II*\0", Unsupported("one picture, TIFF", PICTURES)),
    (b"MM\0*", Unsupported("one picture, TIFF", PICTURES)),
    (b"fLaC", Unsupported("one sound, FLAC", SOUNDS)),
    (b"ID3", Unsupported("one sound, MP3", SOUNDS)),
    (b"OggS", Unsupported("one sound, Ogg", SOUNDS)),
    (b"MThd", Unsupported("one piece of MIDI", "give a folder of generated pieces, or a checkpoint")),
    (b"ARROW1", Unsupported("a Feather (Arrow) table", f"{TABLE}, e.g. pandas.read_feather(...).to_parquet(...)")),
    (b"FEA1", Unsupported("a Feather table", f"{TABLE}, e.g. pandas.read_feather(...).to_parquet(...)")),
    (b"\x93NUMPY", Unsupported("a numpy array (.npy)", "save images as .npz: numpy.savez('x.npz', x=array)")),
    (b"SQLite format 3", Unsupported("an SQLite data base", f"{TABLE}, or name code by --loader")),
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
        Unsupported("an adapter of another library than PEFT", "merge it into its base and save that folder"),
    ),
    *FOLDERS,
    ("checkpoint", TENSORFLOW),
    (
        "*.index.json",
        Unsupported("an index of weight files without a config.json", "copy the whole folder of the model"),
    ),
    (
        "tokenizer.json",
        Unsupported("a tokenizer without a model", "copy config.json and the weights into the folder too"),
    ),
    ("*.gguf", Unsupported("a folder of GGUF files of llama.cpp", SERVED)),
    ("*.onnx", Unsupported("a folder of ONNX graphs", "name one of them")),
    ("*.keras", Unsupported("a folder of Keras models", "name one of them")),
)

RECORDS = {
    **dict.fromkeys(
        (".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".jp2", ".jxl", ".ppm", ".pgm"),
        ("pictures", "save them as PNG or JPEG"),
    ),
    **dict.fromkeys(
        (".mp3", ".flac", ".ogg", ".opus", ".aif", ".aiff", ".m4a", ".aac"), ("sounds", "save them as .wav")
    ),
    ".txt": ("texts", "write them into one .txt, a record a line, or one .jsonl, an object with `text` a line"),
    ".npy": ("numpy arrays", "save them as one .npz: numpy.savez('x.npz', x=array of all)"),
    ".csv": ("tables", "name one of them, or write all rows into one .csv"),
    ".parquet": ("tables", "name one of them, or write all rows into one .parquet"),
    ".npz": ("numpy archives", "name one of them, or save all arrays in one as x"),
}
"""Endings of records that no reader reads in a folder, what they are, and what to do."""

POINTER = b"version https://git-lfs"
LONGEST_POINTER = 1024

TAR_MARK = slice(257, 262)
CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f]")
"""Characters that no text has."""


def describe_path(path: Path) -> Unsupported:
    """Say what a file or folder is, by its content."""
    return _folder(path) if path.is_dir() else _file(path)


def data_words(path: Path) -> str:
    """What lies at a path that no reader of records reads, and what to do, as far as that is known."""
    told = _data_folder(path) if path.is_dir() else _file(path)
    # What is meant as records is answered with a model's way out only where it looks like one.
    if told is not None and (LOADER not in told.way or "JSON" in told.what):
        return f"{told.what}; {told.way}"
    return "a folder without such files" if path.is_dir() else f"a {path.suffix or 'bare'} file"


def lfs_pointer(folder: Path) -> Path | None:
    """The first file of a folder that is a pointer of Git LFS in place of what it names; None if there is none."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.stat().st_size <= LONGEST_POINTER:
            with file.open("rb") as opened:
                if opened.read(len(POINTER)) == POINTER:
                    return file
    return None


def _folder(path: Path) -> Unsupported:
    for mark, unsupported in FOLDER_MARKS:
        if any(path.glob(mark)):
            return unsupported
    data = _data_folder(path)
    if data is not None:
        return data
    names = sorted(each.name for each in path.iterdir())
    inside = ", ".join(names[:4]) + (" …" if len(names) > 4 else "") if names else "nothing"
    return Unsupported(f"a folder with {inside}", f"name a checkpoint in it, or {LOADER}")


def _data_folder(path: Path) -> Unsupported | None:
    """What a folder of records is that no reader reads."""
    counts = Counter(file.suffix.lower() for file in (*path.glob("*"), *path.glob("*/*")) if file.is_file())
    suffix, n = max(counts.items(), key=lambda each: each[1], default=("", 0))
    what, way = RECORDS.get(suffix, ("", ""))
    return Unsupported(f"a folder of {n:,} {what} (*{suffix})", way) if what else None


def _file(path: Path) -> Unsupported:
    with path.open("rb") as file:
        start = file.read(512)
    if start[:4] == b"RIFF":
        webp = start[8:12] == b"WEBP"
        return Unsupported("one picture, WebP", PICTURES) if webp else Unsupported("one sound", SOUNDS)
    if start[4:8] == b"TFL3":
        return Unsupported("a TensorFlow Lite model", f"export the model to ONNX or save it as .keras, or {LOADER}")
    if path.suffix.lower() == ".pb" or (start[:1] == b"\n" and b"\x12\x0bPlaceholder" in start):
        return Unsupported("a frozen TensorFlow graph", f"export it to ONNX or save the model as .keras, or {LOADER}")
    for mark, unsupported in STARTS:
        if start.startswith(mark):
            return unsupported
    named = by_name(path.name)
    if named is not None:
        return named
    if start.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return WEB_PAGE
    if path.suffix.lower() == ".bin" and path.with_suffix(".xml").is_file():
        return OPENVINO
    if start[TAR_MARK] == b"ustar":
        return Unsupported("a tar archive", "unpack it and name what is inside")
    if zipfile.is_zipfile(path):
        return _archive(path)
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if CONTROL.search(text):
        return Unsupported(
            f"{path.stat().st_size:,} bytes of no known kind", f"save the model as safetensors, or {LOADER}"
        )
    line = text.strip().splitlines()[0][:40] if text.strip() else ""
    if "\t" in text.strip().partition("\n")[0]:
        return Unsupported("a table with tabs between cells", TABLE)
    if text.lstrip()[:1] in ("[", "{") and path.suffix.lower() not in (".json", ".jsonl"):
        return Unsupported(
            "a JSON text", f"{TABLE}, texts as .jsonl (with `text`), pieces of music as .json; or {LOADER}"
        )
    return Unsupported(f"a text that starts with {line!r}", f"name the weights instead, or {LOADER}")


def _archive(path: Path) -> Unsupported:
    names = members(path)
    if "xl/workbook.xml" in names:
        return Unsupported("a spreadsheet (.xlsx)", TABLE)
    inside = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return Unsupported(f"a zip archive with {inside or 'nothing'}", f"unpack it and name what is inside, or {LOADER}")
