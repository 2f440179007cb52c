"""Judge findings by a policy: intervals against bounds.

What the two decisions promise, and the cheapest control that keeps both promises (docs/guide/policy.md derives it):

- PASS says that *every* rule's truth meets its bound. The verdict passes only if all rules do, so each may be tested at
  the policy's full confidence: an intersection–union test needs no correction (Berger 1982, Technometrics 24, 295–300).
- FAIL says of *this* rule that its truth does not meet the bound. Any one of them fails the verdict, so the errors of
  all add up, and Holm's procedure shares the error among them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from .doubts import doubts_about
from .finding import Estimate, Finding, Interval, Outcome
from .planning import Levels, chance_at, could_decide, samples_needed, would_fail
from .policy import Policy, Rule
from .rule_estimates import by_encoder, compared, estimates, first_line, rests_on_data
from .statistics.multiplicity import Step, holm
from .verdict import Against, Bound, Observed, RuleResult, Ruling, Verdict, Waiver, conclude


@dataclass(frozen=True, slots=True)
class _Case:
    """One rule on one estimate; a rule without a group becomes one case per group.

    `of_data` says whether the interval rests on records, rather than on what the model alone was asked.
    """

    rule: Rule
    estimate: Estimate
    gap: str | None
    of_data: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a verdict must know beside the findings.

    Args:
        drawn: generated samples behind the findings.
        available: generated records that there are where they come from a file; None from a model, which draws more.
        control: findings on held-out real records in the place of generated ones, for rules that would fail.
        most: samples that could be drawn at most; None where nobody asks what they would decide.
    """

    drawn: int
    available: int | None = None
    most: int | None = None
    control: Mapping[str, Finding] = field(default_factory=dict)


def judge(
    findings: Sequence[Finding],
    policy: Policy,
    *,
    drawn: int,
    today: date,
    available: int | None = None,
    control: Iterable[Finding] = (),
    part: float = 1.0,
    most: int | None = None,
) -> Verdict:
    """Apply every rule of `policy`.

    Args:
        findings: what the auditors found, each auditor at most once.
        policy: the rules.
        drawn: generated samples behind the findings, for saying how many would decide an open rule.
        today: the day on which waivers are checked.
        available: generated records that the samples' file holds; None where a model draws them.
        control: what the auditors found on held-out real records; a rule that these fail too cannot fail.
        part: of the policy's error that this look at the samples may spend; all of it where it is the only look.
        most: samples that could be drawn at most, to say of open rules whether that would decide them.
    """
    confidence = 1 - part * (1 - policy.confidence)
    by_code = {finding.code: finding for finding in findings}
    around = Surroundings(drawn, available, most, {finding.code: finding for finding in control})
    cases: list[_Case] = []
    results: dict[str, list[RuleResult]] = {}
    for each in policy.rules:
        finding = by_code.get(each.auditor)
        rule, foreign = by_encoder(each, finding, policy.encoder)
        if foreign is not None:
            results[rule.id] = [replace(_undecided(rule), reason=foreign)]
            continue
        found = estimates(finding, rule)
        # A rule that names its group asks nothing of the others, whether they were measured or not.
        gap = None if finding is None or rule.group is not None else finding.gaps.get(rule.estimate)
        seen, unknown = compared(rule, found)
        cases += [_Case(rule, estimate, gap, of_data=rests_on_data(finding, rule)) for estimate in seen]
        left = [replace(_undecided(rule), group=group, reason=reason) for group, reason in unknown.items()]
        results[rule.id] = left if found else [_without_estimate(rule, finding)]
    # What was counted completely cannot err, so it takes no part of the error.
    uncertain = sum(1 for case in cases if case.estimate.curve)
    for case, failure in zip(cases, _failures(cases, 1 - confidence), strict=True):
        result = _decide(case, failure, confidence, max(uncertain, 1), around)
        results[case.rule.id].append(_doubted(result, case, findings))
    waivers = {
        entry.rule: Waiver(entry.owner, entry.reason, entry.expires, entry.expires < today) for entry in policy.waivers
    }
    rules = [replace(result, waiver=waivers.get(rule.id)) for rule in policy.rules for result in results[rule.id]]
    crashed = [finding.code for finding in findings if finding.outcome is Outcome.ERROR]
    return conclude(rules, confidence=policy.confidence, crashed=crashed)


