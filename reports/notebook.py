"""The record as a notebook shows it: verdict, rules, what was looked at, and where the report is.

Colours are the notebook's own, so that it reads in light and dark themes; the status is a sign and a word. Nothing is
loaded from anywhere.
"""

from html import escape
from pathlib import Path

from . import numbers
from .diagnosis import NOT_RECORDED, page_one
from .independence import independence_words
from .junit import rule_name
from .levels import at_policy_level
from .record import Record, RulePart
from .rulings import observed_and_named, verdict_sentence
from .terminal.visible import line
from .words import bound_words, in_order, rule_words, ruling_mark, short

TABLE = "border-collapse:collapse;color:inherit;background:transparent"
CELL = "text-align:left;vertical-align:top;padding:0.25em 0.75em 0.25em 0;border-bottom:1px solid;color:inherit"
BLOCK = "color:inherit;background:transparent;border-left:4px solid;padding:0 0 0 0.75em;max-width:70em"


def record_html(record: Record, report: Path | None) -> str:
    """A record as a fragment of HTML; `report` is where its report was written, if it was."""
    record = at_policy_level(record)
    mark = ruling_mark(record.verdict.outcome)
    rows = "".join(_row(record, rule) for rule in in_order(record.verdict.rules))
    beside = page_one(record)
    independence = independence_words(record)
    told = NOT_RECORDED if record.diagnosis is None else record.diagnosis.sentence
    heads = "".join(_cell(head, 'th scope="col"') for head in ("Outcome", "Rule", "Asked", "Observed"))
    return (
        f'<div style="{BLOCK}">'
        f"<p><strong>{mark.sign} {mark.word}</strong>: {_text(record.checkpoint.name)}. "
        f"{_text(verdict_sentence(record), 600)}</p>"
        f"{'' if beside is None else f'<p>{_text(beside, 600)}</p>'}"
        f'<table style="{TABLE}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f"<p>Diagnosis: {_text(told, 600)}</p>"
        f"{'' if independence is None else f'<p>{_text(independence, 600)}</p>'}"
        f"<p>{_text(_looked_at(record), 2000)}</p>"
        f"{'' if report is None else _link(report)}"
        "</div>"
    )


def _row(record: Record, rule: RulePart) -> str:
    mark = ruling_mark(rule.outcome)
    word = f"{mark.sign} {mark.word}{', waived' if rule.waived else ''}"
    asked = f"{rule_words(rule, record)} {bound_words(rule, record)}"
    cells = (word, rule_name(rule), asked, observed_and_named(record, rule))
    return f"<tr>{''.join(_cell(cell, 'td') for cell in cells)}</tr>"


def _cell(text: str, tag: str) -> str:
    return f'<{tag} style="{CELL}">{_text(text)}</{tag[:2]}>'


def _looked_at(record: Record) -> str:
    told = (f"{outcome.replace('_', ' ')}: {', '.join(codes)}" for outcome, codes in record.coverage if codes)
    drawn = f"{numbers.count(record.environment.samples)} samples, seed {record.environment.seed}"
    return f"{drawn}, policy {record.policy.name}. Auditors {'; '.join(told)}."


def _link(report: Path) -> str:
    # A notebook's page may open what lies below its own folder; a browser refuses it `file:` links elsewhere.
    here = Path.cwd()
    place = report.relative_to(here).as_posix() if report.is_relative_to(here) else report.as_uri()
    return f'<p>Report: <a href="{escape(place)}" style="color:inherit">{_text(str(report), 500)}</a></p>'


def _text(text: str, limit: int = 300) -> str:
    """Text in which every character is seen, cut and escaped."""
    return escape(short(line(text), limit))
