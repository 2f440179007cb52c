"""The record: everything a run established, as versioned JSON. Every other output is a view of it."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..audit import finding as words
from ..audit.verdict import Ruling

SCHEMA_VERSION = 1
TIME_FIELDS = ("seconds", "timings", "started")
"""Fields of a record that differ between two equal runs; nothing else may."""

Cell = str | int | float | None


class _Part(BaseModel):
    # NaN and infinity are not JSON; an undefined number is None, with the reason in the finding.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BoundPart(_Part):
    """What a rule asks for; one of the two may be open."""

    at_least: float | None
    at_most: float | None


class ObservedPart(_Part):
    """The estimate a rule looked at, with its interval at the level the rule needed."""

    value: float
    low: float
    high: float
    level: float
    n: int
    unit: str


class WaiverPart(_Part):
    """A named person's decision to live with a rule that is not met."""

    owner: str
    reason: str
    expires: date
    void: Annotated[bool, Field(description="expired on the day of judgement, so without effect")]


class RulePart(_Part):
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
    p_adjusted: float | None
    samples_needed: int | None
    waiver: WaiverPart | None
    waived: bool


class VerdictPart(_Part):
    """The one verdict; every other output repeats it."""

    outcome: Ruling
    reason: str
    confidence: float
    rules: tuple[RulePart, ...]


class CheckpointPart(_Part):
    """What was audited."""

    name: str
    sha256: str
    format: str
    family: str | None
    modality: str
    parameters: int | None
    declared: Annotated[dict[str, Any], Field(description="what the checkpoint says of itself; not verified")]
    notes: Annotated[tuple[str, ...], Field(description="what a reviewer must know of how it was opened")] = ()


class DataPart(_Part):
    """One set of records, generated or real."""

    n: Annotated[int, Field(description="records looked at")]
    total: Annotated[int, Field(description="records the source holds")]
    sha256: str
    source: str
    name: str


class GroupsPart(_Part):
    """The groups that samples were told apart by."""

    attribute: Annotated[str, Field(description="what tells the groups apart")] = "class"
    names: tuple[str, ...]
    source: Annotated[str, Field(description="how the group of a generated sample was found")]
    accuracy: Annotated[float | None, Field(description="share of held-out reference samples judged rightly")]


class DataParts(_Part):
    """All data behind the audit."""

    generated: DataPart
    reference: DataPart | None
    holdout: DataPart | None
    groups: Annotated[tuple[GroupsPart, ...], Field(description="one entry an attribute, the main one first")] = ()

    @field_validator("groups", mode="before")
    @classmethod
    def _of_one_attribute(cls, value: Any) -> Any:
        # The first records knew one attribute at most and had it, or null, in place of the list.
        return () if value is None else (value,) if isinstance(value, dict) else value


class PerfectPart(_Part):
    """What a perfect generator would score at this n: 95 % of its runs lie between low and high."""

    value: float
    low: float
    high: float


class EstimatePart(_Part):
    """One number with its uncertainty."""

    name: str
    group: str | None
    value: float
    low: float
    high: float
    level: float
    n: int
    method: str
    unit: str
    better: words.Better
    perfect: PerfectPart | None
    p_value: float | None
    p_adjusted: float | None
    minimum_detectable: float | None
    from_draws: float | None
    curve: Annotated[tuple[tuple[float, float, float], ...], Field(description="(level, low, high), ascending")]


class ColumnPart(_Part):
    """A table column."""

    key: str
    label: str
    kind: words.Kind


class TablePart(_Part):
    """A named table; undefined cells are null."""

    name: str
    caption: str
    columns: tuple[ColumnPart, ...]
    rows: tuple[tuple[Cell, ...], ...]


class PicturesPart(_Part):
    """References to pictures in the evidence."""

    label: str
    kind: str
    indices: tuple[int, ...]


class ExhibitPart(_Part):
    """Something to look at, by reference."""

    name: str
    caption: str
    form: str
    pictures: tuple[PicturesPart, ...]


class FindingPart(_Part):
    """What one auditor found."""

    code: str
    title: str
    question: str
    outcome: words.Outcome
    reason: str | None
    seconds: float
    estimates: tuple[EstimatePart, ...]
    tables: tuple[TablePart, ...]
    exhibits: tuple[ExhibitPart, ...]
    references: tuple[str, ...]
    settings: dict[str, Any]
    gaps: Annotated[dict[str, str], Field(description="by estimate, which part of it could not be measured")] = {}
    doubts: Annotated[str | None, Field(description="why the intervals of all findings may not hold")] = None


class Coverage(_Part):
    """Every auditor, by outcome, each exactly once."""

    measured: tuple[str, ...]
    not_applicable: tuple[str, ...]
    inconclusive: tuple[str, ...]
    error: tuple[str, ...]


class PolicyPart(_Part):
    """The policy that judged, whole."""

    name: str
    sha256: str
    source: str
    content: dict[str, Any]


class Environment(_Part):
    """Where and how the audit ran."""

    versions: dict[str, str]
    platform: str
    git: Annotated[str | None, Field(description="commit of the working folder, with + if tracked files were changed")]
    device: str
    dtype: str
    seed: int
    samples: int
    argv: tuple[str, ...]
    loader: Annotated[str | None, Field(description="user code that ran to load the model; None means that none did")]
    started: str
    timings: dict[str, float]


class Record(_Part):
    """One audit, complete. `verdict` decides; the rest says why and how to check it."""

    schema_version: Literal[1] = 1
    verdict: VerdictPart
    checkpoint: CheckpointPart
    data: DataParts
    findings: tuple[FindingPart, ...]
    coverage: Coverage
    policy: PolicyPart
    environment: Environment

    def to_json(self) -> str:
        """The record as text, the same bytes for the same content."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def load(cls, path: Path) -> "Record":
        """Read a record file.

        Raises:
            ValueError: if it is no record this version reads; the message says what was expected.

        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ValueError(
                f"{path}: expected a record written by genai-audit, but it cannot be read: {error}"
            ) from error
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version != SCHEMA_VERSION:
            raise ValueError(
                f"{path}: expected schema_version {SCHEMA_VERSION}, got {version!r}; use a matching genai-audit"
            )
        try:
            return cls.model_validate(data)
        except ValueError as error:
            raise ValueError(f"{path}: not a record of schema_version {SCHEMA_VERSION}: {_first(error)}") from error


def _first(error: ValueError) -> str:
    return " ".join(str(error).splitlines()[1:3])


def schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Record.model_json_schema()}
