"""The list of what an audit wrote into its folder, by digest: all that may ever be deleted or replaced there."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ...models.checkpoints.whole_file import write_whole

MANIFEST = "manifest.json"

_HALF = re.compile(r"\.[\w.-]{1,100}\.[0-9a-f]{16}\.part")

MOST_BYTES = 16 * 1024 * 1024
"""A list that is longer than this is none of ours."""


def write_manifest(folder: Path) -> None:
    """List every file in the folder with its SHA-256; written last, so that a folder with a list is whole."""
    _write(folder, {name: _sha256(folder / name) for name in _entries(folder) if (folder / name).is_file()})


def relist(folder: Path, name: str) -> None:
    """Give one file of a listed folder its digest anew, after it was written anew."""
    before = _read(folder)
    if before is not None:
        _write(folder, {**before, name: _sha256(folder / name)})


def sweep(folder: Path) -> None:
    """Take away what a process that was killed while it wrote into the folder left half-written, by its name alone.

    Only for who holds the folder, see `lock.alone`: another's would be at work.
    """
    for name in _leftovers(folder):
        (folder / name).unlink(missing_ok=True)


def _leftovers(folder: Path) -> set[str]:
    """Files beside those of the audit that bear the names which `write_whole` gives before it is done."""
    return {path.name for path in folder.glob(".*.part") if _HALF.fullmatch(path.name) and path.is_file()}


def strangers(folder: Path) -> Iterator[str]:
    """What lies in the folder and is not as an audit wrote it: names below the folder, links and odd files too.

    Without a list, everything is; what a process left half-written when it was killed is ours.
    """
    known = _read(folder)
    if known is None:
        yield from sorted(os.listdir(folder))
        return
    folders = {parent.as_posix() for name in known for parent in Path(name).parents}
    left = _leftovers(folder)
    for name in _entries(folder):
        if name in left and not (folder / name).is_symlink():
            continue
        path = folder / name
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            yield name
        elif path.is_dir():
            if name not in folders:
                yield name
        elif name != MANIFEST and known.get(name) != _sha256(path):
            yield name


def is_listed(folder: Path) -> bool:
    """Whether the folder has a list of ours."""
    return _read(folder) is not None


def listed(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file by its name below the folder, as listed; nothing without a list."""
    return _read(folder) or {}


def _entries(folder: Path) -> Iterator[str]:
    """Files and folders at any depth, by name below the folder; links are not followed."""
    for root, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            yield (Path(root) / name).relative_to(folder).as_posix()


def _read(folder: Path) -> dict[str, str] | None:
    path = folder / MANIFEST
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return files if isinstance(files, dict) else None


def _write(folder: Path, files: dict[str, str]) -> None:
    about = "What this audit wrote, by SHA-256. A later audit replaces only a folder in which everything is as listed."
    text = json.dumps({"about": about, "files": dict(sorted(files.items()))}, indent=2) + "\n"
    # Whole, because without a list everything in the folder would be a stranger's.
    write_whole(folder / MANIFEST, text.encode())


def _sha256(path: Path) -> str:
    from ...models.digests import file_sha256

    return file_sha256(path)
