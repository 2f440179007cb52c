"""Signatures of attestations: a DSSE envelope, signed on the curve P-256; nothing is asked of any server.

Reference: DSSE v1 (Dead Simple Signing Envelope), its pre-authentication encoding; FIPS 186-5 for ECDSA.
"""

import base64
import binascii
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...models.errors import UserError, one_line

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

ENVELOPE = "attestation.dsse.json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"

PASSWORD = "GENAI_AUDIT_KEY_PASSWORD"
"""The variable of the environment that opens a key under a password."""

MOST_BYTES = 2**26
"""Of an envelope or a key's file."""


class NotSigned(ValueError):
    """An envelope that is none, or whose signature is not of its payload by this key; the message says which."""


def encoded(payload: bytes) -> bytes:
    """What is signed: type and payload with their lengths, so that no other pair has the same bytes (DSSE's PAE)."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def signed(payload: bytes, key: "EllipticCurvePrivateKey") -> str:
    """The envelope of a payload, as the text of a file."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    signature = key.sign(encoded(payload), ECDSA(SHA256()))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key_id(key.public_key()), "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope, indent=2) + "\n"


def opened(text: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The payload of an envelope, and its signatures by the id of their key; nothing of it is verified.

    Raises:
        NotSigned: if it is no envelope of an in-toto statement.
    """
    try:
        envelope: Any = json.loads(text)
        kind, payload = envelope["payloadType"], base64.b64decode(envelope["payload"], validate=True)
        found = [
            (str(each.get("keyid", "")), base64.b64decode(each["sig"], validate=True))
            for each in envelope["signatures"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise NotSigned(f"expected a DSSE envelope, got something else: {one_line(error)}") from error
    if kind != PAYLOAD_TYPE or not found:
        raise NotSigned(f"expected a signed {PAYLOAD_TYPE}, got {len(found)} signatures of {str(kind)[:60]}")
    return payload, found


def verified(text: str, key: "EllipticCurvePublicKey") -> bytes:
    """The payload of an envelope that this key signed.

    Raises:
        NotSigned: if it is none, or no signature is of its payload by this key.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    payload, found = opened(text)
    for _, signature in found:
        try:
            key.verify(signature, encoded(payload), ECDSA(SHA256()))
        except InvalidSignature:
            continue
        return payload
    raise NotSigned(
        f"no signature is of this attestation by this key ({key_id(key)[:16]}…); those there name "
        f"{', '.join(f'{name[:16]}…' for name, _ in found)}"
    )


def key_id(key: "EllipticCurvePublicKey") -> str:
    """SHA-256 of a public key's DER form, in hexadecimal."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def private_key(path: Path) -> "EllipticCurvePrivateKey":
    """The key that signs, from a PEM file; under a password, if the environment names it.

    Raises:
        UserError: if there is none that can be read, or it is on another curve.
    """
    _need()
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content, password = _content(path, "--sign"), os.environ.get(PASSWORD)
    try:
        # A password that an open key has no use for is not an error here: other keys of the job may need it.
        locked = b"ENCRYPTED" in content
        key = load_pem_private_key(content, password.encode() if password and locked else None)
    except (TypeError, ValueError, ArithmeticError) as error:
        how = f"; its password belongs in {PASSWORD}" if locked else ""
        raise UserError(f"--sign {path}: expected a private key in PEM, got none that can be read{how}") from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise UserError(f"--sign {path}: expected a key on the curve P-256, got another; {HOW_TO_MAKE}")
    return key


HOW_TO_MAKE = "make one by `openssl ecparam -name prime256v1 -genkey -noout -out key.pem`"


def public_key(path: Path) -> "EllipticCurvePublicKey":
    """The key that verifies, from a PEM file.

    Raises:
        UserError: if there is none that can be read, or it is on another curve.
    """
    _need()
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    content = _content(path, "--public-key")
    if b"PRIVATE KEY" in content:
        raise UserError(
            f"--public-key {path}: expected a public key, got a private one, which only its owner may have; "
            f"write its public part by `openssl ec -in {path} -pubout -out public.pem`"
        )
    try:
        key = load_pem_public_key(content)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise UserError(f"--public-key {path}: expected a public key in PEM, got none that can be read") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise UserError(f"--public-key {path}: expected a key on the curve P-256, got another")
    return key


def _need() -> None:
    try:
        import cryptography  # noqa: F401  # only whether it is there is asked
    except ImportError as error:
        raise UserError(
            "signatures need the package cryptography, which is not installed: pip install 'genai-audit[sign]'"
        ) from error


def _content(path: Path, option: str) -> bytes:
    from ...models.reading.regular_file import check_file

    try:
        size = check_file(path, "a key in PEM")
    except UserError as error:
        raise UserError(f"{option} {error}") from error
    try:
        if size > MOST_BYTES:
            raise UserError(f"{option} {path}: expected a key of at most {MOST_BYTES:,} bytes, got {size:,}")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{option} {path}: cannot be read ({error.strerror}); check its permissions") from error
