"""SHA-256 of files and folders, in hexadecimal: what a checkpoint is known by."""

import errno
import hashlib
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from .limits import check

PIECE = 2**24
"""Bytes that are read between two reports of how far it is."""


def file_sha256(path: Path, told: Callable[[int, int], None] | None = None) -> str:
    """Digest of a file's bytes.

    Args:
        path: the file.
        told: is told how many bytes were read, and how many there are; once each `PIECE`.

    Raises:
        OSError: if it cannot be read, or is a pipe or a device, which may have no end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "expected a regular file", str(path))
    with path.open("rb") as file:
        if told is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        state, size = hashlib.sha256(), path.stat().st_size
        while piece := file.read(PIECE):
            state.update(piece)
            told(min(file.tell(), size), size)
        return state.hexdigest()


def folder_sha256(folder: Path, told: Callable[[int, int], None] | None = None) -> str:
    """Digest of the places and contents of all files in a folder, hidden ones too.

    Args:
        folder: the folder.
        told: is told how many bytes of a file were read, and how many there are.

    Raises:
        OSError: if one cannot be read.
    """
    state = hashlib.sha256()
    for file in sorted(files_below(folder)):
        if file.is_file():
            line = f"{file.relative_to(folder).as_posix()}\0{file_sha256(file, told)}\n"
            # A name that is not UTF-8 counts by its bytes.
            state.update(line.encode("utf-8", "surrogateescape"))
    return state.hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """Everything in a folder and below it, in no order.

    Raises:
        UserError: if there is more than a folder may have.
    """
    for count, each in enumerate(folder.rglob("*"), 1):
        check("files", count, folder, got="more")
        yield each


def fingerprint(path: Path, base: Path | None = None) -> str:
    """SHA-256 of what lies at `path`, as in `checkpoint.Checkpoint.sha256`; empty where there is no file any more.

    Args:
        path: of the checkpoint.
        base: of the model that it changes, if it is an adapter: then the digest is of both digests.
    """
    if base is not None:
        return hashlib.sha256(f"{fingerprint(path)}\n{fingerprint(base)}\n".encode()).hexdigest()
    if path.is_dir():
        return folder_sha256(path)
    return file_sha256(path) if path.is_file() else ""
