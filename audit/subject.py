"""What is audited: the model or the samples, and the real data beside it, from what a user named."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.errors import UserError
from ..reports.record import CheckpointPart
from .evidence.collect import Progress

if TYPE_CHECKING:
    from ..models.data import Dataset
    from .run import Request

REFERENCE = "reference:"
GROUPS = ("class",)
"""What tells image groups apart: the labels of the reference. Other modalities will have attributes."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model or, where only its outputs are at hand, samples; with reference and holdout data if there are any."""

    checkpoint: CheckpointPart
    model: Any
    samples: "Dataset | None"
    reference: "Dataset | None"
    holdout: "Dataset | None"


def prepare(request: "Request", progress: Progress) -> Subject:
    """Open everything the request names.

    Raises:
        UserError: if something is missing, unreadable or does not fit.
    """
    strangers = [name for name in request.groups if name not in GROUPS]
    if strangers:
        raise UserError(f"--groups: expected {GROUPS[0]!r}, the labels of the reference images, got {strangers[0]!r}")
    _check_device(request.device)
    if _is_data(request.checkpoint) and request.loader is None:
        return _samples_only(request)
    from ..models.checkpoint import load_model

    path = _path(request.checkpoint, progress)
    model, checkpoint = load_model(path, loader=request.loader)
    if checkpoint.modality != "image":
        raise UserError(f"{request.checkpoint}: expected a model of images, got modality {checkpoint.modality!r}")
    if request.device != "cpu" and hasattr(model, "to"):
        model = model.to(request.device)
    part = CheckpointPart(
        name=request.checkpoint if request.checkpoint.startswith(REFERENCE) else checkpoint.name,
        sha256=checkpoint.sha256,
        format=checkpoint.format,
        family=checkpoint.family,
        modality=checkpoint.modality,
        parameters=checkpoint.parameters,
        declared=dict(checkpoint.declared),
    )
    reference, holdout = _data(request, checkpoint.declared)
    return Subject(part, model, None, reference, holdout)


def _path(checkpoint: str, progress: Progress) -> Path:
    if not checkpoint.startswith(REFERENCE):
        return Path(checkpoint)
    from ..models.reference import reference_checkpoint

    name = checkpoint.removeprefix(REFERENCE)
    return reference_checkpoint(name, progress=lambda done, steps: progress("train", done / steps))


def _check_device(device: str) -> None:
    if device == "cpu":
        return
    import torch

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f"--device: expected cpu or a device of this machine, got {device!r}: {error}".splitlines()[0]
        ) from None


def _is_data(name: str) -> bool:
    """Whether a checkpoint argument is a set of generated samples: an .npz, or a folder of pictures."""
    path = Path(name)
    if path.is_dir():
        return any(each.suffix.lower() in {".png", ".jpg", ".jpeg"} for each in path.rglob("*"))
    return path.suffix.lower() == ".npz" and path.is_file()


def _samples_only(request: "Request") -> Subject:
    from ..models.data import load_data

    samples = load_data(request.checkpoint)
    part = CheckpointPart(
        name=Path(request.checkpoint).name,
        sha256=samples.sha256,
        format="samples",
        family=None,
        modality=samples.modality,
        parameters=None,
        declared={},
    )
    reference, holdout = _data(request, {})
    return Subject(part, None, samples, reference, holdout)


def _data(request: "Request", declared: Mapping[str, Any]) -> tuple["Dataset | None", "Dataset | None"]:
    """Reference and holdout: what the user named, else what the checkpoint says that it was trained on."""
    from ..models.data import load_data

    reference = load_data(request.reference) if request.reference else None
    holdout = load_data(request.holdout) if request.holdout else None
    named = declared.get("data")
    # Data a user names replaces all that the checkpoint names: a holdout of other data would be no control.
    if reference is None and named:
        reference = _declared(named, "train")
        holdout = holdout or _declared(named, "holdout")
    return reference, holdout


def _declared(named: Any, split: str) -> "Dataset | None":
    """A part of the data that the checkpoint names, if it is still what the checkpoint was trained on."""
    from ..models.data import load_data

    # The checkpoint's own words: nothing about them is certain.
    fields = {"source": str, "split": str | None, "seed": int, "sha256": str}
    if not isinstance(named, Mapping) or not all(isinstance(named.get(key), kind) for key, kind in fields.items()):
        raise UserError(f"the checkpoint names its data by {', '.join(fields)}, but not readably; give --reference")
    source, trained_on, digest = named["source"], named["split"], named["sha256"]
    try:
        data = load_data(source, split=trained_on and split, seed=abs(named["seed"]))
    except UserError as error:
        raise UserError(f"the checkpoint names its training data, but: {error}; give them with --reference") from error
    if split == "train" and data.sha256 != digest:
        raise UserError(
            f"{source}: expected the data that the checkpoint was trained on (sha256 {digest[:12]}), got "
            f"{data.sha256[:12]}; give the right data with --reference"
        )
    # Trained on everything: then nothing was held out.
    return None if trained_on is None and split == "holdout" else data
