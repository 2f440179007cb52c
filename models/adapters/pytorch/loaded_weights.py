"""Weights out of whatever a training loop saved around them, for a loader that builds the network itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...checkpoints.formats import own_format
from ...errors import UserError
from ...reading.regular_file import check_file
from ..opened import WEIGHTS, plain_names
from .safetensors_file import read_tensors
from .torch_file import read_content

if TYPE_CHECKING:
    from torch import Tensor

DEEPEST = 4
"""Levels of dicts around the weights."""


def load_weights(path: str | Path, *, key: str | None = None) -> "dict[str, Tensor]":
    """The tensors of a checkpoint by the names that the network itself gives them, on the CPU; nothing of it runs.

    Safetensors, or what `torch.save` wrote. Weights are looked for under `state_dict`, `model_state_dict`, `model`,
    `weights`, `params`, `ema` and `ema_state_dict`, in this order and at any depth; `module.` and `_orig_mod.` before
    every name are taken off, as `DataParallel` and `torch.compile` put them there.

    Args:
        path: the file.
        key: the entry that holds the weights, with dots between levels, where it is another than the one found first:
            `ema`, say, or `models.generator`.

    Raises:
        UserError: if the file is missing or damaged, needs code, or holds no tensors there.
    """
    path = Path(path)
    check_file(path, "a file of weights")
    content = read_tensors(path) if own_format(path) == "safetensors" else read_content(path)
    tensors = _tensors(content if key is None else _under(content, key, path))
    if not tensors:
        inside = ", ".join(map(str, list(content)[:8])) if isinstance(content, Mapping) else type(content).__name__
        raise UserError(
            f"{path}: expected tensors by name{f' under {key!r}' if key else ''}, got {inside or 'nothing'}; name the "
            f'entry that holds them, as in load_weights(path, key="generator")'
        )
    return plain_names(tensors)


def _under(content: Any, key: str, path: Path) -> Any:
    """What an entry holds, whose name may have dots itself."""
    if isinstance(content, Mapping):
        if key in content:
            return content[key]
        for name, each in content.items():
            if key.startswith(f"{name}.") and isinstance(each, Mapping):
                return _under(each, key.removeprefix(f"{name}."), path)
    known = ", ".join(map(str, list(content)[:8])) if isinstance(content, Mapping) else type(content).__name__
    raise UserError(f"{path}: expected an entry {key!r}, got {known}; name one of these")


def _tensors(content: Any) -> "dict[str, Tensor]":
    """The tensors of a dict, or of the first entry in it that is known to hold weights."""
    import torch

    for _ in range(DEEPEST):
        if not isinstance(content, Mapping):
            return {}
        inner = next((content[name] for name in WEIGHTS if isinstance(content.get(name), Mapping)), None)
        if inner is None:
            return {str(name): each for name, each in content.items() if isinstance(each, torch.Tensor)}
        content = inner
    return {}
