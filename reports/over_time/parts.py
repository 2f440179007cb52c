"""Two audits compared, and a series of them, as plain values that become JSON."""

from enum import StrEnum
from typing import Annotated, Literal, NoReturn

from pydantic import Field

from ...audit.finding import Better
from ...audit.verdict import Ruling
from ..part import OutcomePart, Part
from ..record import RulePart


class Change(StrEnum):
    """What is claimed of one estimate between two audits."""

    CHANGED = "changed"
    NOT_CHANGED = "not changed"
    CANNOT_TELL = "cannot tell"

    def __bool__(self) -> NoReturn:
        raise TypeError("a Change is neither true nor false: compare it with Change.CHANGED")


class SeenPart(Part):
    """A value with its interval at the level of the comparison; what is exact has none."""

    value: float
    low: float
    high: float
    n: int
    exact: bool


class ChangePart(OutcomePart):
    """One estimate of one group in both audits."""

    auditor: str
    estimate: str
    group: str | None
    label: Annotated[str, Field(description="what the estimate is called inside a sentence")]
    unit: str
    better: Better
    old: SeenPart | None
    new: SeenPart | None
    difference: Annotated[SeenPart | None, Field(description="new minus old")] = None
    difference_unit: str = ""
    margin: Annotated[float | None, Field(description="a change of less than this does not matter")] = None
    outcome: Change
    direction: Annotated[
        Literal["better", "worse", "other"] | None,
        Field(description="of what changed; other: where neither direction is better"),
    ] = None
    correlation: Annotated[
        float | None,
        Field(description="of both values as parts of what both audits looked at are left out; null: unknown"),
    ] = None
    p_change: Annotated[float | None, Field(description="of no change; not adjusted")] = None
    p_same: Annotated[float | None, Field(description="of a change of the margin or more; not adjusted")] = None
    reason: str

    def line(self) -> str:
        """Its name and what is claimed of it."""
        group = "" if self.group is None else f"[{self.group}]"
        return f"{self.auditor} {self.estimate}{group}: {self.outcome}, {self.reason}"


class SidePart(Part):
    """One of the two audits."""

    name: Annotated[str, Field(description="where its record lies")]
    checkpoint: str
    sha256: Annotated[str, Field(description="of the checkpoint")]
    started: str
    verdict: Ruling
    policy: str
    policy_sha256: str
    samples: int
    seed: int
    version: Annotated[str, Field(description="of genai-audit")]


class ComparisonPart(OutcomePart):
    """Two audits compared, row by row, and what follows for the rules of a policy."""

    old: SidePart
    new: SidePart
    outcome: Annotated[
        Ruling, Field(description="pass: no rule is worse by its margin; fail: one is; inconclusive: one may be")
    ]
    reason: str
    differs: Annotated[tuple[str, ...], Field(description="in which respects the two audits asked something else")]
    notes: Annotated[tuple[str, ...], Field(description="what else a reader must know")]
    level: Annotated[float, Field(description="of all intervals")]
    rules: Annotated[tuple[RulePart, ...], Field(description="of the policy, each on how much worse its estimate is")]
    rows: tuple[ChangePart, ...]

    def count(self, change: Change) -> int:
        """How many rows are claimed to have changed, not to have, or neither."""
        return sum(row.outcome is change for row in self.rows)

    def line(self) -> str:
        """What follows for the rules, and how many rows changed."""
        counts = ", ".join(f"{self.count(each)} {each}" for each in Change)
        return f"{self.outcome}: {self.reason}; {counts}"


class PointPart(Part):
    """One audit in a series of one estimate; without a value where it was not measured."""

    seen: SeenPart | None
    change: Annotated[Change | None, Field(description="since the audit before; null for the first")]
    direction: Literal["better", "worse", "other"] | None = None
    reason: str = ""


class SeriesPart(OutcomePart):
    """One estimate of one group over all audits."""

    auditor: str
    estimate: str
    group: str | None
    label: str
    unit: str
    better: Better
    points: tuple[PointPart, ...]
    excess: Annotated[
        float | None,
        Field(description="p-value of all audits having one truth, by Cochran's Q; small where they move"),
    ]
    spread: Annotated[
        float | None, Field(description="standard deviation between the truths of the audits, in the estimate's unit")
    ]

    def line(self) -> str:
        """Its name and how many audits have it."""
        group = "" if self.group is None else f"[{self.group}]"
        return f"{self.auditor} {self.estimate}{group}: {sum(each.seen is not None for each in self.points)} audits"


class HistoryPart(OutcomePart):
    """A series of audits, the oldest first."""

    audits: tuple[SidePart, ...]
    level: float
    series: tuple[SeriesPart, ...]
    skipped: Annotated[tuple[str, ...], Field(description="files that are no readable records, with the reason")]

    def line(self) -> str:
        """How many audits and series there are."""
        return f"{len(self.audits)} audits, {len(self.series)} estimates"
