"""Words and sentences about rules, findings and records, as plain text that every output shows alike."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from ..audit.finding import Better, Outcome
from ..audit.verdict import Ruling
from . import numbers
from .finding_parts import EstimatePart, FindingPart, PerfectPart
from .record import BoundPart, Record, RulePart

NEVER_BELOW_0 = ("share", "ratio")
"""Units of what cannot be less than nothing."""

LONGEST_NAME = 60
"""Characters of a name that a sentence repeats; the record holds the whole."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A status as a sign, a word and the name of its colour: never one of them alone."""

    sign: str
    word: str
    tone: str


SIGNS = {Ruling.PASS: "✓", Ruling.FAIL: "✕", Ruling.INCONCLUSIVE: "?", Ruling.NOT_APPLIED: "–"}

TONES = {Ruling.PASS: "pass", Ruling.FAIL: "fail", Ruling.INCONCLUSIVE: "unsure", Ruling.NOT_APPLIED: "muted"}


def ruling_mark(ruling: Ruling) -> Mark:
    """The mark of a rule or of the verdict."""
    return Mark(SIGNS[ruling], ruling.replace("_", " ").upper(), TONES[ruling])


def outcome_mark(outcome: Outcome) -> Mark:
    """The mark of an auditor's outcome; to be measured is neither good nor bad."""
    match outcome:
        case Outcome.MEASURED:
            return Mark("●", "measured", "fg")
        case Outcome.NOT_APPLICABLE:
            return Mark("–", "not applicable", "muted")
        case Outcome.INCONCLUSIVE:
            return Mark("?", "inconclusive", "unsure")
        case Outcome.ERROR:
            return Mark("✕", "error", "fail")
        case _ as never:
            assert_never(never)


THEMES = {
    "GA1": "Fairness",
    "GA2": "Attribution",
    "GA3": "Collapse and diversity",
    "GA4": "Memorisation, privacy, copying",
    "GA5": "Validity of data and output",
    "GA6": "Provenance and integrity",
    "GA7": "Cost",
}


def label(name: str, finding: FindingPart | None) -> str:
    """What an estimate is called in a sentence: its auditor's word, else its name as plain words."""
    known = (each.label for each in finding.facts if each.name == name) if finding is not None else iter(())
    return next(known, name.replace("_", " "))


def finding_of(record: Record, code: str) -> FindingPart | None:
    """The finding of an auditor; None if the record has none."""
    return next((each for each in record.findings if each.code == code), None)


def theme(code: str) -> str:
    """The theme that an auditor's code belongs to."""
    return THEMES.get(code[:3], "Other findings")


def short(text: str, limit: int = LONGEST_NAME) -> str:
    """The text, cut to `limit` characters with a mark where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def measured(
    value: float, low: float, high: float, unit: str, *, level: float, n: int, bound: float | None = None
) -> str:
    """An estimate with its interval and sample size: `0.84 (95 % interval 0.81–0.87, n = 2,000)`.

    Args:
        value: the estimate.
        low: the lower end of the interval.
        high: the upper end of the interval.
        unit: of all three, which decides how they are written.
        level: of the interval, in (0, 1).
        n: the number of independent units behind the estimate.
        bound: what a rule asks; enough decimals are given to tell the interval from it.
    """
    seen, between = numbers.estimate(value, low, high, unit, bound=bound)
    if low == high:
        return f"{seen} (no other value in the {numbers.level(level)} interval, n = {numbers.count(n)})"
    return f"{seen} ({numbers.level(level)} interval {between}, n = {numbers.count(n)})"


def complete(value: float, unit: str, n: int) -> str:
    """A number without an interval, because everything was counted: nothing is uncertain."""
    what = "complete count" if unit in ("count", "share") else "exact"
    return f"{numbers.quantity(value, unit)} ({what}, n = {numbers.count(n)})"


def estimate_text(estimate: EstimatePart) -> str:
    """An estimate with its interval and n."""
    if not estimate.curve:
        return complete(estimate.value, estimate.unit, estimate.n)
    return measured(estimate.value, estimate.low, estimate.high, estimate.unit, level=estimate.level, n=estimate.n)


def perfect_text(perfect: PerfectPart | None, unit: str) -> str:
    """What a perfect generator would score: `0.97 (0.95–0.98)`; a dash where that is not defined."""
    if perfect is None:
        return numbers.DASH
    value, between = numbers.estimate(perfect.value, perfect.low, perfect.high, unit)
    return value if perfect.low == perfect.high else f"{value} ({between})"


def bound_words(rule: RulePart, record: Record | None = None) -> str:
    """What a rule asks for, in the unit of its estimate: `at least 0.8`, `at most 10 %`.

    Args:
        rule: with its bound.
        record: its findings know the unit of an estimate that could not be measured.
    """
    unit = rule.observed.unit if rule.observed else _unit(rule, record)
    low, high = (_end(end, unit) for end in (rule.bound.at_least, rule.bound.at_most))
    if low and high:
        return f"between {low} and {high}"
    return f"at least {low}" if low else f"at most {high}"


def _unit(rule: RulePart, record: Record | None) -> str:
    finding = None if record is None else finding_of(record, rule.auditor)
    facts = () if finding is None else finding.facts
    return next((each.unit or "" for each in facts if each.name == rule.estimate), "")


def spaced(text: str) -> str:
    """The text with a space between each number and its per cent sign, as everywhere."""
    return re.sub(r"(?<=\d)%", " %", text)


def _end(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    hundredths = numbers.IN_HUNDREDTHS.get(unit)
    if hundredths is None:
        return numbers.number(value)
    text = f"{numbers.number(100 * value)}{hundredths}"
    return "1 point" if text == "1 points" else text


def rule_words(rule: RulePart, record: Record) -> str:
    """What a rule is about: `Coverage relative to a perfect generator`."""
    whose = f", group {short(rule.group)}" if rule.group is not None else ""
    words = label(rule.estimate, finding_of(record, rule.auditor))
    if rule.against is not None:
        words = f"{worse_words(rule, record)} of {words} since {short(rule.against.source)}"
    return words[:1].upper() + words[1:] + whose


def worse_words(rule: RulePart, record: Record) -> str:
    """What a rule on an earlier record bounds: a worsening, or a change where neither direction is better."""
    finding = finding_of(record, rule.auditor)
    facts = () if finding is None else finding.facts
    better = next((each.better for each in facts if each.name == rule.estimate), Better.HIGHER)
    return "change" if better is Better.NEITHER else "worsening"


def observed_words(rule: RulePart) -> str:
    """What was seen, with its interval at the policy's confidence; a dash where nothing was."""
    seen = rule.observed
    if seen is None:
        return numbers.DASH
    if seen.complete:
        return complete(seen.value, seen.unit, seen.n)
    bound = nearest_end(rule.bound, seen.value)
    return measured(seen.value, seen.low, seen.high, seen.unit, level=seen.level, n=seen.n, bound=bound)


