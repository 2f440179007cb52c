"""A Markdown page laid out for a terminal: headings, lists and code by weight and indent, lines broken at words."""

import io
import os
from typing import ClassVar

WIDEST = 100
"""Characters of a line, on a terminal of any width: longer ones are hard to read."""


def laid_out(text: str, *, width: int) -> str:
    """The page as text with the terminal's own codes for weight, and for colour unless `NO_COLOR` is set.

    Args:
        text: Markdown.
        width: columns of the terminal.
    """
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Heading, Markdown
    from rich.style import Style
    from rich.text import Text
    from rich.theme import Theme

    class Plain(Heading):
        """A heading at the left margin, where the eye looks for it, without a frame."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            yield from ([Text("")] if self.tag != "h1" else [])
            yield Text(self.text.plain, style=Style(bold=True, underline=self.tag == "h1"))

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "heading_open": Plain}

    theme = Theme({"markdown.code": "cyan", "markdown.code_block": "cyan", "markdown.link": "none"})
    output = io.StringIO()
    console = Console(
        file=output,
        width=max(20, min(width, WIDEST)),
        force_terminal=True,
        color_system="standard",
        no_color=bool(os.environ.get("NO_COLOR")),
        theme=theme,
        legacy_windows=False,
        _environ={},
    )
    console.print(Page(text, hyperlinks=False))
    return output.getvalue()
