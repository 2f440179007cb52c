"""The model that `--base-model` names: what an adapter changes, or another model that scores are compared with."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.errors import UserError
from .evidence.plan import Base

if TYPE_CHECKING:
    from ..models.adapters.opened import Options
    from .request import Request

ADAPTER = "adapter_config.json"
"""What a folder holds that is an adapter (LoRA): its base model is a part of it."""


def is_adapter(checkpoint: Any) -> bool:
    """Whether a checkpoint changes another model, which it then needs."""
    return isinstance(checkpoint, str) and "://" not in checkpoint and (Path(checkpoint) / ADAPTER).is_file()


def compared(request: "Request") -> Path | None:
    """The base model as one to compare with; None where there is none, or where it is a part of what is audited."""
    address = isinstance(request.checkpoint, str) and "://" in request.checkpoint
    return None if address or is_adapter(request.checkpoint) else request.base_model


def opening(request: "Request", options: "Options") -> "Options":
    """How the checkpoint itself is opened: without a base model that it is only compared with."""
    return replace(options, base_model=None) if compared(request) is not None else options


def base_model(request: "Request", options: "Options", modality: str) -> Base | None:
    """The model to compare with and what it is called, with its digest; None without one.

    Raises:
        UserError: if it cannot be opened, is of other records, or is the checkpoint itself.
    """
    from ..models.checkpoints.checkpoint import load_model

    path = compared(request)
    if path is None:
        return None
    model, checkpoint = load_model(path, loader=request.loader, options=opening(request, options))
    if model.modality != modality:
        raise UserError(
            f"--base-model {path}: expected a model of {modality} records, as the checkpoint is, got one of "
            f"{model.modality} records; name a model of the same kind"
        )
    if request.device != "cpu" and hasattr(model, "to"):
        model = model.to(request.device)
    return Base(model, f"{checkpoint.name} (sha256 {checkpoint.sha256[:12]})")
