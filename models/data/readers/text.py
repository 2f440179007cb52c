"""Readers for a user's own texts: `.txt`, a record a line, and `.jsonl`, an object with `text` a line."""

from pathlib import Path
from typing import Any

from ...errors import UserError
from ...limits import check
from ...records import Attribute, Records
from ..datasets import MOST_GROUPS
from .groups import attribute
from .utf8 import half_surrogate, parse_json, read_utf8, shown, split_lines

TEXT = "text"
GROUPS = (str, bool, int)
"""Types whose values tell groups apart."""


def read_file(path: Path, *, generated: bool = False) -> Records:
    """Read texts in UTF-8; everything of a line but its end is the record, and blank lines of real texts are skipped.

    Of `generated` texts, a blank line is an empty text, as null in `.jsonl` is, and characters that are no text are
    kept: all are evidence.

    In `.jsonl` each line is an object with a string `text`. What else it has must be on every line; strings, integers
    and truth values become groups where they have at most 50 different values, and identifiers where they have more;
    other fields are left out.

    Raises:
        UserError: if the file is not that; the message names the line.
    """
    jsonl = path.suffix.lower() == ".jsonl"
    lines = split_lines(read_utf8(path, nul=generated and not jsonl))
    if not lines[-1]:  # The end of the last line begins no other.
        lines.pop()
    check("records", len(lines), path)
    longest = max(range(len(lines)), key=lambda at: len(lines[at]), default=0)
    if lines and not jsonl:
        check("characters", len(lines[longest]), f"{path}: line {longest + 1}")
    numbered = [(at, line) for at, line in enumerate(lines, 1) if line.strip() or (generated and not jsonl)]
    if not any(line.strip() for _, line in numbered):
        raise UserError(f"{path}: expected a record a line, got an empty file or blank lines; write texts into it")
    if not jsonl:
        return Records("text", [line for _, line in numbered])
    rows = {at: _row(line, f"{path}: line {at}", generated) for at, line in numbered}
    texts = [row[TEXT] for row in rows.values()]
    if not generated and not any(text.strip() for text in texts):
        raise UserError(f"{path}: expected texts, but every {TEXT!r} is blank; write texts into it")
    names = dict.fromkeys(name for row in rows.values() for name in row if name != TEXT)
    fields = {name: _groups(rows, name, path) for name in names}
    groups = {name: each for name, each in fields.items() if isinstance(each, Attribute)}
    identifiers = {name: each for name, each in fields.items() if isinstance(each, tuple)}
    return Records("text", texts, groups, identifiers=identifiers)


def _row(line: str, where: str, generated: bool) -> dict[str, Any]:
    row = parse_json(line, where)
    if not isinstance(row, dict):
        raise UserError(f"{where}: expected an object with {TEXT!r}, got {shown(row)}; write one object a line")
    if TEXT not in row:
        fields = ", ".join(map(shown, row)) or "no field"
        raise UserError(
            f"{where}: expected a field {TEXT!r}, got {fields}; rename the field that holds the text, or, if these are "
            "rows of a table, save them as .csv or .parquet"
        )
    if row[TEXT] is None:
        if not generated:
            raise UserError(f"{where}: expected {TEXT!r} to be a string, got null, which is no text; remove the line")
        row[TEXT] = ""
    if not isinstance(row[TEXT], str):
        raise UserError(f"{where}: expected {TEXT!r} to be a string, got {shown(row[TEXT])}; put it in quotes")
    check("characters", len(row[TEXT]), where)
    for name, value in row.items():
        if generated and name == TEXT:
            continue
        if half_surrogate(name) or (isinstance(value, str) and half_surrogate(value)):
            raise UserError(f"{where}: {shown(name)} has half of a surrogate pair, no character; replace or remove it")
    return row


def _groups(rows: dict[int, dict[str, Any]], name: str, path: Path) -> Attribute | tuple[str, ...] | None:
    """The groups that one field makes, its values if they are too many for groups, None if they are of another kind."""
    values = [row.get(name) for row in rows.values()]
    kinds = dict.fromkeys(map(type, values))
    if type(None) in kinds and len(kinds) > 1:
        line = next(at for at, row in rows.items() if row.get(name) is None)
        raise UserError(
            f"{path}: line {line}: expected {shown(name)} as on other lines, got none; "
            "give it a value on every line, or remove it from all"
        )
    if len(kinds) > 1 and not kinds.keys() <= {int, float}:
        first, line = values[0], next(at for at, row in rows.items() if type(row[name]) is not type(values[0]))
        raise UserError(
            f"{path}: line {line}: expected {shown(name)} of the same type on every line, as {shown(first)} is, "
            f"got {shown(rows[line][name])}; write one type"
        )
    if len(kinds) > 1 or not kinds.keys() <= set(GROUPS):
        return None
    return attribute(values) if len(set(values)) <= MOST_GROUPS else tuple(map(str, values))
