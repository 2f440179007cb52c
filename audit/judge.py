"""Judge findings by a policy: intervals against bounds, with Holm's control across the rules."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import NormalDist

from .finding import LEVELS, Estimate, Finding, Outcome
from .policy import Policy, Rule
from .statistics.multiplicity import Step, holm
from .verdict import Observed, RuleResult, Ruling, Verdict, Waiver, conclude

POWER = NormalDist().inv_cdf(0.8)
"""Scatter, in standard deviations, that four draws of five do not exceed in the wrong direction."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One rule on one estimate; a rule without a group becomes one case per group."""

    rule: Rule
    estimate: Estimate


def judge(findings: Sequence[Finding], policy: Policy, *, drawn: int, today: date) -> Verdict:
    """Apply every rule of `policy`.

    Args:
        findings: what the auditors found, each auditor at most once.
        policy: the rules.
        drawn: generated samples behind the findings, for saying how many would decide an open rule.
        today: the day on which waivers are checked.

    """
    by_code = {finding.code: finding for finding in findings}
    cases: list[_Case] = []
    results: dict[str, list[RuleResult]] = {}
    for rule in policy.rules:
        found = _estimates(by_code.get(rule.auditor), rule)
        cases += [_Case(rule, estimate) for estimate in found]
        results[rule.id] = [] if found else [_without_estimate(rule, by_code.get(rule.auditor))]
    steps = holm([p_value(case.estimate, case.rule) for case in cases], alpha=1 - policy.confidence)
    for case, step in zip(cases, steps, strict=True):
        results[case.rule.id].append(_decide(case, step, drawn, len(cases)))
    waivers = {
        entry.rule: Waiver(entry.owner, entry.reason, entry.expires, entry.expires < today) for entry in policy.waivers
    }
    rules = [replace(result, waiver=waivers.get(rule.id)) for rule in policy.rules for result in results[rule.id]]
    crashed = [finding.code for finding in findings if finding.outcome is Outcome.ERROR]
    return conclude(rules, confidence=policy.confidence, crashed=crashed)


def p_value(estimate: Estimate, rule: Rule) -> float:
    """The smallest error at which the estimate's interval still decides the rule, either way.

    One minus the widest level whose interval lies wholly inside or wholly outside the bound; 0 for exact estimates.
    Range: (0, 1]; never below what the widest known level allows.
    """
    if not estimate.curve:
        return 0.0
    decided = [level for level in LEVELS if level <= estimate.curve[-1].level and _decides(estimate, rule, level)]
    if decided and decided[-1] == estimate.curve[-1].level:
        return 1 - decided[-1]
    low = decided[-1] if decided else 1e-6
    if not decided and not _decides(estimate, rule, low):
        return 1.0
    high = next(interval.level for interval in estimate.curve if interval.level > low)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _decides(estimate, rule, middle) else (low, middle)
    return 1 - low


def _decides(estimate: Estimate, rule: Rule, level: float) -> bool:
    return rule.bound.ruling(estimate.interval(level)) is not Ruling.INCONCLUSIVE


def _estimates(finding: Finding | None, rule: Rule) -> list[Estimate]:
    if finding is None or finding.outcome is not Outcome.MEASURED:
        return []
    named = [estimate for estimate in finding.estimates if estimate.name == rule.estimate]
    if rule.group is not None:
        return [estimate for estimate in named if estimate.group == rule.group]
    whole = [estimate for estimate in named if estimate.group is None]
    return whole or named


def _without_estimate(rule: Rule, finding: Finding | None) -> RuleResult:
    outcome = Ruling.INCONCLUSIVE
    if finding is None:
        reason = f"{rule.auditor} was not run"
    elif finding.outcome is Outcome.MEASURED:
        known = sorted({each.group for each in finding.estimates if each.name == rule.estimate and each.group})
        where = f" for group {rule.group!r}; it has groups: {', '.join(known) or 'none'}" if rule.group else ""
        reason = f"{rule.auditor} gave no {rule.estimate}{where}"
    else:
        # Only a rule that nobody requires may be passed over, and only where its question does not arise.
        if finding.outcome is Outcome.NOT_APPLICABLE and not rule.required:
            outcome = Ruling.NOT_APPLIED
        reason = f"{rule.auditor} ended as {finding.outcome.replace('_', ' ')}: {_first_line(finding.reason)}"
    return replace(_undecided(rule), outcome=outcome, reason=reason)


def _decide(case: _Case, step: Step, drawn: int, together: int) -> RuleResult:
    estimate, rule = case.estimate, case.rule
    level = min(step.level, estimate.curve[-1].level) if estimate.curve else step.level
    interval = estimate.interval(level)
    ruling = rule.bound.ruling(interval) if step.decided else Ruling.INCONCLUSIVE
    observed = Observed(estimate.value, interval.low, interval.high, level, estimate.n, estimate.unit)
    needed, reason = None, _reason(ruling, None, estimate)
    if ruling is Ruling.INCONCLUSIVE and rule.bound.ruling(interval) is not ruling:
        reason = (
            f"decided at {level:.2%}, the widest interval known, but not together with {together} rules: judge fewer"
        )
    elif ruling is Ruling.INCONCLUSIVE:
        needed = samples_needed(estimate, rule, level, drawn)
        reason = _reason(ruling, needed, estimate)
    return replace(
        _undecided(rule),
        group=estimate.group,
        outcome=ruling,
        reason=reason,
        observed=observed,
        p_adjusted=step.adjusted,
        samples_needed=needed,
    )


def samples_needed(estimate: Estimate, rule: Rule, level: float, drawn: int) -> int | None:
    """How many generated samples would decide the rule in four draws of five; None if no number would.

    Taken for granted is that the truth lies where the estimate does. At n samples the interval reaches z·√(fixed + u²)
    towards the bound, and a new draw scatters with standard deviation u = √(variance of the draws · drawn / n); the
    reference's and the judge's uncertainty stays. Solved for u: distance − POWER·u = z·√(fixed + u²).
    """
    distance = rule.bound.distance(estimate.value)
    interval = estimate.interval(level)
    half = max(estimate.value - interval.low, interval.high - estimate.value)
    share = estimate.from_draws
    if share is None or share == 0 or half <= 0:
        return None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    variance = (half / z) ** 2
    room = distance**2 - z**2 * variance * (1 - share)
    if room <= 0:
        return None
    scatter = room / (distance * POWER + math.sqrt((distance * POWER) ** 2 + (z**2 - POWER**2) * room))
    needed = drawn * variance * share / scatter**2
    # Two digits: the width at another n is itself only known roughly.
    scale = int(10 ** max(0, math.floor(math.log10(needed)) - 1))
    return math.ceil(needed / scale) * scale


def _reason(ruling: Ruling, needed: int | None, estimate: Estimate) -> str:
    match ruling:
        case Ruling.PASS:
            return "the whole interval meets the bound"
        case Ruling.FAIL:
            return "none of the interval meets the bound"
        case _ if needed is not None:
            return f"the interval holds the bound; about {needed:,} samples would decide"
        case _ if estimate.from_draws is None:
            return "the interval holds the bound"
        case _:
            return "the interval holds the bound, and no number of generated samples would decide: more real data would"


def _undecided(rule: Rule) -> RuleResult:
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
    )


def _first_line(text: str | None) -> str:
    lines = (text or "no reason given").strip().splitlines()
    # A traceback says what happened in its last line, a reason in its first.
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]
