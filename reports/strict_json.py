"""A record as strict JSON: no number that is none, no key twice; its file regular and of a record's size."""

import json
import math
from pathlib import Path
from typing import Any

from ..models.errors import UserError, shortened
from ..models.reading.regular_file import check_file

MOST_BYTES = 256 * 2**20
"""Of a record's file."""


LONGEST_NUMBER = 20
"""Digits and sign of a whole number of 64 bits."""


def strict_content(path: Path) -> Any:
    """What a record's file says.

    Raises:
        OSError: if there is no regular file of a record's size, or it cannot be read.
        ValueError, RecursionError: if it is no such JSON.
    """
    try:
        size = check_file(path, "a record")
    except UserError as error:
        raise OSError(str(error)) from error
    if size > MOST_BYTES:
        raise OSError(f"expected at most {MOST_BYTES:,} bytes, got {size:,}")
    text = path.read_text(encoding="utf-8-sig")
    return json.loads(
        text, object_pairs_hook=_members, parse_constant=_finite, parse_float=_finite, parse_int=_countable
    )


def defined(value: Any) -> Any:
    """The same with null for every number that is none."""
    if isinstance(value, dict):
        return {name: defined(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [defined(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a key occurs twice")
    return members


def _countable(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"{text[:LONGEST_NUMBER]}… is larger than anything that is counted")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no finite number")
    return number


def first_lines(error: ValueError) -> str:
    """What the first complaint of a validation is, on one line."""
    return shortened(" ".join(str(error).splitlines()[1:3]))


def brief(value: Any) -> str:
    """A value for a message, on one line of bounded length."""
    return shortened(repr(value))
