"""Whether auditors find again, in the saved evidence, what they found."""

from collections.abc import Callable, Iterator
from typing import Any

from ...reports import convert
from ...reports.finding_parts import FindingPart
from ...reports.record import Record
from ..evidence.bundle import Evidence
from ..pipeline.auditing import LEFT_OUT, configured, run_auditors
from ..policy import Policy, PolicyError
from .check import Check, all_of, unchecked, wrong
from .comparison import Closeness, differences

Progress = Callable[[str, float], None]


def found_again(record: Record, evidence: Evidence, progress: Progress) -> tuple[FindingPart, ...]:
    """What the auditors find in the evidence, with the record's seed and the settings of its policy.

    Raises:
        ValueError: if the policy cannot be used.
    """
    policy = Policy.model_validate(record.policy.content)
    left_out = [each.code for each in record.findings if each.reason == LEFT_OUT]
    only = tuple(each.code for each in record.findings if each.code not in left_out) if left_out else ()
    seed = record.environment.seed
    found = run_auditors(configured(policy), evidence, seed=seed, only=only, progress=progress)
    return tuple(convert.finding_part(each) for each in found)


def of_findings(
    record: Record, evidence: Evidence, close: Closeness, progress: Progress = lambda step, share: None
) -> Iterator[Check]:
    """That each auditor finds what it found: every estimate, table and exhibit, and what it could not measure."""
    try:
        again = found_again(record, evidence, progress)
    except (PolicyError, ValueError) as error:
        yield wrong("findings", f"the auditors cannot run again: {error}")
        return
    yield from compared(record.findings, again, close)


def compared(recorded: tuple[FindingPart, ...], again: tuple[FindingPart, ...], close: Closeness) -> Iterator[Check]:
    """The recorded findings beside those that were found again."""
    by_code = {each.code: each for each in again}
    for part in recorded:
        found = by_code.pop(part.code, None)
        if found is None:
            yield wrong(part.code, "this version of genai-audit has no such auditor; verify with the version recorded")
            continue
        note = f"{len(found.estimates)} estimates {close.words} as recorded" if found.estimates else f"{found.outcome}"
        yield from all_of(part.code, differences(part.code, keyed(part), keyed(found), close), note)
    for code in by_code:
        if close.differs is None:
            yield wrong(code, "the record leaves out what this auditor found")
        else:
            yield unchecked(code, f"the record knows no such auditor, and {close.differs}")


def keyed(part: FindingPart) -> dict[str, Any]:
    """A finding as plain values, with its estimates by name and group."""
    content = part.model_dump(mode="json")
    estimates: dict[str, Any] = {}
    for each in content.pop("estimates"):
        label = each["name"] if each["group"] is None else f"{each['name']}[{each['group']}]"
        while label in estimates:
            label += " again"
        estimates[label] = each
    # Nothing stands before an estimate's name, as that says what it is.
    order = list(estimates)
    return {**content, **{f"estimate {name}": estimates[name] for name in order}, "order of estimates": order}
