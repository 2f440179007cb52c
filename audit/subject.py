"""What is audited: the model or the samples, and the real data beside it, from what a user named."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.checkpoints.weight_facts import WeightFacts
from ..models.errors import UserError
from ..reports.record import CheckpointPart
from .base_model import base_model, opening
from .evidence.plan import Base, Digest, Progress, stream
from .evidence.process_state import inside
from .real_data import check_modality, check_rate, declared_types, real_data
from .request_checks import REFERENCE

if TYPE_CHECKING:
    from ..models.adapters.opened import Options
    from ..models.checkpoints.checkpoint import Checkpoint
    from ..models.data.datasets import Dataset
    from .request import Request

LARGE = 2**28
"""Bytes of a file whose digest takes so long that one wants to see how far it is."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model or, where only its outputs are at hand, samples; with reference and holdout data if there are any.

    `inspect` looks at the checkpoint's weights, None without a checkpoint; `fingerprint` is None without its files;
    `place` is where the user said that the checkpoint or the samples lie, None if that is not on this machine; `base`
    is another model to compare scores with.
    """

    checkpoint: CheckpointPart
    model: Any
    samples: "Dataset | None"
    reference: "Dataset | None"
    holdout: "Dataset | None"
    inspect: Callable[[], WeightFacts] | None = None
    fingerprint: Digest | None = None
    place: Path | None = None
    base: Base | None = None

    def described(self) -> CheckpointPart:
        """The checkpoint, with what became known of it while it was asked, as of a server or a safety checker."""
        if not hasattr(self.model, "later_notes"):
            return self.checkpoint
        return self.checkpoint.model_copy(update={"notes": (*self.checkpoint.notes, *self.model.later_notes())})

    def conform(self, records: Any) -> Any:
        """Records that the model drew, of a table with dates read as those of the reference were."""
        if self.checkpoint.modality != "tabular" or self.reference is None:
            return records
        from ..models.data.readers.typed_columns import conform

        return conform(records, self.reference.types)


def prepare(request: "Request", progress: Progress) -> Subject:
    """Open everything the request names.

    Raises:
        UserError: if something is missing, unreadable or does not fit.
    """
    from ..models.checkpoints.inspection import inspect
    from ..models.data.datasets import is_data

    if not isinstance(request.checkpoint, str):
        return _samples_only(request) if _is_dataset(request.checkpoint) else _in_memory(request)
    # An https:// name is no path, and its double slash would not survive as one.
    if request.loader is None and "://" not in request.checkpoint and is_data(Path(request.checkpoint)):
        return _samples_only(request)
    # Before the model's code runs, which may change the working folder.
    place, here = _place(request.checkpoint), os.getcwd()
    model, checkpoint = opened_model(request, progress)
    part = CheckpointPart(
        name=request.checkpoint if request.checkpoint.startswith(REFERENCE) else checkpoint.name,
        sha256=checkpoint.sha256,
        format=checkpoint.format,
        family=checkpoint.family,
        modality=model.modality,
        parameters=checkpoint.parameters,
        declared=dict(checkpoint.declared),
        notes=checkpoint.notes,
        signing_sha256=checkpoint.signing_sha256,
    )
    with inside(here):
        reference, holdout = real_data(request, checkpoint.declared)
    check_modality(request.checkpoint, part.modality, reference, holdout)
    check_rate(request.checkpoint, getattr(model, "sample_rate", None), reference, holdout)
    return Subject(
        part,
        model,
        None,
        reference,
        holdout,
        inspect=lambda: inspect(checkpoint.inspected, model),
        fingerprint=_digest(checkpoint, request),
        place=place,
        base=base_model(request, _options(request), part.modality),
    )


def opened_model(request: "Request", progress: Progress) -> "tuple[Any, Checkpoint]":
    """The model that the request names, where it is to compute, and its checkpoint.

    Raises:
        UserError: if it cannot be opened.
    """
    from ..models.checkpoints.checkpoint import load_model

    path = checkpoint_path(str(request.checkpoint), progress)
    options = opening(request, _options(request))
    opened, checkpoint = load_model(path, loader=request.loader, options=options, told=_told(progress))
    model: Any = opened
    if request.device != "cpu" and hasattr(model, "to"):
        model = model.to(request.device)
    return model, checkpoint


def _told(progress: Progress) -> Callable[[int, int], None]:
    """Shows how far the digest of a large file is."""
    from ..models.limits import bytes_words

    def told(done: int, size: int) -> None:
        if size > LARGE:
            progress(f"checkpoint: SHA-256 of {bytes_words(size)}", done / size)

    return told


def _place(checkpoint: str) -> Path | None:
    """Where the user keeps it; a reference model lies in our cache, which says nothing of where it was made."""
    return None if checkpoint.startswith(REFERENCE) or "://" in checkpoint else Path(checkpoint).absolute()


def _in_memory(request: "Request") -> Subject:
    """A model that the calling program made; what is known of it is what it is, not where it came from."""
    from ..models.adapters.given import FORMAT, NOTE, check_given, count_parameters
    from ..models.checkpoints.inspection import inspect
    from .evidence.decoding import networks, state_digest

    model: Any = check_given(request.checkpoint)
    if request.device != "cpu" and hasattr(model, "to"):
        model = model.to(request.device)
    part = CheckpointPart(
        name=request.name,
        sha256=state_digest(networks(model)),
        format=FORMAT,
        family=None,
        modality=model.modality,
        parameters=count_parameters(model),
        declared={},
        notes=(NOTE,),
    )
    reference, holdout = real_data(request, {})
    check_modality(request.name, part.modality, reference, holdout)
    check_rate(request.name, getattr(model, "sample_rate", None), reference, holdout)
    return Subject(
        part,
        model,
        None,
        reference,
        holdout,
        inspect=lambda: inspect(None, model),
        base=base_model(request, _options(request), model.modality),
    )


def _is_dataset(given: Any) -> bool:
    from ..models.data.datasets import Dataset

    return isinstance(given, Dataset)


def _digest(checkpoint: "Checkpoint", request: "Request") -> Digest | None:
    """What the checkpoint's files are known by; None for a model behind a server, which has none."""
    from ..models.digests import fingerprint

    if not checkpoint.path.exists():
        return None
    opened = checkpoint.sha256 if request.loader is None else None
    return Digest(opened, now=lambda: fingerprint(checkpoint.path, checkpoint.base))


