"""Pictures that would take much memory as floats: they lie in a file as they came, and are read a few at a time.

A thousand pictures of 512 × 512 in colour are 786 MB as bytes and 3.1 GB as float32. A file that is read where it is
needed costs no memory of the process, and what is read is the same to the last bit as if all had been held as floats.
"""

import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UserError

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

LARGE = 2**26
"""Bytes that a set of pictures may take as float32 and still be a plain array in memory."""

AT_ONCE = 2**25
"""Bytes, as float32, of the pictures that are read at once, but always one picture."""

FLOAT = 4
"""Bytes of a number of float32."""

LEVELS, FLOATS = np.dtype(np.uint8), np.dtype(np.float32)
"""How pictures lie in a file: as levels of 0 to 255, or as floats."""


def as_floats(stored: NDArray[Any]) -> Floats:
    """Pictures as numbers: levels 0 to 255 become 0 to 1, and floats stay. Nothing else converts pictures."""
    if stored.dtype != LEVELS:
        return np.asarray(stored, dtype=np.float32)
    values = np.ascontiguousarray(stored, dtype=np.float32)
    values /= np.float32(255)
    return values


def is_large(n: int, shape: tuple[int, ...]) -> bool:
    """Whether n pictures (c, h, w) would take more memory as floats than is held as an array."""
    return n * _bytes(shape) > LARGE


def at_once(shape: tuple[int, ...], most: int | None = None) -> int:
    """How many pictures (c, h, w) of float32 fit `most` bytes, by default `AT_ONCE`; at least one."""
    return max(1, (AT_ONCE if most is None else most) // max(1, _bytes(shape)))


def _bytes(shape: tuple[int, ...]) -> int:
    return FLOAT * int(np.prod(shape, dtype=np.int64))


class _Opened:
    """An open file, closed when nobody holds it any more; one whose name was deleted is gone then."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)


class HeldPictures:
    """float32 pictures (n, c, h, w) that lie in a file; indexing reads, and gives a plain array.

    Args:
        file: where they lie.
        offset: of the first, in bytes.
        shape: (n, c, h, w).
        stored: `LEVELS` or `FLOATS`.
        rows: which of the file's pictures these are, in order; None for the first n.
    """

    dtype = FLOATS
    ndim = 4

    def __init__(
        self, file: _Opened, offset: int, shape: tuple[int, ...], stored: np.dtype[Any], rows: Rows | None = None
    ) -> None:
        self._file, self._offset, self._rows = file, offset, rows
        self.shape, self.stored = tuple(int(each) for each in shape), stored

    @classmethod
    def in_file(cls, path: Path, offset: int, shape: tuple[int, ...], stored: np.dtype[Any]) -> "HeldPictures":
        """Pictures that lie one after another in a file, in C order; it may be deleted while they are in use."""
        return cls(_Opened(os.open(path, os.O_RDONLY)), offset, shape, stored)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """How many numbers they are."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __getitem__(self, key: Any) -> Floats:
        rows = np.arange(len(self))[key]
        return as_floats(self._read(np.atleast_1d(rows)))[slice(None) if np.ndim(rows) else 0]

    def __iter__(self) -> Iterator[Floats]:
        for block in self.blocks():
            yield from block

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)

    def blocks(self) -> Iterator[Floats]:
        """All of them in order, a few at a time."""
        return (as_floats(block) for block in self.stored_blocks())

    def stored_blocks(self) -> Iterator[NDArray[Any]]:
        """All of them in order, a few at a time, as they lie in the file."""
        step = at_once(self.shape[1:])
        for start in range(0, len(self), step):
            yield self._read(np.arange(start, min(start + step, len(self))))

    def part(self, rows: Rows) -> "Floats | HeldPictures":
        """The pictures at `rows`, in that order: as an array where these take little memory."""
        chosen = np.arange(len(self))[rows]
        if not is_large(len(chosen), self.shape[1:]):
            return self[chosen]
        places = chosen if self._rows is None else self._rows[chosen]
        return HeldPictures(self._file, self._offset, (len(chosen), *self.shape[1:]), self.stored, places)

    def _read(self, rows: Rows) -> NDArray[Any]:
        places = rows if self._rows is None else self._rows[rows]
        read = np.empty((len(places), *self.shape[1:]), self.stored)
        if not read.size:
            return read
        size = read[0].nbytes
        # What lies side by side is read in one go.
        ends = [0, *(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]
        for first, end in pairwise(ends):
            self._fill(read[first:end].data.cast("B"), self._offset + int(places[first]) * size)
        return read

    def _fill(self, room: memoryview, offset: int) -> None:
        done = 0
        while done < len(room):
            got = os.preadv(self._file.descriptor, [room[done:]], offset + done)
            if not got:
                raise OSError("a file of pictures ends before its last one")
            done += got


class PictureFile:
    """A file without a name that pictures are added to, gone with the last that reads it.

    Args:
        shape: of a picture, (c, h, w).
        stored: `LEVELS` or `FLOATS`.
    """

    def __init__(self, shape: tuple[int, ...], stored: np.dtype[Any]) -> None:
        self.shape, self.stored, self.number = shape, stored, 0
        with _room(0):
            descriptor, name = tempfile.mkstemp(prefix="genai-audit-pictures-")
            os.unlink(name)
        self._file, self._end = _Opened(descriptor), 0

    def add(self, pictures: NDArray[Any]) -> None:
        """Append pictures (k, c, h, w) of the file's kind.

        Raises:
            UserError: if there is no room for them.
        """
        plain = np.ascontiguousarray(pictures, dtype=self.stored)
        if plain.shape[1:] != self.shape:
            raise ValueError(f"expected pictures {self.shape}, got {plain.shape[1:]}")
        content = plain.reshape(-1).data.cast("B") if plain.size else memoryview(b"")
        with _room(self._end + len(content)):
            done = 0
            while done < len(content):
                done += os.pwrite(self._file.descriptor, content[done:], self._end + done)
        self._end += len(content)
        self.number += len(plain)

    def part(self, first: int, end: int) -> Floats | HeldPictures:
        """Pictures `first` to `end` of those there are by now: as an array where these take little memory."""
        whole = HeldPictures(self._file, 0, (self.number, *self.shape), self.stored)
        return whole.part(np.arange(first, end))


@contextmanager
def _room(size: int) -> Iterator[None]:
    """Says of a file of that many bytes which cannot be written what a user can do about it."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{tempfile.gettempdir()}: expected room for {size / 2**30:.3g} GiB of pictures, but: "
            f"{error.strerror or error}; set TMPDIR to a folder with room"
        ) from error
