"""The user's cache: where it is, and who may write to it.

Whoever can change what is kept there can change what an audit says.
"""

import os
import stat
from pathlib import Path

from ..errors import UserError


def cache_folder() -> Path:
    """`$GENAI_AUDIT_CACHE`, else `$XDG_CACHE_HOME/genai-audit`, else `~/.cache/genai-audit`; it may not exist yet."""
    own = os.environ.get("GENAI_AUDIT_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "genai-audit"


def check_private(path: Path) -> None:
    """Refuse what anybody but its owner can write, or what is owned by anybody but this user or the system's.

    Raises:
        UserError: saying who could change it, and what to do.
    """
    if not hasattr(os, "geteuid"):
        return
    found = path.lstat()
    if found.st_uid not in (os.geteuid(), 0):
        raise UserError(
            f"{path}: expected a cache of your own, got one that belongs to user {found.st_uid}, who could change what "
            "is in it; set GENAI_AUDIT_CACHE to a folder of your own"
        )
    if stat.S_ISLNK(found.st_mode):
        check_private(path.resolve())
    elif found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UserError(
            f"{path}: expected a cache that only you can write, got mode {stat.S_IMODE(found.st_mode):o}, so others "
            f"could change what is in it; run: chmod -R go-w {path if path.is_dir() else path.parent}"
        )
