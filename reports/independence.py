"""Whether the records count as independent, in one sentence that every output shows."""

from ..audit.finding import Outcome
from . import numbers
from .data_parts import DataPart
from .finding_parts import FindingPart
from .record import Record
from .words import finding_of, sentence, short

TEST = "GA502"
REFERENCE = "reference"


def independence_words(record: Record) -> str | None:
    """What the records were taken of, and what the test for near-duplicates says; None where neither is known."""
    finding = finding_of(record, TEST)
    parts = [("generated", record.data.generated), (REFERENCE, record.data.reference), ("holdout", record.data.holdout)]
    units = [_unit_words(role, part) for role, part in parts if part is not None and part.unit is not None]
    tested = None if finding is None else _tested(finding)
    if tested is None:
        return sentence("; ".join(units)) if units else None
    if finding is not None and finding.doubts:
        return " ".join(sentence(each) for each in (*units, finding.doubts))
    return sentence("; ".join([*(units or ["records taken as independent"]), tested]))


def _unit_words(role: str, part: DataPart) -> str:
    """`reference: one record of each of 200 units (person), of 600 given`."""
    chosen = "each" if part.units == part.total else numbers.count(part.total)
    words = (
        f"{role}: one record of {chosen} of {numbers.count(part.units or 0)} units ({short(part.unit or '')}), "
        f"of {numbers.count(part.given or 0)} given"
    )
    if part.shared:
        words += f", {numbers.count(part.shared)} of them left out because the reference has their units, too"
    return words


def _tested(finding: FindingPart) -> str | None:
    if finding.outcome is not Outcome.MEASURED:
        return None if finding.outcome is Outcome.NOT_APPLICABLE else f"near-duplicates: {finding.outcome}"
    seen = [each for each in finding.estimates if each.p_value is not None]
    several = len(seen) > 1
    said = [
        numbers.p_value(each.p_value or 0.0, each.p_floor) + (f" ({each.group or REFERENCE})" if several else "")
        for each in seen
    ]
    return f"near-duplicates: {', '.join(said)}"
