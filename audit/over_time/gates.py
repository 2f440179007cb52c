"""The policy's rules, each asking how much worse its estimate is than in an earlier audit."""

from collections.abc import Sequence

from ..baseline import Baseline, Pair, baseline_of
from ..policy import Policy, Rule
from .recomputed import Recomputed
from .side import Side

AS_IT_IS = ("share", "share difference", "ratio", "correlation")


def margin_for(unit: str, value: float, margin: float) -> float:
    """The change that does not matter, in the unit of an estimate whose old value is given."""
    return margin if unit in AS_IT_IS else margin * abs(value)


def gates(
    policy: Policy, old: Side, new: Side, margin: float, level: float, only: Sequence[str], shared: Recomputed
) -> Policy:
    """The policy with each rule asking how much worse than in the old audit its estimate is."""
    asked = [rule for rule in policy.rules if not only or rule.auditor in only] or policy.rules
    rules = tuple(_gate(rule, old, new, margin) for rule in asked)
    known = policy.model_copy(update={"rules": rules, "confidence": level}).beside(new.context)
    return known.model_copy(update={"rules": tuple(_knowing(rule, shared) for rule in known.rules)})


def _knowing(rule: Rule, shared: Recomputed) -> Rule:
    """The rule, knowing how its estimates in both audits move together, and why they cannot be compared, if so."""
    baseline = rule.no_worse_than
    assert isinstance(baseline, Baseline)
    pairs = tuple(
        Pair(group=group, correlation=each.correlation, parts=each.parts)
        for (code, name, group), each in shared.paired.items()
        if (code, name) == (rule.auditor, rule.estimate)
    )
    differs = baseline.differs or shared.otherwise.get(rule.auditor)
    return rule.model_copy(update={"no_worse_than": baseline.model_copy(update={"pairs": pairs, "differs": differs})})


def _gate(rule: Rule, old: Side, new: Side, margin: float) -> Rule:
    settings = old.settings(rule.auditor)
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
