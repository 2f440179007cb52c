"""Text in which a reader sees every character: what hides, reorders, moves the cursor or commands a build is spelt out.

Names of files, groups, columns and models come from anybody. On their way to a terminal, a job's log or a report they
must neither disguise themselves nor end a line, and the record keeps them as they are.
"""

import re
import unicodedata
from collections.abc import Callable

LONGEST_LINE = 8_000
"""Characters of a line that are shown; the record holds the whole."""

_HIDDEN = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Marks over Arabic, Syriac and Kaithi numbers: characters of format that are seen."""
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0]")
"""What shows nothing although it counts as a letter or a mark."""
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_JOINERS = "\u200c\u200d"
_OLDEST_JOINED = 0x590
"""Scripts that join letters, and emoji, come after Latin, Greek and Cyrillic, where a joiner only hides."""

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

_COMMAND = re.compile(r"^(\s*):(?=:)")
"""How GitHub Actions and its kin tell a command in a log: two colons that begin a line, after blanks of any kind."""
_BRACKETED = re.compile(r"##(?=\w*\[)")
"""How GitHub's older commands, Azure Pipelines and TeamCity do, `##vso[…`, within a line too."""


def line(text: str) -> str:
    r"""The text as one line of bounded length: control characters as `\x1b`, directional ones as `\u202e`.

    Arabic, Chinese, emoji and any other text that is seen stays as it is. No line that comes out of this commands a
    build: two colons at its beginning and `##[` are broken.
    """
    return _uncommanding(_cut(spelt(text, escape)))


def block(text: str) -> str:
    """Text of several lines; each comes out as of `line`, but tabs stay."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(_uncommanding(_cut(spelt(each, escape, kept="\t"))) for each in lines)


def inert(text: str) -> str:
    """As `line`, for a command to a build that we write ourselves: the command stays one."""
    return spelt(text, escape)


def spelt(text: str, write: Callable[[str], str], *, kept: str = "") -> str:
    """The text with each character that is not seen as `write` writes it, but for those in `kept`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        write(char) if char not in kept and _is_hidden(text, place) else char for place, char in enumerate(text)
    )


def escape(char: str) -> str:
    r"""A character as Python and many others write it: `\n`, `\x1b`, `\u202e`, `\U000e0041`."""
    code = ord(char)
    return _SHORT.get(char) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 2**16 else f"\\U{code:08x}"
    )


def _is_hidden(text: str, place: int) -> bool:
    char = text[place]
    if " " <= char <= "~":
        return False
    before, after = text[place - 1] if place else "", text[place + 1 : place + 2]
    if char in _JOINERS:
        return not (_joins(before) and _joins(after))
    if _SELECTORS.match(char):
        # One selector changes how the sign before it looks; more of them, or after a letter, carry what nobody sees.
        return not (_is_varied(before) or (before and before in "0123456789#*" and after == "\u20e3"))
    if _FILLERS.match(char):
        return True
    return unicodedata.category(char) in _HIDDEN and char not in _SIGNS


def _joins(char: str) -> bool:
    seen = bool(char) and ord(char) >= _OLDEST_JOINED and not _FILLERS.match(char)
    return seen and unicodedata.category(char)[0] in "LMS"


def _is_varied(char: str) -> bool:
    seen = bool(char) and not char.isascii() and not _FILLERS.match(char)
    return seen and unicodedata.category(char) in ("Lo", "So", "Sm", "Po", "Pd")


def _uncommanding(text: str) -> str:
    return _BRACKETED.sub(r"#\\x23", _COMMAND.sub(r"\1\\x3a", text))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"
