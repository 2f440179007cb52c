"""A file appears whole, or not at all."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def try_writing(folder: Path) -> None:
    """Make a file in a folder and take it away again: permissions alone do not tell what a file system allows.

    Raises:
        OSError: if that cannot be done.
    """
    trial = folder / f".{secrets.token_hex(8)}.part"
    write_whole(trial, b"")
    trial.unlink()


def write_new(path: Path, content: bytes) -> None:
    """As `write_whole`, but never over a file, whoever wrote it and whenever.

    Raises:
        FileExistsError: if there is one.
        OSError: if it cannot be written; there is no such file then.
    """

    def moved(beside: Path) -> None:
        try:
            # Unlike moving, linking fails where the name is taken.
            os.link(beside, path)
        except FileExistsError:
            raise
        except OSError:
            # A file system without links.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            beside.replace(path)

    _written(path, content, 0o666, moved)


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file beside its place and move it there; its permissions are `mode` less what `umask` takes away.

    The name beside it cannot be guessed, and is new: nobody can have put a link there to have another file overwritten.

    Raises:
        OSError: if it cannot be written; what was there before is as it was.
    """
    _written(path, content, mode, lambda beside: beside.replace(path))


def _written(path: Path, content: bytes, mode: int, moved: Callable[[Path], object]) -> None:
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        moved(beside)
    finally:
        beside.unlink(missing_ok=True)
