"""The only place that prints: whatever reaches a terminal or a job's log goes through here, and is cleaned here.

A test looks for any other that does.
"""

import contextlib
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


def say_first_bold(lines: Iterable[str]) -> None:
    """Print lines, the first of them bold where a person watches."""
    output = _stream(err=False)
    if not output.isatty():
        say(*lines)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=output, highlight=False, soft_wrap=True, emoji=False)  # type: ignore[arg-type]  # it writes
    for index, each in enumerate(lines):
        # A `Text` is shown as it is: brackets in a name are no markup.
        console.print(Text(visible.line(each), style="bold" if index == 0 else ""))


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
