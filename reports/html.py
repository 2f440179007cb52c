"""The report: one HTML file that needs no script and loads nothing, as a pure function of record and evidence."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..audit.evidence.bundle import Evidence
from ..audit.finding import Outcome
from . import claims, diagnosis, numbers, rulings, scope, words
from .chart_parts import USUAL_KEY
from .crosswalk import crosswalk
from .crosswalk_markdown import MEANING
from .document import distributions, glossary
from .document.change import changes
from .document.decision import decision
from .document.findings import by_theme, views
from .document.glance import actions, coverage, diagnosed
from .document.policy_words import policy_rules
from .document.print_marks import print_style
from .document.provenance import command, is_in_memory, judged_on, judging_command, moment
from .document.sample_sheet import sample_sheet
from .document.text import free_text, text_of, visible
from .levels import at_policy_level
from .markdown_lite import markdown
from .over_time import said as moved
from .page_parts import TEMPLATES, digest, sorting, style_sheets
from .record import Record, RulePart
from .redaction import Showing, hides_real
from .scatter import scatter

if TYPE_CHECKING:
    from .over_time.parts import ComparisonPart

__all__ = ["command", "is_in_memory", "moment", "render", "text_of", "visible"]


def render(
    record: Record,
    evidence: Evidence,
    *,
    showing: Showing = Showing.GENERATED,
    full: bool = False,
    change: "ComparisonPart | None" = None,
) -> str:
    """The report as HTML: the same bytes for the same record, evidence, earlier record and options.

    Args:
        record: what was found and judged.
        evidence: what the exhibits are shown from.
        showing: which records are shown; real ones that are texts or rows are withheld unless asked for.
        full: whether the appendix and all folded parts are printed, too.
        change: what changed since an earlier audit, where there is one.
    """
    record = at_policy_level(record)
    rules = tuple(words.in_order(record.verdict.rules))
    style = style_sheets() + print_style(record)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            record=record,
            evidence=evidence,
            full=full,
            change=None if change is None else changes(change),
            rules=rules,
            style=Markup(style),
            script=sorting(),
            **_first_pages(record, evidence, rules, showing),
            **_later_pages(record, evidence, rules, showing),
        )
    )


def _first_pages(
    record: Record, evidence: Evidence, rules: Sequence[RulePart], showing: Showing
) -> Mapping[str, object]:
    """What the pages of decision, scope and glance show."""
    signs, axis = diagnosed(record)
    return {
        "decision": decision(record, rules),
        "facts": scope.facts(record),
        "policy_rules": policy_rules(record),
        "columns": distributions.columns(evidence),
        "sheet": sample_sheet(evidence, showing),
        "hides_real": hides_real(evidence, showing),
        "coverage": coverage(record),
        "signs": signs,
        "axis": axis,
        "actions": actions(record, rules),
        "diagnosis": record.diagnosis,
        "map": scatter(evidence),
    }


def _later_pages(
    record: Record, evidence: Evidence, rules: Sequence[RulePart], showing: Showing
) -> Mapping[str, object]:
    """What findings, risks, further sections and provenance show."""
    findings = views(record, evidence, rules, showing)
    return {
        "findings": findings,
        "themes": by_theme(findings),
        "residual": scope.residual_risks(record),
        "crosswalk": crosswalk(record),
        "crosswalk_meaning": MEANING,
        "command": command(record),
        "judging": judging_command(record),
        "judged_on": judged_on(record),
    }


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
        "digest": digest,
    }
    modules = {"numbers": numbers, "words": words, "rulings": rulings, "claims": claims}
    modules |= {"said": diagnosis, "moved": moved}
    environment.globals |= {**said, **modules, "Outcome": Outcome, "terms": glossary.TERMS, "usual_key": USUAL_KEY}
    return environment
