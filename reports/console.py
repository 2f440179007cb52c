"""What a terminal shows at the end of a run: the verdict first, what asks for attention, and the rest in brief."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..audit.verdict import Ruling
from .claims import claim, title
from .diagnosis import NOT_RECORDED, page_one
from .drawing_words import looks_words
from .encoder_words import encoder_words
from .independence import independence_words
from .levels import at_policy_level
from .record import Record, RulePart
from .rulings import named_words, verdict_sentence
from .terminal.say import say_styled
from .words import SIGNS, bound_words, in_order, sentence, short, spaced, waiver_words

MAX_RULES = 10
"""Rules that are not met, open or waived and shown at the end of a run; the report has them all."""

LONGEST_LIST = 400
"""Characters of the names of rules that are met, or not applied."""

COLOURS = {Ruling.PASS: "green", Ruling.FAIL: "red", Ruling.INCONCLUSIVE: "yellow"}
"""Beside sign and word, never alone."""

QUIET = "dim"


def closing(record: Record, out: Path | None) -> None:
    """Print the verdict, the rules and where the report is: at most twenty lines, plain off a terminal."""
    say_styled(_styled(record, out))


def closing_lines(record: Record, out: Path | None) -> list[str]:
    """The closing summary as plain lines; `out` is the folder that holds the report, if one was written."""
    return [text for text, _ in _styled(record, out)]


def _styled(record: Record, out: Path | None) -> Iterator[tuple[str, str]]:
    """Lines, each with its style: the verdict in bold, what asks for attention in its colour, the rest dim."""
    record = at_policy_level(record)
    verdict = record.verdict
    yield f"{verdict.outcome.upper()} {SIGNS[verdict.outcome]}  {verdict_sentence(record)}", _bold(verdict.outcome)
    if (beside := page_one(record)) is not None:
        yield f"  {beside}", ""
    rules = in_order(verdict.rules)
    standing = [rule for rule in rules if rule.waived or rule.outcome in (Ruling.FAIL, Ruling.INCONCLUSIVE)]
    yield from (_ruled(rule, record) for rule in standing[:MAX_RULES])
    if len(standing) > MAX_RULES:
        yield f"  … and {len(standing) - MAX_RULES} more rules, in the report", ""
    for outcome, what in ((Ruling.PASS, "met"), (Ruling.NOT_APPLIED, "not applied")):
        names = [title(rule).lower() for rule in rules if rule.outcome is outcome and not rule.waived]
        if names:
            yield f"  {SIGNS[outcome]} {len(names)} {what}: {_listed(names)}", ""
    lock = None if record.lock is None else record.lock.words()
    for said in (encoder_words(record), independence_words(record), looks_words(record), lock):
        if said is not None:
            yield said, QUIET
    yield f"Diagnosis: {NOT_RECORDED if record.diagnosis is None else record.diagnosis.sentence}", ""
    counts = (f"{len(codes)} {outcome.replace('_', ' ')}" for outcome, codes in record.coverage)
    yield f"Auditors: {' · '.join(counts)}", QUIET
    if out is not None:
        yield f"Report: {out / 'report.html'}", ""


def _listed(names: Sequence[str]) -> str:
    """The names as far as they fit into four hundred characters, none of them cut, and how many more there are."""
    shown: list[str] = []
    for name in names:
        if shown and len(", ".join([*shown, name])) > LONGEST_LIST:
            return f"{', '.join(shown)} and {len(names) - len(shown)} more"
        shown.append(short(name, LONGEST_LIST))
    return ", ".join(shown)


def _bold(outcome: Ruling) -> str:
    return f"bold {COLOURS[outcome]}" if outcome in COLOURS else "bold"


def _ruled(rule: RulePart, record: Record) -> tuple[str, str]:
    """A rule that is not met, open or waived: what was seen, what was asked, and what is behind it."""
    text = f"{claim(rule, record)}; asked: {bound_words(rule, record)}"
    if rule.outcome is Ruling.INCONCLUSIVE:
        text += f"; {spaced(short(rule.reason, 300))}"
    named = named_words(record, rule) if rule.observed is not None and not rule.estimate.startswith("worst_") else None
    more = [each for each in (named and sentence(named), waiver_words(rule)) if each]
    sign = SIGNS[Ruling.NOT_APPLIED] if rule.waived else SIGNS[rule.outcome]
    said = " ".join([sentence(text), *more])
    return f"  {sign} {title(rule)}: {said}", "" if rule.waived else COLOURS.get(rule.outcome, "")
