"""Find a finding or an estimate by name; who misspells one is told what is there."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .finding_parts import EstimatePart, FindingPart
    from .record import Record


def finding(record: "Record", code: str) -> "FindingPart":
    """The finding of the auditor with that code.

    Raises:
        KeyError: if the record has none; the message lists the codes that it has.
    """
    for each in record.findings:
        if each.code == code:
            return each
    raise KeyError(f"the record has no finding {code!r}; it has: {', '.join(each.code for each in record.findings)}")


def estimate(finding: "FindingPart", name: str, group: str | None = None) -> "EstimatePart":
    """The estimate of that name and group; no group is the whole.

    Raises:
        KeyError: if the finding has none; the message lists the estimates, or the groups of this one, that it has.
    """
    named = [each for each in finding.estimates if each.name == name]
    for each in named:
        if each.group == group:
            return each
    if named:
        groups = ", ".join("None (the whole)" if each.group is None else repr(each.group) for each in named)
        raise KeyError(f"{finding.code} has no {name} for group {group!r}; it has it for: {groups}")
    known = ", ".join(dict.fromkeys(each.name for each in finding.estimates))
    # Of a traceback, the last line says what happened.
    said = (finding.reason or "").strip().splitlines()
    reason = f" ({finding.outcome}: {said[-1][:200]})" if said and not known else ""
    raise KeyError(f"{finding.code} has no estimate {name!r}; it has: {known or 'none'}{reason}")