def _options(request: "Request") -> "Options":
    from ..models.adapters.opened import Options
    from ..models.data.datasets import load_data

    options = Options(
        trust=request.trust,
        steps=request.steps,
        base_model=request.base_model,
        tokens=request.tokens,
        safety_checker=request.safety_checker,
    )
    if request.prompts is None:
        return options
    prompts = load_data(str(request.prompts))
    if prompts.modality != "text":
        raise UserError(
            f"--prompts {request.prompts}: expected a .txt file, a prompt a line, got {prompts.modality} data"
        )
    return replace(options, prompts=tuple(prompts.samples))


def checkpoint_path(checkpoint: str, progress: Progress) -> str | Path:
    """Where the checkpoint lies; a reference model is trained where it is not kept."""
    if not checkpoint.startswith(REFERENCE):
        return checkpoint
    from ..models.checkpoints.reference import reference_checkpoint

    name = checkpoint.removeprefix(REFERENCE)
    return reference_checkpoint(name, progress=lambda done, steps: progress("train", done / steps))


def _samples_only(request: "Request") -> Subject:
    from ..models.adapters.opened import refuse_unused
    from ..models.data.datasets import load_data
    from ..models.data.units import one_each, unit_values
    from ..models.digests import identities

    given = request.checkpoint
    refuse_unused(_options(request), (), request.name, "generated samples, which no model draws")
    reference, holdout = real_data(request, {})
    types = declared_types(request) if reference is None else reference.types
    samples: Dataset = load_data(given, types=types, generated=True) if isinstance(given, str) else given
    part = CheckpointPart(
        name=Path(given).name if isinstance(given, str) else samples.source,
        sha256=samples.sha256,
        format="samples",
        family=None,
        modality=samples.modality,
        parameters=None,
        declared={},
        signing_sha256=identities(Path(given))[1] if isinstance(given, str) and Path(given).exists() else None,
    )
    check_modality(part.name, samples.modality, reference, holdout)
    check_rate(part.name, samples.sample_rate, reference, holdout)
    if request.unit is not None and unit_values(samples, request.unit) is not None:
        samples = one_each(samples, request.unit, stream(request.seed, "units of the samples"))
    place = _place(given) if isinstance(given, str) else None
    return Subject(part, None, _aligned(samples, reference), reference, holdout, place=place)


def _aligned(samples: "Dataset", reference: "Dataset | None") -> "Dataset":
    """A generated table with the columns and types of the real one: a file of text says nothing of either."""
    if samples.modality != "tabular" or reference is None:
        return samples
    from ..models.data.readers.table import align

    try:
        return replace(samples, samples=align(samples.samples, reference.samples))
    except UserError as error:
        raise UserError(f"{samples.source}: {error}") from error
