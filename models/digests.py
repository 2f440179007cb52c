"""SHA-256 of files and folders, in hexadecimal: what a checkpoint is known by."""

import errno
import hashlib
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .limits import check

OF_GIT = (".git", ".gitattributes", ".github", ".gitignore")
"""Names at the top of a folder that are no part of a model."""

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
    return combined(file_digests(folder, told))


def file_digests(folder: Path, told: Callable[[int, int], None] | None = None) -> dict[Path, str]:
    """Digest of each file in a folder, by its place below the folder, in the order of their places."""
    files = sorted(files_below(folder))
    return {file.relative_to(folder): file_sha256(file, told) for file in files if file.is_file()}


def combined(digests: Mapping[Path, str]) -> str:
    """One digest of places and contents, from that of each file in the order of their places."""
    state = hashlib.sha256()
    for place, digest in digests.items():
        # A name that is not UTF-8 counts by its bytes.
        state.update(f"{place.as_posix()}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return state.hexdigest()


def signing_root(digests: Mapping[Path, str]) -> str:
    """The digest that OpenSSF model signing knows a model by: SHA-256 over the digests of its files, one after another.

    Files count in the order of their places, part by part; what belongs to Git at the top is left out. A model in one
    file has that file's digest alone. Links count as what they lead to, as with that tool's `--allow_symlinks`.

    Reference: OpenSSF model signing 1.1, serialization by files with SHA-256.
    """
    state = hashlib.sha256()
    for place in sorted(digests, key=lambda each: each.parts):
        if not place.parts or place.parts[0] not in OF_GIT:
            state.update(bytes.fromhex(digests[place]))
    return state.hexdigest()


def identities(path: Path, told: Callable[[int, int], None] | None = None) -> tuple[str, str]:
    """What the file or folder at `path` is known by: our digest of it, and that of OpenSSF model signing."""
    if path.is_dir():
        digests = file_digests(path, told)
        return combined(digests), signing_root(digests)
    sha256 = file_sha256(path, told)
    return sha256, signing_root({Path(): sha256})


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
