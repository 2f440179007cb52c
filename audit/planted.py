"""The key of canaries that a user named, if it is one of the records that are audited."""

from typing import TYPE_CHECKING

from ..models.errors import UserError
from .evidence.canaries.key import Key, read_key

if TYPE_CHECKING:
    from .request import Request
    from .subject import Subject


def opened_key(request: "Request", subject: "Subject") -> Key | None:
    """The canaries; None where none were named.

    Raises:
        UserError: if the file is no key, or its records are of another kind or size than the model's.
    """
    if request.canaries is None:
        return None
    key, modality = read_key(request.canaries), subject.checkpoint.modality
    if key.modality != modality:
        raise UserError(
            f"--canaries {request.canaries}: expected the key of {modality} records, got one of {key.modality} "
            "records; give that of this model's training data"
        )
    known = subject.reference or subject.samples
    if modality == "image" and known is not None and key.records.shape[1:] != tuple(known.samples.shape[1:]):
        ours, theirs = (" × ".join(map(str, each.shape[1:])) for each in (key.records, known.samples))
        raise UserError(
            f"--canaries {request.canaries}: expected pictures of {theirs}, as {known.source} has, got {ours}; give "
            "the key of this model's training data"
        )
    if modality == "tabular" and known is not None:
        odd = set(map(str, known.samples.columns)) ^ set(map(str, key.records.columns))
        if odd:
            raise UserError(
                f"--canaries {request.canaries}: expected rows with the columns of {known.source}, but only one of the "
                f"two has {', '.join(sorted(odd)[:5])}; give the key of this model's training data"
            )
    return key
