"""What a terminal shows at the end of a run: a closing summary with the verdict first."""

from pathlib import Path

from .diagnosis import NOT_RECORDED, page_one
from .drawing_words import looks_words
from .encoder_words import encoder_words
from .independence import independence_words
from .record import Record
from .rulings import rule_sentence, verdict_sentence
from .terminal.say import say_first_bold
from .words import SIGNS, in_order

MAX_RULES = 12
"""Rules shown at the end of a run, so that the summary stays within twenty lines; the report has them all."""


def closing(record: Record, out: Path | None) -> None:
    """Print the verdict, the rules and where the report is: at most twenty lines, plain off a terminal."""
    say_first_bold(closing_lines(record, out))


def closing_lines(record: Record, out: Path | None) -> list[str]:
    """The closing summary as plain lines; `out` is the folder that holds the report, if one was written."""
    verdict = record.verdict
    lines = [f"{verdict.outcome.upper()} {SIGNS[verdict.outcome]}  {verdict_sentence(record)}"]
    beside = page_one(record)
    lines += [] if beside is None else [f"  {beside}"]
    rules = in_order(verdict.rules)
    lines += [f"  {SIGNS[rule.outcome]} {rule.id}: {rule_sentence(rule, record)}" for rule in rules[:MAX_RULES]]
    if len(rules) > MAX_RULES:
        lines.append(f"  … and {len(rules) - MAX_RULES} more rules, in the report")
    covered = record.coverage
    counts = {
        "measured": covered.measured,
        "not applicable": covered.not_applicable,
        "inconclusive": covered.inconclusive,
        "error": covered.error,
    }
    lock = None if record.lock is None else record.lock.words()
    said = (encoder_words(record), independence_words(record), looks_words(record), lock)
    lines += [each for each in said if each is not None]
    lines.append(f"Diagnosis: {NOT_RECORDED if record.diagnosis is None else record.diagnosis.sentence}")
    lines.append("Auditors: " + " · ".join(f"{len(codes)} {name}" for name, codes in counts.items()))
    return lines if out is None else [*lines, f"Report: {out / 'report.html'}"]
