"""Which estimates of a finding a rule is about, and what it compares with the bound."""

from .baseline import worsening
from .finding import Estimate, Finding, Outcome
from .policy import Rule, of_encoder


def by_encoder(rule: Rule, finding: Finding | None, usual: str | None) -> tuple[Rule, str | None]:
    """The rule on the estimates of the encoder that it names, or why it cannot be judged: encoders are never mixed."""
    wanted = rule.encoder or usual
    if wanted is None or finding is None or finding.outcome is not Outcome.MEASURED or finding.encoder == wanted:
        return rule, None
    if finding.encoder is None and "extractor" not in finding.settings:
        return rule, None
    group = of_encoder(wanted)
    if rule.group is None and any(each.group == group and each.name == rule.estimate for each in finding.estimates):
        return rule.model_copy(update={"group": group}), None
    got = finding.encoder or "an unknown encoder"
    said = f"it asks for features of {wanted}, but {rule.auditor} looked at those of {got}"
    return rule, f"{said}: run with --encoder {wanted}"


def estimates(finding: Finding | None, rule: Rule) -> list[Estimate]:
    """The estimates that a rule is about: its group's, else that of the whole, else those of all groups."""
    if finding is None or finding.outcome is not Outcome.MEASURED:
        return []
    named = [estimate for estimate in finding.estimates if estimate.name == rule.estimate]
    if rule.group is not None:
        return [estimate for estimate in named if estimate.group == rule.group]
    whole = [estimate for estimate in named if estimate.group is None]
    return whole or named


def rests_on_data(finding: Finding | None, rule: Rule) -> bool:
    """Whether the interval behind a rule rests on records, rather than on what the model alone was asked."""
    facts = () if finding is None else finding.facts
    return next((bool(each.rests_on) for each in facts if each.name == rule.estimate), True)


def first_line(text: str | None) -> str:
    """The line of a reason or a traceback that says what happened."""
    lines = (text or "no reason given").strip().splitlines()
    # A traceback says what happened in its last line, a reason in its first.
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]


def compared(rule: Rule, found: list[Estimate]) -> tuple[list[Estimate], dict[str | None, str]]:
    """What is held against the rule's bound, and by group why the rest cannot be.

    That is the estimates themselves, or how much worse they are than in the record that the rule names.
    """
    baseline = rule.no_worse_than
    if baseline is None or not found:
        return found, {}
    seen, unknown = [], {}
    for each in found:
        worse = worsening(baseline, each)
        if isinstance(worse, str):
            unknown[each.group] = worse
        else:
            seen.append(worse)
    if rule.group is None and all(each.group is not None for each in found) and not unknown:
        gone = [each.group for each in baseline.estimates if each.group is not None]
        present = {each.group for each in found}
        unknown = {group: f"{baseline.source} has it, this audit has not" for group in gone if group not in present}
    return seen, unknown
