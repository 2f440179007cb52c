"""The judge of groups that a user named, opened before anything is drawn and compared with the reference's labels."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..models.errors import UserError
from .group_classifying import opened_classifier
from .real_data import validation_data

if TYPE_CHECKING:
    from ..models.encoders.zero_shot.descriptions import Described
    from ..models.encoders.zero_shot.judging import ZeroShot
    from .evidence.judged.judge import Judge
    from .request import Request
    from .subject import Subject


def opened_judge(request: "Request", subject: "Subject") -> "Judge | None":
    """The function or the CLIP-like model that tells groups; None where none was named.

    Raises:
        UserError: if it cannot be used, or its groups are not those of the labels.
    """
    validation = validation_data(request, subject.checkpoint.modality)
    if request.group_classifier is not None:
        return opened_classifier(request, subject, validation)
    if request.group_clip is None or request.group_prompts is None:
        return None
    return _opened_zero_shot(request, subject, request.group_clip, request.group_prompts)


def _opened_zero_shot(request: "Request", subject: "Subject", folder: Path, prompts: Path) -> "ZeroShot":
    from ..models.encoders.zero_shot.descriptions import read_descriptions
    from ..models.encoders.zero_shot.judging import open_zero_shot

    modality = subject.checkpoint.modality
    if modality != "image":
        raise UserError(f"--group-clip: expected an audit of pictures, got one of {modality} records; leave it out")
    described = read_descriptions(prompts)
    for each in described:
        _check_names(each, request, subject)
    return open_zero_shot(folder, described, request.device)


def check_pair(request: "Request") -> None:
    """Refuse a judge without descriptions, and descriptions without a judge.

    Raises:
        UserError: saying which is missing, or that there are two judges.
    """
    if request.group_classifier is not None and request.group_clip is not None:
        raise UserError("--group-classifier: expected one judge of groups, got --group-clip beside it; leave out one")
    if (request.group_clip is None) == (request.group_prompts is None):
        return
    if request.group_clip is None:
        raise UserError(
            "--group-prompts: expected --group-clip FOLDER beside it, a CLIP-like model to read them, got none"
        )
    raise UserError(
        "--group-clip: expected --group-prompts FILE.yaml beside it, which says in words what the groups are, got none"
    )


def _check_names(described: "Described", request: "Request", subject: "Subject") -> None:
    """Refuse descriptions of other groups than the reference's labels name, whose errors could never be counted."""
    attribute = None if subject.reference is None else subject.reference.attributes.get(described.attribute)
    if attribute is not None and set(attribute.names) != set(described.names):
        raise UserError(
            f"--group-prompts {request.group_prompts}: {described.attribute}: expected the groups that the "
            f"reference's labels name ({_some(attribute.names)}), got {_some(described.names)}; name them alike"
        )


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
