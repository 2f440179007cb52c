"""The table of GA405: the most familiar planted canaries."""

import numpy as np

from ...evidence.canaries.kind import Canaries
from ...finding import Column, Kind, Table
from ...statistics.canaries.ranks import exposures, rank_p_values
from ...statistics.multiplicity import false_discovery


def canaries_table(seen: Canaries, shown: int) -> Table:
    """Planted canaries by their rank, the most familiar first."""
    planted = np.flatnonzero(seen.included)
    held_out = seen.scores[~seen.included]
    p_values, bits = rank_p_values(seen.scores[planted], held_out), exposures(seen.scores[planted], held_out)
    # Ranks among the same references rise together, which the procedure of Benjamini and Hochberg allows.
    adjusted = false_discovery(p_values, dependent=False)
    columns = (
        Column("canary", "Canary of the key, from 0", Kind.COUNT),
        Column("score", "Score", Kind.NUMBER),
        Column("exposure", "Exposure, bits", Kind.NUMBER),
        Column("p", "p", Kind.P_VALUE, floor=1 / (1 + len(held_out))),
        Column("adjusted", "p, false discoveries controlled", Kind.P_VALUE),
    )
    rows = tuple(
        (
            int(planted[at]),
            float(seen.scores[planted[at]]) if np.isfinite(seen.scores[planted[at]]) else None,
            float(bits[at]),
            float(p_values[at]),
            float(adjusted[at]),
        )
        for at in np.argsort(p_values, kind="stable")[:shown]
    )
    caption = "Planted canaries that the model finds most familiar, by their rank among those held out"
    return Table("canaries", caption, columns, rows)
