"""What folders of `transformers` and `diffusers` have in common: JSON beside weights, and libraries that would talk.

Both libraries fetch what a folder lacks from the network and report their progress; here they do neither.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError

if TYPE_CHECKING:
    from torch import nn

JSON_LIMIT = 64_000_000
HALF = ("BF16", "F16")
WAY_OUT = "name code that builds the model by --loader FILE.py:FUNCTION"


def read_json(path: Path) -> dict[str, Any] | None:
    """A file's JSON object; None if there is no such file, or something else is in it."""
    try:
        if not path.is_file() or path.stat().st_size > JSON_LIMIT:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


@contextmanager
def quiet(library: str) -> Iterator[Any]:
    """The library itself, without network, progress bars or log lines, and without a trace in global random numbers."""
    import torch
    from huggingface_hub import constants

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        # What these libraries warn of (renamed arguments, settings of theirs) is nothing a user could act on.
        warnings.simplefilter("ignore")
        logging = import_module(f"{library}.utils.logging")
        verbosity, bars, online = logging.get_verbosity(), logging.is_progress_bar_enabled(), constants.HF_HUB_OFFLINE
        constants.HF_HUB_OFFLINE = True
        logging.set_verbosity(logging.CRITICAL)
        logging.disable_progress_bar()
        try:
            yield import_module(library)
        finally:
            constants.HF_HUB_OFFLINE = online
            logging.set_verbosity(verbosity)
            if bars:
                logging.enable_progress_bar()


def weight_files(folder: Path, stem: str, pickled: str) -> list[Path]:
    """The files of weights, whole or in parts, safetensors if there are any: `stem.safetensors`, else `pickled.bin`.

    Raises:
        UserError: if there are none, or a part is missing.
    """
    for name in (f"{stem}.safetensors", f"{pickled}.bin"):
        if (folder / name).is_file():
            return [folder / name]
        index = read_json(folder / f"{name}.index.json")
        if index is None:
            continue
        parts = index.get("weight_map")
        if not isinstance(parts, Mapping) or not all(isinstance(part, str) for part in parts.values()):
            raise UserError(
                f"{folder / name}.index.json: expected a weight_map of names to files; save the model again"
            )
        files = sorted({folder / part for part in parts.values()})
        for file in files:
            if file.parent != folder or not file.is_file():
                raise UserError(f"{folder}: expected the part {file.name} of the weights, got none; copy it too")
        return files
    raise UserError(
        f"{folder}: expected weights ({stem}.safetensors or {pickled}.bin, whole or in parts), got {listed(folder)}; "
        f"save them by save_pretrained"
    )


def stored_types(files: list[Path]) -> set[str]:
    """The number types of weights in safetensors files, e.g. {"BF16"}; empty for pickles, which do not say cheaply."""
    from safetensors import SafetensorError, safe_open

    found: set[str] = set()
    for file in files:
        if file.suffix != ".safetensors":
            continue
        try:
            with safe_open(file, framework="pt") as tensors:
                found |= {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118  # no mapping
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{file}: the safetensors file is truncated or damaged ({line(error)}); copy it again"
            ) from error
    return found


def listed(folder: Path) -> str:
    """The names in a folder, for a message."""
    names = sorted(each.name for each in folder.iterdir())
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") or "an empty folder"


def some(names: set[Any] | list[Any]) -> str:
    """How many names there are, and the first of them, for a message."""
    texts = sorted(str(name) for name in names)
    return f"{len(texts)} ({', '.join(texts[:3])}{', …' if len(texts) > 3 else ''})"


def line(error: BaseException) -> str:
    """What an exception says, as one line of bounded length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:300]}…"


def parameters(network: "nn.Module") -> int:
    """How many numbers the weights are, tied ones counted once."""
    return sum(each.numel() for each in network.parameters())
