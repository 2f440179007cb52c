"""The verdict beside its control: no rule fails that held-out real records fail too."""

from collections.abc import Sequence
from datetime import date

from ..evidence.bundle import Evidence
from ..evidence.control import control_evidence
from ..evidence.plan import stream
from ..finding import Finding, Outcome
from ..judge import judge
from ..policy import Policy
from ..verdict import Ruling, Verdict
from .auditing import configured, run_auditors


def judged(
    findings: Sequence[Finding],
    policy: Policy,
    evidence: Evidence,
    *,
    seed: int,
    today: date,
    available: int | None,
    part: float = 1.0,
    most: int | None = None,
) -> Verdict:
    """The verdict, in which no rule fails that held-out real records fail too.

    The auditors of failing rules look at the held-out records in the place of generated ones.

    Args:
        findings: what the auditors found.
        policy: the rules.
        evidence: what they looked at.
        seed: of the audit.
        today: the day on which waivers are checked.
        available: records in the file of samples; None where a model draws them.
        part: of the policy's error that this look at the samples may spend.
        most: samples that could be drawn at most, where open rules are to say whether that would decide them.
    """
    drawn = len(evidence.generated.samples)
    verdict = judge(findings, policy, drawn=drawn, today=today, available=available, part=part, most=most)
    failing = {rule.auditor for rule in verdict.rules if rule.outcome is Ruling.FAIL}
    auditors = configured(policy)
    needed = {kind for each in auditors if each.code in failing for kind in each.needs}
    control = control_evidence(evidence, stream(seed, "control"), needed) if failing else None
    if control is None:
        return verdict
    looked = run_auditors(auditors, control, seed=seed, only=failing)
    seen = [each for each in looked if each.outcome is Outcome.MEASURED]
    return judge(findings, policy, drawn=drawn, today=today, available=available, control=seen, part=part, most=most)
