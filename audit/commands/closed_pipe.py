"""Output whose reader has gone: what is printed is dropped, and the exit code stays that of the command."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any


class Outlasting:
    """A text stream that lets go of a pipe nobody reads any more.

    A verdict piped into `head` or `true` must not end as exit code 1, which would read as FAIL.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or drop what cannot be written."""
        try:
            return int(self._stream.write(text))
        except BrokenPipeError:
            self._let_go()
            return len(text)

    def flush(self) -> None:
        """Flush, or drop what is left."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._let_go()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _let_go(self) -> None:
        # What the stream still holds goes nowhere, also when the interpreter flushes it at the very end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def outlasting() -> Iterator[None]:
    """Standard output that outlasts its reader, for as long as a command runs."""
    before = sys.stdout
    sys.stdout = Outlasting(before)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = before
