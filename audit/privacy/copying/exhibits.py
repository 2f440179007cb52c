"""The pictures of GA402: generated records beside the training records that they are closest to."""

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.matches.kind import Matches
from ...finding import Exhibit, Pictures
from .measure import Compared

SHOWN = 12
"""Pairs shown at most."""


def exhibits(evidence: Evidence, matches: Matches, found: Compared | None) -> tuple[Exhibit, ...]:
    """The closest pairs, those called copies first; nothing where records are no pictures."""
    if evidence.modality != "image":
        return ()
    first = matches.distances[0].generated_to_training
    order = np.argsort(first.distance, kind="stable")
    called = np.empty(0, dtype=np.int64) if found is None else found.copied
    chosen = list(dict.fromkeys([*called.tolist(), *order.tolist()]))[:SHOWN]
    made = tuple(int(matches.generated_rows[at]) for at in chosen)
    real = tuple(int(first.row[at]) for at in chosen)
    return (
        Exhibit(
            "closest",
            "Generated records that are closest to a training record, and below each that training record",
            "grid",
            (Pictures("generated", "generated", made), Pictures("nearest training record", "reference", real)),
        ),
    )
