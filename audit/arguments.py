"""The arguments of the Python API: checked in Python's terms, and messages of the command line put into them."""

import re
from collections.abc import Iterable
from operator import index
from pathlib import Path
from typing import Any

from ..models.errors import UserError
from ..reports.formats import FORMATS
from .durations import seconds

SPELLINGS = {
    "--loader FILE.py:FUNCTION": 'loader="FILE.py:FUNCTION"',
    "--encoder FILE.py:FUNCTION": 'encoder="FILE.py:FUNCTION"',
    "--prompts FILE.txt": 'prompts="FILE.txt"',
    "--types FILE.yaml": 'types="FILE.yaml"',
    "--trust": "trust=True",
    "--base-model FOLDER": 'base_model="FOLDER"',
    "--base-model": "base_model=…",
    "--group-clip FOLDER": 'group_clip="FOLDER"',
    "--group-clip": "group_clip",
    "--group-prompts FILE.yaml": 'group_prompts="FILE.yaml"',
    "--group-prompts": "group_prompts",
    "--tokens": "tokens=True",
    "--no-safety-checker": "safety_checker=False",
    "--population": "population=True",
    "--not-training": "not_training=True",
    "--samples N": "samples=N",
    "--no-looks": "looks=False",
    "--resume": "resume=True",
    "--card FILE.yaml": 'card="FILE.yaml"',
    "--format": "formats",
}
"""What a message advises on the command line, and the argument that does the same."""

OPTIONS = (
    "encoder reference holdout groups outcome labels group-classifier classifier-validation probes canaries types unit "
    "population not-training loader trust "
    "prompts steps policy samples budget looks "
    "resume seed device only out against card lock show-real"
)
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


def encoders(value: Any, parameter: str) -> tuple[Any, ...]:
    """Names, paths, functions and objects with `encode`, one or several; None for none.

    Raises:
        UserError: if one of them is none of these.
    """
    listed = tuple(value) if isinstance(value, list | tuple) else () if value is None else (value,)
    for each in listed:
        usable = bool(str(each)) if isinstance(each, str | Path) else callable(getattr(each, "encode", each))
        if not usable:
            raise UserError(
                f"{parameter}: expected a name, a path, a function or an object with encode(records), got "
                f"{_shown(each)}"
            )
    return tuple(str(each) if isinstance(each, Path) else each for each in listed)


def formats(value: Any) -> tuple[str, ...]:
    """Names of machine formats, one or several.

    Raises:
        UserError: if one of them is none.
    """
    listed = names(value, "formats")
    strange = [each for each in listed if each not in FORMATS]
    if strange:
        raise UserError(f"formats: no format {', '.join(strange)}; known: {', '.join(FORMATS)}")
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


def duration(value: Any, parameter: str) -> float | None:
    """A time in seconds, or as text such as `10m`; None stays None.

    Raises:
        UserError: if it is something else, or not between a second and thirty days.
    """
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"expected seconds or a time such as '10m', got {_shown(value)}")
        return seconds(value if isinstance(value, str) else f"{value:f}")
    except ValueError as error:
        raise UserError(f"{parameter}: {error}") from None


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


def paths(value: Any, parameter: str, what: str) -> tuple[Path, ...]:
    """One path, or several.

    Raises:
        UserError: if one of them is something else.
    """
    listed = tuple(value) if isinstance(value, list | tuple) else (value,)
    given = [path(each, parameter, what) for each in listed]
    return tuple(each for each in given if each is not None)


def function(value: Any, parameter: str) -> Any:
    """`FILE.py:FUNCTION`, or something that can be called; None for none.

    Raises:
        UserError: if it is something else.
    """
    usable = value is None or (isinstance(value, str) and value != "") or callable(value)
    if not usable:
        raise UserError(f"{parameter}: expected 'FILE.py:FUNCTION' or a function, got {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    said = " ".join(repr(value).split())
    return f"{said if len(said) <= 40 else said[:39] + '…'} ({type(value).__name__})"