def nearest_end(bound: BoundPart, value: float) -> float | None:
    """The end of the bound that is nearest to `value`."""
    ends = [end for end in (bound.at_least, bound.at_most) if end is not None]
    return min(ends, key=lambda end: abs(end - value), default=None)


def waiver_words(rule: RulePart) -> str | None:
    """Who waived the rule, until when and why, or that the waiver has run out; None without one."""
    waiver = rule.waiver
    if waiver is None:
        return None
    # A policy may give the reason on several lines.
    owner, reason = short(waiver.owner), short(" ".join(waiver.reason.split()), 300)
    if waiver.void:
        return sentence(
            f"The waiver by {owner} expired on {waiver.expires} and has no effect; its reason was: {reason}"
        )
    if rule.waived:
        return sentence(f"Waived by {owner} until {waiver.expires}: {reason}")
    return f"The waiver by {owner} until {waiver.expires} was not needed."


def reason_words(finding: FindingPart) -> str:
    """Why a finding holds no numbers, in a sentence; of a traceback, the last line, which says what happened."""
    lines = (finding.reason or "").strip().splitlines() or ["no reason given"]
    return sentence(short(lines[-1] if finding.outcome is Outcome.ERROR else lines[0], 400))


def policy_words(record: Record) -> str:
    """What the verdict promises, in two sentences that need no statistics."""
    error = f"{numbers.number(100 * (1 - record.verdict.confidence))} %"
    return (
        f"A model that misses any of these bounds passes with a chance of at most {error}, and one that meets them all "
        f"fails with a chance of at most {error}. A rule passes if its whole interval meets the bound, and "
        "fails if none of it does, clearly enough for all rules together; otherwise it is left open."
    )


def would_fail_words(rule: RulePart) -> str | None:
    """The value that this audit would have failed, to weigh a pass by; None where that is not known."""
    if rule.would_fail is None or rule.observed is None:
        return None
    value = max(0.0, rule.would_fail) if rule.observed.unit in NEVER_BELOW_0 else rule.would_fail
    if rule.observed.unit in numbers.IN_HUNDREDTHS and rule.would_fail > 1:
        return "no value would have failed for certain: the interval is too wide"
    where = "or less" if rule.bound.at_most is None or value < rule.bound.at_most else "or more"
    if rule.observed.unit in NEVER_BELOW_0 and rule.would_fail <= 0:
        return "no value would have failed for certain: the interval is too wide"
    if (
        where == "or more"
        and rule.observed.unit in (*NEVER_BELOW_0, "share difference", "correlation")
        and rule.observed.low <= 0
    ):
        # The lower half of an interval that ends at 0 is cut off, and says nothing of how wide one at the bound is.
        return None
    bound = rule.bound.at_least if where == "or less" else rule.bound.at_most
    past = numbers.beyond(value, rule.observed.unit, bound, below=where == "or less")
    return f"{past} {where} would have failed in four audits of five"


def in_order(rules: Sequence[RulePart]) -> list[RulePart]:
    """Failed first, then open, then waived, passed and not applied."""
    place = {Ruling.FAIL: 0, Ruling.INCONCLUSIVE: 1, Ruling.PASS: 3, Ruling.NOT_APPLIED: 4}
    return sorted(rules, key=lambda rule: 2 if rule.waived else place[rule.outcome])
