"""Copies of a model that know nothing: the same network with new random weights."""

import copy
import zlib
from typing import TYPE_CHECKING, Any

from ..decoding import networks

if TYPE_CHECKING:
    import torch


def reinitialised_copy(model: Any, seed: int) -> Any:
    """A copy of the model whose weights are drawn anew; the model itself is left alone.

    Layers that know how they begin do so; any other tensor of weights becomes normal numbers of its own mean and
    standard deviation. Buffers, such as the running means of a batch norm, stay: they are facts of the data.

    Args:
        model: a torch module, or a plain object that holds some.
        seed: of the weights; nothing global is changed.

    Raises:
        Exception: whatever copying the model raises.
    """
    import torch

    made = copy.deepcopy(model)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        for network in networks(made):
            for name, module in network.named_modules():
                torch.manual_seed(seed * 1_000_003 + zlib.crc32(name.encode()))
                _begin(module)
    return made


def copyable(model: Any) -> bool:
    """Whether the model can be copied with new weights: one that holds a file or a lock cannot."""
    try:
        reinitialised_copy(model, 0)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return False
    return True


def _begin(module: "torch.nn.Module") -> None:
    import torch

    own = [each for each in module.parameters(recurse=False) if each.is_floating_point()]
    reset = getattr(module, "reset_parameters", None)
    if callable(reset) and not isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
        reset()
        return
    for each in own:
        spread = each.std() if each.numel() > 1 else each.new_zeros(())
        # Equal numbers, such as the ones of a scale, say nothing that was learned.
        if bool(spread > 0):
            each.normal_(float(each.mean()), float(spread))
