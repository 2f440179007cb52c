"""Text that a user wrote, as UTF-8, and JSON in it; whatever is wrong is said with its place."""

import json
import re
from pathlib import Path
from typing import Any

from ...errors import UserError

LONGEST_SHOWN = 40
FEWEST_BETWEEN = 50
"""Bytes a NUL at least in a text that merely holds some: UTF-16 and numbers have one in two to ten."""


def read_utf8(path: Path, *, nul: bool = False) -> str:
    """The text of a file without its byte order mark; line ends stay as they are, and single NULs where `nul` says so.

    Raises:
        UserError: if the file cannot be read or is not UTF-8 text; the message names the line and the byte in it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); name a file that you may read") from error
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(f"{path}: expected UTF-8, got UTF-16 by its first two bytes; save the file as UTF-8")
    first = content.find(0)
    if first >= 0 and not (nul and content.count(0) * FEWEST_BETWEEN < len(content)):
        raise UserError(
            f"{path}: {_place(content, first)} is NUL, so this is binary data or UTF-16; save it as text in UTF-8"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind the mark that it skipped.
        start = error.start + (len(content) - len(error.object))
        raise UserError(
            f"{path}: {_place(content, start)} (0x{content[start]:02x}) is not UTF-8; "
            "find out the file's encoding and save it as UTF-8"
        ) from error


def split_lines(text: str) -> list[str]:
    r"""The lines that end in \n, \r\n or \r; unlike `str.splitlines`, rarer separators stay part of a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def parse_json(text: str, where: str) -> Any:
    """The value that a JSON text stands for.

    Raises:
        UserError: if it is not strict JSON (NaN, repeated keys and half surrogates are not); it begins with `where`.
    """
    if not text.strip():
        raise UserError(f"{where}: expected JSON, got nothing; write the records into it")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if "\n" in text.strip() else f"column {error.colno}"
        raise UserError(
            f"{where}: not JSON ({error.msg} at {place}); correct it, or write it with json.dumps"
        ) from error
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(";")[0]
        raise UserError(f"{where}: expected strict JSON ({reason}); correct it") from error


def half_surrogate(text: str) -> bool:
    r"""Whether a text has half of a surrogate pair, which JSON can write (as \ud83d) and no encoding can save."""
    return not text.isascii() and bool(re.search("[\ud800-\udfff]", text))


def shown(value: object) -> str:
    """A value for a message: one line, not too long."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _place(content: bytes, offset: int) -> str:
    breaks = sum(content.count(mark, 0, offset) for mark in (b"\n", b"\r")) - content.count(b"\r\n", 0, offset)
    start = max(content.rfind(mark, 0, offset) for mark in (b"\n", b"\r")) + 1
    return f"line {breaks + 1}, byte {offset - start + 1}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {shown(next(name for name in names if names.count(name) > 1))} occurs twice")
    return members


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
