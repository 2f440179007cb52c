"""The array of a numpy archive read a few records at a time, so that no more of it is ever in memory."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .npy_header import read_header


class Member:
    """An array (n, …) in an archive; its blocks are read from the file anew each time.

    Args:
        path: of the archive.
        name: of the member, with its suffix.

    Raises:
        ValueError, OSError, zipfile.BadZipFile: if there is no such array, or it is damaged; its blocks likewise.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        with zipfile.ZipFile(path) as archive, archive.open(name) as member:
            self.shape, self.in_columns, self.dtype = read_header(member)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def can_be_read_in_blocks(self) -> bool:
        """Whether its records lie one after another, as plain numbers."""
        return not self.in_columns and not self.dtype.hasobject and len(self.shape) > 1 and 0 not in self.shape

    def blocks(self, size: int) -> Iterator[NDArray[Any]]:
        """All records in order, `size` at a time; at the end the checksum is compared."""
        record = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize
        with zipfile.ZipFile(self.path) as archive, archive.open(self.name) as member:
            read_header(member)
            for start in range(0, len(self), size):
                rows = min(size, len(self) - start)
                content = member.read(rows * record)
                if len(content) < rows * record:
                    raise ValueError(f"{self.name} ends after {start} of {len(self)} records")
                yield np.frombuffer(content, self.dtype).reshape(rows, *self.shape[1:])
            member.read(1)
