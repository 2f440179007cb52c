"""The part of a record that says which patterns the findings show together."""

from typing import Annotated

from pydantic import Field

from .finding_parts import PerfectPart
from .part import Part


class SignPart(Part):
    """One pattern of the diagnosis, with the estimate that shows it; null where nothing tested it."""

    name: str
    means: str
    code: Annotated[str, Field(description="the auditor whose estimate shows it")]
    estimate: str
    label: Annotated[str, Field(description="what the estimate is called inside a sentence")]
    above: Annotated[bool, Field(description="whether the estimate rises with the pattern")]
    coarse: Annotated[float, Field(description="a departure from perfect below which the pattern is slight")]
    value: float | None
    low: float | None
    high: float | None
    level: float | None
    n: int | None
    unit: str | None
    perfect: PerfectPart | None
    p_adjusted: Annotated[float | None, Field(description="Holm's, over all patterns")]
    minimum_detectable: float | None
    reason: Annotated[str | None, Field(description="why nothing tested it, or why its test is in doubt")]


class DiagnosisPart(Part):
    """The patterns that the findings show together, each exactly once."""

    sentence: str
    seen: Annotated[tuple[SignPart, ...], Field(description="sure, and more than slight")]
    slight: Annotated[tuple[SignPart, ...], Field(description="as sure, but small")]
    unseen: Annotated[tuple[SignPart, ...], Field(description="tested and not found")]
    untested: tuple[SignPart, ...]
