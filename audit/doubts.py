"""Which doubts about records concern an estimate."""

from collections.abc import Iterable

from .finding import SETS, Finding


def doubts_about(finding: Finding, name: str, findings: Iterable[Finding]) -> str | None:
    """Why the interval of an estimate may not hold; None where no finding doubts a set of records that it rests on.

    An estimate that does not say what it rests on, as in old records, rests on all sets.

    Args:
        finding: that gave the estimate.
        name: of the estimate.
        findings: of the same audit.
    """
    rests_on = next((facts.rests_on for facts in finding.facts if facts.name == name), SETS)
    return next((each.doubts for each in findings if each.doubts and set(rests_on) & set(each.doubted)), None)
