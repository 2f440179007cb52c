"""What surely departs from a perfect generator and is judged by no rule: a pass must not hide it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..audit.finding import Better, Outcome
from ..audit.verdict import Ruling
from . import numbers
from .finding_parts import EstimatePart, FindingPart
from .record import Record
from .words import label, perfect_text, short

SURELY = 0.998
"""Where a test gives no p-value: the level at which the whole interval must lie outside a perfect generator's band."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One estimate that is surely not a perfect generator's; `size` counts half-widths of the perfect band."""

    code: str
    title: str
    estimate: EstimatePart
    said: str
    size: float


def departures(record: Record) -> tuple[Departure, ...]:
    """The largest departure of each auditor that no rule judges, the largest first.

    Only estimates of the whole count, on the side that is worse where one is. P-values are adjusted together (Holm), at
    the policy's error; an estimate without one counts where its interval at `SURELY` lies outside the perfect band.
    """
    applied = [rule for rule in record.verdict.rules if rule.outcome is not Ruling.NOT_APPLIED]
    judged = {(rule.auditor, _question(rule.estimate)) for rule in applied}
    candidates = [
        (finding, each)
        for finding in record.findings
        if finding.outcome is Outcome.MEASURED and finding.doubts is None
        for each in finding.estimates
        if each.group is None and (finding.code, _question(each.name)) not in judged and each.curve and side(each)
    ]
    sure = _surely([each for _, each in candidates], 1 - record.verdict.confidence)
    told = record.diagnosis
    named = {(sign.code, sign.estimate): sign.name for sign in ((*told.seen, *told.slight) if told else ())}
    found: dict[str, Departure] = {}
    for (finding, each), yes in zip(candidates, sure, strict=True):
        size, name = abs(standardised(each) or 0.0), named.get((finding.code, each.name))
        known = found.get(finding.code)
        # What the diagnosis has a name for says more than what merely lies further out.
        better = known is None or (name is not None, size) > ((known.code, known.estimate.name) in named, known.size)
        if yes and better:
            found[finding.code] = Departure(finding.code, name or finding.title, each, _said(each, finding), size)
    return tuple(sorted(found.values(), key=lambda each: -each.size))


def _question(name: str) -> str:
    """What an estimate is about: `coverage` and `coverage_ratio` ask the same."""
    return name.removesuffix("_ratio")


def side(estimate: EstimatePart) -> int:
    """On which side of a perfect generator's band the whole interval lies, −1 or 1; 0 within, or on the better side."""
    perfect = estimate.perfect
    if perfect is None:
        return 0
    below, above = estimate.high < perfect.low, estimate.low > perfect.high
    if (below and estimate.better is Better.LOWER) or (above and estimate.better is Better.HIGHER):
        return 0
    return -1 if below else 1 if above else 0


def standardised(estimate: EstimatePart, value: float | None = None) -> float | None:
    """How far a value is from a perfect generator's, in half-widths of its band; None where there is no band.

    The band reaches from −1 to 1 on this scale, also where it is not even; where one half of it has no width, the other
    counts for both.

    Args:
        estimate: whose perfect generator is meant.
        value: None for the estimate's own.
    """
    perfect, at = estimate.perfect, estimate.value if value is None else value
    if perfect is None:
        return None
    below, above = perfect.value - perfect.low, perfect.high - perfect.value
    width = (above or below) if at >= perfect.value else (below or above)
    return (at - perfect.value) / width if width > 0 else None


def _surely(estimates: Sequence[EstimatePart], error: float) -> Iterator[bool]:
    tested = sorted({each.p_value for each in estimates if each.p_value is not None})
    count = sum(each.p_value is not None for each in estimates)
    largest = -1.0
    # Holm: the smallest p-value against error / count, the next against error / (count − 1), until one does not pass.
    for p in tested:
        smaller = sum(each.p_value is not None and each.p_value < p for each in estimates)
        if p > error / max(1, count - smaller):
            break
        largest = p
    for each in estimates:
        if each.p_value is not None:
            yield each.p_value <= largest
        else:
            yield _outside(each)


def _outside(estimate: EstimatePart) -> bool:
    perfect = estimate.perfect
    wide = next(((low, high) for level, low, high in estimate.curve if level >= SURELY), None)
    return wide is not None and perfect is not None and (wide[1] < perfect.low or wide[0] > perfect.high)


def _said(estimate: EstimatePart, finding: FindingPart) -> str:
    value, between = numbers.estimate(estimate.value, estimate.low, estimate.high, estimate.unit)
    name = short(label(estimate.name, finding), 120)
    unit = "" if estimate.unit in ("share", "ratio", "count", "share difference") else f" {estimate.unit}"
    return f"{name} {value} ({between}){unit}; perfect: {perfect_text(estimate.perfect, estimate.unit)}"
