"""The verdict as GitLab Code Quality JSON: what a merge request shows beside the line of the policy that asks.

GitLab compares with the report of the target branch by `fingerprint`, and drops a finding whose fingerprint it has
seen. The file has no byte order mark.

Reference: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import json
from typing import Any
from urllib.parse import unquote

from ..audit.verdict import Ruling
from .policy_place import PolicyPlace
from .record import Record, RulePart
from .rulings import verdict_sentence
from .sarif import VERDICT, fingerprint, message, standing
from .terminal.visible import line


def code_quality(record: Record, place: PolicyPlace) -> str:
    """A record as a list of findings: rules that are not met (critical), not decided (major), or waived (info).

    Args:
        record: of the audit.
        place: where the rules of its policy stand.
    """
    found = [_entry(place, rule.id, message(record, rule), _severity(rule), record, rule) for rule in standing(record)]
    if not found and record.verdict.outcome is not Ruling.PASS:
        found = [_entry(place, VERDICT, line(verdict_sentence(record)), "major", record, None)]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _severity(rule: RulePart) -> str:
    if rule.waived:
        return "info"
    return "critical" if rule.outcome is Ruling.FAIL else "major"


def _entry(
    place: PolicyPlace, name: str, said: str, severity: str, record: Record, rule: RulePart | None
) -> dict[str, Any]:
    return {
        "description": said,
        "check_name": name,
        "fingerprint": fingerprint(record, rule),
        "severity": severity,
        # A path as it is, where SARIF has a reference with %XX.
        "location": {"path": line(unquote(place.uri)), "lines": {"begin": place.line(name)}},
    }
