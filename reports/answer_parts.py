"""What the answers to all auditors' questions share: an estimate with its interval."""

from .finding_parts import EstimatePart, FindingPart
from .words import estimate_text, label, perfect_text, sentence, short


def stated(estimate: EstimatePart, more: str = "") -> str:
    """The estimate with its interval and n, and `more` inside the brackets."""
    return f"{estimate_text(estimate)[:-1]}{more})"


def first_said(finding: FindingPart) -> str:
    """For an auditor without words of its own: its first estimate beside a perfect generator's."""
    first = finding.estimates[0]
    whose = f" of group {short(first.group)}" if first.group is not None else ""
    text = f"{label(first.name, finding)}{whose} is {estimate_text(first)}"
    if first.perfect:
        text += f"; a perfect generator would score {perfect_text(first.perfect, first.unit)} here"
    return sentence(text)


def whole_of(finding: FindingPart) -> dict[str, EstimatePart]:
    """The estimates that are about no group, by name."""
    return {each.name: each for each in finding.estimates if each.group is None}
