"""A model that a Python program holds: checked like any other, and known by its state instead of by its files."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from ..base import FillsIn, GenerativeModel
from .contract import check_model
from .user_code import calling

FORMAT = "in memory"
NOTE = (
    "The model was given in memory by a Python program, whose code ran: there is no file by which somebody else could "
    "tell that it is the same."
)


def check_given(model: Any) -> GenerativeModel | FillsIn:
    """The model itself, after what it offers has been tried on two samples.

    Raises:
        UserError: if it does not keep the contract of a loader's model, or one of its methods raises anything.
    """
    kind = type(model).__name__
    return check_model(model, kind, calling(model, kind))


def modules(model: Any) -> list[nn.Module]:
    """The torch modules that a model is, or has in its attributes."""
    if isinstance(model, nn.Module):
        return [model]
    return [each for each in getattr(model, "__dict__", {}).values() if isinstance(each, nn.Module)]


def count_parameters(model: Any) -> int | None:
    """How many numbers the weights of a model are; None if it has no torch modules."""
    held = modules(model)
    return sum(each.numel() for module in held for each in module.parameters()) if held else None


def device_of(model: Any) -> str | None:
    """Where a model's weights lie; None if it has none."""
    first = next((each for module in modules(model) for each in module.parameters()), None)
    return None if first is None else str(first.device)


@contextmanager
def in_evaluation(model: Any) -> Iterator[None]:
    """Evaluation mode within the block; afterwards each module has its earlier mode, as the program uses it on."""
    modes = [(part, part.training) for module in modules(model) for part in module.modules()]
    for module in modules(model):
        module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
