"""Whether a checkpoint gives the saved samples: some chunks, drawn from it again."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ...models.records import is_array, read
from ...reports.record import Record
from ..evidence.bundle import Evidence
from ..process.answer import Chunks
from ..process.supervisor import drawn_again
from ..request import Request
from .check import Check, sound, unchecked, wrong
from .comparison import Closeness, closeness

FEW = 3
"""Chunks that are drawn again."""

NEAR = 1e-4
"""By which numbers of a record drawn on another machine may differ: a fortieth of a grey level of 255 in images."""

SAME = 0.95
"""The share of texts, melodies or rows that must be the same where another machine drew them."""

WHAT = "samples, drawn again"


def of_draws(
    record: Record,
    evidence: Evidence,
    checkpoint: str,
    opening: Mapping[str, Any],
    memory: int | None,
    rng: np.random.Generator,
    progress: Callable[[str, float], None],
) -> Iterator[Check]:
    """That some chunks are what the checkpoint gives: the same bytes, or nearly so on another machine.

    Args:
        record: of the audit.
        evidence: with the samples.
        checkpoint: the audited file or folder, or `reference:NAME`.
        opening: options of opening it.
        memory: bytes that the model may use; None: as many as it wants.
        rng: chooses the chunks; nobody should know beforehand which.
        progress: is told each step and the share of it that is done.

    Raises:
        UserError: if the checkpoint cannot be opened, or does not draw.
    """
    if record.drawing is None or evidence.generated.given:
        yield unchecked(WHAT, "the samples were given, so that no model draws them")
        return
    samples, size = evidence.generated.samples, record.drawing.chunk
    number = -(-len(samples) // size)
    places = tuple(sorted(rng.choice(number, size=min(FEW, number), replace=False).tolist()))
    told = {name: value for name, value in opening.items() if value is not None}
    request = Request(checkpoint=checkpoint, device=record.environment.device, seed=record.environment.seed, **told)
    chunks = Chunks(size, places, evidence.generated.seed, evidence.modality)
    drawn = drawn_again(request, chunks, memory=memory, progress=progress)
    close = closeness(record)
    for place in places:
        first, end = place * size, min((place + 1) * size, len(samples))
        saved = read(samples, np.arange(first, end, dtype=np.int64))
        yield compared(f"samples {first:,} to {end - 1:,}, drawn again", saved, drawn[place], close)


def compared(what: str, saved: Any, drawn: Any, close: Closeness) -> Check:
    """Saved samples beside those of the same places drawn again, of which there may be more.

    Args:
        what: names the check.
        saved: in the form of their modality, also a table.
        drawn: likewise.
        close: exactly, or nearly where something differs.
    """
    if is_array(saved):
        return _arrays(what, np.asarray(saved), np.asarray(drawn)[: len(saved)], close)
    if isinstance(saved, list):
        return _records(what, [one == other for one, other in zip(saved, drawn, strict=False)], close)
    if list(map(str, saved.columns)) != list(map(str, drawn.columns)):
        return wrong(what, "other columns")
    drawn = drawn.iloc[: len(saved)]
    same = np.ones(len(saved), dtype=bool)
    for name in saved.columns:
        same &= _cells(saved[name], drawn[name])
    return _records(what, same.tolist(), close)


def _cells(saved: Any, drawn: Any) -> Any:
    """Which cells of a column are the same, whatever type the column has."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(saved) and pd.api.types.is_numeric_dtype(drawn):
        return np.isclose(saved.to_numpy(float), drawn.to_numpy(float), rtol=0, atol=0, equal_nan=True)
    gone = saved.isna().to_numpy() & drawn.isna().to_numpy()
    return gone | (saved.astype(str).to_numpy() == drawn.astype(str).to_numpy())


def _arrays(what: str, saved: Any, drawn: Any, close: Closeness) -> Check:
    if saved.shape != drawn.shape:
        return wrong(what, f"expected records of shape {saved.shape[1:]}, drew {drawn.shape[1:]}")
    if np.array_equal(saved, drawn, equal_nan=True):
        return sound(what, "the same bytes")
    with np.errstate(invalid="ignore"):
        apart = np.abs(saved.astype(np.float64) - drawn)
    largest = float(np.nanmax(apart, initial=0.0))
    near = close.differs is not None and largest <= NEAR and np.array_equal(np.isnan(saved), np.isnan(drawn))
    if near:
        return sound(what, f"within {NEAR:g} (at most {largest:.2g} apart), because {close.differs}")
    records = int((apart.reshape(len(apart), -1) > 0).any(axis=1).sum())
    return wrong(what, f"{records:,} of {len(saved):,} records differ, by at most {largest:.3g}")


def _records(what: str, same: list[bool], close: Closeness) -> Check:
    number = sum(same)
    if number == len(same):
        return sound(what, "the same records")
    said = f"{len(same) - number:,} of {len(same):,} records differ"
    if close.differs is not None and number >= SAME * len(same):
        return sound(what, f"{said}, at most {1 - SAME:.0%} may, because {close.differs}")
    return wrong(what, said)
