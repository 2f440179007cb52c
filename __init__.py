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
    from .audit.finding import Better, Estimate, Finding, Interval, Outcome
    from .audit.policy import Policy, PolicyError
    from .audit.verdict import Ruling, Verdict
    from .models.errors import UserError
    from .reports.record import Record

__all__ = [
    "Better",
    "Estimate",
    "Evidence",
    "Finding",
    "Interval",
    "Outcome",
    "Policy",
    "PolicyError",
    "Record",
    "Ruling",
    "UserError",
    "Verdict",
    "audit_checkpoint",
]

_HOMES = {
    "audit_checkpoint": "audit.api",
    "Evidence": "audit.evidence.bundle",
    "Better": "audit.finding",
    "Estimate": "audit.finding",
    "Finding": "audit.finding",
    "Interval": "audit.finding",
    "Outcome": "audit.finding",
    "Policy": "audit.policy",
    "PolicyError": "audit.policy",
    "Ruling": "audit.verdict",
    "Verdict": "audit.verdict",
    "UserError": "models.errors",
    "Record": "reports.record",
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
