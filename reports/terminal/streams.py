"""The two streams that a person reads, made so that nothing about them changes a command's exit code.

A reader that goes away, a full disk behind a redirection, and an encoding that lacks a character are none of the
verdict's business.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from .fitting import fitting


class Lasting:
    """A text stream that takes any character, and lets go of a place that cannot be written to any more.

    A verdict piped into `head` or `true` must not end as exit code 1, which would read as FAIL.
    """

    encoding = "utf-8"
    """What is asked of it; `write` makes the text fit what there is."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.lost: str | None = None

    @property
    def shown_in(self) -> str | None:
        """The encoding that the characters end up in; None where any will do."""
        return getattr(self._stream, "encoding", None)

    def write(self, text: str) -> int:
        """Write, or drop what cannot be written."""
        try:
            if self._stream is not None:
                self._stream.write(fitting(text, getattr(self._stream, "encoding", None)))
        except (OSError, ValueError) as error:
            self._let_go(error)
        return len(text)

    def flush(self) -> None:
        """Flush, or drop what is left."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except (OSError, ValueError) as error:
            self._let_go(error)

    def isatty(self) -> bool:
        """Whether a person watches."""
        try:
            return self._stream is not None and bool(self._stream.isatty())
        except ValueError:
            return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _let_go(self, error: OSError | ValueError) -> None:
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            self.lost = error.strerror or str(error)
        # What the stream still holds goes nowhere, also when the interpreter flushes it at the very end.
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def lasting(stream: Any) -> Lasting:
    """The stream as a lasting one."""
    return stream if isinstance(stream, Lasting) else Lasting(stream)


@contextlib.contextmanager
def outlasting() -> Iterator[Lasting]:
    """Output and errors that outlast their readers, for as long as a command runs; gives the output."""
    before = sys.stdout, sys.stderr
    output, errors = lasting(before[0]), lasting(before[1])
    sys.stdout, sys.stderr = output, errors
    try:
        yield output
    finally:
        output.flush()
        errors.flush()
        sys.stdout, sys.stderr = before
