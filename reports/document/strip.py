"""All rules in one chart: how far each interval is from its bound, on one axis that all rules share.

On it, 0 is the bound and 1 what a perfect generator would score; where that is not known, or is the bound itself, 1 is
as far again as the bound is from nothing. What lies left of 0 does not meet the rule. Positions are in per cent of the
plot's width; what lies beyond the axis is cut at its end, with an arrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ...audit.verdict import Ruling
from ..claims import claim, title
from ..finding_parts import EstimatePart
from ..record import Record, RulePart
from ..words import Mark, bound_words, finding_of, ruling_mark, sentence, short, spaced, waiver_words

LOW, HIGH = -1.0, 1.2
"""The ends of the axis, in distances from the bound to a perfect generator."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One rule: words, and where its interval lies; `dot` is None where nothing uncertain was measured."""

    code: str
    title: str
    said: str
    asked: str
    mark: Mark
    waived: bool
    note: str
    dot: str | None
    start: str
    width: str
    cut: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The chart: rows with intervals, complete counts as a checklist, and rules that did not apply by name."""

    bars: tuple[Bar, ...]
    checks: tuple[Bar, ...]
    open: tuple[Bar, ...]
    not_applied: tuple[str, ...]
    bound_at: str
    perfect_at: str
    reading: str


def strip(record: Record, rules: Sequence[RulePart]) -> Strip:
    """The chart of these rules, in their order."""
    seen = [rule for rule in rules if rule.observed is not None]
    bars = tuple(_bar(rule, record) for rule in seen if _uncertain(rule))
    checks = tuple(_bar(rule, record) for rule in seen if not _uncertain(rule))
    unseen = [rule for rule in rules if rule.observed is None]
    return Strip(
        bars=bars,
        checks=checks,
        open=tuple(_bar(rule, record) for rule in unseen if rule.outcome is not Ruling.NOT_APPLIED),
        not_applied=tuple(title(rule) for rule in unseen if rule.outcome is Ruling.NOT_APPLIED),
        bound_at=_place(0.0),
        perfect_at=_place(1.0),
        reading=_reading(bars),
    )


def standard(rule: RulePart, record: Record) -> tuple[float, float, float] | None:
    """Value, low and high as distances past the bound, 1 at a perfect generator; None where nothing was measured."""
    seen = rule.observed
    if seen is None:
        return None
    low, high = rule.bound.at_least, rule.bound.at_most
    ends = [end for end in (low, high) if end is not None]
    end = min(ends, key=lambda each: abs(each - seen.value))
    sign = 1.0 if end == low else -1.0
    estimate = _estimate(rule, record)
    perfect = None if estimate is None or estimate.perfect is None else sign * (estimate.perfect.value - end)
    room = perfect if perfect is not None and perfect > 0 else abs(end) or 1.0
    value, one, other = (sign * (each - end) / room for each in (seen.value, seen.low, seen.high))
    return value, min(one, other), max(one, other)


def _uncertain(rule: RulePart) -> bool:
    return rule.observed is not None and not rule.observed.complete


def _estimate(rule: RulePart, record: Record) -> EstimatePart | None:
    finding = finding_of(record, rule.auditor)
    estimates = () if finding is None else finding.estimates
    return next((each for each in estimates if (each.name, each.group) == (rule.estimate, rule.group)), None)


def _bar(rule: RulePart, record: Record) -> Bar:
    at = standard(rule, record) if _uncertain(rule) else None
    value, low, high = at or (0.0, 0.0, 0.0)
    waiver = waiver_words(rule)
    note = sentence(spaced(short(rule.reason, 300))) if rule.outcome is Ruling.INCONCLUSIVE else ""
    return Bar(
        code=rule.auditor,
        title=title(rule),
        said=sentence(claim(rule, record))[:-1],
        asked=bound_words(rule, record),
        mark=ruling_mark(rule.outcome),
        waived=rule.waived,
        note=" ".join(each for each in (note, waiver) if each),
        dot=None if at is None else _place(value),
        start=_place(low),
        width=f"{float(_place(high)[:-1]) - float(_place(low)[:-1]):.2f}%",
        cut="left" if value < LOW else "right" if value > HIGH else "",
    )


def _place(value: float) -> str:
    clipped = min(max(value, LOW), HIGH)
    return f"{100 * (clipped - LOW) / (HIGH - LOW):.2f}%"


def _reading(bars: Sequence[Bar]) -> str:
    words = [bar.mark.word for bar in bars]
    counts = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
    return f"Intervals of {len(bars)} rules beside their bounds: {', '.join(counts)}."
