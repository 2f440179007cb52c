"""What GA404 shows to the eye: generated records beside the training records that they come closest to.

Real records are referred to as `reproductions`, rows of what that evidence keeps of the training data, so that whoever
hides real records hides these.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...evidence.reproductions.kind import Closeness, Reproductions
from ...finding import Exhibit, Pictures
from .measure import Measured, passed

Ints = NDArray[np.int64]

MARKED = "shared_runs"
"""The form of exhibits of texts in which what is in common is marked."""


def all_exhibits(found: Measured, evidence: Reproductions, modality: str, most: int) -> Iterator[Exhibit]:
    """The closest pairs, word for word and nearly so, of those that pass the bar."""
    first = len(evidence.shown)
    near = found.near.bar.counts(evidence.near.generated)
    for name, counted, closeness, places, shift in (
        ("verbatim", passed(found, evidence), evidence.verbatim, evidence.shown, 0),
        ("near", near, evidence.near, evidence.near_shown, first),
    ):
        at = np.flatnonzero(counted[places])[:most]
        if not len(at):
            continue
        parts = (
            _grids(evidence, places, at, shift)
            if modality == "image"
            else tuple(_pairs(evidence, closeness, places, at, shift))
        )
        how = "reproduce" if name == "verbatim" else "nearly reproduce"
        yield Exhibit(
            name=name,
            caption=f"Generated records that {how} a training record, the closest first: {closeness.what}",
            form=MARKED if modality == "text" else "grid",
            pictures=parts,
        )


def _grids(evidence: Reproductions, places: Ints, chosen: Ints, shift: int) -> tuple[Pictures, ...]:
    """All generated pictures, and in the same order the training picture that each is closest to."""
    return (
        Pictures("generated", "generated", tuple(evidence.rows[places[chosen]].tolist())),
        Pictures("training, the closest to each", "reproductions", tuple((chosen + shift).tolist())),
    )


def _pairs(evidence: Reproductions, closeness: Closeness, places: Ints, chosen: Ints, shift: int) -> Iterator[Pictures]:
    """Each generated record, and below it the training record."""
    for at in chosen.tolist():
        place = int(places[at])
        row, original = int(evidence.rows[place]), int(closeness.matched[place])
        amount = closeness.sign * closeness.generated[place]
        said = f"{amount:,.3g} {closeness.unit} in common"
        yield Pictures(f"generated record {row:,}", "generated", (row,))
        yield Pictures(f"training record {original:,}, {said}", "reproductions", (at + shift,))
