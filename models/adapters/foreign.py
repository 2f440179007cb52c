"""What all foreign formats share: their library's exceptions become one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError

LOADER = "name code that reads it by --loader FILE.py:FUNCTION"


@contextmanager
def attempt(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Run a library's code on a file.

    Raises:
        UserError: if it raises anything; one line with what was tried, the reason, and the remedy.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        # Of a long report the first line that says something is the reason.
        lines = [" ".join(line.split()) for line in str(error).splitlines()]
        reason = next((line for line in lines if line), "no message")[:300]
        raise UserError(f"{path}: {what} failed with {type(error).__name__}: {reason}; {remedy}") from error
