"""What every page holds: its style and its one script, each allowed by its digest and by nothing else."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup

TEMPLATES = Path(__file__).parent.parent / "templates"


@cache
def style_sheets() -> str:
    """The style of the report and of forms, for screens and for paper."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "print.css"))


@cache
def sorting() -> Markup:
    """The script that lets a reader sort tables; a page reads and prints without it."""
    return Markup((TEMPLATES / "sort.js").read_text(encoding="utf-8"))


def digest(text: str) -> str:
    """The SHA-256 of what an element holds, as a content security policy names it.

    Reference: W3C, Content Security Policy Level 3, section 2.3.1, hash-source.
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
