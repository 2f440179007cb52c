"""One audit at a time writes to a folder: another is refused before it has done any work."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ...models.errors import UserError

LONGEST = 200
"""Bytes of a folder's name that the name of its lock repeats."""


@contextlib.contextmanager
def alone(out: Path, *, needed: bool = True) -> Iterator[None]:
    """Hold the folder for an audit that writes to it in the end, or for what is written into a saved one.

    The lock is a hidden file beside the folder. The system lets go of it however a process ends, so that one left by a
    process that was killed stops nobody.

    Args:
        out: where the audit is to go, as `check_out` returned it.
        needed: whether the place beside the folder must be writable, as it must for a new audit.

    Raises:
        UserError: if another process holds it.
    """
    path = out.with_name(f".{os.fsdecode(os.fsencode(out.name)[:LONGEST])}.lock")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle = _held(path)
    except OSError as error:
        if not needed:
            yield
            return
        raise UserError(f"--out {out}: cannot be written ({error.strerror}); choose another") from error
    if handle is None:
        by = _holder(path)
        raise UserError(
            f"{'--out ' if needed else ''}{out}: another audit{by} is to be written there; wait for its end"
            f"{', or choose another' if needed else ''}"
        )
    try:
        os.truncate(handle, 0)
        with os.fdopen(os.dup(handle), "w", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        yield
    finally:
        # Before it is let go of, so that the name taken away is never another's.
        path.unlink(missing_ok=True)
        os.close(handle)


def _held(path: Path) -> int | None:
    """A handle that holds the lock; None where another process does."""
    while True:
        # No link is followed: it could lead to another file, which would be emptied.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except BaseException:
            os.close(handle)
            raise
        # The process that held it before may have taken the name away between our opening it and our holding it.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.lstat()):
                return handle
        os.close(handle)


def _holder(path: Path) -> str:
    try:
        number = path.read_bytes()[:20].decode("ascii", "ignore").strip()
    except OSError:
        return ""
    return f" (process {number})" if number.isdecimal() else ""


@contextlib.contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Hold the folder of a saved audit for what is written into it; where there is none, whoever reads it says so.

    Args:
        path: the record, or its folder, as a user named it.

    Raises:
        UserError: if another process holds it.
    """
    try:
        folder = (path if path.is_dir() else path.parent).resolve()
        there = folder.is_dir()
    except (OSError, ValueError):  # of a name that no file system takes
        there = False
    with alone(folder, needed=False) if there else contextlib.nullcontext():
        yield
