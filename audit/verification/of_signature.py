"""Whether the attestation is signed, by whom, and says what the record says."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..folder.attestation import ATTESTATION
from ..folder.signing import ENVELOPE, MOST_BYTES, NotSigned, opened, verified
from .check import Check, equal, sound, unchecked, wrong

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

WHAT = "signature"


def of_signature(folder: Path, key: "EllipticCurvePublicKey | None") -> Iterator[Check]:
    """That the key signed this very attestation; without a key, whose signature it claims to be."""
    path = folder / ENVELOPE
    if not path.is_file():
        yield (
            unchecked(WHAT, "the audit is not signed")
            if key is None
            else wrong(WHAT, f"expected {ENVELOPE}, signed by this key, found none")
        )
        return
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NotSigned(f"expected at most {MOST_BYTES:,} bytes, got {path.stat().st_size:,}")
        text = path.read_text(encoding="utf-8")
        if key is None:
            _, found = opened(text)
            ids = ", ".join(name[:16] for name, _ in found)
            yield unchecked(WHAT, f"claims to be by key {ids}…; name the key by --public-key to know")
            payload, _ = opened(text)
        else:
            payload = verified(text, key)
            yield sound(WHAT, "by this key")
    except (OSError, ValueError) as error:
        yield wrong(WHAT, " ".join(str(error).split())[:300])
        return
    attested = folder / ATTESTATION
    here = attested.read_bytes() if attested.is_file() else b""
    yield equal("what was signed", "the attestation beside it", _same(payload, here))


def _same(payload: bytes, here: bytes) -> str:
    return "the attestation beside it" if payload == here else "another attestation"
