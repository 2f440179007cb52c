"""Where an audit may be written: everything that can be known before the work is asked before it."""

import os
import shutil
import tempfile
from pathlib import Path

from ...models.errors import UserError
from .exchange import AFFIXES, PART, tidy
from .manifest import MANIFEST, is_listed, strangers

LONGEST_NAME = 255 - AFFIXES
"""Bytes of a name that leave room for those of the folder in the making."""


def check_out(out: Path, known: frozenset[str]) -> Path:
    """The folder to write as an absolute path without links; refused if an audit cannot be written there.

    Args:
        out: as the user named it, a folder that an earlier audit left whole, an empty one, or a new one.
        known: names that an audit gives to what it writes.

    Raises:
        UserError: if it holds what no audit wrote, or cannot be written or replaced.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise UserError("the working folder does not exist any more; change to one that does (cd)") from error
    try:
        target = _place(out)
        tidy(target, known)
        _check_content(out, target)
        _try(target)
    except OSError as error:
        said = error.strerror or str(error)
        raise UserError(f"--out {out}: expected a place that can be written, but: {said}; choose another") from error
    return target


def _place(out: Path) -> Path:
    if out.is_symlink() and not out.exists():
        raise UserError(f"--out {out}: expected a folder, got a link to {os.readlink(out)}, which does not exist")
    # The model's code may change the working folder; a link stays, and what it leads to is replaced.
    target = Path(os.path.realpath(out))
    here = Path(os.path.realpath(os.getcwd()))
    if target == here or target in here.parents:
        raise UserError(
            f"--out {out}: expected a folder of its own, got one that holds the working folder; name one inside it"
        )
    if target.exists() and not target.is_dir():
        raise UserError(f"--out {out}: expected a folder to write, got a file; choose another name")
    if os.path.ismount(target):
        raise UserError(
            f"--out {out}: expected a folder that can be replaced, got a mount point; choose one inside it, "
            f"e.g. {out / 'audit'}"
        )
    if len(os.fsencode(target.name)) > LONGEST_NAME:
        raise UserError(f"--out: expected a name of at most {LONGEST_NAME} bytes, got {target.name[:40]}…")
    return target


def _check_content(out: Path, target: Path) -> None:
    if not target.is_dir():
        return
    found = next(strangers(target), None)
    if found is None:
        return
    # An audit replaces its folder whole; what it did not write, or not so, it must not delete.
    if is_listed(target):
        how = f"it holds {found}, which no audit wrote so; move that away, or choose another"
    else:
        how = f"it holds {found} and no {MANIFEST} that lists what an audit wrote; choose another"
    raise UserError(f"--out {out}: expected a new folder or an earlier audit, but {how}")


def _try(target: Path) -> None:
    """Make what will be made, and take it away again: permissions alone do not tell what a file system allows."""
    beside = target.parent
    while not beside.exists():
        beside = beside.parent
    if not beside.is_dir():
        raise UserError(f"--out {target}: expected a place in a folder, but {beside} is a file; choose another")
    shutil.rmtree(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=PART, dir=beside))
