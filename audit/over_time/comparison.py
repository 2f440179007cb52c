"""Compare two audits: what changed, what did not, and where nobody can tell."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ...reports import convert
from ...reports.over_time.parts import Change, ChangePart, ComparisonPart, SeenPart, SidePart
from ...reports.record import Record
from ..baseline import baseline_of, moved
from ..comparable import context_of, differences, why_not
from ..doubts import doubts_about
from ..finding import Better, Estimate, Finding, Outcome
from ..judge import judge
from ..policy import Policy, Rule
from ..statistics.change import DIFFERENCES, Claims, changed_p, claims, same_p

MARGIN = 0.05
"""The change that does not matter: in shares, ratios and correlations as it is (0.05 is five points), of anything else
as a part of the old value."""

AS_IT_IS = ("share", "share difference", "ratio", "correlation")

Key = tuple[str, str, str | None]
"""Code, name and group of an estimate."""

ALONE = (
    "the test uses the intervals of both audits alone: the part of their errors that does not come from drawing "
    "samples is taken as opposed, the worst that shared real data can do, so a change must be larger here than in a "
    "paired test"
)
"""What every comparison says of its test."""


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


def compare(
    old: Side,
    new: Side,
    *,
    policy: Policy | None = None,
    margin: float = MARGIN,
    level: float | None = None,
    only: Sequence[str] = (),
) -> ComparisonPart:
    """Two audits, estimate by estimate, and the policy's rules on how much worse each is.

    Args:
        old: the audit to compare with.
        new: the audit that is compared.
        policy: whose rules decide; that of the new audit without it. A rule's own margin counts before `margin`.
        margin: the change that does not matter, as `MARGIN` says.
        level: confidence of intervals and claims; the policy's without it.
        only: codes of the auditors to compare, all if empty.
    """
    policy = policy or Policy.model_validate(new.record.policy.content)
    level = policy.confidence if level is None else level
    rows = [row_of(*each, old, new, margin, level) for each in _pairs(old, new, only)]
    verdict = judge(
        list(new.findings.values()),
        _gates(policy, old, new, margin, level, only),
        drawn=new.record.environment.samples,
        today=_day(new.record),
    )
    return ComparisonPart(
        old=old.part(),
        new=new.part(),
        outcome=verdict.outcome,
        reason=verdict.reason,
        differs=tuple(differences(old.context, new.context)),
        notes=tuple(_notes(old, new)),
        level=level,
        rules=convert.verdict_part(verdict).rules,
        rows=tuple(claimed(rows, level)),
    )


def margin_for(unit: str, value: float, margin: float) -> float:
    """The change that does not matter, in the unit of an estimate whose old value is given."""
    return margin if unit in AS_IT_IS else margin * abs(value)


def _pairs(old: Side, new: Side, only: Sequence[str]) -> Iterator[tuple[Key, Estimate | None, Estimate | None]]:
    """Every estimate of either audit beside its counterpart, in the order of the new audit."""
    for code in dict.fromkeys([*new.findings, *old.findings]):
        if only and code not in only:
            continue
        before, after = (
            {(each.name, each.group): each for each in side.findings[code].estimates} if code in side.findings else {}
            for side in (old, new)
        )
        for key in dict.fromkeys([*after, *before]):
            yield (code, *key), before.get(key), after.get(key)


def claimed(rows: Sequence[ChangePart], level: float) -> list[ChangePart]:
    """The rows with what is claimed of each, among all of them; what is exact takes no part of the error."""
    tested = [place for place, row in enumerate(rows) if row.p_change is not None and not _exact(row)]
    pairs = [(rows[place].p_change or 0.0, rows[place].p_same or 0.0) for place in tested]
    said = dict(zip(tested, claims(pairs, alpha=1 - level), strict=True))
    return [_claimed(row, said.get(place, _of_exact(row))) for place, row in enumerate(rows)]


def row_of(
    key: Key, before: Estimate | None, after: Estimate | None, old: Side, new: Side, margin: float, level: float
) -> ChangePart:
    """One estimate in two audits, with both p-values where they can be compared and the reason where not."""
    (code, name, group), known = key, after or before
    facts = [facts for side in (new, old) if code in side.findings for facts in side.findings[code].facts]
    row = ChangePart(
        auditor=code,
        estimate=name,
        group=group,
        label=next((each.label for each in facts if each.name == name), name.replace("_", " ")),
        unit="" if known is None else known.unit,
        better=Better.NEITHER if known is None else known.better,
        old=None if before is None else seen_of(before, level),
        new=None if after is None else seen_of(after, level),
        outcome=Change.CANNOT_TELL,
        reason="",
    )
    reason = _why_not(code, before, after, old, new)
    if reason is not None or before is None or after is None:
        return row.model_copy(update={"reason": reason})
    same = old.record.data.generated.sha256 == new.record.data.generated.sha256
    difference = moved(before, after, same_samples=same)
    within = margin_for(after.unit, before.value, margin)
    return row.model_copy(
        update={
            "difference": seen_of(difference, level),
            "difference_unit": DIFFERENCES.get(after.unit, after.unit),
            "margin": within,
            "p_change": changed_p(difference),
            "p_same": same_p(difference, within),
        }
    )


def _why_not(code: str, before: Estimate | None, after: Estimate | None, old: Side, new: Side) -> str | None:
    """Why two estimates cannot be compared; None where they can."""
    for which, estimate, side in (("old", before, old), ("new", after, new)):
        if estimate is None:
            return f"the {which} audit has no such estimate{_because(side.findings.get(code))}"
    assert before is not None
    assert after is not None
    first, second = old.findings[code], new.findings[code]
    reason = why_not(code, old.context, new.context, encoders=(first.encoder, second.encoder))
    if reason is not None:
        return reason
    if _settings(old, code) != _settings(new, code):
        return f"the policies give {code} other parameters"
    if (before.unit, before.better) != (after.unit, after.better):
        return "unit or direction of the estimate differ"
    for which, found, side in (("old", first, old), ("new", second, new)):
        doubts = doubts_about(found, after.name, list(side.findings.values()))
        if doubts is not None and (before.curve or after.curve):
            return f"its interval in the {which} audit may not hold: {doubts}"
    return None


def _because(finding: Finding | None) -> str:
    if finding is None:
        return ", as it did not ask this auditor"
    if finding.outcome is Outcome.MEASURED or not finding.reason:
        return ""
    return f": {finding.reason.strip().splitlines()[-1]}"


def _settings(side: Side, code: str) -> Any:
    return (side.record.policy.content.get("settings") or {}).get(code, {})


def seen_of(estimate: Estimate, level: float) -> SeenPart:
    """A value with its interval at a level, or at the widest that is known."""
    widest = estimate.curve[-1].level if estimate.curve else level
    interval = estimate.interval(min(level, widest))
    return SeenPart(value=estimate.value, low=interval.low, high=interval.high, n=estimate.n, exact=not estimate.curve)


def _exact(row: ChangePart) -> bool:
    return row.difference is not None and row.difference.exact


def _of_exact(row: ChangePart) -> Claims:
    """What is claimed of a row that is compared without error, or not at all."""
    return Claims(row.p_change == 0.0, row.p_same == 0.0) if _exact(row) else Claims(False, False)


def _claimed(row: ChangePart, claim: Claims) -> ChangePart:
    if row.difference is None or row.margin is None:
        return row
    if claim.same:
        said = "no value was different" if row.difference.value == 0 else "any change is smaller than the margin"
        return row.model_copy(update={"outcome": Change.NOT_CHANGED, "reason": said})
    if claim.changed:
        up = row.difference.value > 0
        better = {Better.HIGHER: up, Better.LOWER: not up}.get(row.better)
        direction = "other" if better is None else "better" if better else "worse"
        return row.model_copy(
            update={"outcome": Change.CHANGED, "direction": direction, "reason": "the interval leaves no change out"}
        )
    small = row.difference.low <= 0 <= row.difference.high
    reason = (
        "the interval holds both no change and one that matters" if small else "clear by itself, not among all rows"
    )
    return row.model_copy(update={"reason": reason})


def _gates(policy: Policy, old: Side, new: Side, margin: float, level: float, only: Sequence[str]) -> Policy:
    """The policy with each rule asking how much worse than in the old audit its estimate is."""
    rules = [_gate(rule, old, new, margin) for rule in policy.rules if not only or rule.auditor in only]
    asked = policy.model_copy(
        update={"rules": tuple(rules or [_gate(each, old, new, margin) for each in policy.rules]), "confidence": level}
    )
    return asked.beside(new.context)


def _gate(rule: Rule, old: Side, new: Side, margin: float) -> Rule:
    settings = _settings(old, rule.auditor)
    baseline = baseline_of(
        old.content, source=old.name, sha256=old.sha256, auditor=rule.auditor, estimate=rule.estimate
    ).model_copy(update={"settings": settings})
    within = rule.margin
    if within is None:
        finding = new.findings.get(rule.auditor)
        found = [] if finding is None else [each for each in finding.estimates if each.name == rule.estimate]
        unit = found[0].unit if found else "share"
        # One rule has one margin: where it holds for several groups, that of the smallest old value.
        values = [abs(each.value) for each in baseline.estimates if rule.group in (None, each.group)]
        within = margin_for(unit, min(values, default=0.0), margin)
    bounds = {"at_least": None, "at_most": None, "between": None}
    return rule.model_copy(update={**bounds, "no_worse_than": baseline, "margin": within})


def _notes(old: Side, new: Side) -> Iterator[str]:
    first, second = old.part(), new.part()
    if first.version != second.version:
        yield f"genai-audit {first.version} made the old audit, {second.version} the new one: methods may differ"
    if first.policy_sha256 != second.policy_sha256:
        yield f"the policies differ ({first.policy}, then {second.policy}); the rules here are those of the second"
    if old.record.data.generated.sha256 == new.record.data.generated.sha256:
        yield "both audits look at the same generated records"
    elif first.sha256 == second.sha256 and first.sha256:
        yield "both audits are of the same checkpoint: what differs between them is chance, or how it was asked"
    elif first.seed == second.seed:
        yield (
            f"both audits drew with seed {first.seed}: draws of related models then move alike, which is not counted on"
        )
    yield ALONE


def _day(record: Record) -> date:
    return datetime.fromisoformat(record.environment.started).date()
