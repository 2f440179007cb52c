"""What a terminal shows: progress while working, and a closing summary with the verdict first."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .diagnosis import NOT_RECORDED, page_one
from .independence import independence_words
from .record import Record
from .rulings import rule_sentence, verdict_sentence
from .words import SIGNS, in_order, looks_words

MAX_RULES = 12
"""Rules shown at the end of a run, so that the summary stays within twenty lines; the report has them all."""

STEPS = {
    "checkpoint": "reading the checkpoint",
    "train": "training the reference model",
    "samples": "drawing samples",
    "features": "computing features",
    "groups": "judging groups",
    "attributions": "attributing outputs",
    "latents": "looking at the latent space",
    "weights": "looking at the weights",
    "report": "writing the report",
}


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A progress display on the terminal's error stream; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda step, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        tasks = {}

        def report(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = display.add_task(STEPS.get(step, f"auditing {step}"), total=1.0)
            display.update(tasks[step], completed=share)

        yield report


def closing(record: Record, out: Path | None) -> None:
    """Print the verdict, the rules and where the report is: at most twenty lines, plain off a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for index, line in enumerate(closing_lines(record, out)):
        console.print(Text(line, style="bold" if index == 0 else ""))


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
    lines += [each for each in (independence_words(record), looks_words(record)) if each is not None]
    lines.append(f"Diagnosis: {NOT_RECORDED if record.diagnosis is None else record.diagnosis.sentence}")
    lines.append("Auditors: " + " · ".join(f"{len(codes)} {name}" for name, codes in counts.items()))
    return lines if out is None else [*lines, f"Report: {out / 'report.html'}"]
