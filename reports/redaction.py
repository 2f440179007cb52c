"""Which records a report shows: never those of real people unless somebody asks for them, and none if none are wanted.

A generated text or row that repeats a real record counts as one. Tables hold no record: see `models.records.quoted`.
What is withheld leaves its digest, so that whoever has the evidence can still tell which records are meant.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audit.evidence.bundle import KINDS, Evidence
from ..audit.evidence.identifiers.kind import SEVERAL
from ..models.records import FEWEST_HOLDERS, WITHHELD, digest, is_number
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
    repeats = repeating(evidence) if showing is Showing.GENERATED and evidence.modality in READ else frozenset()
    kept, hidden = [], []
    for each in exhibit.pictures:
        shown, rest = _split(each, evidence, showing, repeats)
        if shown.indices:
            kept.append(shown)
        if rest.indices:
            hidden.append(rest)
    return replace_pictures(exhibit, tuple(kept)), tuple(_withheld(each, evidence) for each in hidden)


def repeating(evidence: Evidence) -> frozenset[int]:
    """Generated records that repeat a real one, by what the evidence at hand says of it.

    They equal a training record or stand as a whole in one, have more in common with one than any record that the
    model did not learn from, or hold what names a single real record. What five or more training records are alike in
    is nobody's.
    """
    rows: set[int] = set()
    if evidence.matches is not None:
        rows.update(np.flatnonzero(_few(evidence.matches.equal_training, evidence)).tolist())
    close = evidence.reproductions
    if close is not None:
        for each in (close.verbatim, close.near):
            alike = (close.whole == 0) | (each.generated > each.null.max(initial=-np.inf))
            rows.update(close.rows[alike & _few(each.matched, evidence)].tolist())
    named = evidence.identifiers
    if named is not None:
        rows.update(named.rows[(named.side != SEVERAL) & ~np.isin(named.kind, _numbers(evidence))].tolist())
    return frozenset(rows)


def _few(training: NDArray[np.int64], evidence: Evidence) -> NDArray[np.bool_]:
    """Whether each is a training record, −1 for none, that fewer than five training records are alike in."""
    matches = evidence.matches
    if matches is None or not len(matches.training_repeats):
        return training >= 0
    repeats = matches.training_repeats[np.clip(training, 0, len(matches.training_repeats) - 1)]
    return (training >= 0) & (repeats + 1 < FEWEST_HOLDERS)


def _numbers(evidence: Evidence) -> list[int]:
    """Kinds of identifiers that are columns of whole numbers, which are hit by chance."""
    named, real = evidence.identifiers, evidence.reference
    if named is None or real is None or evidence.modality != "tabular":
        return []
    numeric = {f"column {name}" for name in real.samples.columns if is_number(real.samples[name])}
    return [at for at, kind in enumerate(named.kinds) if kind in numeric]


def _split(
    pictures: PicturesPart, evidence: Evidence, showing: Showing, repeats: frozenset[int]
) -> tuple[PicturesPart, PicturesPart]:
    """The records that are shown, and those that are withheld."""
    none = pictures.model_copy(update={"indices": ()})
    if _is_hidden(pictures, evidence.modality, showing):
        return none, pictures
    of = _rows(pictures, evidence)
    if not repeats or of is None:
        return pictures, none
    withheld = tuple(at for at in pictures.indices if of.get(at, at) in repeats)
    if not withheld:
        return pictures, none
    shown = tuple(at for at in pictures.indices if at not in withheld)
    label = f"{pictures.label}: repeats of real records"
    return pictures.model_copy(update={"indices": shown}), none.model_copy(update={"indices": withheld, "label": label})


def _rows(pictures: PicturesPart, evidence: Evidence) -> dict[int, int] | None:
    """Which generated record each one is, where that is another number; None where they are no generated ones."""
    if pictures.kind == "generated":
        return {}
    if pictures.kind == "contexts.generated" and evidence.contexts is not None:
        return dict(enumerate(evidence.contexts.generated.rows.tolist()))
    return None


def masked(evidence: Evidence, showing: Showing) -> Evidence:
    """The evidence as exhibits show it: generated rows without texts in cells that a few real rows alone have."""
    real = [each.samples for each in (evidence.reference, evidence.holdout) if each is not None]
    if evidence.modality != "tabular" or showing is not Showing.GENERATED or not real:
        return evidence
    made = evidence.generated.samples.copy()
    for name in real[0].columns:
        if name not in made.columns or is_number(real[0][name]):
            continue
        cells = [value for each in real for value in each[name].dropna().map(str).tolist()]
        rare = {value for value, count in Counter(cells).items() if count < FEWEST_HOLDERS}
        hidden = made[name].map(str).isin(rare) & made[name].notna()
        if hidden.any():
            made[name] = made[name].astype(object).mask(hidden, WITHHELD)
    return replace(evidence, generated=replace(evidence.generated, samples=made))


def replace_pictures(exhibit: ExhibitPart, pictures: tuple[PicturesPart, ...]) -> ExhibitPart:
    """The exhibit with other pictures."""
    return exhibit.model_copy(update={"pictures": pictures})


def hides_real(evidence: Evidence, showing: Showing) -> bool:
    """Whether real records of this modality are withheld."""
    return showing is Showing.NOTHING or (showing is Showing.GENERATED and evidence.modality in READ)


def _is_hidden(pictures: PicturesPart, modality: str, showing: Showing) -> bool:
    if showing is Showing.NOTHING:
        return True
    real = pictures.kind.startswith(("reference", "holdout", "reproductions")) or pictures.kind.endswith(".real")
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
