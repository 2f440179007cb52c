"""One of two audits that are compared, in all forms that comparing needs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...reports import convert
from ...reports.over_time.parts import SidePart
from ...reports.record import Record
from ..comparable import context_of
from ..finding import Finding


@dataclass(frozen=True, slots=True)
class Side:
    """One audit: its record, where that lies, and the record as JSON."""

    record: Record
    name: str
    content: Mapping[str, Any]
    findings: Mapping[str, Finding]

    @classmethod
    def of(cls, record: Record, name: str) -> "Side":
        """A record in all forms that comparing needs."""
        findings = {part.code: convert.finding_from(part) for part in record.findings}
        return cls(record, name, json.loads(record.to_json()), findings)

    @property
    def context(self) -> dict[str, Any]:
        """What its audit asked."""
        return context_of(self.content)

    @property
    def sha256(self) -> str:
        """Of the record as JSON."""
        return hashlib.sha256(self.record.to_json().encode()).hexdigest()

    def part(self) -> SidePart:
        """What outputs say of it."""
        record = self.record
        return SidePart(
            name=self.name,
            checkpoint=record.checkpoint.name,
            sha256=record.checkpoint.sha256,
            started=record.environment.started,
            verdict=record.verdict.outcome,
            policy=record.policy.name,
            policy_sha256=record.policy.sha256,
            samples=record.environment.samples,
            seed=record.environment.seed,
            version=record.environment.versions.get("genai-audit", "unknown"),
        )

    def settings(self, code: str) -> Any:
        """The parameters that its policy gives an auditor."""
        return (self.record.policy.content.get("settings") or {}).get(code, {})
