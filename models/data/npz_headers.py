"""What the arrays of a numpy archive claim to be, before any is read."""

import math
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..limits import check, check_unpacked, on_disk
from ..reading.npy_header import read_header

if TYPE_CHECKING:
    import numpy as np

FLOAT = 4
"""Bytes of a number of float32."""


def check_headers(file: IO[bytes], path: Path) -> None:
    """Refuse an archive whose arrays are much larger than it, by what their headers say, before room is made for them.

    Raises:
        UserError: with both sizes.
        ValueError: if a header claims more numbers than its member has.
    """
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        check("members", len(entries), path)
        size = 0
        for entry in entries:
            size += entry.file_size
            if not entry.filename.endswith(".npy"):
                continue
            try:
                shape, dtype = _header(archive, entry)
            except ValueError:
                continue  # Reading it says what is wrong, before it makes any room.
            count = math.prod(shape)
            if not dtype.hasobject and count * max(dtype.itemsize, 1) > entry.file_size:
                raise ValueError(f"{entry.filename} claims {shape} of {dtype} in {entry.file_size} bytes")
            # Images are computed with as float32, wherever they are held.
            size += max(count * FLOAT - entry.file_size, 0) if entry.filename == "x.npy" else 0
    check_unpacked(size, on_disk(path), path, "arrays")


def _header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[tuple[int, ...], "np.dtype[Any]"]:
    with archive.open(entry) as member:
        shape, _, dtype = read_header(member)
    return shape, dtype
