"""Whatever is read of a folder that a user named lies in that folder: links that lead out of it are refused.

An unpacked archive may hold a link to any file of the user's, which would then be read and shown as part of the model
or of its samples. One kind of link is known and let through: the cache of Hugging Face keeps the files of a model as
`MODEL/snapshots/REVISION/NAME`, links to `MODEL/blobs/DIGEST` (or, shared between models, to `blobs/XX/DIGEST` beside
MODEL). Where such a revision is named, files of these blobs belong to it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import UserError

REPOSITORY = re.compile(r"(models|datasets|spaces|kernels)--.+")
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def check_links(folder: Path) -> None:
    """Refuse a folder in which a link leads out of it, at any depth, hidden or not. Links to nothing are let through.

    Raises:
        UserError: naming the link and what it leads to.
    """
    root = _real(folder)
    if root is None:
        return
    for link in _links(folder):
        target = _real(link)
        if target is None or not target.exists() or target.is_relative_to(root) or _is_blob(target, root):
            continue
        raise UserError(
            f"{folder}: expected files that lie in it, but {link.relative_to(folder)} is a link to {target}, which was "
            f"not read; put a copy in its place (cp -RL makes one of a whole folder)"
        )


def contained(file: Path, folder: Path) -> Path | None:
    """The file itself, where it lies in the folder or is a blob of it; None where a link leads elsewhere."""
    target, root = _real(file), _real(folder)
    inside = target is not None and root is not None and (target.is_relative_to(root) or _is_blob(target, root))
    return target if inside else None


def _links(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except OSError:
            continue  # Whoever reads it says what is wrong.
        for entry in entries:
            if entry.is_symlink():
                yield Path(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))


def _is_blob(target: Path, root: Path) -> bool:
    """Whether a file is a blob of the cache of Hugging Face, and the folder is, or lies in, a revision of its model."""
    places = (root, *root.parents)
    model = next(
        (each.parents[1] for each in places if len(each.parents) > 1 and each.parent.name == "snapshots"), None
    )
    if model is None or not REPOSITORY.fullmatch(model.name) or not DIGEST.fullmatch(target.name):
        return False
    return target.parent == model / "blobs" or target.parents[1] == model.parent / "blobs"


def _real(path: Path) -> Path | None:
    """The path without links; None where these go round in circles."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return None
