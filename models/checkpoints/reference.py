"""`reference:NAME`: a sound reference model, trained on first use and kept in the user's cache.

Whoever can change a kept model can change what an audit says. So its file is named by its digest, which is compared
before use, and the folder, in which names could be changed too, must be writable by its owner alone.
"""

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from ..digests import file_sha256
from ..errors import UserError
from ..families.catalogue import family
from .cache import cache_folder, check_private
from .whole_file import try_writing, write_whole

if TYPE_CHECKING:
    from ..families.training.fitting import Progress

LOG = logging.getLogger("genai_audit")

PREFIX = "reference:"
SUFFIX = ".safetensors"


def reference_checkpoint(name: str, *, progress: "Progress | None" = None) -> Path:
    """The cached checkpoint of the reference model `NAME` or `reference:NAME`, trained with seed 0 where there is none.

    The cache is `$GENAI_AUDIT_CACHE`, else `$XDG_CACHE_HOME/genai-audit`, else `~/.cache/genai-audit`. A file that is
    not as it was written is trained anew, and a warning says so.

    Raises:
        UserError: if there is no such model, if the cache cannot be written, or if others can write to it.
    """
    from ..data.datasets import load_data
    from ..families.training.fitting import train
    from .checkpoint import serialised

    name = family(name.removeprefix(PREFIX)).name
    folder, stem = cache_folder(), f"{name}-{_key(name)}"
    path = _kept(folder, stem)
    if path is not None:
        return path
    _check_writable(folder)
    data = load_data(family(name).data, split="train", seed=0)
    content = serialised(train(name, data, seed=0, progress=progress))
    path = folder / f"{stem}.{hashlib.sha256(content).hexdigest()}{SUFFIX}"
    try:
        # Whatever `umask` lets others do with other files: only the owner may write to this one.
        write_whole(path, content, 0o644)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); set GENAI_AUDIT_CACHE to a folder with room"
        ) from error
    return path


def _kept(folder: Path, stem: str) -> Path | None:
    """The kept file, if it is as it was written; one that is not is removed."""
    found = sorted(folder.glob(f"{stem}.*{SUFFIX}")) if folder.is_dir() else []
    if found:
        check_private(folder)
    for path in found:
        check_private(path)
        if file_sha256(path) == path.name.removeprefix(f"{stem}.").removesuffix(SUFFIX):
            return path
        LOG.warning("%s: is not as it was written; it was removed, and the model is trained anew", path)
        try:
            path.unlink()
        except OSError as error:
            raise UserError(
                f"{path}: expected the reference model as it was written, got a changed file, which cannot be removed "
                f"({error.strerror}); set GENAI_AUDIT_CACHE to another folder"
            ) from error
    return None


def _check_writable(folder: Path) -> None:
    """Make the cache, and try it: the training before its first use takes minutes."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror}); set GENAI_AUDIT_CACHE to a folder") from error
    check_private(folder)
    try:
        try_writing(folder)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); set GENAI_AUDIT_CACHE to a folder of your own"
        ) from error


def _key(name: str) -> str:
    # Whatever decides the weights: a new version, new defaults or new code must never find an old model.
    from .checkpoint import installed_versions

    folder = Path(__file__).parents[1]
    own = folder / "data" / "bundled" / f"{family(name).data}.py"
    files = [*sorted(folder.glob("*.py")), *sorted((folder / "families").rglob("*.py")), own]
    files += [*sorted((folder / "data").glob("*.py")), folder / "checkpoints" / "weights.py"]
    sources = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    text = json.dumps([name, installed_versions(), sources], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
