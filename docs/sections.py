"""Writes the parts of the documentation that the auditors say themselves: `make docs`.

A part stands between `<!-- NAME: written by make docs -->` and `<!-- end of NAME -->`; a test compares.
"""

import re
import textwrap
from pathlib import Path

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.audit.commands.explanation import parameter_line, parameters, summary

ROOT = Path(__file__).parents[1]
FILES = {"auditors": ROOT / "README.md", "parameters": ROOT / "docs" / "guide" / "policy.md"}


def auditors() -> str:
    """The table of auditors, each with a link to its page."""
    pages = {path.stem: path.relative_to(ROOT).as_posix() for path in (ROOT / "audit").rglob("GA*.md")}
    rows = (f"| [{each.code}]({pages[each.code]}) | {summary(each)} |" for each in AUDITORS)
    return "\n".join(["| Code | Question, and how it is answered |", "|---|---|", *rows])


def parameter_list() -> str:
    """The parameters that a policy can set, by auditor."""
    return "\n".join(
        line
        for each in AUDITORS
        for line in (f"- **{each.code}** {each.title}", *(_wrapped(parameter_line(one)) for one in parameters(each)))
    )


def _wrapped(item: str) -> str:
    return textwrap.fill(item, 118, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


WRITERS = {"auditors": auditors, "parameters": parameter_list}


def updated(name: str, text: str) -> str:
    """The text with that part written anew.

    Raises:
        ValueError: if the text has no such part.
    """
    start, end = f"<!-- {name}: written by make docs -->", f"<!-- end of {name} -->"
    made, count = re.subn(
        rf"(?<={re.escape(start)}\n).*?(?=^{re.escape(end)}$)",
        lambda _: f"\n{WRITERS[name]()}\n\n",
        text,
        flags=re.DOTALL | re.MULTILINE,
    )
    if count != 1:
        raise ValueError(f"expected one part between {start} and {end}, got {count}")
    return made


if __name__ == "__main__":
    for each, file in FILES.items():
        file.write_text(updated(each, file.read_text(encoding="utf-8")), encoding="utf-8")
