"""One level of confidence everywhere: the policy's. Only record.json keeps the levels at which else was looked."""

from ..audit.finding import Interval
from .convert import finding_from
from .finding_parts import EstimatePart, FindingPart
from .record import Record


def at_policy_level(record: Record) -> Record:
    """The record with every interval of an estimate at the policy's confidence; itself where they are so already.

    An estimate whose widest known interval is narrower keeps that one, and its level says so.
    """
    level = record.verdict.confidence
    if all(each.level == level for finding in record.findings for each in finding.estimates if each.curve):
        return record
    return record.model_copy(update={"findings": tuple(_finding(each, level) for each in record.findings)})


def _finding(part: FindingPart, level: float) -> FindingPart:
    found = finding_from(part).estimates
    shown = tuple(
        _estimate(each, estimate.interval(min(level, each.curve[-1][0])) if each.curve else None)
        for each, estimate in zip(part.estimates, found, strict=True)
    )
    return part.model_copy(update={"estimates": shown})


def _estimate(part: EstimatePart, interval: Interval | None) -> EstimatePart:
    if interval is None:
        return part
    return part.model_copy(update={"low": interval.low, "high": interval.high, "level": interval.level})
