"""The record: everything a run established, as versioned JSON. Every other output is a view of it."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PrivateAttr, field_validator

from ..audit.verdict import Ruling
from ..models.errors import one_line
from . import lookup
from .diagnosis_parts import DiagnosisPart
from .drawing import DrawingPart
from .earlier_parts import AgainstPart, LockPart
from .environment import Environment
from .finding_parts import EstimatePart, FindingPart
from .part import OutcomePart, Part
from .strict_json import brief, defined, first_lines, strict_content
from .terminal.visible import spelt

SCHEMA_VERSION: Final = 2
READABLE = (1, 2)
"""Schema versions that are read; records of version 1 hold no diagnosis."""

TIME_FIELDS = ("seconds", "timings", "started")
"""Fields of a record that differ between two equal runs; nothing else may."""


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


class DataPart(Part):
    """One set of records, generated or real."""

    n: Annotated[int, Field(description="records looked at")]
    total: Annotated[int, Field(description="records the source holds; with `unit`, one of each unit that was kept")]
    sha256: str
    source: str
    name: str
    unit: Annotated[str | None, Field(description="what one record of each was taken of; null: of nothing")] = None
    units: Annotated[int | None, Field(description="units that the records belong to, where a unit is named")] = None
    given: Annotated[int | None, Field(description="records the source holds, where a unit is named")] = None
    shared: Annotated[int, Field(description="records left out because the reference has their units, too")] = 0
    population: Annotated[bool, Field(description="declared to be all there is, rather than a sample of it")] = False


class GroupsPart(Part):
    """The groups that samples were told apart by."""

    attribute: Annotated[str, Field(description="what tells the groups apart")] = "class"
    names: tuple[str, ...]
    source: Annotated[str, Field(description="how the group of a generated sample was found")]
    accuracy: Annotated[float | None, Field(description="share of held-out reference samples classified rightly")]


class ColumnPart(Part):
    """One column of a table."""

    name: str
    taken_for: Annotated[str, Field(description="as what its cells were read, in all tables alike")]


class EncoderPart(Part):
    """What turned records into features."""

    name: str
    version: str
    sha256: Annotated[str, Field(description="of its weights, graph or code; of a built-in one, of name and version")]
    licence: str
    dimensions: int
    features: Annotated[str, Field(description="what the columns are, in words")]
    cannot_see: Annotated[str, Field(description="which differences between records it does not show")]


class DataParts(Part):
    """All data behind the audit."""

    generated: DataPart
    reference: DataPart | None
    holdout: DataPart | None
    groups: Annotated[tuple[GroupsPart, ...], Field(description="one entry an attribute, the main one first")] = ()
    encoders: Annotated[
        tuple[EncoderPart, ...], Field(description="what made features, the main one first; empty in old records")
    ] = ()
    columns: Annotated[tuple[ColumnPart, ...], Field(description="of tables, what each column was taken for")] = ()

    @field_validator("groups", mode="before")
    @classmethod
    def _of_one_attribute(cls, value: Any) -> Any:
        # The first records knew one attribute at most and had it, or null, in place of the list.
        return () if value is None else (value,) if isinstance(value, dict) else value


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

    schema_version: Literal[1, 2] = SCHEMA_VERSION
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
