"""The list of records of GA403, and what may be shown of them."""

import math

from ...evidence.bundle import Evidence
from ...evidence.membership.digests import record_digest
from ...evidence.membership.kind import Membership
from ...finding import Column, Exhibit, Kind, Pictures, Table
from .measure import Measured

SHOWN = 24
"""Records in the exhibit at most."""


def records_table(found: Measured, seen: Membership, evidence: Evidence) -> Table:
    """Every named record by number and digest, never its content: that is for whoever has the data."""
    assert evidence.reference is not None
    records, rows = evidence.reference.samples, found.score.training.rows
    of = "of the records left after one of each unit was taken" if seen.thinned else "of the training data as read"
    return Table(
        name="memorised",
        caption=f"Training records named as memorised, on average at most {found.found.q:.0%} of them wrongly. "
        f"Numbers are those {of}, from 0; a digest is the SHA-256 of the record alone",
        columns=(
            Column("record", "Record", Kind.COUNT),
            Column("digest", "SHA-256", Kind.TEXT),
            Column("score", "Score", Kind.NUMBER),
            Column("p_value", "p", Kind.P_VALUE, 1 / (found.found.holdout + 1)),
            Column("p_adjusted", "p, adjusted", Kind.P_VALUE),
        ),
        rows=tuple(
            (
                int(seen.training_numbers[rows[at]]),
                record_digest(records, int(rows[at])),
                float(found.values[at]) if math.isfinite(found.values[at]) else None,
                float(found.found.p_values[at]),
                float(found.found.adjusted[at]),
            )
            for at in found.order
        ),
    )


def exhibits(found: Measured, evidence: Evidence) -> tuple[Exhibit, ...]:
    """The pictures that stand out most; texts and rows of tables are not shown, as they may be a person's."""
    if evidence.modality != "image" or not found.found.count:
        return ()
    chosen = tuple(int(each) for each in found.score.training.rows[found.order[:SHOWN]])
    return (
        Exhibit(
            "memorised",
            "Training records named as memorised, those that stand out most first.",
            "grid",
            (Pictures("training records", "reference", chosen),),
        ),
    )
