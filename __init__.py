"""Audit a generative model's checkpoint: fairness, attribution and mode collapse, with a verdict that can be defended.

>>> from genai_audit import audit_checkpoint
>>> record = audit_checkpoint("model.safetensors")       # doctest: +SKIP
>>> record.verdict.outcome                               # doctest: +SKIP
<Ruling.PASS: 'pass'>
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .audit.api import audit_checkpoint
    from .audit.evidence.bundle import Evidence
    from .audit.explaining.explain import explain
    from .audit.explaining.explanation import ExplainedMap, Explanation
    from .audit.finding import Better, Outcome
    from .audit.over_time.opened import compare_records
    from .audit.policy import Policy, PolicyError
    from .audit.verdict import Ruling
    from .audit.verification.command import verify
    from .models.adapters.pytorch.loaded_weights import load_weights
    from .models.errors import UserError
    from .reports.finding_parts import EstimatePart, FindingPart
    from .reports.record import Coverage, Record, RulePart, VerdictPart

__all__ = [
    "Better",
    "Coverage",
    "EstimatePart",
    "Evidence",
    "ExplainedMap",
    "Explanation",
    "FindingPart",
    "Outcome",
    "Policy",
    "PolicyError",
    "Record",
    "RulePart",
    "Ruling",
    "UserError",
    "VerdictPart",
    "audit_checkpoint",
    "compare_records",
    "explain",
    "load_weights",
    "verify",
]

_HOMES = {
    "audit_checkpoint": "audit.api",
    "compare_records": "audit.over_time.opened",
    "explain": "audit.explaining.explain",
    "ExplainedMap": "audit.explaining.explanation",
    "Explanation": "audit.explaining.explanation",
    "load_weights": "models.adapters.pytorch.loaded_weights",
    "verify": "audit.verification.command",
    "Evidence": "audit.evidence.bundle",
    "Better": "audit.finding",
    "Outcome": "audit.finding",
    "Policy": "audit.policy",
    "PolicyError": "audit.policy",
    "Ruling": "audit.verdict",
    "UserError": "models.errors",
    "Coverage": "reports.record",
    "EstimatePart": "reports.finding_parts",
    "FindingPart": "reports.finding_parts",
    "Record": "reports.record",
    "RulePart": "reports.record",
    "VerdictPart": "reports.record",
}


def __getattr__(name: str) -> object:
    # Loaded on first use: importing the package must cost nothing, so that `--help` answers at once.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
