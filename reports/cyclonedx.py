"""The record as a CycloneDX 1.7 machine-learning bill of materials: the model with its measured and declared facts.

`modelCard` takes numbers as text, and refuses any key that it does not know: what an estimate is beside its value and
interval (method, n, direction) stands in the component's `properties`. `fairnessAssessments` has no field for a
metric, so a group's estimates stand under `performanceMetrics` with the group as `slice`.

Reference: ECMA-424, CycloneDX bill of materials specification, 1.7.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from ..audit.finding import Outcome
from .card import card_lines
from .data_parts import DataPart
from .record import Record
from .terminal.visible import line

MODEL = "model"
NAMESPACE = uuid.UUID("6c0bd0a5-6ac4-4a5c-8cf5-e6b1a2a3f7d1")
"""Of serial numbers: equal records have equal ones."""


def bom(record: Record) -> str:
    """A record as a bill of materials: the same text for the same record."""
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, record.to_json())}",
        "version": 1,
        "metadata": {
            "timestamp": record.environment.started,
            "tools": {"components": [_tool(record)]},
            "component": _model(record),
        },
        "components": [*_data(record)],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _tool(record: Record) -> dict[str, Any]:
    version = record.environment.versions.get("genai-audit")
    return {"type": "application", "name": "genai-audit"} | ({} if version is None else {"version": version})


def _model(record: Record) -> dict[str, Any]:
    checkpoint, facts = record.checkpoint, None if record.card is None else record.card.facts
    found: dict[str, Any] = {"type": "machine-learning-model", "bom-ref": MODEL, "name": line(checkpoint.name) or MODEL}
    if facts is not None and facts.version:
        found["version"] = line(facts.version)
    if facts is not None and facts.provider:
        found["supplier"] = {"name": line(facts.provider)}
    if checkpoint.sha256:
        found["hashes"] = [{"alg": "SHA-256", "content": checkpoint.sha256}]
    if facts is not None and facts.licence:
        found["licenses"] = [{"license": {"name": line(facts.licence)}}]
    found["modelCard"] = _card(record)
    return found | {"properties": [*_properties(record)]}


def _card(record: Record) -> dict[str, Any]:
    checkpoint = record.checkpoint
    parameters: dict[str, Any] = {"task": f"generation: {checkpoint.modality}"}
    if checkpoint.family:
        parameters["architectureFamily"] = line(checkpoint.family)
    facts = None if record.card is None else record.card.facts
    if facts is not None and facts.architecture:
        parameters["modelArchitecture"] = line(facts.architecture)
    if facts is not None and facts.training_data:
        parameters["datasets"] = [{"type": "dataset", "name": line(each.name)} for each in facts.training_data]
    parameters["outputs"] = [{"format": checkpoint.modality}]
    card: dict[str, Any] = {"modelParameters": parameters}
    card["quantitativeAnalysis"] = {"performanceMetrics": [*_metrics(record)]}
    considered = _considerations(record)
    return card | ({"considerations": considered} if considered else {})


def _metrics(record: Record) -> Iterator[dict[str, Any]]:
    for finding in record.findings:
        for each in finding.estimates:
            metric: dict[str, Any] = {"type": f"{finding.code}/{each.name}", "value": repr(each.value)}
            if each.group is not None:
                metric["slice"] = line(each.group)
            if each.curve:
                metric["confidenceInterval"] = {"lowerBound": repr(each.low), "upperBound": repr(each.high)}
            yield metric


def _considerations(record: Record) -> dict[str, Any]:
    unmeasured = [each for each in record.findings if each.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)]
    limits = [line(f"not measured: {each.code} {each.title}") for each in unmeasured]
    found: dict[str, Any] = {}
    if record.card is not None:
        facts = record.card.facts
        limits = [*map(line, facts.limits), *limits]
        risks = [
            {"name": line(each.risk)} | ({"mitigationStrategy": line(each.treatment)} if each.treatment else {})
            for each in facts.residual_risks
        ]
        lists = {"users": facts.users, "useCases": facts.intended_use}
        found = {name: [*map(line, values)] for name, values in lists.items() if values}
        found |= {"ethicalConsiderations": risks} if risks else {}
    return found | ({"technicalLimitations": limits} if limits else {})


def _properties(record: Record) -> Iterator[dict[str, str]]:
    verdict = record.verdict
    facts = {
        "verdict": str(verdict.outcome),
        "verdict:reason": verdict.reason,
        "policy": record.policy.name,
        "policy:sha256": record.policy.sha256,
        "parameters": str(record.checkpoint.parameters) if record.checkpoint.parameters is not None else "",
        "samples": str(record.environment.samples),
        "seed": str(record.environment.seed),
    }
    for rule in verdict.rules:
        group = "" if rule.group is None else f"[{rule.group}]"
        facts[f"rule:{rule.id}{group}"] = f"{rule.outcome}{', waived' if rule.waived else ''}"
    for finding in record.findings:
        for each in finding.estimates:
            group = "" if each.group is None else f"[{each.group}]"
            said = f"n={each.n}; level={each.level}; better={each.better}; unit={each.unit}; method={each.method}"
            facts[f"estimate:{finding.code}/{each.name}{group}"] = said
    for name, values in card_lines(record.card.facts) if record.card is not None else ():
        facts[f"declared:{name}"] = " | ".join(values)
    for name, value in facts.items():
        if value:
            yield {"name": line(f"genai-audit:{name}"), "value": line(value)}


def _data(record: Record) -> Iterator[dict[str, Any]]:
    for role, part in (("reference", record.data.reference), ("holdout", record.data.holdout)):
        if part is not None:
            yield _component(role, part)


def _component(role: str, part: DataPart) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "data", "bom-ref": role, "name": line(part.name) or role}
    found["data"] = [{"type": "dataset", "name": line(part.name) or role}]
    if len(part.sha256) == 64:
        found["hashes"] = [{"alg": "SHA-256", "content": part.sha256}]
    facts = {"role": role, "records": str(part.n), "of": str(part.total), "source": line(part.source)}
    return found | {"properties": [{"name": f"genai-audit:{name}", "value": value} for name, value in facts.items()]}
