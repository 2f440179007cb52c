"""The pages of a comparison and of a history: one HTML file each, without script, that loads nothing."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import numbers
from ..terminal.visible import spelt
from ..words import sentence, short
from . import said
from .parts import Change, ComparisonPart, HistoryPart
from .trend import trend

TEMPLATES = Path(__file__).parents[2] / "templates" / "over_time"


def comparison_page(part: ComparisonPart) -> str:
    """A comparison as HTML: the same bytes for equal comparisons."""
    rows = {each: [row for row in part.rows if row.outcome is each] for each in Change}
    rows[Change.CHANGED] = said.changed(part)
    return _rendered("compare.html.j2", part=part, rows=rows, Change=Change)


def history_page(part: HistoryPart) -> str:
    """A history as HTML: the same bytes for equal histories."""
    charts = [trend(series, len(part.audits)) for series in part.series]
    return _rendered("history.html.j2", part=part, charts=charts, Change=Change)


def _rendered(name: str, **values: Any) -> str:
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    shared = {"said": said, "numbers": numbers, "sentence": sentence, "short": short}
    return _environment().get_template(name).render(style=Markup(style), style_hash=digest, **shared, **values)


def _visible(value: object) -> object:
    if value is None or isinstance(value, Markup) or not isinstance(value, str):
        return value
    return spelt(value, lambda char: f"⟨U+{ord(char):04X}⟩", kept="\n\t")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
