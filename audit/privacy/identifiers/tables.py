"""The tables of GA406: what was looked for, what was repeated, and which columns name records."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...evidence.identifiers.kind import HOLDOUT, SEVERAL, TRAINING, Identifiers
from ...finding import Column, Kind, Table
from .counts import Counted


def tables(seen: Identifiers, counts: Sequence[Counted], shown: int) -> Iterator[Table]:
    """The kinds, the repeated identifiers if there are any, and the columns that name records if there are any."""
    yield _kinds(seen, counts)
    if (seen.side != HOLDOUT).any():
        yield _repeated(seen, shown)
    if seen.columns:
        columns = (Column("column", "Column", Kind.TEXT), Column("why", "Why it names records", Kind.TEXT))
        caption = "Columns that name records: left out of the distances between rows that other auditors compare"
        yield Table("identifier_columns", caption, columns, tuple(seen.columns.items()))


def _kinds(seen: Identifiers, counts: Sequence[Counted]) -> Table:
    columns = (
        Column("kind", "Kind", Kind.TEXT),
        Column("training", "Of one training record", Kind.COUNT),
        Column("several", "Of several training records", Kind.COUNT),
        Column("holdout", "Of one held-out record", Kind.COUNT),
        Column("generated", "Generated records with one of the kind", Kind.COUNT),
        Column("repeated", "Training identifiers repeated", Kind.COUNT),
        Column("share", "Generated records that repeat one", Kind.SHARE),
        Column("chance", "The same by chance", Kind.SHARE),
        Column("p", "p of no more than chance", Kind.P_VALUE),
    )
    rows = []
    for at, each in enumerate(counts[1:]):
        distinct = seen.distinct[at]
        rows.append(
            (
                each.kind,
                int(distinct[TRAINING]),
                int(distinct[SEVERAL]),
                int(distinct[HOLDOUT]) if seen.records[1] >= 0 else None,
                int(seen.seen[at]),
                each.repetitions,
                each.reproduced / int(seen.records[2]),
                None if each.excess is None else each.excess.chance,
                None if each.excess is None else each.excess.p_value,
            )
        )
    caption = "What names records in the training data, and how much of it generated records repeat"
    return Table("kinds", caption, columns, tuple(rows))


def _repeated(seen: Identifiers, shown: int) -> Table:
    """Repeated training identifiers, those that are repeated most first; never as they are."""
    columns = (
        Column("identifier", "Identifier, redacted", Kind.TEXT),
        Column("kind", "Kind", Kind.TEXT),
        Column("source", "First training record, from 0", Kind.COUNT),
        Column("generated", "First generated record, from 0", Kind.COUNT),
        Column("times", "Generated records", Kind.COUNT),
    )
    learned = np.flatnonzero(seen.side != HOLDOUT)
    values, first, times = np.unique(seen.values[learned], return_index=True, return_counts=True)
    rows = []
    for at in np.lexsort([values, -times])[:shown]:
        hit = learned[first[at]]
        rows.append(
            (
                seen.shown[values[at]],
                seen.kinds[seen.kind[hit]],
                int(seen.sources[hit]),
                int(seen.rows[hit]),
                int(times[at]),
            )
        )
    caption = "Identifiers of training records that generated records repeat, the most frequent first"
    return Table("repeated", caption, columns, tuple(rows))
