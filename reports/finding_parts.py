"""A finding as part of a record: its estimates, tables, exhibits, and what its auditor says of them."""

from typing import Annotated, Any

from pydantic import Field

from ..audit import finding as words
from . import lookup
from .part import OutcomePart, Part

Cell = str | int | float | None


class PerfectPart(Part):
    """What a perfect generator would score at this n: 95 % of its runs lie between low and high."""

    value: float
    low: float
    high: float


class EstimateFactsPart(Part):
    """What an estimate is, whatever its value: its auditor's words for it."""

    name: str
    label: Annotated[str, Field(description="what it is called inside a sentence")]
    unit: Annotated[str | None, Field(description="null where it depends on what is measured")]
    better: words.Better
    meaning: Annotated[str, Field(description="what it says, in one sentence")]
    rests_on: Annotated[
        tuple[str, ...],
        Field(description="sets whose records its interval takes as independent; all in old records"),
    ] = words.SETS


class EstimatePart(OutcomePart):
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
    p_floor: Annotated[
        float | None,
        Field(description="the smallest p-value that this test can give, where it is counted from simulations"),
    ] = None
    curve: Annotated[tuple[tuple[float, float, float], ...], Field(description="(level, low, high), ascending")]

    def line(self) -> str:
        """Its name, value and interval."""
        group = "" if self.group is None else f"[{self.group}]"
        interval = f"{self.low:.4g} to {self.high:.4g} at {self.level:.0%}" if self.curve else "exact"
        return f"{self.name}{group} = {self.value:.4g}, {interval}"


class ColumnPart(Part):
    """A table column."""

    key: str
    label: str
    kind: words.Kind
    floor: Annotated[
        float | None, Field(description="the smallest value a cell can have, where cells are counted from simulations")
    ] = None


class TablePart(Part):
    """A named table; undefined cells are null."""

    name: str
    caption: str
    columns: tuple[ColumnPart, ...]
    rows: tuple[tuple[Cell, ...], ...]


class PicturesPart(Part):
    """References to pictures in the evidence."""

    label: str
    kind: str
    indices: tuple[int, ...]


class ExhibitPart(Part):
    """Something to look at, by reference."""

    name: str
    caption: str
    form: str
    pictures: tuple[PicturesPart, ...]


class FindingPart(OutcomePart):
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
    facts: Annotated[
        tuple[EstimateFactsPart, ...], Field(description="of every estimate the auditor can give; empty in old records")
    ] = ()
    gaps: dict[str, str] = Field(
        default_factory=dict, description="by estimate, which part of it could not be measured"
    )
    not_asked: dict[str, str] = Field(
        default_factory=dict, description="by estimate, why its question cannot arise here"
    )
    encoder: Annotated[
        str | None, Field(description="what made the features that it rests on; null where it rests on none")
    ] = None
    doubts: Annotated[str | None, Field(description="why intervals of this and other findings may not hold")] = None
    doubted: Annotated[
        tuple[str, ...], Field(description="the sets of records that the doubts are about; all in old records")
    ] = words.SETS
    sampling_unit: Annotated[
        str, Field(description="what the n of its estimates counts, independent of each other; empty in old records")
    ] = ""

    def estimate(self, name: str, group: str | None = None) -> EstimatePart:
        """The estimate of that name and group; KeyError, with what there is, if the finding has none."""
        return lookup.estimate(self, name, group)

    def line(self) -> str:
        """Its code and outcome, and why where nothing was measured."""
        said = f"{len(self.estimates)} estimates" if self.reason is None else self.reason
        return f"{self.code}: {self.outcome}, {said}"
