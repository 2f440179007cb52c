"""`reference:NAME`: a sound reference model, trained on first use and kept in the user's cache."""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..families.catalogue import family

if TYPE_CHECKING:
    from ..families.training.fitting import Progress

PREFIX = "reference:"


def reference_checkpoint(name: str, *, progress: "Progress | None" = None) -> Path:
    """The cached checkpoint of the reference model `NAME` or `reference:NAME`, trained with seed 0 where there is none.

    The cache is `$GENAI_AUDIT_CACHE`, else `$XDG_CACHE_HOME/genai-audit`, else `~/.cache/genai-audit`. A file that
    no longer loads is trained anew.

    Raises:
        UserError: if there is no such model, or the cache cannot be written.
    """
    from ..data.datasets import load_data
    from ..families.training.fitting import train
    from .checkpoint import load_model, save_checkpoint

    name = family(name.removeprefix(PREFIX)).name
    path = cache_folder() / f"{name}-{_key(name)}.safetensors"
    if path.exists():
        try:
            load_model(path)
        except UserError:
            path.unlink()
        else:
            return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path.parent}: cannot be made ({error.strerror}); set GENAI_AUDIT_CACHE to a folder"
        ) from error
    data = load_data(family(name).data, split="train", seed=0)
    save_checkpoint(path, train(name, data, seed=0, progress=progress))
    return path


def cache_folder() -> Path:
    """Where trained reference models are kept; it may not exist yet."""
    own = os.environ.get("GENAI_AUDIT_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "genai-audit"


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
