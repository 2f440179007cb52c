"""The report: one HTML file that needs no script and loads nothing, as a pure function of record and evidence."""

import base64
import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..audit.evidence.bundle import Evidence
from ..audit.finding import Outcome
from ..audit.pages import page
from . import diagnosis, numbers, rulings, words
from .answers import answer
from .charts import Chart, charts
from .crosswalk import crosswalk
from .crosswalk_markdown import MEANING
from .drawing_words import looks_words
from .encoder_words import encoder_words
from .environment import IN_MEMORY
from .finding_parts import FindingPart
from .independence import independence_words
from .markdown_lite import markdown
from .pictures import BUDGET, Shown, show
from .record import Record, RulePart
from .scatter import scatter
from .tables import TableView, estimates_table, table
from .terminal.visible import spelt

TEMPLATES = Path(__file__).parent.parent / "templates"

LONGEST_TEXT = 2_000
"""Characters of one free text: a reason, a setting, a declared fact. A traceback keeps its end, the news."""

MOST_ROWS_UNFOLDED = 15
"""Rows of a finding's first table that is shown without unfolding."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with everything that is shown of it."""

    part: FindingPart
    mark: words.Mark
    answer: str
    rules: tuple[RulePart, ...]
    charts: tuple[Chart, ...]
    shown_tables: tuple[TableView, ...]
    folded_tables: tuple[TableView, ...]
    exhibits: tuple[Shown, ...]
    estimates: TableView | None
    meanings: tuple[tuple[str, str], ...]
    sections: Mapping[str, Markup]
    settings: tuple[tuple[str, str], ...]


def render(record: Record, evidence: Evidence) -> str:
    """The report as HTML: the same bytes for the same record and evidence."""
    environment = _environment()
    rules = tuple(words.in_order(record.verdict.rules))
    exhibits = _exhibits(record, evidence)
    findings = [_finding(each, rules, exhibits) for each in record.findings]
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return environment.get_template("report.html.j2").render(
        record=record,
        evidence=evidence,
        verdict=words.ruling_mark(record.verdict.outcome),
        sentence=rulings.verdict_sentence(record),
        rules=rules,
        themes=_by_theme(findings),
        findings=findings,
        diagnosis=record.diagnosis,
        said=diagnosis,
        not_found=partial(diagnosis.not_found, record),
        beside=diagnosis.page_one(record),
        encoders=encoder_words(record),
        independence=independence_words(record),
        looks=looks_words(record),
        map=scatter(evidence),
        crosswalk=crosswalk(record),
        crosswalk_meaning=MEANING,
        command=command(record),
        declared=tuple(_flat(record.checkpoint.declared)),
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def visible(value: object) -> object:
    """A value as it may be printed: text without characters that hide, reorder or break what a reader sees.

    Control characters, directional overrides and lone surrogates are spelt out (`⟨U+202E⟩`), so that a hostile name can
    neither disguise itself nor make the file unreadable. A number never parts from its unit at the end of a line.
    """
    if value is None or isinstance(value, Markup) or not isinstance(value, str):
        return value
    text = spelt(value, lambda char: f"⟨U+{ord(char):04X}⟩", kept="\n\t")
    return re.sub(r"(?<=\d) (?=%)|(?<=\bn) (?== )|(?<=\bn =) ", "\u00a0", text)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "numbers": numbers,
        "words": words,
        "rulings": rulings,
        "text_of": text_of,
        "moment": moment,
        "free_text": free_text,
        "Outcome": Outcome,
    }
    return environment