def _failures(cases: Sequence[_Case], alpha: float) -> list[Step]:
    """Holm's procedure over the rules that may fail wrongly; the others are decided as they are."""
    p_values = [failure_p_value(case.estimate, case.rule.bound) for case in cases]
    steps = iter(holm([p for p, case in zip(p_values, cases, strict=True) if case.estimate.curve], alpha=alpha))
    return [
        next(steps) if case.estimate.curve else Step(p == 0, 1 - alpha, p)
        for p, case in zip(p_values, cases, strict=True)
    ]


def failure_p_value(estimate: Estimate, bound: Bound) -> float:
    """The smallest error at which the whole interval still lies outside the bound; 0 for complete counts outside it.

    One minus the widest level whose interval lies outside. Range: (0, 1]; never below what the widest known level
    allows, and 1 where no interval lies outside.
    """
    if not estimate.curve:
        return 0.0 if _outside(estimate, bound, 0.5) else 1.0
    outside = [each.level for each in estimate.curve if _outside(estimate, bound, each.level)]
    if outside and outside[-1] == estimate.curve[-1].level:
        return 1 - outside[-1]
    low = outside[-1] if outside else 1e-6
    if not outside and not _outside(estimate, bound, low):
        return 1.0
    high = next(interval.level for interval in estimate.curve if interval.level > low)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _outside(estimate, bound, middle) else (low, middle)
    return 1 - low


def _outside(estimate: Estimate, bound: Bound, level: float) -> bool:
    return bound.ruling(estimate.interval(level)) is Ruling.FAIL


def _without_estimate(rule: Rule, finding: Finding | None) -> RuleResult:
    outcome, unasked = Ruling.INCONCLUSIVE, None if finding is None else finding.not_asked.get(rule.estimate)
    if finding is None:
        reason = f"{rule.auditor} was not run"
    elif finding.outcome is Outcome.MEASURED and unasked is None:
        known = sorted({each.group for each in finding.estimates if each.name == rule.estimate and each.group})
        where = f" for group {rule.group!r}; it has groups: {', '.join(known) or 'none'}" if rule.group else ""
        gap = finding.gaps.get(rule.estimate)
        reason = f"{rule.auditor} gave no {rule.estimate}{where}" + (f": {gap}" if gap else "")
    else:
        # Only a rule that nobody requires may be passed over, and only where its question cannot arise.
        if (finding.outcome is Outcome.NOT_APPLICABLE or unasked is not None) and not rule.required:
            outcome = Ruling.NOT_APPLIED
        reason = unasked or f"{rule.auditor} ended as {finding.outcome.replace('_', ' ')}: {first_line(finding.reason)}"
    return replace(_undecided(rule), outcome=outcome, reason=reason)


def _decide(case: _Case, failure: Step, confidence: float, together: int, around: Surroundings) -> RuleResult:
    estimate, bound = case.estimate, case.rule.bound
    widest = estimate.curve[-1].level if estimate.curve else 1.0
    level = min(confidence, widest)
    interval = estimate.interval(level)
    levels = Levels(confidence, failure.level if failure.decided else 1 - (1 - confidence) / together)
    control = _controlled(case, around, level)
    ruling, reason, needed = bound.ruling(interval), "", None
    if ruling is Ruling.PASS and widest < confidence:
        ruling, reason = Ruling.INCONCLUSIVE, f"met at {widest:.2%}, the widest interval known, below {confidence:.2%}"
    elif ruling is Ruling.PASS and case.gap:
        ruling, reason = Ruling.INCONCLUSIVE, f"met by what could be measured, but {case.gap}"
    elif ruling is Ruling.FAIL and not failure.decided:
        ruling, reason = Ruling.INCONCLUSIVE, _not_together(levels.failing, widest, together)
    elif ruling is Ruling.FAIL and control is not None and bound.ruling(_interval(control)) is Ruling.FAIL:
        ruling, reason = (
            Ruling.INCONCLUSIVE,
            "held-out real records do not meet the bound either, so it blames no model",
        )
    elif ruling is Ruling.INCONCLUSIVE:
        needed = samples_needed(estimate, bound, levels, around.drawn)
        reason = _open(case, levels, needed, around)
    else:
        reason = f"{'the whole' if ruling is Ruling.PASS else 'none of the'} interval meets the bound"
    return replace(
        _undecided(case.rule),
        group=estimate.group,
        outcome=ruling,
        reason=reason,
        observed=_observed(estimate, level),
        p_adjusted=failure.adjusted,
        samples_needed=needed,
        would_fail=would_fail(estimate, bound, levels),
        control=control,
        chance=None if around.most is None else chance_at(estimate, bound, levels, around.most / around.drawn),
    )


