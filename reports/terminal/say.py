"""The only place that prints: whatever reaches a terminal or a job's log goes through here, and is cleaned here.

A test looks for any other that does.
"""

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator

from ...models.api_key import without_secrets
from . import visible
from .fitting import fitting
from .streams import Lasting, lasting


def say(*lines: str, err: bool = False) -> None:
    """Print texts, each as one line whatever it holds; with `err` to the error stream."""
    _put((visible.line(each) for each in lines), err=err)


def say_block(text: str, *, err: bool = False) -> None:
    """Print a text of several lines."""
    _put([visible.block(text)], err=err)


def command_build(commands: Iterable[str]) -> None:
    """Print workflow commands that we made ourselves, in which every value was escaped by their rules."""
    _put((visible.inert(each) for each in commands), err=False)


def say_styled(lines: Iterable[tuple[str, str]]) -> None:
    """Print lines, each in its style where a person watches: broken between words at the terminal's width.

    Into a pipe or a file they go as they are. Colour is left out where `NO_COLOR` is set.

    Args:
        lines: texts with their styles as `rich` names them; an empty style is none.
    """
    output = _stream(err=False)
    if not output.isatty():
        say(*(text for text, _ in lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=output, highlight=False, emoji=False)  # type: ignore[arg-type]  # it writes
    for each, style in lines:
        text = visible.line(each)
        indent = " " * (len(text) - len(text.lstrip()))
        for piece in broken(unbroken(text.strip()), max(console.width - len(indent), 1)):
            # A `Text` is shown as it is: brackets in a name are no markup.
            console.print(Text(f"{indent}{piece}", style=style), no_wrap=True, overflow="ignore", crop=False)


def broken(text: str, width: int) -> list[str]:
    """Lines of at most so many columns, ended at blanks alone; a word is cut only where no line has room for it.

    Of our own, because a number must stay with its unit and `rich` ends lines at the blanks that say so, too.
    """
    from rich.cells import cell_len, chop_cells

    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width:
            line = longer
            continue
        *whole, line = [*([line] if line else []), *(chop_cells(word, width) or [""])]
        lines += whole
    return [each.rstrip() for each in [*lines, line]]


def say_page(text: str) -> None:
    """Show a Markdown page: laid out where a person watches, in the system's pager where it is longer than the screen.

    Into a pipe or a file it goes as it is. Colour is left out where `NO_COLOR` is set.
    """
    output = _stream(err=False)
    if not output.isatty():
        say_block(text)
        return
    import shutil

    from .page import laid_out

    columns, rows = shutil.get_terminal_size()
    page = fitting(laid_out(visible.block(text), width=columns), output.shown_in)
    if page.count("\n") < rows or os.environ.get("TERM") == "dumb" or not sys.stdin.isatty():
        output.write(page)
        output.flush()
        return
    import click

    click.echo_via_pager(page, color=True)


def unbroken(text: str) -> str:
    """The text with blanks at which no line may end, between a number and its sign or unit, and around `n =`."""
    return re.sub(r"(?<=\d) (?=%)|(?<=\bn) (?== )|(?<=\bn =) ", "\u00a0", text)


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """Warnings that the package logs are said like everything else, for as long as a command runs."""
    import logging

    class Saying(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(f"Warning: {record.getMessage()}", err=True)

    log, saying = logging.getLogger("genai_audit"), Saying(logging.WARNING)
    log.addHandler(saying)
    try:
        yield
    finally:
        log.removeHandler(saying)


def _put(lines: Iterable[str], *, err: bool) -> None:
    stream = _stream(err=err)
    stream.write("".join(f"{without_secrets(each)}\n" for each in lines))
    stream.flush()


def _stream(*, err: bool) -> Lasting:
    return lasting(sys.stderr if err else sys.stdout)
