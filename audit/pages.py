"""Each auditor's page: one Markdown file beside its module, the one source for `explain`, the docs and the report."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SECTIONS = (
    "Question",
    "Method",
    "What a perfect model scores",
    "What it cannot see",
    "How to act",
    "References",
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page, as Markdown: its title and its sections by heading."""

    title: str
    sections: Mapping[str, str]
    text: str


@cache
def page(code: str) -> Page:
    """The page of an auditor.

    Raises:
        KeyError: if no auditor has that code.
        ValueError: if the page lacks a section.
    """
    files = sorted(Path(__file__).parent.glob(f"*/*/{code}.md")) if re.fullmatch(r"GA\d{3}", code) else []
    if not files:
        raise KeyError(code)
    text = files[0].read_text(encoding="utf-8")
    head, *parts = re.split(r"^## +(.+?) *$", text, flags=re.MULTILINE)
    sections = {heading: body.strip() for heading, body in zip(parts[::2], parts[1::2], strict=True)}
    missing = [name for name in SECTIONS if name not in sections]
    if missing:
        raise ValueError(f"{files[0].name}: expected the sections {', '.join(SECTIONS)}; missing: {', '.join(missing)}")
    return Page(head.strip().removeprefix("# ").strip(), sections, text)