def _controlled(case: _Case, around: Surroundings, level: float) -> Observed | None:
    """What held-out real records show in the place of generated ones; None where that was not looked at."""
    finding = around.control.get(case.rule.auditor)
    shown, _ = compared(case.rule, estimates(finding, case.rule))
    estimate = next((each for each in shown if each.group == case.estimate.group), None)
    return None if estimate is None or not estimate.curve else _observed(estimate, min(level, estimate.curve[-1].level))


def _observed(estimate: Estimate, level: float) -> Observed:
    interval = estimate.interval(level)
    return Observed(
        estimate.value, interval.low, interval.high, level, estimate.n, estimate.unit, complete=not estimate.curve
    )


def _interval(seen: Observed) -> Interval:
    return Interval(seen.level, seen.low, seen.high)


def _doubted(result: RuleResult, case: _Case, findings: Sequence[Finding]) -> RuleResult:
    """The rule left open where the interval that decided it may not hold; a complete count has none."""
    if not case.estimate.curve or result.outcome not in (Ruling.PASS, Ruling.FAIL):
        return result
    finding = next(each for each in findings if each.code == case.rule.auditor)
    doubts = doubts_about(finding, case.estimate.name, findings)
    if doubts is None:
        return result
    return replace(result, outcome=Ruling.INCONCLUSIVE, reason=f"its interval may not hold: {doubts}")


def _not_together(failing: float, widest: float, together: int) -> str:
    if failing > widest:
        return (
            f"outside the bound at {widest:.2%}, the widest interval known, but {together} rules need more: judge fewer"
        )
    return f"outside the bound, but not at the {failing:.2%} that {together} rules together ask of a failure"


def _open(case: _Case, levels: Levels, needed: int | None, around: Surroundings) -> str:
    """Why an interval that holds the bound is open, and what would close it."""
    text, estimate, bound = "the interval holds the bound", case.estimate, case.rule.bound
    if needed is not None and around.available is not None and needed > around.available:
        rest = f"; the file holds {around.available:,}"
        rest += f", of which {around.drawn:,} were looked at: look at all" if around.drawn < around.available else ""
        return f"{text}; about {needed:,} samples would decide{rest}"
    if needed is not None:
        return f"{text}; about {needed:,} samples would decide"
    if estimate.from_draws is None or could_decide(estimate, bound, levels):
        # More draws narrow the interval, but where the truth lies near the bound no number can be promised.
        return (
            text
            if estimate.from_draws is None
            else f"{text}, and the truth may be too near it for any number to decide"
        )
    text += ", and no number of generated samples would decide"
    return f"{text}: more real data would" if case.of_data else f"{text}: see how to act on {case.rule.auditor}"


def _undecided(rule: Rule) -> RuleResult:
    earlier = rule.no_worse_than
    return RuleResult(
        id=rule.id,
        auditor=rule.auditor,
        estimate=rule.estimate,
        group=rule.group,
        bound=rule.bound,
        required=rule.required,
        why=rule.why,
        outcome=Ruling.INCONCLUSIVE,
        reason="not judged",
        against=None if earlier is None else Against(earlier.source, earlier.sha256, earlier.checkpoint),
    )