def _exhibits(record: Record, evidence: Evidence) -> dict[str, list[Shown]]:
    """All exhibits by finding; what one leaves of its share of the budget goes to those after it."""
    shown: dict[str, list[Shown]] = {}
    waiting = sum(len(finding.exhibits) for finding in record.findings)
    left = BUDGET
    for finding in record.findings:
        for exhibit in finding.exhibits:
            prepared = show(exhibit, evidence, budget=left // waiting)
            left -= sum(len(sheet.uri) for sheet in prepared.sheets)
            waiting -= 1
            shown.setdefault(finding.code, []).append(prepared)
    return shown


def _finding(part: FindingPart, rules: Sequence[RulePart], exhibits: Mapping[str, Sequence[Shown]]) -> FindingView:
    own = tuple(rule for rule in rules if rule.auditor == part.code)
    measured = part.outcome is Outcome.MEASURED
    tables = tuple(table(f"{part.code}-table-{index}", each) for index, each in enumerate(part.tables))
    shown = 1 if tables and len(tables[0].rows) <= MOST_ROWS_UNFOLDED else 0
    return FindingView(
        part=part,
        mark=words.outcome_mark(part.outcome),
        answer=answer(part),
        rules=own,
        charts=tuple(charts(part, own)) if measured else (),
        shown_tables=tables[:shown],
        folded_tables=tables[shown:],
        exhibits=tuple(exhibits.get(part.code, ())),
        estimates=estimates_table(part) if part.estimates else None,
        meanings=_meanings(part),
        sections=_sections(part.code),
        settings=tuple((words.short(name).replace("_", " "), text_of(value)) for name, value in part.settings.items()),
    )


def _meanings(part: FindingPart) -> tuple[tuple[str, str], ...]:
    """What each estimate that was given is called, and what it says."""
    given = {each.name for each in part.estimates}
    return tuple((words.sentence(each.label)[:-1], each.meaning) for each in part.facts if each.name in given)


def _sections(code: str) -> dict[str, Markup]:
    try:
        return {name: markdown(text) for name, text in page(code).sections.items()}
    except KeyError:
        # A record may come from a version with other auditors; its numbers are shown all the same.
        return {}


def _by_theme(findings: Sequence[FindingView]) -> dict[str, list[FindingView]]:
    themes: dict[str, list[FindingView]] = {}
    for finding in findings:
        themes.setdefault(words.theme(finding.part.code), []).append(finding)
    return themes


def command(record: Record) -> str:
    """The command that repeats the audit, quoted for a shell; built from the record where it was run from Python."""
    argv = list(record.environment.argv)
    environment = record.environment
    if is_in_memory(record):
        return (
            f"audit_checkpoint(…, samples={environment.samples}, seed={environment.seed}, "
            f"device={environment.device!r})  # in Python, with the same objects"
        )
    if not argv:
        argv = ["genai-audit", "run", record.checkpoint.name]
        for role, data in (("--reference", record.data.reference), ("--holdout", record.data.holdout)):
            argv += [role, data.source] if data is not None else []
        argv += ["--loader", environment.loader] if environment.loader else []
        argv += [part for each in environment.encoders for part in ("--encoder", each)]
        argv += ["--samples", str(environment.samples), "--seed", str(environment.seed), "--device", environment.device]
    return words.short(shlex.join(argv), 2 * LONGEST_TEXT)


def is_in_memory(record: Record) -> bool:
    """Whether the model or the data were objects of a Python program, so that no command line can name them."""
    data = (record.data.generated, record.data.reference, record.data.holdout)
    sources = [each.source for each in data if each is not None]
    objects = any(each.endswith("data in memory") for each in sources)
    encoders = any(each.endswith(IN_MEMORY) for each in record.environment.encoders)
    return record.checkpoint.format == "in memory" or objects or encoders


def text_of(value: Any) -> str:
    """A declared or configured value as text: numbers and words as they are, the rest as JSON."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool) or value is None or not isinstance(value, int | float):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return words.short(text, LONGEST_TEXT)


def _flat(declared: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Declared facts as pairs of texts, with mappings one level deep unfolded."""
    for name, value in declared.items():
        inner = value if isinstance(value, dict) and value else {None: value}
        for key, each in inner.items():
            yield words.short(name if key is None else f"{name}: {key}", 100).replace("_", " "), text_of(each)


def free_text(text: str) -> str:
    """A reason or a traceback, cut where it is long; its end is kept."""
    return text if len(text) <= LONGEST_TEXT else "…" + text[-LONGEST_TEXT:]


def moment(started: str) -> str:
    """A time stamp as people write it: `2026-03-14 09:26 UTC`."""
    try:
        when = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()
