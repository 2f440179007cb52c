"""Whether a checkpoint is the one that was audited, by digest."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...models.checkpoints.checkpoint import model_in
from ...models.checkpoints.formats import matching
from ...models.digests import fingerprint, identities
from ...models.errors import UserError
from ...reports.record import Record
from ..evidence.plan import Progress
from ..subject import checkpoint_path
from .check import Check, equal, unchecked

LORA = "with LoRA"
"""How the family of a model ends that an adapter changes."""

BY_FILES = "checkpoint, by its files"


def of_checkpoint(record: Record, checkpoint: str, opening: Mapping[str, Any], progress: Progress) -> Iterator[Check]:
    """That the files are those that were audited.

    Args:
        record: of the audit.
        checkpoint: a file, a folder, or `reference:NAME`.
        opening: options of opening it; of these, `base_model` names what an adapter changes.
        progress: is told how far a reference model is trained, where it is not kept any more.

    Raises:
        UserError: if there is nothing that can be read.
    """
    part = record.checkpoint
    if "://" in checkpoint or part.format == "endpoint":
        yield unchecked(BY_FILES, "a model behind an address has no files here")
        return
    path = Path(checkpoint_path(checkpoint, progress))
    if not path.exists():
        raise UserError(f"--checkpoint {checkpoint}: expected the audited file or folder, found nothing there")
    # A folder that holds one model beside other files stands for that model, unless a loader was given the folder.
    if (
        path.is_dir()
        and part.family != "loader"
        and part.format not in ("samples", "folder")
        and matching(path) is None
    ):
        path = model_in(path)
    try:
        sha256, signing = identities(path)
        base = opening.get("base_model")
        if base is not None:
            sha256 = fingerprint(path, Path(base))
    except OSError as error:
        raise UserError(
            f"--checkpoint {checkpoint}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    if part.signing_sha256 is None:
        yield unchecked("checkpoint, as OpenSSF model signing knows it", "the record holds no such digest")
    else:
        yield equal("checkpoint, as OpenSSF model signing knows it", part.signing_sha256, signing)
    if part.format == "samples":
        yield unchecked(BY_FILES, "of samples the record holds the digest of their values, compared above")
    elif sha256 != part.sha256 and base is None and str(part.family).endswith(LORA):
        yield unchecked(BY_FILES, "of an adapter the digest covers the model that it changes: name it by --base-model")
    else:
        yield equal(BY_FILES, part.sha256, sha256)
