"""Put weights into a reference network, after every one of them has been checked against its configuration."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..adapters.opened import plain_names
from ..errors import UserError
from ..families.catalogue import parts
from ..families.parts.laid_out import without_memory

if TYPE_CHECKING:
    from torch import Tensor


def build(family: object, config: object, tensors: Mapping[str, "Tensor"], path: Path) -> Any:
    """A model of that family in evaluation mode.

    The network is laid out without memory first, so an absurd configuration costs nothing before it is refused.

    Args:
        family: the name of a reference family, as the checkpoint declares it.
        config: the configuration that the checkpoint declares, not yet checked.
        tensors: the weights by name.
        path: the checkpoint, which begins each message.

    Raises:
        UserError: if the family or its configuration is unknown or absurd, or a tensor is missing, unexpected, of the
            wrong shape or type, or not finite.
    """
    if not isinstance(family, str):
        raise UserError(f"{path}: expected the name of a model family, got {family!r}; save the checkpoint again")
    try:
        family_parts = parts(family)
    except UserError as error:
        raise UserError(f"{path}: {error}; name code that builds the model by --loader FILE.py:FUNCTION") from error
    with without_memory():
        model = family_parts.model(_config(family_parts.config, config, path))
    tensors = plain_names(tensors)
    _check(model.state_dict(), tensors, path)
    model.load_state_dict(tensors, assign=True)
    model.requires_grad_(False)
    return model.eval()


def _config(kind: Any, config: object, path: Path) -> Any:
    names = [field.name for field in fields(kind)]
    if not isinstance(config, Mapping):
        raise UserError(
            f"{path}: expected a config with {', '.join(names)}, got {_short(config)}; train or save it again"
        )
    unknown = sorted(str(name) for name in config if name not in names)
    if unknown:
        raise UserError(f"{path}: expected a config with {', '.join(names)}, got also {_some(unknown)}; save it again")
    try:
        return kind(**{name: _frozen(value) for name, value in config.items()})
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{path}: the config is not one of a {kind.__name__} ({error}); train or save it again"
        ) from error


def _frozen(value: object) -> object:
    """JSON has lists where a configuration has tuples."""
    return tuple(_frozen(each) for each in value) if isinstance(value, list | tuple) else value


def _check(expected: Mapping[str, "Tensor"], tensors: Mapping[str, "Tensor"], path: Path) -> None:
    import torch

    missing = sorted(set(expected) - set(tensors))
    if missing:
        raise UserError(
            f"{path}: expected {len(expected)} tensors, {len(missing)} missing: {_some(missing)}; save it again"
        )
    unexpected = sorted(set(tensors) - set(expected))
    if unexpected:
        raise UserError(
            f"{path}: expected the {len(expected)} tensors of its config, got {len(unexpected)} unexpected: "
            f"{_some(unexpected)}; save it again"
        )
    for name, like in expected.items():
        tensor = tensors[name]
        if tensor.shape != like.shape:
            raise UserError(
                f"{path}: expected {name} of shape {tuple(like.shape)}, got {tuple(tensor.shape)}; check config"
            )
        if tensor.dtype != like.dtype:
            raise UserError(f"{path}: expected {name} as {like.dtype}, got {tensor.dtype}; convert the weights")
        if not torch.isfinite(tensor).all():
            bad = int((~torch.isfinite(tensor)).sum())
            raise UserError(
                f"{path}: expected finite weights, got {bad} NaN or infinite in {name}; the training diverged"
            )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
