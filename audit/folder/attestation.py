"""The verdict as an in-toto statement, which other tools sign, keep and gate on; its subject is the checkpoint.

Reference: in-toto attestation framework, Statement v1 and predicate test-result v0.1.
"""

import json
from typing import Any

from ...reports.record import Record, RulePart
from ..verdict import Ruling

ATTESTATION = "attestation.json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"

STATE, RECORDS, ADDRESS = "genaiAuditState", "genaiAuditRecords", "genaiAuditAddress"
"""Our own names of digests of what lies in no file: a model in memory, samples in memory, a model behind an address."""


def statement(record: Record, record_sha256: str) -> dict[str, Any]:
    """What the audit attests.

    The result is FAILED where the verdict is; WARNED where it is open, or where a rule that is not met was waived;
    PASSED otherwise. A rule that holds for several groups counts by the worst of them; one that was not applied is in
    no list.

    Args:
        record: as written.
        record_sha256: of its file.
    """
    outcomes = _by_outcome(record)
    files = {"record.json": record_sha256, **{f"evidence/{name}": each for name, each in record.evidence.items()}}
    tree = record.data.generated.tree
    policy = {"name": f"policy {record.policy.name}", "digest": {"sha256": record.policy.sha256}}
    roots = [] if tree is None else [{"name": "samples (Merkle root)", "digest": {"genaiAuditTree": tree.root}}]
    rest = [_file(name, sha256) for name, sha256 in files.items()]
    return {
        "_type": STATEMENT,
        "subject": [{"name": record.checkpoint.name, "digest": _subject(record)}],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _result(record, warned=bool(outcomes["warnedTests"])),
            "configuration": [policy, *roots, *rest],
            **outcomes,
        },
    }


def statement_text(record: Record, record_sha256: str) -> str:
    """The statement as the text of a file; equal records have equal ones."""
    return json.dumps(statement(record, record_sha256), indent=2) + "\n"


def _file(name: str, sha256: str) -> dict[str, Any]:
    # Of JSON the record's digest leaves out times, so it is not that of the file's bytes.
    algorithm = "genaiAuditJson" if name.startswith("evidence/") and name.endswith(".json") else "sha256"
    return {"name": name, "digest": {algorithm: sha256}}


def _subject(record: Record) -> dict[str, str]:
    checkpoint = record.checkpoint
    if checkpoint.signing_sha256 is not None:
        return {"sha256": checkpoint.signing_sha256}
    own = {"samples": RECORDS, "endpoint": ADDRESS}.get(checkpoint.format, STATE)
    return {own: checkpoint.sha256}


def _by_outcome(record: Record) -> dict[str, list[str]]:
    lists = {"passedTests": list[str](), "warnedTests": list[str](), "failedTests": list[str]()}
    for id_ in dict.fromkeys(rule.id for rule in record.verdict.rules):
        rules = [rule for rule in record.verdict.rules if rule.id == id_]
        where = max((_list_of(rule) for rule in rules), key=("", *lists).index)
        if where:
            lists[where].append(id_)
    return lists


def _list_of(rule: RulePart) -> str:
    match rule.outcome:
        case Ruling.FAIL | Ruling.INCONCLUSIVE if rule.waived:
            return "warnedTests"
        case Ruling.FAIL:
            return "failedTests"
        case Ruling.INCONCLUSIVE:
            return "warnedTests"
        case Ruling.PASS:
            return "passedTests"
    return ""


def _result(record: Record, *, warned: bool) -> str:
    match record.verdict.outcome:
        case Ruling.FAIL:
            return "FAILED"
        case Ruling.PASS if not warned:
            return "PASSED"
    return "WARNED"
