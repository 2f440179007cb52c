"""Records that are read rather than seen: texts as they are, rows of a table as a table."""

from dataclasses import dataclass
from typing import Any

from ..audit.evidence.bundle import Evidence
from .finding_parts import ExhibitPart, PicturesPart
from .shared_runs import FORM, Piece, pieces
from .words import short

MOST_RECORDS, FEWEST = 8, 2
IN_ALL = 24
"""Records under one label, and in one exhibit; the evidence folder has them all."""

MOST_SETS = 24
LONGEST = 280
"""Characters of one text."""

MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some records under one label: `texts`, or `rows` of the columns `heads`; `pieces` where a part is marked."""

    label: str
    texts: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    pieces: tuple[Piece, ...] = ()


def excerpts(exhibit: ExhibitPart, evidence: Evidence) -> tuple[tuple[Excerpt, ...], tuple[str, ...]]:
    """The records of an exhibit that are texts or rows, and notes of what was left out."""
    shown: list[Excerpt] = []
    notes: list[str] = []
    most = max(FEWEST, min(MOST_RECORDS, IN_ALL // max(1, len(exhibit.pictures))))
    for each in exhibit.pictures[:MOST_SETS]:
        samples = _samples(each, evidence)
        if samples is None:
            continue
        indices = each.indices[:most]
        if exhibit.form == FORM and isinstance(samples, list):
            marked = pieces(samples[indices[0]], exhibit.name, each, evidence)
            shown.append(Excerpt(short(each.label), pieces=marked))
        elif isinstance(samples, list):
            shown.append(Excerpt(short(each.label), texts=tuple(short(samples[row], LONGEST) for row in indices)))
        else:
            shown.append(_rows(short(each.label), samples, indices))
        if len(each.indices) > most:
            notes.append(f"Of each set, the first {most} records are shown.")
    if any(len(each.heads) == MOST_COLUMNS for each in shown):
        notes.append(f"Columns after the first {MOST_COLUMNS} are in the evidence folder.")
    return tuple(shown), tuple(dict.fromkeys(notes))


def _samples(pictures: PicturesPart, evidence: Evidence) -> Any:
    """The texts or the table that hold these records, or None where the evidence holds none or not all of them."""
    sets = ("generated", "reference", "holdout", "reproductions")
    item = getattr(evidence, pictures.kind) if pictures.kind in sets else None
    samples = None if item is None else item.samples
    if evidence.modality not in ("text", "tabular") or samples is None or not pictures.indices:
        return None
    return samples if min(pictures.indices) >= 0 and max(pictures.indices) < len(samples) else None


def _rows(label: str, table: Any, indices: tuple[int, ...]) -> Excerpt:
    part = table.iloc[list(indices), :MOST_COLUMNS]
    heads = tuple(short(str(name), 40) for name in part.columns)
    rows = tuple(tuple(_cell(value) for value in row) for row in part.astype(object).to_numpy())
    return Excerpt(label, heads=heads, rows=rows)


def _cell(value: Any) -> str:
    # NaN alone differs from itself; None is pandas' other word for a missing value.
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return f"{value:.7g}"  # a record, not an estimate: its digits are data
    return short(str(value), 60)
