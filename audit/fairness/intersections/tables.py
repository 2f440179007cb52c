"""The tables of GA102: cells that are judged, and cells that are too small to be."""

from collections.abc import Sequence

import numpy as np

from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from ...statistics.shares.pooling import pooled_shares
from .cells import Cells
from .estimates import Compared

MOST_ROWS = 100
"""Cells that a table lists at most."""


def cells_table(part: Compared, *, several: bool) -> Table:
    """The judged cells of one combination, the most surely different first."""
    cells, at = part.cells, LEVELS.index(NOMINAL)
    columns = (
        Column("cell", cells.title, Kind.TEXT),
        Column("real_records", "Real records", Kind.COUNT),
        Column("target", "Real share", Kind.SHARE),
        Column("records", "Samples", Kind.COUNT),
        Column("share", "Share generated", Kind.SHARE),
        Column("ratio", "Share / real share", Kind.RATIO),
        Column("ratio_low", "from (95 %, all together)", Kind.RATIO),
        Column("ratio_high", "to (95 %, all together)", Kind.RATIO),
        Column("p_adjusted", "p (Holm)", Kind.P_VALUE),
        Column("pooled", "Ratio, partly pooled", Kind.RATIO),
    )
    pooled = _pooled_ratios(cells)
    order = np.argsort(part.p_values, kind="stable")[:MOST_ROWS]
    rows = [
        (
            cells.name(cells.judged[k]),
            int(cells.reference[k]),
            float(cells.targets[k]),
            int(cells.counts[k]),
            float(cells.shares[k]),
            float(cells.ratios[k]),
            float(part.together.low[at, k]),
            float(part.together.high[at, k]),
            float(part.adjusted[k]),
            float(pooled[tuple(cells.judged[k])]),
        )
        for k in order.tolist()
    ]
    shown = f"; the {MOST_ROWS} of {len(cells.judged)} with the smallest p" if len(cells.judged) > MOST_ROWS else ""
    return Table(
        f"cells_{'_'.join(cells.attributes)}" if several else "cells",
        f"Combinations of {cells.title} among generated samples, beside the data{shown}",
        columns,
        tuple(rows),
    )


def small_table(parts: Sequence[Compared], *, fewest: int) -> Table | None:
    """The cells that are not judged; None if there are none."""
    columns = (
        Column("attributes", "Attributes", Kind.TEXT),
        Column("cell", "Combination", Kind.TEXT),
        Column("real_records", "Real records", Kind.COUNT),
        Column("records", "Samples", Kind.COUNT),
        Column("pooled", "Ratio, partly pooled", Kind.RATIO),
    )
    rows: list[tuple[str | int | float, ...]] = []
    for part in parts:
        cells, pooled = part.cells, _pooled_ratios(part.cells)
        rows += [
            (
                cells.title,
                cells.name(cell),
                int(cells.real[tuple(cell)]),
                int(cells.generated[tuple(cell)]),
                float(pooled[tuple(cell)]),
            )
            for cell in cells.small
        ]
    if not rows:
        return None
    # Most real records first: of these one may want to know first.
    rows.sort(key=lambda row: -int(row[2]))
    shown = f"; the {MOST_ROWS} largest of {len(rows)}" if len(rows) > MOST_ROWS else ""
    caption = f"Combinations with fewer than {fewest} real records, which are not judged{shown}"
    return Table("small_cells", caption, columns, tuple(rows[:MOST_ROWS]))


def _pooled_ratios(cells: Cells) -> np.ndarray:
    """Ratios of partly pooled shares, in the shape of the cross table; 0 / 0 is 1."""
    ours, theirs = pooled_shares(cells.generated).shares, pooled_shares(cells.real).shares
    return np.divide(ours, theirs, out=np.ones_like(ours), where=theirs > 0)
