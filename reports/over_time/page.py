"""The pages of a comparison and of a history: one HTML file each, that needs no script and loads nothing."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ...audit.verdict import Ruling
from .. import numbers
from ..document.provenance import moment
from ..document.text import visible
from ..page_parts import TEMPLATES, digest, sorting
from ..words import sentence, short
from . import said
from .parts import Change, ComparisonPart, HistoryPart
from .trend import trend

PAGES = TEMPLATES / "over_time"


def comparison_page(part: ComparisonPart) -> str:
    """A comparison as HTML: the same bytes for equal comparisons."""
    rows = {each: [row for row in part.rows if row.outcome is each] for each in Change}
    rows[Change.CHANGED] = said.changed(part)
    judged = said.in_order(part.rules)
    idle = [rule for rule in part.rules if rule.outcome is Ruling.NOT_APPLIED]
    return _rendered("compare.html.j2", part=part, rules=judged, idle=idle, rows=rows, Change=Change)


def history_page(part: HistoryPart) -> str:
    """A history as HTML: the same bytes for equal histories."""
    charts = [trend(series, len(part.audits)) for series in part.series]
    return _rendered("history.html.j2", part=part, charts=charts, Change=Change)


def _rendered(name: str, **values: Any) -> str:
    style = (PAGES / "page.css").read_text(encoding="utf-8")
    shared = {"said": said, "numbers": numbers, "sentence": sentence, "short": short}
    shared |= {"digest": digest, "moment": moment}
    return _environment().get_template(name).render(style=Markup(style), script=sorting(), **shared, **values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
