"""The third page: which risks were looked at and what came of it, the diagnosis as one chart, and what to do first."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...audit.finding import Outcome
from ...audit.pages import page
from ...audit.verdict import Ruling
from .. import numbers
from ..claims import claim
from ..diagnosis import not_found, said
from ..diagnosis_parts import SignPart
from ..finding_parts import FindingPart
from ..found import departures
from ..record import Record, RulePart
from ..risks import RISKS, Risk
from ..symmetric import Axis, symmetric
from ..words import Mark, bound_words, finding_of, sentence
from .decision import why_unseen

NOT_MET = Mark("✕", "not met", "fail")
UNDECIDED = Mark("?", "undecided", "unsure")
FOUND = Mark("●", "found, no rule", "unsure")
MET = Mark("✓", "rules met", "pass")
QUIET = Mark("○", "nothing found", "fg")
UNSEEN = Mark("–", "not looked at", "muted")


@dataclass(frozen=True, slots=True)
class Covered:
    """One risk: what came of it, and the auditors that measured something on it."""

    risk: Risk
    mark: Mark
    codes: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class SignRow:
    """One pattern on the chart of the diagnosis; without `dot` it was not tested."""

    code: str
    name: str
    means: str
    mark: Mark
    text: str
    said: str
    dot: str | None
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Action:
    """What to do about one finding: why, and how, as its auditor's page says."""

    code: str
    urgency: Mark
    why: str
    how: str


def coverage(record: Record) -> tuple[Covered, ...]:
    """Every risk, what nobody looked at as visible as what failed."""
    found = {each.code for each in departures(record)}
    return tuple(_covered(record, risk, found) for risk in RISKS)


def _covered(record: Record, risk: Risk, found: set[str]) -> Covered:
    codes = tuple(
        each.code
        for each in record.findings
        if each.outcome is Outcome.MEASURED and risk.codes and risk.bears(each.code)
    )
    rules = [rule for rule in record.verdict.rules if risk.codes and risk.bears(rule.auditor)]
    standing = [rule.outcome for rule in rules if not rule.waived]
    if Ruling.FAIL in standing:
        mark = NOT_MET
    elif not codes and Ruling.INCONCLUSIVE not in standing:
        return Covered(risk, UNSEEN, (), why_unseen(record, risk))
    elif Ruling.INCONCLUSIVE in standing:
        mark = UNDECIDED
    elif found & set(codes):
        mark = FOUND
    else:
        mark = MET if Ruling.PASS in standing else QUIET
    return Covered(risk, mark, codes, "")


def diagnosed(record: Record) -> tuple[tuple[SignRow, ...], Axis]:
    """All tested patterns on one axis, what is seen first: 0 is a perfect generator, its band reaches from −1 to 1."""
    told = record.diagnosis
    if told is None:
        return (), symmetric([])
    states: tuple[tuple[Sequence[SignPart], Mark, Callable[[SignPart], str]], ...] = (
        (told.seen, Mark("●", "seen", "unsure"), said),
        (told.slight, Mark("●", "slight", "fg"), said),
        (told.unseen, Mark("○", "not found", "muted"), lambda sign: not_found(record, sign)),
    )
    placed = [(sign, _standard(sign)) for signs, _, _ in states for sign in signs]
    axis = symmetric([end for _, ends in placed if ends is not None for end in ends])
    rows = [_row(sign, mark, tell(sign), axis) for signs, mark, tell in states for sign in signs]
    return tuple(rows), axis


def _standard(sign: SignPart) -> tuple[float, float, float] | None:
    """Value, low and high in half-widths of the perfect band; None where there is none."""
    if sign.value is None or sign.low is None or sign.high is None or sign.perfect is None:
        return None
    width = (sign.perfect.high - sign.perfect.low) / 2
    if width <= 0:
        return None
    middle = (sign.perfect.high + sign.perfect.low) / 2
    return tuple((each - middle) / width for each in (sign.value, sign.low, sign.high))  # type: ignore[return-value]  # three


def _row(sign: SignPart, mark: Mark, text: str, axis: Axis) -> SignRow:
    ends = _standard(sign)
    value, between = numbers.estimate(sign.value or 0.0, sign.low or 0.0, sign.high or 0.0, sign.unit or "")
    start = axis.place(ends[1]) if ends else ""
    width = f"{float(axis.place(ends[2])[:-1]) - float(start[:-1]):.2f}%" if ends else ""
    seen = value if sign.low == sign.high else f"{value} ({between})"
    dot = axis.place(ends[0]) if ends else None
    return SignRow(sign.code, sign.name, sentence(sign.means), mark, seen, text, dot, start, width)


def actions(record: Record, rules: Sequence[RulePart]) -> tuple[Action, ...]:
    """What was found, the most urgent first, each with how to act on it; nothing for what was not found."""
    listed: dict[str, Action] = {}
    for outcome, mark in ((Ruling.FAIL, NOT_MET), (Ruling.INCONCLUSIVE, UNDECIDED)):
        for rule in rules:
            if rule.outcome is outcome and not rule.waived and rule.auditor not in listed:
                listed[rule.auditor] = _action(record, rule.auditor, mark, _ruled(rule, record), rule.estimate)
    for finding in record.findings:
        if finding.outcome is Outcome.ERROR and finding.code not in listed:
            listed[finding.code] = Action(finding.code, UNDECIDED, "the auditor broke", "Report it with the traceback.")
    for each in departures(record):
        if each.code not in listed:
            listed[each.code] = _action(record, each.code, FOUND, each.said, each.estimate.name)
    return tuple(listed.values())


def _ruled(rule: RulePart, record: Record) -> str:
    return f"{claim(rule, record)}; asked: {bound_words(rule, record)}"


def _action(record: Record, code: str, mark: Mark, why: str, estimate: str) -> Action:
    try:
        text = page(code).sections["How to act"]
    except KeyError:
        text = ""
    return Action(code, mark, why, plainly(_about(text, estimate), finding_of(record, code)))


def _about(text: str, estimate: str) -> str:
    """The points of a page that name the estimate; the first two where none does."""
    points = re.split(r"^(?=[-*] )", text, flags=re.MULTILINE)
    stem = estimate.removeprefix("worst_").removesuffix("_ratio")
    named = [each for each in points if re.search(rf"[`*](worst_)?{re.escape(stem)}(_ratio)?[`*]", each)]
    return "".join(named[:2] or [each for each in points if each.strip()][:2])


def plainly(text: str, finding: FindingPart | None) -> str:
    """A page's text with its estimates by what a reader calls them, and not by their names in a policy."""
    names = () if finding is None else finding.facts
    for each in sorted(names, key=lambda facts: -len(facts.name)):
        for quoted in (f"`{each.name}`", f"**{each.name}**"):
            text = text.replace(quoted, f"*{each.label}*")
    return text
