"""Conversion between what an audit works with (findings, a verdict) and the parts of a record."""

from dataclasses import asdict
from datetime import date

from ..audit import finding as words
from ..audit.verdict import Bound, Observed, RuleResult, Verdict, Waiver
from .earlier_parts import AgainstPart
from .finding_parts import (
    ColumnPart,
    EstimateFactsPart,
    EstimatePart,
    ExhibitPart,
    FindingPart,
    PerfectPart,
    PicturesPart,
    TablePart,
)
from .record import BoundPart, Coverage, ObservedPart, RulePart, VerdictPart, WaiverPart


def coverage_of(findings: tuple[words.Finding, ...]) -> Coverage:
    """The codes of all auditors by outcome, each exactly once."""
    codes = {outcome: tuple(each.code for each in findings if each.outcome is outcome) for outcome in words.Outcome}
    return Coverage(**{outcome.value: listed for outcome, listed in codes.items()})


def verdict_part(verdict: Verdict, on: date | None = None) -> VerdictPart:
    """A verdict as part of a record, and the day on which it was given."""
    return VerdictPart(
        judged_on=on,
        outcome=verdict.outcome,
        reason=verdict.reason,
        confidence=verdict.confidence,
        rules=tuple(_rule_part(rule) for rule in verdict.rules),
    )


def _rule_part(rule: RuleResult) -> RulePart:
    return RulePart(
        id=rule.id,
        auditor=rule.auditor,
        estimate=rule.estimate,
        group=rule.group,
        bound=_bound_part(rule.bound),
        observed=None if rule.observed is None else _observed_part(rule.observed),
        outcome=rule.outcome,
        reason=rule.reason,
        required=rule.required,
        why=rule.why,
        p_adjusted=rule.p_adjusted,
        samples_needed=rule.samples_needed,
        would_fail=rule.would_fail,
        control=None if rule.control is None else _observed_part(rule.control),
        waiver=None if rule.waiver is None else _waiver_part(rule.waiver),
        waived=rule.waived,
        against=None if (earlier := rule.against) is None else AgainstPart(**asdict(earlier)),
    )


def _bound_part(bound: Bound) -> BoundPart:
    return BoundPart(at_least=bound.low, at_most=bound.high)


def _observed_part(seen: Observed) -> ObservedPart:
    return ObservedPart(
        value=seen.value,
        low=seen.low,
        high=seen.high,
        level=seen.level,
        n=seen.n,
        unit=seen.unit,
        complete=seen.complete,
    )


def _waiver_part(waiver: Waiver) -> WaiverPart:
    return WaiverPart(owner=waiver.owner, reason=waiver.reason, expires=waiver.expires, void=waiver.void)


def finding_part(finding: words.Finding) -> FindingPart:
    """A finding as part of a record."""
    return FindingPart(
        code=finding.code,
        title=finding.title,
        question=finding.question,
        outcome=finding.outcome,
        reason=finding.reason,
        seconds=round(finding.seconds, 3),
        estimates=tuple(_estimate_part(each) for each in finding.estimates),
        tables=tuple(_table_part(each) for each in finding.tables),
        exhibits=tuple(_exhibit_part(each) for each in finding.exhibits),
        references=finding.references,
        settings=dict(finding.settings),
        facts=tuple(_facts_part(each) for each in finding.facts),
        gaps=dict(finding.gaps),
        not_asked=dict(finding.not_asked),
        encoder=finding.encoder,
        doubts=finding.doubts,
        doubted=finding.doubted,
        sampling_unit=finding.sampling_unit,
    )


def _facts_part(facts: words.EstimateFacts) -> EstimateFactsPart:
    return EstimateFactsPart(
        name=facts.name,
        label=facts.label,
        unit=facts.unit,
        better=facts.better,
        meaning=facts.meaning,
        rests_on=facts.rests_on,
    )


def _estimate_part(estimate: words.Estimate) -> EstimatePart:
    interval = estimate.interval()
    perfect = estimate.perfect
    return EstimatePart(
        name=estimate.name,
        group=estimate.group,
        value=estimate.value,
        low=interval.low,
        high=interval.high,
        level=interval.level,
        n=estimate.n,
        method=estimate.method,
        unit=estimate.unit,
        better=estimate.better,
        perfect=None if perfect is None else PerfectPart(value=perfect.value, low=perfect.low, high=perfect.high),
        p_value=estimate.p_value,
        p_adjusted=estimate.p_adjusted,
        minimum_detectable=estimate.minimum_detectable,
        from_draws=estimate.from_draws,
        p_floor=estimate.p_floor,
        curve=tuple((each.level, each.low, each.high) for each in estimate.curve),
    )


def _table_part(table: words.Table) -> TablePart:
    columns = tuple(
        ColumnPart(key=each.key, label=each.label, kind=each.kind, floor=each.floor) for each in table.columns
    )
    return TablePart(name=table.name, caption=table.caption, columns=columns, rows=table.rows)


def _exhibit_part(exhibit: words.Exhibit) -> ExhibitPart:
    pictures = tuple(PicturesPart(label=each.label, kind=each.kind, indices=each.indices) for each in exhibit.pictures)
    return ExhibitPart(name=exhibit.name, caption=exhibit.caption, form=exhibit.form, pictures=pictures)


def finding_from(part: FindingPart) -> words.Finding:
    """The finding that a part of a record was made from, in the form that a policy judges."""
    return words.Finding(
        code=part.code,
        title=part.title,
        question=part.question,
        outcome=part.outcome,
        reason=part.reason,
        estimates=tuple(_estimate(each) for each in part.estimates),
        tables=tuple(_table(each) for each in part.tables),
        exhibits=tuple(_exhibit(each) for each in part.exhibits),
        references=part.references,
        settings=part.settings,
        seconds=part.seconds,
        facts=tuple(words.EstimateFacts(e.name, e.label, e.unit, e.better, e.meaning, e.rests_on) for e in part.facts),
        gaps=part.gaps,
        not_asked=part.not_asked,
        encoder=part.encoder,
        doubts=part.doubts,
        doubted=part.doubted,
        sampling_unit=part.sampling_unit,
    )


def _estimate(part: EstimatePart) -> words.Estimate:
    perfect = part.perfect
    return words.Estimate(
        name=part.name,
        value=part.value,
        curve=tuple(words.Interval(*each) for each in part.curve),
        n=part.n,
        method=part.method,
        unit=part.unit,
        better=part.better,
        group=part.group,
        perfect=None if perfect is None else words.Perfect(perfect.value, perfect.low, perfect.high),
        p_value=part.p_value,
        p_adjusted=part.p_adjusted,
        minimum_detectable=part.minimum_detectable,
        from_draws=part.from_draws,
        p_floor=part.p_floor,
    )


def _table(part: TablePart) -> words.Table:
    columns = tuple(words.Column(each.key, each.label, each.kind, each.floor) for each in part.columns)
    return words.Table(part.name, part.caption, columns, part.rows)


def _exhibit(part: ExhibitPart) -> words.Exhibit:
    pictures = tuple(words.Pictures(each.label, each.kind, each.indices) for each in part.pictures)
    return words.Exhibit(part.name, part.caption, part.form, pictures)
