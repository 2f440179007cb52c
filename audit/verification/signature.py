"""Sign a saved audit, after it was written."""

from pathlib import Path
from typing import TYPE_CHECKING

from ...models.checkpoints.whole_file import write_whole
from ...models.errors import UserError
from ..commands.rejudge import open_audit
from ..folder.attestation import ATTESTATION
from ..folder.lock import alone_with
from ..folder.manifest import MANIFEST, listed, relist, sweep
from ..folder.signing import ENVELOPE, private_key, signed
from .of_files import of_files

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


def sign_audit(out: Path, key_file: Path) -> Path:
    """Sign the attestation in the folder of an audit; returns the file written.

    Nothing is signed that shows by its digests that it was changed: a signature says who stands for it.

    Raises:
        UserError: if there is no sound audit or no usable key, or the file cannot be written.
    """
    key = private_key(key_file)
    with alone_with(out):
        return _signed(out, key)


def _signed(out: Path, key: "EllipticCurvePrivateKey") -> Path:
    _, _, folder = open_audit(out)
    sweep(folder)
    attested = folder / ATTESTATION
    if ATTESTATION not in listed(folder):
        raise UserError(f"{attested}: expected the attestation that the audit wrote, found none; audit again")
    for check in of_files(folder):
        # An envelope of an earlier key is replaced.
        if check.holds is False and check.what != ENVELOPE:
            raise UserError(f"{folder}: nothing was signed, because {check.what} {check.note}")
    target = folder / ENVELOPE
    try:
        write_whole(target, signed(attested.read_bytes(), key).encode())
        relist(folder, ENVELOPE)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); nothing in {MANIFEST} was changed") from error
    return target
