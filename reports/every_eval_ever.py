"""The record in the format of Every Eval Ever: a shared database of evaluation results.

Written for version 0.3.0 of its schema. What that asks and a record does not say is `unknown`; a score without a
direction has none in that schema, so such estimates are left out, and their number is told.

Reference: EvalEval Coalition, Every Eval Ever, eval.schema.json, version 0.3.0.
"""

import json
import math
import sys
from datetime import datetime
from typing import Any

from ..audit.finding import Better
from .finding_parts import EstimatePart, FindingPart
from .record import Record
from .terminal.visible import line

VERSION = "0.3.0"
LARGEST = sys.float_info.max
RANGES = {
    "share": (0.0, 1.0),
    "p_value": (0.0, 1.0),
    "share difference": (-1.0, 1.0),
    "ratio": (0.0, LARGEST),
    "count": (0.0, LARGEST),
}
"""Least and greatest value of a unit. That schema asks for both of every score; the largest float means no bound."""


def every_eval_ever(record: Record) -> str:
    """A record as one evaluation of that format: the same text for the same record."""
    name = line(record.checkpoint.name) or "model"
    moment = _epoch(record.environment.started)
    given = [(finding, each) for finding in record.findings for each in finding.estimates]
    told = [(finding, each) for finding, each in given if each.better is not Better.NEITHER]
    facts = None if record.card is None else record.card.facts
    provider = None if facts is None else facts.provider
    content = {
        "schema_version": VERSION,
        "evaluation_id": f"genai-audit/{name}/{moment}",
        "evaluation_timestamp": moment,
        "retrieved_timestamp": moment,
        "source_metadata": {
            "source_name": "genai-audit",
            "source_type": "evaluation_run",
            # The record does not say who ran the audit, and nothing is invented.
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
            "additional_details": {
                "verdict": str(record.verdict.outcome),
                "policy": line(record.policy.name),
                "policy_sha256": record.policy.sha256,
                "estimates_without_direction_left_out": str(len(given) - len(told)),
            },
        },
        "eval_library": {
            "name": "genai-audit",
            "version": record.environment.versions.get("genai-audit", "unknown"),
        },
        "model_info": _model(record, name) | ({} if provider is None else {"developer": line(provider)}),
        "evaluation_results": [_result(record, finding, each) for finding, each in told],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _epoch(started: str) -> str:
    try:
        return str(int(datetime.fromisoformat(started).timestamp()))
    except ValueError:
        return "unknown"


def _model(record: Record, name: str) -> dict[str, Any]:
    checkpoint = record.checkpoint
    details = {"sha256": checkpoint.sha256, "format": checkpoint.format, "modality": checkpoint.modality}
    if checkpoint.parameters is not None:
        details["parameters"] = str(checkpoint.parameters)
    # Weights that were at hand ran here; of samples that were given, and of who may have the weights, a record says
    # nothing.
    details["deployment_type"] = "unknown" if checkpoint.parameters is None else "self_deployed"
    details["model_availability"] = "unknown"
    return {"name": name, "id": name, "additional_details": {key: line(each) for key, each in details.items()}}


def _result(record: Record, finding: FindingPart, each: EstimatePart) -> dict[str, Any]:
    reference = record.data.reference
    data = "generated samples alone" if reference is None else line(reference.name)
    group = "" if each.group is None else f"[{line(each.group)}]"
    return {
        "evaluation_name": f"{finding.code}/{each.name}{group}",
        "source_data": {"dataset_name": data or "reference", "source_type": "other"},
        "metric_config": _metric(finding, each),
        "score_details": _score(each),
    }


def _metric(finding: FindingPart, each: EstimatePart) -> dict[str, Any]:
    label = next((fact.meaning for fact in finding.facts if fact.name == each.name), finding.question)
    low, high = RANGES.get(each.unit, (-LARGEST, LARGEST))
    return {
        "evaluation_description": line(label),
        "lower_is_better": each.better is Better.LOWER,
        "score_type": "continuous",
        "min_score": low,
        "max_score": high,
        "additional_details": {"unit": each.unit, "method": line(each.method)},
    }


def _score(each: EstimatePart) -> dict[str, Any]:
    details = {"complete_count": "false" if each.curve else "true"}
    if each.perfect is not None:
        perfect = each.perfect
        details["perfect_generator"] = f"{perfect.value:.6g} ({perfect.low:.6g} to {perfect.high:.6g})"
    score: dict[str, Any] = {"score": each.value, "details": details, "uncertainty": {"num_samples": each.n}}
    if each.curve and math.isfinite(each.low + each.high):
        score["uncertainty"]["confidence_interval"] = {
            "lower": each.low,
            "upper": each.high,
            "confidence_level": each.level,
            "method": line(each.method),
        }
    return score
