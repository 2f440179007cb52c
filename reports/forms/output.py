"""A filled form as Markdown and as one HTML file; both are pure functions of it."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..markdown import escape
from ..page_parts import style_sheets
from ..tables import TableView
from ..terminal.visible import spelt
from ..words import short
from .filled import Entry, Filled

TEMPLATES = Path(__file__).parents[2] / "templates"

STYLE = "h1 { font-size: 1.75rem; font-weight: 700; margin: 2rem 0 1rem; }\n"
"""In the report the verdict is larger than its title; here the title comes first."""

LONGEST = 4_000
"""Characters of one entry."""

MEANING = (
    "Measured: by the finding that is named, in the record of this audit. Declared: said by people, and verified by "
    "nobody. Missing: neither. A filled field says nothing of whether a duty is met."
)


def form_markdown(filled: Filled) -> str:
    """A filled form as Markdown."""
    lines = [f"# {escape(filled.form.title)}", "", escape(_subject(filled)), "", escape(filled.form.note), "", MEANING]
    lines += ["", *(f"- {escape(each)}" for each in filled.warnings)] if filled.warnings else []
    for title, fields in filled.parts:
        lines += ["", f"## {escape(title)}"]
        for field in fields:
            lines += ["", f"### {escape(f'{field.id} {field.title}')}", ""]
            lines += [line for entry in field.entries for line in _entry(entry)]
    return "\n".join(lines) + "\n"


def form_html(filled: Filled) -> str:
    """A filled form as HTML: one file that holds no script and loads nothing."""
    style = style_sheets() + STYLE
    return (
        _templates()
        .get_template("form.html.j2")
        .render(
            filled=filled,
            subject=_subject(filled),
            meaning=MEANING,
            short=lambda text: short(text, LONGEST),
            style=Markup(style),  # our own file
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _visible(value: object) -> object:
    """Text without characters that hide or reorder what a reader sees: these are spelt out."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return spelt(value, lambda char: f"⟨U+{ord(char):04X}⟩", kept="\n\t")


def _subject(filled: Filled) -> str:
    return f"Model: {filled.model}" + (f", SHA-256 {filled.digest}." if filled.digest else ".")


def _entry(entry: Entry) -> list[str]:
    source = f" ({escape(entry.source)})" if entry.source else ""
    lines = [f"- **{entry.kind}**{source}: {escape(entry.text)}"]
    return lines if entry.table is None else [*lines, "", *_table(entry.table), ""]


def _table(view: TableView) -> list[str]:
    head = [f"| {' | '.join(map(escape, view.columns))} |", f"|{'---|' * len(view.columns)}"]
    rows = [f"| {' | '.join(map(escape, row))} |" for row in view.rows]
    return [*head, *rows, *(["", escape(view.left_out)] if view.left_out else [])]
