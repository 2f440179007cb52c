"""The only place that prints: whatever reaches a terminal or a job's log goes through here, and is cleaned here.

A test looks for any other that does.
"""

import contextlib
import re
import sys
from collections.abc import Iterable, Iterator

from ...models.api_key import without_secrets
from . import visible
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
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=output, highlight=False, emoji=False)  # type: ignore[arg-type]  # it writes
    for each, style in lines:
        text = visible.line(each)
        indent = len(text) - len(text.lstrip())
        # A `Text` is shown as it is: brackets in a name are no markup. A number stays with its unit.
        console.print(Padding(Text(unbroken(text.strip()), style=style), (0, 0, 0, indent)))


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
