"""The verdict as SARIF 2.1.0, for code scanning: one result for each rule that is not met or not decided.

GitHub reads levels and not kinds, so a rule that is met would be an alert there: such rules stand in the list of rules
alone. Its limits (GitHub's documentation on SARIF support): 5,000 results and 10 tags of a rule are shown, no text may
be empty, texts of rules have at most 1,024 characters, and alerts persist by `partialFingerprints`, which name the
rule, its group and the model, and no digest of it, so that an alert lives on when the model is trained again.

Reference: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any

from ..audit.finding import Outcome
from ..audit.verdict import Ruling
from .crosswalk import controls_of
from .frameworks.loader import frameworks
from .policy_place import PolicyPlace
from .record import Record, RulePart
from .rulings import rule_sentence, verdict_sentence
from .terminal.visible import line
from .words import bound_words, in_order, reason_words, rule_words, sentence, short

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS, MOST_TAGS, LONGEST = 5_000, 10, 1_024
FINGERPRINT = "primaryLocationLineHash"
VERDICT = "verdict"
"""The rule of the result that stands for a verdict which no single rule explains."""


def sarif(record: Record, place: PolicyPlace) -> str:
    """A record as a SARIF log with one run.

    Args:
        record: of the audit.
        place: where the rules of its policy stand; every result points there, never at weights.
    """
    rules = _rules(record)
    results = [_result(record, rule, place, rules) for rule in standing(record)]
    if not results and record.verdict.outcome is not Ruling.PASS:
        rules.append(_descriptor(VERDICT, "The verdict", "A verdict needs a rule that was applied, and no crash.", []))
        results = [_verdict(record, place, len(rules) - 1)]
    shown, taxonomies = results[:MOST_RESULTS], _taxonomies({rule.auditor for rule in record.verdict.rules})
    driver = {
        "name": "genai-audit",
        "version": record.environment.versions.get("genai-audit", "unknown"),
        "rules": rules,
        "supportedTaxonomies": [{"name": each["name"]} for each in taxonomies],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(record)],
        "results": shown,
        "taxonomies": taxonomies,
        "properties": {
            "verdict": str(record.verdict.outcome),
            "checkpointSha256": record.checkpoint.sha256,
            "policySha256": record.policy.sha256,
            "resultsLeftOut": len(results) - len(shown),
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def standing(record: Record) -> list[RulePart]:
    """The rules that are not met or not decided, waived ones included, those not met first."""
    open_ = (Ruling.FAIL, Ruling.INCONCLUSIVE)
    return [rule for rule in in_order(record.verdict.rules) if rule.outcome in open_]


def fingerprint(record: Record, rule: RulePart | None) -> str:
    """What an alert is known by from run to run: rule, group and model, as 64 hexadecimal digits."""
    named = [VERDICT] if rule is None else [rule.id, rule.group or ""]
    return hashlib.sha256("\0".join([*named, record.checkpoint.name]).encode("utf-8", "replace")).hexdigest()


def message(record: Record, rule: RulePart) -> str:
    """What was asked and seen, on one line without characters that hide or reorder text."""
    return line(rule_sentence(rule, record)) or rule.id


def _rules(record: Record) -> list[dict[str, Any]]:
    """A descriptor of each rule of the policy, once for all of its groups."""
    found: dict[str, dict[str, Any]] = {}
    for rule in record.verdict.rules:
        if rule.id not in found:
            asked = f"{rule_words(rule.model_copy(update={'group': None}), record)}: {bound_words(rule)}"
            controls = [f"{framework}/{control}" for framework, control in controls_of(rule.auditor)]
            found[rule.id] = _descriptor(rule.id, asked, rule.why, [rule.auditor, *controls])
            found[rule.id]["relationships"] = _relationships(rule.auditor)
    return list(found.values())


def _descriptor(id_: str, asked: str, why: str, tags: Sequence[str]) -> dict[str, Any]:
    text = short(line(why), LONGEST) or id_
    return {
        "id": id_,
        "name": short(id_, 255),
        "shortDescription": {"text": short(line(asked), LONGEST)},
        "fullDescription": {"text": text},
        "help": {"text": text},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": list(tags[:MOST_TAGS])},
    }


def _relationships(code: str) -> list[dict[str, Any]]:
    return [
        {"target": {"id": control, "toolComponent": {"name": framework}}, "kinds": ["relevant"]}
        for framework, control in controls_of(code)
    ]


def _taxonomies(codes: Collection[str]) -> list[dict[str, Any]]:
    """The frameworks that these auditors bear on, with the controls in question."""
    found = {pair for code in codes for pair in controls_of(code)}
    return [
        {
            "name": each.id,
            "version": each.version,
            "fullName": each.name,
            "taxa": [
                {"id": one.id, "name": one.title, "shortDescription": {"text": one.says}}
                for one in each.controls
                if (each.id, one.id) in found
            ],
        }
        for each in frameworks().values()
        if any(framework == each.id for framework, _ in found)
    ]


def _result(record: Record, rule: RulePart, place: PolicyPlace, rules: list[dict[str, Any]]) -> dict[str, Any]:
    failed = rule.outcome is Ruling.FAIL
    result = {
        "ruleId": rule.id,
        "ruleIndex": next(index for index, each in enumerate(rules) if each["id"] == rule.id),
        # SARIF: whatever is no failure has the level `none`.
        "kind": "fail" if failed else "open",
        "level": "error" if failed else "none",
        "message": {"text": message(record, rule)},
        "locations": [_location(place, place.line(rule.id))],
        "partialFingerprints": {FINGERPRINT: fingerprint(record, rule)},
    }
    if rule.waived and rule.waiver is not None:
        said = line(f"{rule.waiver.owner} until {rule.waiver.expires}: {rule.waiver.reason}")
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": said}]
    if rule.observed is not None:
        result["properties"] = rule.observed.model_dump()
    return result


def _verdict(record: Record, place: PolicyPlace, index: int) -> dict[str, Any]:
    return {
        "ruleId": VERDICT,
        "ruleIndex": index,
        "kind": "open",
        "level": "none",
        "message": {"text": line(verdict_sentence(record))},
        "locations": [_location(place, 1)],
        "partialFingerprints": {FINGERPRINT: fingerprint(record, None)},
    }


def _location(place: PolicyPlace, at: int) -> dict[str, Any]:
    # GitHub asks for a whole region.
    region = {"startLine": at, "startColumn": 1, "endLine": at, "endColumn": 2}
    return {"physicalLocation": {"artifactLocation": {"uri": place.uri}, "region": region}}


def _invocation(record: Record) -> dict[str, Any]:
    crashed = [each for each in record.findings if each.outcome is Outcome.ERROR]
    notes = [
        {"level": "error", "message": {"text": line(sentence(f"{each.code} broke: {reason_words(each)}"))}}
        for each in crashed
    ]
    found: dict[str, Any] = {"executionSuccessful": not crashed}
    return found | ({"toolExecutionNotifications": notes} if notes else {})
