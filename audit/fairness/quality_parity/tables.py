"""The tables of GA103: every measure by group, worst first."""

from collections.abc import Sequence

import numpy as np

from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from .measures import Measure

CAPTIONS = {
    "fidelity": "Records of each group that lie where its real ones do, relative to a perfect generator",
    "coverage": "Real records of each group with a generated one nearby, relative to a perfect generator",
    "likelihood": "Log-likelihood per unit of each group's real records less that of generated ones",
    "reconstruction": "Error of each group's generated records less that of real ones, over that of all real ones",
}


def tables(measures: Sequence[Measure]) -> tuple[Table, ...]:
    """A table for each measure and attribute, the group that is worst off first."""
    several = len({each.attribute for each in measures}) > 1
    return tuple(_table(each, several=several) for each in measures)


def _table(measure: Measure, *, several: bool) -> Table:
    at, kind = LEVELS.index(NOMINAL), Kind.RATIO if measure.unit == "ratio" else Kind.NUMBER
    ratios = measure.perfect > 0
    columns = (
        Column("group", "Group", Kind.TEXT),
        Column("real_n", "Real records", Kind.COUNT),
        Column("generated_n", "Generated records", Kind.COUNT),
        Column("value", measure.name.capitalize(), kind),
        Column("low", "from (95 %)", kind),
        Column("high", "to (95 %)", kind),
        Column("gap", "Gap to the others", kind),
        Column("gap_low", "from (95 %)", kind),
        Column("gap_high", "to (95 %)", kind),
        *((Column("ratio", "Ratio to the others", Kind.RATIO),) if ratios else ()),
        Column("p", "p of no gap, adjusted", Kind.P_VALUE, floor=measure.gaps.p_floor),
    )
    rows = []
    for k in np.argsort(-measure.gaps.values, kind="stable"):
        interval, gap = measure.limits[k](NOMINAL), float(measure.gaps.values[k])
        others = measure.values[k] + gap
        rows.append(
            (
                measure.groups[k],
                measure.real[k],
                measure.drawn[k],
                measure.values[k],
                interval.low,
                interval.high,
                gap,
                float(measure.gaps.low[at, k]),
                float(measure.gaps.high[at, k]),
                *(((measure.values[k] / others if others > 0 else None),) if ratios else ()),
                float(measure.gaps.p_values[k]),
            )
        )
    caption = CAPTIONS[measure.name] + (f"; {measure.remark}" if measure.remark else "")
    name = f"{measure.name}_{measure.attribute}" if several else measure.name
    return Table(name, f"{measure.attribute}: {caption}" if several else caption, columns, tuple(rows))
