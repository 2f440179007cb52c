"""Compare two audits: what changed, what did not, and where nobody can tell."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from ...reports import convert
from ...reports.over_time.parts import Change, ChangePart, ComparisonPart, SeenPart
from ...reports.record import Record
from ...reports.terminal.total import duration
from ..baseline import moved
from ..comparable import differences, why_not
from ..doubts import doubts_about
from ..finding import Better, Estimate, Finding, Outcome
from ..judge import judge
from ..policy import Policy
from ..statistics.change import DIFFERENCES, Claims, Paired, changed_p, claims, same_p
from .gates import gates, margin_for
from .recomputed import PARTS, Recomputed
from .side import Side

MARGIN = 0.05
"""The change that does not matter: in shares, ratios and correlations as it is (0.05 is five points), of anything else
as a part of the old value."""

Key = tuple[str, str, str | None]
"""Code, name and group of an estimate."""

ALONE = (
    "the test uses the intervals of both audits alone: the part of their errors that does not come from drawing "
    "samples is taken as opposed, the worst that shared real data can do, so a change must be larger here than in a "
    "paired test"
)
"""What a comparison says of tests that know nothing but intervals."""

PAIRED = (
    "{n} of {rows} estimates were tested as paired: their auditors were asked again on the evidence of both audits, "
    f"without each of {PARTS} parts of what both looked at, which shows how the two estimates move together"
)
"""What it says where it knows more."""


def compare(
    old: Side,
    new: Side,
    *,
    policy: Policy | None = None,
    margin: float = MARGIN,
    level: float | None = None,
    only: Sequence[str] = (),
    shared: Recomputed | None = None,
) -> ComparisonPart:
    """Two audits, estimate by estimate, and the policy's rules on how much worse each is.

    Args:
        old: the audit to compare with.
        new: the audit that is compared.
        policy: whose rules decide; that of the new audit without it. A rule's own margin counts before `margin`.
        margin: the change that does not matter, as `MARGIN` says.
        level: confidence of intervals and claims; the policy's without it.
        only: codes of the auditors to compare, all if empty.
        shared: how estimates of both move together, where their evidence told.
    """
    shared = shared or Recomputed()
    policy = policy or Policy.model_validate(new.record.policy.content)
    level = policy.confidence if level is None else level
    rows = [_row(*each, old, new, margin, level, shared) for each in _pairs(old, new, only)]
    verdict = judge(
        list(new.findings.values()),
        gates(policy, old, new, margin, level, only, shared),
        drawn=new.record.environment.samples,
        today=_day(new.record),
    )
    return ComparisonPart(
        old=old.part(),
        new=new.part(),
        outcome=verdict.outcome,
        reason=verdict.reason,
        differs=tuple(differences(old.context, new.context)),
        notes=tuple(_notes(old, new, rows, shared)),
        level=level,
        rules=convert.verdict_part(verdict).rules,
        rows=tuple(claimed(rows, level)),
    )


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


def _row(
    key: Key,
    before: Estimate | None,
    after: Estimate | None,
    old: Side,
    new: Side,
    margin: float,
    level: float,
    shared: Recomputed,
) -> ChangePart:
    row = row_of(key, before, after, old, new, margin, level, shared.paired.get(key))
    otherwise = shared.otherwise.get(key[0])
    if otherwise is None or row.difference is None:
        return row
    nothing = {"difference": None, "margin": None, "p_change": None, "p_same": None}
    return row.model_copy(update={**nothing, "reason": otherwise})


def row_of(
    key: Key,
    before: Estimate | None,
    after: Estimate | None,
    old: Side,
    new: Side,
    margin: float,
    level: float,
    paired: Paired | None = None,
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
    difference = moved(before, after, same_samples=same, paired=paired)
    within = margin_for(after.unit, before.value, margin)
    return row.model_copy(
        update={
            "difference": seen_of(difference, level),
            "difference_unit": DIFFERENCES.get(after.unit, after.unit),
            "margin": within,
            "correlation": None if paired is None or not difference.curve else paired.correlation,
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
    if old.settings(code) != new.settings(code):
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


def _notes(old: Side, new: Side, rows: Sequence[ChangePart], shared: Recomputed) -> Iterator[str]:
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
            f"both audits drew with seed {first.seed}: draws of related models then move alike, which only paired "
            "tests count on"
        )
    tested = [row for row in rows if row.difference is not None and not row.difference.exact]
    paired = sum(row.correlation is not None for row in tested)
    if paired:
        yield PAIRED.format(n=paired, rows=len(tested))
    if paired < len(tested):
        yield (f"of the other {len(tested) - paired}, " if paired else "") + ALONE
    slow = {code: each for code, each in sorted(shared.left_out.items()) if each is not None}
    if slow:
        yield (
            f"{', '.join(slow)} were not asked again, which takes about {duration(sum(slow.values()))} more: allow it "
            "by --recompute"
        )
    if fixed := sorted(code for code, each in shared.left_out.items() if each is None):
        yield f"{', '.join(fixed)} rest on evidence of which no part can be left out"
    if shared.why_not:
        yield f"no estimate was tested as paired: {shared.why_not}"


def _day(record: Record) -> date:
    return datetime.fromisoformat(record.environment.started).date()
