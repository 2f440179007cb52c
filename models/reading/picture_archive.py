"""Pictures held in a file as arrays of a numpy archive: written a few at a time, uncompressed, and read where they lie.

Any program that reads numpy's archives reads them: levels of 0 to 255 as uint8, which their name tells, or float32.
"""

import math
import struct
import zipfile
from pathlib import Path

import numpy as np

from ..held_pictures import FLOATS, LEVELS, HeldPictures
from .npy_header import read_header

LEVELS_OF_255 = "@255"
"""At the end of a name: the numbers are uint8 and stand for a 255th each."""

LOCAL_HEADER, LENGTHS_AT = 30, 26
"""Bytes of a member's own header before its name, and where the lengths of the name and of what follows it stand.

Reference: PKWARE, APPNOTE.TXT, .ZIP file format specification, section 4.3.7.
"""

A_MEGABYTE = 2**20


def add_to_archive(archive: zipfile.ZipFile, name: str, pictures: HeldPictures) -> None:
    """Write pictures as an array, with the same bytes for the same pictures."""
    stored = name + LEVELS_OF_255 if pictures.stored == LEVELS else name
    entry = zipfile.ZipInfo(f"{stored}.npy", date_time=(1980, 1, 1, 0, 0, 0))
    header = {
        "shape": pictures.shape,
        "fortran_order": False,
        "descr": np.lib.format.dtype_to_descr(pictures.stored),
    }
    with archive.open(entry, "w", force_zip64=True) as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for block in pictures.stored_blocks():
            stream.write(block.data)


def in_archive(archive: zipfile.ZipFile, path: Path, name: str) -> HeldPictures | None:
    """The pictures of an array that `add_to_archive` wrote, read where they lie; None where the array is another.

    Args:
        archive: open.
        path: of it; it may be deleted while the pictures are in use.
        name: of the array.

    Raises:
        ValueError, zipfile.BadZipFile: if it is damaged.
    """
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type != zipfile.ZIP_STORED:
        return None
    with archive.open(entry) as stream:
        shape, in_columns, dtype = read_header(stream)
        start = stream.tell()
        if in_columns or len(shape) != 4 or dtype not in (LEVELS, FLOATS):
            return None
        if start + math.prod(shape) * dtype.itemsize != entry.file_size:
            raise ValueError(f"{entry.filename} claims {shape} of {dtype} in {entry.file_size} bytes")
        while stream.read(A_MEGABYTE):
            pass  # At the end, the checksum is compared.
    with path.open("rb") as file:
        file.seek(entry.header_offset + LENGTHS_AT)
        lengths = struct.unpack("<HH", file.read(4))
    offset = entry.header_offset + LOCAL_HEADER + sum(lengths) + start
    return HeldPictures.in_file(path, offset, shape, dtype)
