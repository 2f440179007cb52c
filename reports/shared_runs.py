"""Texts with what they have in common marked: which part of which text that is, from the evidence."""

from dataclasses import dataclass

import numpy as np

from ..audit.evidence.bundle import Evidence
from ..audit.evidence.reproductions.kind import Reproductions
from .finding_parts import PicturesPart
from .words import short

FORM = "shared_runs"
"""The form of exhibits that are shown so."""

AROUND, LONGEST = 80, 400
"""Characters shown on either side of what is in common, and of that itself."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether it is in common."""

    text: str
    marked: bool


def pieces(text: str, name: str, pictures: PicturesPart, evidence: Evidence) -> tuple[Piece, ...]:
    """A text cut into pieces around what it has in common; one piece where nothing is known of that.

    Args:
        text: a generated text, or a training text that the evidence keeps.
        name: of the exhibit, `verbatim` or `near`.
        pictures: which one it is; the first of its records.
        evidence: with the runs.
    """
    seen = evidence.reproductions
    ends = None if seen is None else _ends(seen, name, pictures)
    if ends is None or not 0 <= ends[0] < ends[1] <= len(text):
        return (Piece(short(text, LONGEST), False),)
    start, end = ends
    before, run, after = text[:start], text[start:end], text[end:]
    if len(before) > AROUND:
        before = "…" + before[-AROUND:]
    if len(after) > AROUND:
        after = after[:AROUND] + "…"
    cut = (Piece(before, False), Piece(short(run, LONGEST), True), Piece(after, False))
    return tuple(each for each in cut if each.text)


def _ends(seen: Reproductions, name: str, pictures: PicturesPart) -> tuple[int, int] | None:
    """Where what is in common begins and ends in that text."""
    closeness = seen.near if name == "near" else seen.verbatim
    places = np.concatenate([seen.shown, seen.near_shown])
    at = pictures.indices[0]
    if pictures.kind == "reproductions":
        place = int(places[at]) if 0 <= at < len(places) else -1
    else:
        found = np.flatnonzero(seen.rows == at)
        place = int(found[0]) if len(found) else -1
    if not 0 <= place < len(closeness.spans):
        return None
    first = 2 if pictures.kind == "reproductions" else 0
    start, end = closeness.spans[place, first : first + 2].tolist()
    return start, end
