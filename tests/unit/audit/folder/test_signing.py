"""Attestations: structure as in-toto has it, and signatures that only their key and their payload fit."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from genai_audit import Ruling, UserError
from genai_audit.audit.folder.attestation import statement, statement_text
from genai_audit.audit.folder.signing import NotSigned, encoded, opened, private_key, public_key, signed, verified
from genai_audit.reports.record import Record
from unit.reports.small_record import FINDINGS, RULES, small_record

pytest.importorskip("cryptography")
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

SHA = "ef" * 32
SIGNING = "12" * 32


def record(**more: Any) -> Record:
    made = small_record(**more)
    checkpoint = made.checkpoint.model_copy(update={"signing_sha256": SIGNING})
    return made.model_copy(update={"checkpoint": checkpoint, "evidence": {"generated.npz": SHA, "a.json": SHA}})


def is_statement(content: Any) -> None:
    """What the specifications of Statement v1 and test-result v0.1 ask of the fields."""
    assert set(content) == {"_type", "subject", "predicateType", "predicate"}
    assert content["_type"] == "https://in-toto.io/Statement/v1"
    assert content["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert content["subject"]
    predicate = content["predicate"]
    assert {"result", "configuration"} <= set(predicate)
    assert set(predicate) <= {"result", "configuration", "url", "passedTests", "warnedTests", "failedTests"}
    assert predicate["result"] in {"PASSED", "WARNED", "FAILED"}
    for descriptor in (*content["subject"], *predicate["configuration"]):
        # A ResourceDescriptor needs one of name, uri, digest and content; a subject must have a digest.
        assert set(descriptor) <= {"name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations"}
        assert descriptor["digest"]
        for algorithm, value in descriptor["digest"].items():
            assert isinstance(algorithm, str)
            assert value == value.lower()
            assert len(bytes.fromhex(value)) == 32
    for name in ("passedTests", "warnedTests", "failedTests"):
        assert all(isinstance(each, str) for each in predicate[name])


def test_the_statement_is_one_of_in_toto() -> None:
    content = statement(record(), SHA)
    is_statement(content)
    assert content["subject"] == [{"name": "model.safetensors", "digest": {"sha256": SIGNING}}]
    configuration = {each["name"]: each["digest"] for each in content["predicate"]["configuration"]}
    assert configuration["record.json"] == {"sha256": SHA}
    assert configuration["policy small"] == {"sha256": record().policy.sha256}
    # JSON is digested without its times, so its digest must not be taken for that of the file's bytes.
    assert configuration["evidence/a.json"] == {"genaiAuditJson": SHA}
    assert configuration["evidence/generated.npz"] == {"sha256": SHA}


def test_every_rule_stands_in_the_list_of_its_worst_group() -> None:
    predicate = statement(record(), SHA)["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["passedTests"] == ["met"]
    # `lived-with` fails and was waived; `passed-over` was not applied.
    assert predicate["warnedTests"] == ["open", "crashed", "lived-with"]
    assert predicate["failedTests"] == ["missed", "per-group"]


def test_the_result_is_no_better_than_the_verdict() -> None:
    sound = FINDINGS[:1] + FINDINGS[2:]
    cases = {
        "PASSED": record(rules=RULES[:1], findings=sound, waivers=[]),
        "WARNED": record(rules=RULES[2:3], findings=sound, waivers=[]),
        "FAILED": record(rules=RULES[1:2], findings=sound, waivers=[]),
    }
    for result, made in cases.items():
        assert statement(made, SHA)["predicate"]["result"] == result
    waived = record(rules=[RULES[0], RULES[6]], findings=sound)
    assert waived.verdict.outcome is Ruling.PASS
    assert statement(waived, SHA)["predicate"]["result"] == "WARNED"


@pytest.mark.parametrize(
    ("form", "name"), [("samples", "genaiAuditRecords"), ("endpoint", "genaiAuditAddress"), ("x", "genaiAuditState")]
)
def test_what_lies_in_no_file_has_no_digest_of_files(form: str, name: str) -> None:
    made = small_record()
    checkpoint = made.checkpoint.model_copy(update={"format": form})
    content = statement(made.model_copy(update={"checkpoint": checkpoint}), SHA)
    assert content["subject"][0]["digest"] == {name: made.checkpoint.sha256}


def test_what_is_signed_is_as_the_specification_encodes_it() -> None:
    # The example of the DSSE specification's protocol page, with our payload's type.
    assert encoded(b"hello world") == b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"


KEY = generate_private_key(SECP256R1())
OTHER = generate_private_key(SECP256R1())
PAYLOAD = statement_text(record(), SHA).encode()


def test_a_signature_fits_its_key_and_payload_alone() -> None:
    text = signed(PAYLOAD, KEY)
    assert verified(text, KEY.public_key()) == PAYLOAD
    with pytest.raises(NotSigned, match="no signature is of this attestation by this key"):
        verified(text, OTHER.public_key())
    envelope = json.loads(text)
    forged = PAYLOAD.replace(b"FAILED", b"PASSED")
    assert forged != PAYLOAD
    envelope["payload"] = base64.b64encode(forged).decode()
    with pytest.raises(NotSigned, match="no signature is of this attestation"):
        verified(json.dumps(envelope), KEY.public_key())


def test_openssl_verifies_what_we_signed(tmp_path: Path) -> None:
    # Another implementation, on the bytes that the specification says are signed.
    _, ((_, signature),) = opened(signed(PAYLOAD, KEY))
    (tmp_path / "sig").write_bytes(signature)
    (tmp_path / "pae").write_bytes(encoded(PAYLOAD))
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pub.pem").write_bytes(pem)
    command = ["openssl", "dgst", "-sha256", "-verify", "pub.pem", "-signature", "sig", "pae"]
    try:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("needs the program openssl")
    assert done.stdout.strip() == "Verified OK"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"payloadType": "text/plain", "payload": "", "signatures": [{"sig": ""}]}),
        json.dumps({"payloadType": "application/vnd.in-toto+json", "payload": "", "signatures": []}),
        json.dumps({"payloadType": "application/vnd.in-toto+json", "payload": "ä", "signatures": [{"sig": ""}]}),
        json.dumps({"payloadType": "application/vnd.in-toto+json", "payload": "", "signatures": ["x"]}),
        "[" * 100_000,
    ],
)
def test_what_is_no_envelope_is_not_signed(text: str) -> None:
    with pytest.raises(NotSigned, match="expected a"):
        verified(text, KEY.public_key())


def pem(key: Any, password: bytes | None = None) -> bytes:
    how = NoEncryption() if password is None else BestAvailableEncryption(password)
    written: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    return written


def test_a_key_under_a_password_is_opened_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem(KEY, b"secret"))
    with pytest.raises(UserError, match="its password belongs in GENAI_AUDIT_KEY_PASSWORD"):
        private_key(path)
    monkeypatch.setenv("GENAI_AUDIT_KEY_PASSWORD", "wrong")
    with pytest.raises(UserError, match="got none that can be read"):
        private_key(path)
    monkeypatch.setenv("GENAI_AUDIT_KEY_PASSWORD", "secret")
    assert private_key(path).private_numbers() == KEY.private_numbers()
    path.write_bytes(pem(KEY))
    assert private_key(path).private_numbers() == KEY.private_numbers()


def test_keys_of_no_use_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for content, says in ((b"x", "expected a private key in PEM"), (pem(generate_private_key(SECP384R1())), "P-256")):
        path.write_bytes(content)
        with pytest.raises(UserError, match=says) as caught:
            private_key(path)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(UserError, match=r"--public-key .*none\.pem: expected a key in PEM, but nothing is there"):
        public_key(tmp_path / "none.pem")
    path.write_bytes(pem(KEY))
    with pytest.raises(UserError, match="got a private one, which only its owner may have"):
        public_key(path)
