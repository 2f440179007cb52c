"""Records of audits that never ran, alike but for what a test changes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from genai_audit.audit.finding import Better, Finding, Outcome
from genai_audit.reports.data_parts import DataPart
from genai_audit.reports.record import Record
from unit.audit.judged import normal
from unit.reports.small_record import finding, rule, small_record

RULES = (rule("recall", "GA302", "support_recall"), rule("strays", "GA302", "stray_share", at_least=None, at_most=0.1))


def audit(
    recall: float = 0.9,
    strays: float = 0.02,
    *,
    se: float = 0.005,
    samples: str = "1",
    reference: str = "ef",
    started: str = "2026-01-15T12:00:00+00:00",
    rules: Sequence[dict[str, object]] = RULES,
    more: Sequence[Finding] = (),
    **policy: Any,
) -> Record:
    """An audit of two estimates, of samples and a reference with these digests."""
    found = finding(
        "GA302",
        normal("support_recall", recall, se),
        replace(normal("stray_share", strays, se), better=Better.LOWER, unit="share"),
    )
    record = small_record(findings=(found, *more), rules=rules, waivers=(), **policy)
    part = DataPart(n=100, total=100, sha256=reference * 32, source="data.npz", name="data")
    data = record.data.model_copy(
        update={
            "reference": part,
            "generated": record.data.generated.model_copy(update={"sha256": samples * 64}),
        }
    )
    environment = record.environment.model_copy(update={"started": started})
    return record.model_copy(update={"data": data, "environment": environment})


def missing(code: str = "GA301") -> Finding:
    """An auditor whose question does not arise."""
    return Finding(code, "Modes", "Are modes missing?", Outcome.NOT_APPLICABLE, "the records are one cloud")
