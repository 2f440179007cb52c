"""The arguments of the Python API: checked in Python's terms, and messages of the command line put into them."""

import re
from collections.abc import Iterable
from operator import index
from pathlib import Path
from typing import Any

from ..models.errors import UserError

SPELLINGS = {
    "--loader FILE.py:FUNCTION": 'loader="FILE.py:FUNCTION"',
    "--prompts FILE.txt": 'prompts="FILE.txt"',
    "--types FILE.yaml": 'types="FILE.yaml"',
    "--trust": "trust=True",
    "--population": "population=True",
    "--samples N": "samples=N",
}
"""What a message advises on the command line, and the argument that does the same."""

OPTIONS = "reference holdout groups types unit population loader trust prompts policy samples seed device only out"
OPTION = re.compile(rf"--({OPTIONS.replace(' ', '|')})\b")
AT_START = re.compile(rf"^{OPTION.pattern}(?: (\S[^:]*))?: ")


def in_python(message: str) -> str:
    """A message of the command line in the words of `audit_checkpoint`: `--groups age: …` is `groups='age': …`."""

    def named(match: re.Match[str]) -> str:
        name, value = match.groups()
        return f"{name}: " if value is None else f"{name}={value!r}: "

    text = AT_START.sub(named, message)
    for option, argument in SPELLINGS.items():
        text = text.replace(option, argument)
    return OPTION.sub(r"\1=…", text)


def names(value: Any, parameter: str) -> tuple[str, ...]:
    """One name, or any iterable of names.

    Raises:
        UserError: if it is something else.
    """
    if isinstance(value, str):
        return (value,)
    listed = tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(each, str) for each in listed):
        strange = next(each for each in listed if not isinstance(each, str))
        raise UserError(f"{parameter}: expected a str or several, got {_shown(strange)}; give names")
    return listed


def whole(value: Any, parameter: str, least: int) -> int:
    """A whole number of at least `least`, also one of numpy's.

    Raises:
        UserError: if it is something else.
    """
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise UserError(f"{parameter}: expected a whole number of at least {least}, got {_shown(value)}")
    return number


def text(value: Any, parameter: str, example: str) -> str:
    """A str.

    Raises:
        UserError: if it is something else, or empty.
    """
    if not isinstance(value, str) or not value:
        raise UserError(f"{parameter}: expected a str such as {example!r}, got {_shown(value)}")
    return value


def truth(value: Any, parameter: str) -> bool:
    """True or False.

    Raises:
        UserError: if it is something else.
    """
    if not isinstance(value, bool):
        raise UserError(f"{parameter}: expected True or False, got {_shown(value)}")
    return value


def path(value: Any, parameter: str, what: str) -> Path | None:
    """A path, or None.

    Args:
        value: a str, a path, or None.
        parameter: its name.
        what: what should lie there, for the message.

    Raises:
        UserError: if it is something else, or an empty str.
    """
    if value is None:
        return None
    if not isinstance(value, str | Path) or value == "":
        raise UserError(f"{parameter}: expected the path of {what}, got {_shown(value)}")
    return Path(value)


def _shown(value: Any) -> str:
    said = " ".join(repr(value).split())
    return f"{said if len(said) <= 40 else said[:39] + '…'} ({type(value).__name__})"
