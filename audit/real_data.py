"""The real data of an audit: what a user named, or what the checkpoint says that it was trained on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..models.errors import UserError
from .evidence.plan import stream

if TYPE_CHECKING:
    from ..models.data.column_types import Types
    from ..models.data.datasets import Dataset
    from .request import Request


def check_modality(name: str, modality: str | None, *datasets: "Dataset | None") -> None:
    """Refuse data of another modality than the model or the samples.

    Raises:
        UserError: naming both.
    """
    for data in datasets:
        if data is not None and data.modality != modality:
            raise UserError(
                f"{name} makes {modality} records, but {data.source} holds {data.modality} records; "
                "give data of the same kind"
            )


def check_rate(name: str, rate: int | None, *datasets: "Dataset | None") -> None:
    """Refuse sounds of different sample rates, which differ in pitch and speed where their numbers are equal.

    Raises:
        UserError: naming both.
    """
    for data in datasets:
        if data is not None and data.sample_rate and rate and data.sample_rate != rate:
            raise UserError(
                f"{name} has {rate} samples a second, but {data.source} has {data.sample_rate}; resample one of them"
            )


def real_data(request: "Request", declared: Mapping[str, Any]) -> tuple["Dataset | None", "Dataset | None"]:
    """Reference and holdout: what the user named, else what the checkpoint says that it was trained on.

    Raises:
        UserError: if the data are unreadable, or not those that the checkpoint names.
    """
    from ..models.data.datasets import with_groups
    from ..models.data.outcomes import check_vary, with_outcomes

    reference = _real(request.reference, declared_types(request))
    holdout = _real(request.holdout, None if reference is None else reference.types)
    _check_apart(reference, holdout)
    named = declared.get("data")
    # Data a user names replaces all that the checkpoint names: a holdout of other data would be no control.
    if reference is None and named:
        _check_bundled(named)
        reference = _declared(named, "train")
        holdout = holdout or _declared(named, "holdout")
    elif holdout is None and named and isinstance(request.reference, str) and declared_types(request) is None:
        reference, holdout = _shown(named, request.reference) or (reference, None)
    if request.population and reference is None:
        raise UserError("--population: expected reference data that are all there is, got none; give --reference")
    if request.unit is not None:
        reference, holdout = _one_each(request, reference, holdout)
    if reference is None:
        if request.outcomes:
            name = request.outcomes[0]
            raise UserError(f"--outcome {name}: expected reference data that have it, got none; give --reference")
        return None, holdout
    told = with_groups(with_outcomes(reference, request.outcomes, groups=request.groups), request.groups)
    if request.outcomes and request.groups:
        # Groups alone may turn out to be one: then there is nothing to compare, and GA101 says so.
        check_vary("--groups", told.attributes, told.source)
    return told, holdout


def _check_apart(reference: "Dataset | None", holdout: "Dataset | None") -> None:
    """Refuse a holdout that can be no control: the reference once more, or a single record."""
    if holdout is None:
        return
    said = f"--holdout {holdout.source}: expected records that the model did not learn from, got"
    if reference is not None and holdout.sha256 == reference.sha256:
        raise UserError(f"{said} those of --reference again; name others, or leave --holdout out")
    # Data of another kind are refused as such later, once the model's own kind is known.
    if len(holdout.samples) < 2 and (reference is None or reference.modality == holdout.modality):
        raise UserError(f"{said} one alone, with which nothing can be compared; give more, or leave --holdout out")


def _one_each(
    request: "Request", reference: "Dataset | None", holdout: "Dataset | None"
) -> tuple["Dataset | None", "Dataset | None"]:
    """One record of each unit of both, and of the holdout only units that the reference has not."""
    from ..models.data.units import apart, one_each

    assert request.unit is not None
    if reference is None:
        raise UserError(f"--unit {request.unit}: expected reference data that name it, got none; give --reference")
    rngs = [stream(request.seed, f"units of the {role}") for role in ("reference", "holdout")]
    thinned = one_each(reference, request.unit, rngs[0])
    if holdout is not None:
        holdout = one_each(apart(holdout, reference, request.unit), request.unit, rngs[1])
    return thinned, holdout


def validation_data(request: "Request", modality: str) -> "Dataset | None":
    """What the user's group classifier is tried on; None where nothing was named.

    Raises:
        UserError: if the data are unreadable or of another modality, or there is no classifier to try on them.
    """
    given = _real(request.classifier_validation, declared_types(request))
    if given is None:
        return None
    if request.group_classifier is None:
        raise UserError("--classifier-validation: expected --group-classifier beside it, got none; name one")
    check_modality("the model", modality, given)
    return given


def declared_types(request: "Request") -> "Types | None":
    """What a user says that columns are; None where nothing is said.

    Raises:
        UserError: if the file is none of types.
    """
    from ..models.data.column_types import read_types

    return None if request.types is None else read_types(request.types)


def _real(given: "str | Dataset | None", types: "Types | None") -> "Dataset | None":
    """Data that a user named, or gave in memory, of a table with its columns read so."""
    from ..models.data.datasets import load_data

    if isinstance(given, str):
        return load_data(given, types=types) if given else None
    return given


def _check_bundled(named: Any) -> None:
    """Refuse to follow a path in a checkpoint: it could name any file of the user's.

    Raises:
        UserError: with the option that names the file.
    """
    from ..models.data.datasets import BUNDLED

    source = named.get("source") if isinstance(named, Mapping) else None
    if isinstance(source, str) and source not in BUNDLED:
        raise UserError(
            f"the checkpoint names its training data, {source!r}, but files that a checkpoint names are not read; give "
            f"--reference with the data: the same parts are then taken as in its training"
        )


def _shown(named: Any, given: str) -> "tuple[Dataset, Dataset | None] | None":
    """The parts that a model was trained on and not, where the user named the very data that the checkpoint does."""
    from ..models.data.datasets import BUNDLED

    if not isinstance(named, Mapping) or named.get("source") in BUNDLED or named.get("split") is None:
        return None
    here = {**named, "source": given}
    try:
        shown, held_out = _declared(here, "train"), _declared(here, "holdout")
    except UserError:
        return None  # Other data than those of the training, or nothing that can be understood.
    return None if shown is None else (shown, held_out)


def _declared(named: Any, split: str) -> "Dataset | None":
    """A part of the data that the checkpoint names, if it is still what the checkpoint was trained on."""
    from ..models.data.datasets import BUNDLED, load_data

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
    if trained_on is None and split == "holdout":
        return None
    # A reference model is asked for the shares of the very records that it was shown, which stand in the installation.
    return replace(data, population=source in BUNDLED)
