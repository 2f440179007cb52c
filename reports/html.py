"""The report: one HTML file that needs no script and loads nothing, as a pure function of record and evidence."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..audit.evidence.bundle import Evidence
from ..audit.finding import Outcome
from . import claims, diagnosis, numbers, rulings, scope, words
from .crosswalk import crosswalk
from .crosswalk_markdown import MEANING
from .document import distributions, glossary
from .document.decision import decision
from .document.findings import by_theme, views
from .document.glance import actions, coverage, diagnosed
from .document.levels import at_policy_level
from .document.policy_words import policy_rules
from .document.print_marks import print_style
from .document.provenance import command, is_in_memory, judged_on, judging_command, moment
from .document.redaction import Showing, hides_real
from .document.sample_sheet import sample_sheet
from .document.sections import further
from .document.text import free_text, text_of, visible
from .encoder_words import encoder_words
from .independence import independence_words
from .markdown_lite import markdown
from .record import Record
from .scatter import scatter

TEMPLATES = Path(__file__).parent.parent / "templates"

__all__ = ["command", "is_in_memory", "moment", "render", "text_of", "visible"]


def render(record: Record, evidence: Evidence, *, showing: Showing = Showing.GENERATED, full: bool = False) -> str:
    """The report as HTML: the same bytes for the same record, evidence and options.

    Args:
        record: what was found and judged.
        evidence: what the exhibits are shown from.
        showing: which records are shown; real ones that are texts or rows are withheld unless asked for.
        full: whether the appendix and all folded parts are printed, too.
    """
    record = at_policy_level(record)
    environment = _environment()
    rules = tuple(words.in_order(record.verdict.rules))
    findings = views(record, evidence, rules, showing)
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8") + print_style(record)
    signs, axis = diagnosed(record)
    return environment.get_template("report.html.j2").render(
        record=record,
        evidence=evidence,
        full=full,
        decision=decision(record, rules),
        rules=rules,
        themes=by_theme(findings),
        findings=findings,
        coverage=coverage(record),
        signs=signs,
        axis=axis,
        actions=actions(record, rules),
        facts=scope.facts(record),
        residual=scope.residual_risks(record),
        policy_rules=policy_rules(record),
        columns=distributions.columns(evidence),
        sheet=sample_sheet(evidence, showing),
        hides_real=hides_real(evidence, showing),
        further=further(record, evidence),
        diagnosis=record.diagnosis,
        not_found=partial(diagnosis.not_found, record),
        map=scatter(evidence),
        encoders=encoder_words(record),
        independence=independence_words(record),
        crosswalk=crosswalk(record),
        crosswalk_meaning=MEANING,
        command=command(record),
        judging=judging_command(record),
        judged_on=judged_on(record),
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


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
    said: dict[str, Callable[..., Any]] = {
        "text_of": text_of,
        "moment": moment,
        "free_text": free_text,
        "markdown": markdown,
    }
    modules = {"numbers": numbers, "words": words, "rulings": rulings, "claims": claims, "said": diagnosis}
    environment.globals |= {**said, **modules, "Outcome": Outcome, "terms": glossary.TERMS}
    return environment
