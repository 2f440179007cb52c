"""Which records a report shows: never those of real people unless somebody asks for them, and none if none are wanted.

What is withheld leaves its digest, so that whoever has the evidence can still tell which records are meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from ..audit.evidence.bundle import KINDS, Evidence
from ..models.records import digest
from .finding_parts import ExhibitPart, PicturesPart
from .words import short

READ = ("text", "tabular")
"""Modalities whose real records are texts or rows, which may be about a person whom they name."""


class Showing(StrEnum):
    """Which exhibits a report shows."""

    GENERATED = "generated"
    """Of texts and rows only generated ones; pictures, melodies and sounds whole. The usual."""
    REAL = "real"
    """Everything, real records included."""
    NOTHING = "nothing"
    """No record at all."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Records that are not shown: what they are, how many, and the SHA-256 of their content."""

    label: str
    count: int
    sha256: str


def parted(exhibit: ExhibitPart, evidence: Evidence, showing: Showing) -> tuple[ExhibitPart, tuple[Withheld, ...]]:
    """The exhibit without what is not to be shown, and what that was."""
    hidden = [each for each in exhibit.pictures if _is_hidden(each, evidence.modality, showing)]
    kept = tuple(each for each in exhibit.pictures if each not in hidden)
    return replace_pictures(exhibit, kept), tuple(_withheld(each, evidence) for each in hidden)


def replace_pictures(exhibit: ExhibitPart, pictures: tuple[PicturesPart, ...]) -> ExhibitPart:
    """The exhibit with other pictures."""
    return exhibit.model_copy(update={"pictures": pictures})


def hides_real(evidence: Evidence, showing: Showing) -> bool:
    """Whether real records of this modality are withheld."""
    return showing is Showing.NOTHING or (showing is Showing.GENERATED and evidence.modality in READ)


def _is_hidden(pictures: PicturesPart, modality: str, showing: Showing) -> bool:
    if showing is Showing.NOTHING:
        return True
    real = pictures.kind.startswith(("reference", "holdout")) or pictures.kind.endswith(".real")
    return showing is Showing.GENERATED and modality in READ and real


def _withheld(pictures: PicturesPart, evidence: Evidence) -> Withheld:
    return Withheld(
        short(pictures.label), len(pictures.indices), _digest(_source(pictures, evidence), pictures.indices)
    )


def _source(pictures: PicturesPart, evidence: Evidence) -> Any:
    """What holds the records: a list, a table or an array; None where the evidence lacks it."""
    kind, _, field = pictures.kind.partition(".")
    item = getattr(evidence, kind) if kind in KINDS else None
    item = item[0] if isinstance(item, tuple) and item else item
    held = getattr(item, field or "samples", None)
    return getattr(held, "tokens", held)


def _digest(source: Any, indices: Sequence[int]) -> str:
    if source is None or not indices or min(indices) < 0 or max(indices) >= len(source):
        return ""
    if isinstance(source, list):
        return digest([source[row] for row in indices], {})
    rows = list(indices)
    return digest(source.iloc[rows] if hasattr(source, "iloc") else np.asarray(source[rows]), {})
