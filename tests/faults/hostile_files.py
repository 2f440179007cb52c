"""Small files that ask for far more memory or time than there is; each function writes one and returns its place."""

import io
import json
import struct
import wave
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Written = Callable[[Path], Path]


def archive(path: Path, members: Mapping[str, Iterable[bytes]]) -> Path:
    """A zip archive whose members are written a piece at a time, packed as tightly as can be."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for name, pieces in members.items():
            with target.open(name, "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
    return path


def npy(shape: tuple[int, ...], kind: str = "|u1") -> bytes:
    """The header of a numpy array."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": kind, "fortran_order": False, "shape": shape})
    return header.getvalue()


def zeros(size: int) -> Iterable[bytes]:
    """That many zeros, in pieces."""
    return (bytes(2**20) for _ in range(size // 2**20))


def npz_bomb(folder: Path) -> Path:
    return archive(folder / "x.npz", {"x.npy": [npy((2**19, 32, 32)), *zeros(2**29)]})


def npz_shape(folder: Path) -> Path:
    return archive(folder / "x.npz", {"x.npy": [npy((2**40, 8, 8)), bytes(64)]})


def npz_identifiers(folder: Path) -> Path:
    images = [npy((2, 8, 8)), bytes(128)]
    return archive(folder / "x.npz", {"x.npy": images, "id.npy": [npy((10**10,), "<U0")]})


def npz_members(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "x.npz", "w") as target:
        for number in range(100_001):
            target.writestr(f"{number}.npy", b"")
    return folder / "x.npz"


def text_line(folder: Path) -> Path:
    (folder / "x.txt").write_text("a b " * (50 * 2**20), encoding="utf-8")
    return folder / "x.txt"


def text_field(folder: Path) -> Path:
    (folder / "x.jsonl").write_text(json.dumps({"text": "a b " * 2**20}), encoding="utf-8")
    return folder / "x.jsonl"


def text_breaks(folder: Path) -> Path:
    (folder / "x.txt").write_bytes(b"\n" * 10**7 + b"\xff")
    return folder / "x.txt"


def json_depth(folder: Path) -> Path:
    (folder / "x.json").write_text("[" * 10**5 + "]" * 10**5, encoding="utf-8")
    return folder / "x.json"


def json_length(folder: Path) -> Path:
    (folder / "x.json").write_text("[[" + "60," * 10**7 + "60]]", encoding="utf-8")
    return folder / "x.json"


def csv_columns(folder: Path) -> Path:
    names, values = ",".join(f"c{number}" for number in range(10**6)), ",".join("1" * 10**6)
    (folder / "x.csv").write_text(f"{names}\n{values}\n", encoding="utf-8")
    return folder / "x.csv"


def csv_cell(folder: Path) -> Path:
    (folder / "x.csv").write_text(f"a,b\n1,{'x' * 2**21}\n", encoding="utf-8")
    return folder / "x.csv"


def parquet(path: Path, table: Any, times: int) -> Path:
    """A Parquet file that holds a table many times over."""
    from pyarrow.parquet import ParquetWriter

    with ParquetWriter(path, table.schema, store_schema=False) as writer:
        for _ in range(times):
            writer.write_table(table)
    return path


def parquet_rows(folder: Path) -> Path:
    import pyarrow

    return parquet(folder / "x.parquet", pyarrow.table({"a": np.zeros(10**6, dtype=np.int64)}), 100)


def parquet_texts(folder: Path) -> Path:
    import pyarrow

    indices = pyarrow.array(np.zeros(10**6, dtype=np.int32))
    column = pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(["x" * 200_000]))
    return parquet(folder / "x.parquet", pyarrow.table({"a": column}), 5)


def parquet_lists(folder: Path) -> Path:
    import pyarrow

    column = pyarrow.ListArray.from_arrays([0, 10**7], pyarrow.nulls(10**7, pyarrow.int64()))
    return parquet(folder / "x.parquet", pyarrow.table({"a": column}), 1)


def picture(folder: Path) -> Path:
    from PIL import Image

    Image.new("L", (9000, 9000)).save(folder / "a.png")
    return folder


def pictures(folder: Path) -> Path:
    from PIL import Image

    Image.new("RGB", (4000, 4000)).save(folder / "0.png", compress_level=9)
    for number in range(1, 8):
        (folder / f"{number}.png").write_bytes((folder / "0.png").read_bytes())
    return folder


def sound(folder: Path) -> Path:
    with wave.open(str(folder / "a.wav"), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(bytes(64))
    content = bytearray((folder / "a.wav").read_bytes())
    content[40:44] = struct.pack("<I", 2**32 - 16)
    (folder / "a.wav").write_bytes(content)
    return folder


def midi(folder: Path, events: bytes) -> Path:
    """A MIDI file of one track, as its only file of a folder."""
    track = events + b"\x00\xff\x2f\x00"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    (folder / "a.mid").write_bytes(head + b"MTrk" + struct.pack(">I", len(track)) + track)
    return folder


def midi_ticks(folder: Path) -> Path:
    return midi(folder, b"\x00\x90\x3c\x40" + b"\xff\xff\xff\x7f\x80\x3c\x40")


def midi_events(folder: Path) -> Path:
    return midi(folder, b"\x00\x90\x3c\x40" + b"\x00\x3c\x00\x00\x3c\x40" * 2_000_000)


def torch_file(path: Path, tensor: Any, **more: Any) -> Path:
    """A checkpoint of one tensor, and more entries."""
    import torch

    torch.save({"family": "vae", "config": {}, "state_dict": {"a": tensor}, **more}, path)
    return path


def torch_strides(folder: Path) -> Path:
    import torch

    return torch_file(folder / "x.pt", torch.zeros(1).expand(10**6, 10**5))


def torch_lists(folder: Path) -> Path:
    import torch

    nested: list[Any] = [0]
    for _ in range(60):
        nested = [nested, nested]
    return torch_file(folder / "x.pt", torch.zeros(1), more=nested)


def torch_records(folder: Path) -> Path:
    import torch

    content = torch_file(folder / "sound.pt", torch.zeros(4))
    with zipfile.ZipFile(content) as source:
        members = {name: [source.read(name)] for name in source.namelist()}
    return archive(folder / "x.pt", {**members, "sound/data/1": zeros(2**30 + 2**20)})


def safetensors(path: Path, entries: Mapping[str, Any], size: int) -> Path:
    """A safetensors file with a header of these entries, and so many bytes of numbers."""
    header = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    return path


def safetensors_shape(folder: Path) -> Path:
    entry = {"dtype": "F32", "shape": [2**20] * 200, "data_offsets": [0, 4]}
    metadata = {"genai_audit": json.dumps({"family": "vae", "config": {}})}
    return safetensors(folder / "x.safetensors", {"__metadata__": metadata, "a": entry}, 4)


def safetensors_header(folder: Path) -> Path:
    with (folder / "x.safetensors").open("wb") as target:
        target.write(struct.pack("<Q", 2**26) + b'{"a":"' + b" " * 2**26)
    return folder / "x.safetensors"


def hdf5(folder: Path) -> Path:
    import h5py

    with h5py.File(folder / "x.weights.h5", "w") as target:
        target.create_dataset("w", (10**6, 10**5), chunks=(1000, 1000), dtype="f4", compression="gzip")
    return folder / "x.weights.h5"


def sparse(folder: Path) -> Path:
    with (folder / "x.safetensors").open("wb") as target:
        target.truncate(2**40)
    return folder / "x.safetensors"


def sparse_numbers(folder: Path) -> Path:
    size = 2**40
    path = safetensors(folder / "x.safetensors", {"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}, 0)
    with path.open("rb+") as target:
        target.truncate(path.stat().st_size + size)
    return path


DATA: Mapping[str, tuple[Written, str]] = {
    "npz bomb": (npz_bomb, "expected arrays of at most 1 GiB in a file of"),
    "npz shape": (npz_shape, "x.npy claims (1099511627776, 8, 8) of uint8 in"),
    "npz identifiers": (npz_identifiers, "id.npy claims (10000000000,) of <U0 in"),
    "npz members": (npz_members, "expected at most 100,000 members in a zip archive, got 100,001"),
    "text line": (text_line, "line 1: expected at most 1,048,576 characters in a text or a cell, got 209,715,200"),
    "text field": (text_field, "line 1: expected at most 1,048,576 characters in a text or a cell, got 4,194,304"),
    "text breaks": (text_breaks, "line 10000001, byte 1 (0xff) is not UTF-8"),
    "json depth": (json_depth, "nested too deeply"),
    "json length": (json_length, "piece 1: expected at most 65,536 steps in a piece of music"),
    "csv columns": (csv_columns, "expected at most 4,096 columns in a table, got 1,000,000"),
    "csv cell": (csv_cell, "field larger than field limit"),
    "parquet rows": (parquet_rows, "expected at most 10,000,000 records in a data set, got 100,000,000"),
    "parquet texts": (parquet_texts, "expected texts of at most 1 GiB in a file of"),
    "parquet lists": (parquet_lists, "expected numbers, text, dates or truth values, got list"),
    "picture": (picture, "expected at most 67,108,864 pixels in a picture, got 81,000,000"),
    "pictures": (pictures, "expected pictures of at most 1 GiB in a file of"),
    "sound": (sound, "4294967280 bytes of sound in a file of"),
    "midi ticks": (midi_ticks, "expected at most 65,536 steps in a piece of music"),
    "midi events": (midi_events, "expected at most 2,097,152 bytes of a MIDI file, got"),
}
"""What is read as data: how it is made, and what the refusal says."""

MODELS: Mapping[str, tuple[Written, str]] = {
    "torch strides": (torch_strides, "expected tensors of at most 1 GiB in a file of"),
    "torch lists": (torch_lists, "expected at most 1,000,000 tensors and other values in a torch file, got more"),
    "torch records": (torch_records, "expected tensors of at most 1 GiB in a file of"),
    "safetensors shape": (
        safetensors_shape,
        "the safetensors file is truncated or damaged (1048576 numbers in 4 bytes)",
    ),
    "safetensors header": (safetensors_header, "expected at most 33,554,432 bytes of a safetensors header"),
    "sparse": (sparse, "expected a checkpoint, got 1,099,511,627,776 bytes of no known kind"),
    "sparse numbers": (sparse_numbers, "expected tensors of at most 1 GiB in a file of"),
    "hdf5": (hdf5, "expected a checkpoint, got an HDF5 file"),
}
"""What is opened as a checkpoint."""

WEIGHTS: Mapping[str, tuple[Written, str]] = {
    "torch strides": MODELS["torch strides"],
    "torch records": MODELS["torch records"],
    "sparse numbers": (sparse_numbers, "expected tensors of at most 1 GiB in a file of"),
    "hdf5": (hdf5, "expected numbers of at most 1 GiB in a file of"),
}
"""Of which the tensors are looked at."""
