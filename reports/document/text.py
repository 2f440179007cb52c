"""Text as it may stand on a page: every character seen, and no number parted from its unit."""

import re

from markupsafe import Markup

from ..scope import plain
from ..terminal.visible import spelt
from ..words import short

LONGEST = 2_000
"""Characters of one free text: a reason, a setting, a declared fact. A traceback keeps its end, the news."""


def visible(value: object) -> object:
    """A value as it may be printed: text without characters that hide, reorder or break what a reader sees.

    Control characters, directional overrides and lone surrogates are spelt out (`⟨U+202E⟩`), so that a hostile name can
    neither disguise itself nor make the file unreadable. A number never parts from its unit at the end of a line.
    """
    if value is None or isinstance(value, Markup) or not isinstance(value, str):
        return value
    text = spelt(value, lambda char: f"⟨U+{ord(char):04X}⟩", kept="\n\t")
    return re.sub(r"(?<=\d) (?=%)|(?<=\bn) (?== )|(?<=\bn =) ", "\u00a0", text)


def text_of(value: object) -> str:
    """A declared or configured value as text, without the brackets of a program; a dash where it says nothing."""
    return short(plain(value) or "–", LONGEST)


def free_text(text: str) -> str:
    """A reason or a traceback, cut where it is long; its end is kept."""
    return text if len(text) <= LONGEST else "…" + text[-LONGEST:]
