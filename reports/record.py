"""The record: everything a run established, as versioned JSON. Every other output is a view of it."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PrivateAttr

from ..audit.verdict import Ruling
from ..models.errors import one_line
from . import lookup
from .card import CardPart
from .data_parts import DataParts
from .diagnosis_parts import DiagnosisPart
from .drawing import DrawingPart
from .earlier_parts import AgainstPart, LockPart
from .environment import Environment
from .finding_parts import EstimatePart, FindingPart
from .part import OutcomePart, Part
from .strict_json import brief, defined, first_lines, strict_content
from .terminal.visible import spelt

SCHEMA_VERSION: Final = 3
READABLE = (1, 2, 3)
"""Schema versions that are read; records of version 1 hold no diagnosis, those before version 3 no seal."""

TIME_FIELDS = ("seconds", "timings", "started", "judged_on", "seal")
"""Fields of a record that differ between two equal runs, the last because it covers the others; nothing else may."""


class BoundPart(Part):
    """What a rule asks for; one of the two may be open."""

    at_least: float | None
    at_most: float | None


class ObservedPart(Part):
    """The estimate a rule looked at, with its interval at the policy's confidence."""

    value: float
    low: float
    high: float
    level: float
    n: int
    unit: str
    complete: Annotated[bool, Field(description="everything was counted: there is no interval")] = False


class WaiverPart(Part):
    """A named person's decision to live with a rule that is not met."""

    owner: str
    reason: str
    expires: date
    void: Annotated[bool, Field(description="expired on the day of judgement, so without effect")]


class RulePart(OutcomePart):
    """One rule, judged."""

    id: str
    auditor: str
    estimate: str
    group: str | None
    bound: BoundPart
    observed: ObservedPart | None
    outcome: Ruling
    reason: str
    required: bool
    why: str
    p_adjusted: Annotated[float | None, Field(description="Holm-adjusted, of the bound being met")]
    samples_needed: int | None
    would_fail: Annotated[float | None, Field(description="the value that would have failed with power 0.8")] = None
    control: Annotated[ObservedPart | None, Field(description="the same of held-out real records")] = None
    waiver: WaiverPart | None
    waived: bool
    against: Annotated[
        AgainstPart | None,
        Field(description="an earlier record: bound and values are then of how much worse the estimate is"),
    ] = None

    def line(self) -> str:
        """Its id, outcome and reason."""
        return f"{self.id}: {self.outcome}, {self.reason}"


class VerdictPart(OutcomePart):
    """The one verdict; every other output repeats it."""

    outcome: Ruling
    reason: str
    confidence: float
    rules: tuple[RulePart, ...]
    judged_on: Annotated[
        date | None, Field(description="day of judgement (UTC), which decides waivers; null in older records")
    ] = None

    def line(self) -> str:
        """The outcome and its reason."""
        return f"{self.outcome}: {self.reason}"


class CheckpointPart(Part):
    """What was audited."""

    name: str
    sha256: str
    format: str
    family: str | None
    modality: str
    parameters: int | None
    declared: Annotated[dict[str, Any], Field(description="what the checkpoint says of itself; not verified")]
    notes: Annotated[tuple[str, ...], Field(description="what a reviewer must know of how it was opened")] = ()
    signing_sha256: Annotated[
        str | None,
        Field(description="the digest that OpenSSF model signing knows its files by; null where it has none"),
    ] = None


class Coverage(OutcomePart):
    """Every auditor, by outcome, each exactly once."""

    measured: tuple[str, ...]
    not_applicable: tuple[str, ...]
    inconclusive: tuple[str, ...]
    error: tuple[str, ...]

    def line(self) -> str:
        """How many auditors had each outcome."""
        return ", ".join(f"{len(codes)} {outcome}" for outcome, codes in self)


class PolicyPart(Part):
    """The policy that judged, whole."""

    name: str
    sha256: str
    source: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """Where the report of a record lies; any two are equal."""

    report: Path | None = field(default=None, compare=False)


class Record(OutcomePart):
    """One audit, complete. `verdict` decides; the rest says why and how to check it."""

    schema_version: Literal[1, 2, 3] = SCHEMA_VERSION
    verdict: VerdictPart
    checkpoint: CheckpointPart
    data: DataParts
    findings: tuple[FindingPart, ...]
    diagnosis: Annotated[DiagnosisPart | None, Field(description="null in records of schema_version 1")] = None
    coverage: Coverage
    drawing: Annotated[
        DrawingPart | None, Field(description="null where the samples were given, and in older records")
    ] = None
    policy: PolicyPart
    card: Annotated[CardPart | None, Field(description="declared of the model; null where nothing is")] = None
    environment: Environment
    evidence: Annotated[
        dict[str, str],
        Field(description="SHA-256 of each file of evidence/, of JSON without the seconds that something took"),
    ] = Field(default_factory=dict)
    lock: Annotated[LockPart | None, Field(description="null where nothing was fixed before the audit")] = None
    looks: Annotated[
        int,
        Field(
            description="audits of the same checkpoint and data by the same policy in this folder, this one included"
        ),
    ] = 1
    seal: Annotated[
        str,
        Field(
            description="SHA-256 of all the rest of the record, as JSON with sorted keys and without blanks, what is "
            "not ASCII escaped; empty where the record was not written to a folder, and in older records"
        ),
    ] = ""

    # Where a copy was written is no part of what the record says: it is neither stored nor compared.
    _written: Written = PrivateAttr(default=Written())

    def finding(self, code: str) -> FindingPart:
        """What the auditor with that code found; KeyError, with the codes that there are, if there is no such code."""
        return lookup.finding(self, code)

    def estimate(self, code: str, name: str, group: str | None = None) -> EstimatePart:
        """One estimate of an auditor, of one group or the whole; KeyError, with what there is, if there is none."""
        return self.finding(code).estimate(name, group)

    def line(self) -> str:
        """What was audited, and the verdict."""
        return f"{self.checkpoint.name}: {self.verdict.line()}"

    def _repr_html_(self) -> str:
        from .notebook import record_html

        return record_html(self, self._written.report)

    def written_to(self, report: Path) -> None:
        """Remember where the report lies, so that a notebook can link to it."""
        self._written = Written(report)

    def to_json(self) -> str:
        """The record as text, the same bytes for the same content; what is not seen is written as JSON escapes it."""
        # Pydantic's own JSON has no room for halves of surrogate pairs, which names of files may hold.
        text = json.dumps(defined(self.model_dump()), indent=2, ensure_ascii=False, allow_nan=False, default=str)
        return "".join(f"{spelt(each, lambda char: json.dumps(char)[1:-1])}\n" for each in text.split("\n"))

    @classmethod
    def load(cls, path: Path) -> "Record":
        """Read a record file.

        Raises:
            ValueError: if it is no record this version reads; the message says what was expected.

        """
        try:
            data = strict_content(path)
        except (OSError, RecursionError, ValueError) as error:
            raise ValueError(
                f"{path}: expected a record written by genai-audit, but it cannot be read: {one_line(error)}"
            ) from error
        version = data.get("schema_version") if isinstance(data, dict) else None
        if type(version) is not int or version not in READABLE:
            raise ValueError(
                f"{path}: expected schema_version {' or '.join(map(str, READABLE))}, got {brief(version)}; "
                "use a matching genai-audit"
            )
        try:
            return cls.model_validate(data)
        except ValueError as error:
            raise ValueError(f"{path}: not a record of schema_version {version}: {first_lines(error)}") from error


def schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Record.model_json_schema()}
