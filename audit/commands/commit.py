"""The commit of the repository that a checkpoint lies in, read from its files.

`git` is never started: a repository's configuration can name commands that `git` runs, and an unpacked archive of a
model may bring a repository of its own. What is read is a few small files of plain text, and nothing that they name
outside the repository.
"""

import os
import re
import stat
from pathlib import Path

MOST_OF_A_REF = 1024
MOST_OF_PACKED = 16 * 1024 * 1024
"""Bytes read at most of a reference, and of the file of packed ones; a larger one is taken for none."""

LONGEST_CHAIN = 5
"""References that may name one another, as git allows."""

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
REFERENCE = re.compile(r"refs(?:/[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*)+")


def commit_of(path: Path) -> str | None:
    """The commit that is checked out in the repository that holds `path`, 40 or 64 hexadecimal digits; None without.

    Only a folder `.git` beside the checkpoint or above it counts: a file or a link of that name leads elsewhere, and a
    bare repository holds no checkpoint.
    """
    try:
        place = path.resolve()
        for folder in (place, *place.parents):
            kept = folder / ".git"
            if kept.is_symlink() or kept.exists():
                return _head(kept) if stat.S_ISDIR(kept.lstat().st_mode) else None
    except (OSError, RuntimeError, ValueError):
        return None
    return None


def _head(repository: Path) -> str | None:
    name = "HEAD"
    for _ in range(LONGEST_CHAIN):
        text = _read(repository, name, MOST_OF_A_REF) or _packed(repository, name)
        if text is None:
            return None
        text = text.strip()
        if COMMIT.fullmatch(text):
            return text
        name = text.removeprefix("ref:").strip()
        if not text.startswith("ref:") or not REFERENCE.fullmatch(name):
            return None
    return None


def _packed(repository: Path, name: str) -> str | None:
    for line in (_read(repository, "packed-refs", MOST_OF_PACKED) or "").splitlines():
        commit, _, of = line.partition(" ")
        if of == name:
            return commit
    return None


def _read(repository: Path, name: str, most: int) -> str | None:
    """The text of a plain file inside the repository; None for anything else, such as a link, a pipe or a long file."""
    place = repository
    for part in name.split("/")[:-1]:
        place /= part
        if not place.is_dir() or place.is_symlink():
            return None
    try:
        handle = os.open(repository / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
            return None
        return file.read(most).decode("ascii", "replace")
