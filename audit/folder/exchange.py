"""A new folder takes the place of an earlier one whole, and nothing that anybody else put there is lost."""

import contextlib
import fcntl
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ...models.errors import UserError
from .manifest import MANIFEST, is_listed, strangers

LOG = logging.getLogger("genai_audit")

PART, OLD = ".part", ".old"
AFFIXES = len("..12345678") + len(PART)
"""Characters by which the name of a folder in the making is longer than that of the folder."""

SETTLED = 60.0
"""Seconds after which a folder in the making that nobody holds was left by a process that is gone."""

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Of Linux's renameat2."""


@contextlib.contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out` that takes its place when the block ends well, and vanishes otherwise.

    Raises:
        UserError: if it cannot be written, or cannot take the place; then it is kept under the name that is told.
        KeyboardInterrupt: with what lies on disk, if the process was asked to end meanwhile.
    """
    folder = _begun(out)
    held = os.open(folder, os.O_RDONLY)
    placed = False
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
        with uninterrupted(f"{out} holds the whole audit"):
            placed = True
            folder.chmod(0o777 & ~_umask())
            _place(folder, out)
    except OSError as error:
        said = error.strerror or str(error)
        raise UserError(f"--out {out}: writing failed ({said}); nothing was changed there; choose another") from error
    finally:
        os.close(held)
        if not placed:
            shutil.rmtree(folder, ignore_errors=True)


def tidy(out: Path, known: frozenset[str]) -> None:
    """Clear what an audit that was killed while it wrote to `out` has left beside it; name what is not ours.

    An earlier audit that was moved aside and never replaced is put back.

    Args:
        out: where the audit is to go.
        known: names that an audit gives to what it writes.
    """
    pattern = re.compile(rf"\.{re.escape(out.name)}\.[a-z0-9_]{{8}}(?:{re.escape(PART)}|{re.escape(OLD)})")
    beside = sorted(out.parent.iterdir()) if out.parent.is_dir() else []
    for left in beside:
        if not pattern.fullmatch(left.name) or not _abandoned(left):
            continue
        if left.suffix == OLD and not out.exists() and is_listed(left):
            left.rename(out)
            LOG.warning("%s: put back the earlier audit, which an interrupted one had moved aside", out)
        elif _is_ours(left, known):
            shutil.rmtree(left)
        else:
            LOG.warning("%s: left by an interrupted audit, and holds files that no audit wrote; look there", left)


@contextlib.contextmanager
def uninterrupted(told: str) -> Iterator[None]:
    """Put off what asks this process to end until the block is done; then KeyboardInterrupt says what lies there."""
    numbers = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # Only the main thread gets signals.
    asked: list[int] = []
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if callable(handler)}
    for number in before:
        signal.signal(number, lambda number, _: asked.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt(told)


def _begun(out: Path) -> Path:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=PART, dir=out.parent))
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror}); choose another") from error


def _place(folder: Path, out: Path) -> None:
    try:
        earlier = take_place(folder, out)
    except OSError as error:
        kept = _free(out, "new")
        folder.rename(kept)
        raise UserError(
            f"--out {out}: cannot be replaced ({error.strerror}); the whole audit lies in {kept}"
        ) from error
    if earlier is not None:
        _clear(earlier, out)


def take_place(folder: Path, out: Path, swap: "Callable[[Path, Path], bool] | None" = None) -> Path | None:
    """Put `folder` where `out` is; returns where what was there lies now, None where nothing was.

    Args:
        folder: complete.
        out: beside it.
        swap: exchanges two names at once, or says that it could not; by default as the system does it.

    Raises:
        OSError: if that cannot be; everything is then where it was.
    """
    if not os.path.lexists(out):
        folder.rename(out)
        return None
    if (swap or _swap)(folder, out):
        return folder
    old = folder.with_suffix(OLD)
    out.rename(old)
    try:
        folder.rename(out)
    except BaseException:
        old.rename(out)
        raise
    return old


def _swap(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system or the file system cannot."""
    if sys.platform != "linux":
        return False
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    rename.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    names = AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other)
    return bool(rename(*names, RENAME_EXCHANGE) == 0)


def _clear(earlier: Path, out: Path) -> None:
    """Delete an earlier audit; keep it beside `out` if it holds anything that no audit wrote."""
    found = next(strangers(earlier), None) if earlier.is_dir() and not earlier.is_symlink() else earlier.name
    if found is None:
        shutil.rmtree(earlier, ignore_errors=True)
        return
    kept = _free(out, "earlier")
    earlier.rename(kept)
    LOG.warning("%s: what was there is kept in %s, because %s was put there during the audit", out, kept, found)


def _free(out: Path, word: str) -> Path:
    """A name beside `out` that nothing has."""
    count = 1
    while os.path.lexists(path := out.with_name(f"{out.name}.{word}{'' if count == 1 else f'-{count}'}")):
        count += 1
    return path


def _abandoned(folder: Path) -> bool:
    """Whether it is a folder that no running process writes."""
    if folder.is_symlink() or not folder.is_dir() or time.time() - folder.stat().st_mtime < SETTLED:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _is_ours(folder: Path, known: frozenset[str]) -> bool:
    """Whether nothing in it is anybody else's: all as listed, or half written under the names that we use."""
    if is_listed(folder):
        return next(strangers(folder), None) is None
    return set(os.listdir(folder)) <= known | {MANIFEST}


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
