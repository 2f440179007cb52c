"""What stands at the edge of each printed page: the model, its digest and the page's number."""

from ..record import Record
from ..words import short

LONGEST = 60


def print_style(record: Record) -> str:
    """Rules for paged media that name the model on every page; all of the name that is not plain is escaped."""
    name = short(record.checkpoint.name, LONGEST)
    digest = f"SHA-256 {record.checkpoint.sha256[:12]}…" if record.checkpoint.sha256 else "in memory, no digest"
    return f'\n@page {{ @top-left {{ content: "{_quoted(name)}"; }} @top-right {{ content: "{_quoted(digest)}"; }} }}\n'


def _quoted(text: str) -> str:
    """Text inside a CSS string: letters and digits as they are, whatever else is seen by its number.

    Reference: CSS Syntax Module Level 3, section 4.3.7, escapes.
    """
    return "".join(_char(char) for char in text)


def _char(char: str) -> str:
    if char.isascii() and (char.isalnum() or char in " .-_:"):
        return char
    # What is not seen, and halves of pairs, which no style sheet can name, become the sign for a missing character.
    code = ord(char) if char.isprintable() else 0xFFFD
    return f"\\{code:06x}"
