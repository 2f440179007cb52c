"""A file appears whole, or not at all."""

import os
import secrets
from pathlib import Path


def try_writing(folder: Path) -> None:
    """Make a file in a folder and take it away again: permissions alone do not tell what a file system allows.

    Raises:
        OSError: if that cannot be done.
    """
    trial = folder / f".{secrets.token_hex(8)}.part"
    write_whole(trial, b"")
    trial.unlink()


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file beside its place and move it there; its permissions are `mode` less what `umask` takes away.

    The name beside it cannot be guessed, and is new: nobody can have put a link there to have another file overwritten.

    Raises:
        OSError: if it cannot be written; what was there before is as it was.
    """
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
