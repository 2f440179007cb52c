"""Readers for a user's own music: `.json` with lists of pitches, and folders of MIDI files."""

from pathlib import Path
from typing import Any

from ...errors import UserError
from ...limits import check
from ...records import Attribute, Records
from ..datasets import MOST_GROUPS
from .groups import attribute, labelled_files
from .utf8 import half_surrogate, parse_json, read_utf8, shown

REST = -1
HIGHEST = 127
SUFFIXES = (".mid", ".midi")
FORM = '[[60, 62, -1, …], …] or {"pieces": [[…], …], "attributes": {"name": [a value per piece]}}'


def read_file(path: Path, *, generated: bool = False) -> Records:
    """Read pieces of one voice, each a list of MIDI pitches (0–127, rest −1) on a fixed grid, from JSON.

    The file holds a list of them, or an object with `pieces` and optionally `attributes`: names with one string,
    integer or truth value per piece. Messages count pieces and positions from 1. Of `generated` pieces, empty ones and
    whole numbers that are no pitch are kept, as evidence.

    Raises:
        UserError: if it is something else, or a pitch is out of range. Chords are refused: which of their notes makes
            the voice is for the user to say.
    """
    pieces = parse_json(read_utf8(path), str(path))
    attributes: Any = {}
    if isinstance(pieces, dict):
        if "pieces" not in pieces or not pieces.keys() <= {"pieces", "attributes"}:
            raise UserError(
                f"{path}: expected {FORM}, got an object with {', '.join(map(shown, pieces)) or 'nothing'}; "
                "save the list of pieces that you want"
            )
        attributes = pieces.get("attributes", {})
        pieces = pieces["pieces"]
    if not isinstance(pieces, list):
        raise UserError(f"{path}: expected {FORM}, got {shown(pieces)}; save the pieces in that form")
    if not pieces:
        raise UserError(f"{path}: expected at least one piece, got none; write pieces into it")
    check("records", len(pieces), path)
    for number, piece in enumerate(pieces, 1):
        check_piece(piece, f"{path}: piece {number}", generated=generated)
    if not isinstance(attributes, dict):
        raise UserError(f"{path}: expected attributes by name, got {shown(attributes)}; use {FORM}")
    groups = {
        name: _groups(values, len(pieces), f"{path}: attribute {shown(name)}") for name, values in attributes.items()
    }
    attributes = {name: each for name, each in groups.items() if isinstance(each, Attribute)}
    identifiers = {name: each for name, each in groups.items() if isinstance(each, tuple)}
    return Records("music", pieces, attributes, identifiers=identifiers)


def check_piece(piece: Any, where: str, *, generated: bool = False) -> None:
    """Refuse what is no list of pitches; of a generated piece, of whole numbers.

    Raises:
        UserError: with `where` at its start.
    """
    if isinstance(piece, dict):
        raise UserError(
            f"{where}: expected a list of pitches, got an object, as in a JSON list of records; save a table as .csv "
            "or .parquet"
        )
    if not isinstance(piece, list):
        raise UserError(f"{where}: expected a list of pitches, got {shown(piece)}; use {FORM}")
    check("steps", len(piece), where)
    if generated and all(type(pitch) is int for pitch in piece):
        return
    if not piece:
        raise UserError(f"{where}: expected at least one pitch, got an empty list; remove the piece")
    if set(map(type, piece)) == {int} and min(piece) >= REST and max(piece) <= HIGHEST:
        return
    for position, pitch in enumerate(piece, 1):
        place = f"{where}, position {position}"
        if isinstance(pitch, list):
            raise UserError(
                f"{place}: expected one pitch, got the chord {shown(pitch)}; choose one voice first, for example the "
                "top one: [[int(max(chord, default=-1)) for chord in piece] for piece in pieces]"
            )
        if type(pitch) is not int:
            raise UserError(f"{place}: expected an integer, got {shown(pitch)}; write pitches as integers, rests as -1")
        if not REST <= pitch <= HIGHEST:
            raise UserError(
                f"{place}: expected a pitch from 0 to 127, or -1 for a rest, got {shown(pitch)}; correct it"
            )


def _groups(values: Any, n: int, where: str) -> Attribute | tuple[str, ...]:
    """The groups that one attribute makes; its values as they are if they are too many."""
    if not isinstance(values, list) or len(values) != n:
        got = f"{len(values)}" if isinstance(values, list) else shown(values)
        raise UserError(f"{where}: expected a list with one value per piece, {n}, got {got}; align it with the pieces")
    kinds = set(map(type, values))
    if len(kinds) > 1 or not kinds <= {str, bool, int}:
        odd = next(
            value for value in values if type(value) is not type(values[0]) or type(value) not in (str, bool, int)
        )
        raise UserError(
            f"{where}: expected only strings, only integers or only truth values, got {shown(odd)}; convert it"
        )
    if kinds == {str} and any(map(half_surrogate, values)):
        raise UserError(f"{where}: a value has half of a surrogate pair, no character; replace or remove it")
    return attribute(values) if len(set(values)) <= MOST_GROUPS else tuple(map(str, values))


def read_folder(path: Path, *, generated: bool = False) -> Records:
    """Read the MIDI files in a folder as sixteenth notes; where they lie in sub-folders, these are the labels.

    Raises:
        UserError: if there are none, if one is damaged or silent, or if the library that reads them is not installed.
    """
    from .midi import read_midi

    files, attributes = labelled_files(path, SUFFIXES)
    return Records("music", [read_midi(file) for file in files], attributes)
