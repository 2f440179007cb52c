"""The tables and pictures of GA204."""

import numpy as np

from ...evidence.encoded.kind import Encoded
from ...evidence.explained.judged import failing
from ...evidence.regions.kind import SPAN
from ...finding import NOMINAL, Column, Exhibit, Kind, Pictures, Table
from ...statistics.attribution.region_excess import RegionExcess
from ...statistics.attribution.region_shares import RegionShares
from .measure import Measured

Cell = str | int | float | None

MOST_GROUPS = 10
"""Groups whose maps are shown."""


def code_table(shares: RegionShares, evidence: Encoded) -> Table:
    """Every region: its share of the record, of the records' variance, and of what sets the code."""
    count, what = len(shares.values), evidence.regions.what
    low, high = shares.bounds(NOMINAL, count)
    area = evidence.regions.area
    rows: list[tuple[Cell, ...]] = [
        (
            evidence.regions.names[at],
            float(area[at]),
            float(evidence.spread[at]),
            float(np.clip(shares.values[at], 0, 1)),
            float(low[at]),
            float(high[at]),
        )
        for at in np.argsort(-shares.values, kind="stable")
    ]
    return Table(
        name="code",
        caption=f"Which {what}s set the code of real records, compared with {evidence.baseline}; the largest share "
        f"first, intervals hold for all {count} together at {NOMINAL:.0%}",
        columns=(
            Column("region", what.capitalize(), Kind.TEXT),
            Column("area", "Share of the record", Kind.SHARE),
            Column("variance", "Share of the data's variance", Kind.SHARE),
            Column("share", "Share of the code", Kind.SHARE),
            Column("low", "From", Kind.SHARE),
            Column("high", "To", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


def errors_table(found: Measured, evidence: Encoded) -> Table | None:
    """Every group: its error, the region where it is furthest above the others', and by how much."""
    if found.excess is None:
        return None
    floor = None if found.gaps is None else found.gaps.p_floor
    order = np.argsort(-found.excess.values.max(axis=1), kind="stable")
    rows = tuple(_error_row(found, found.excess, evidence, int(place)) for place in order)
    what = evidence.regions.what
    return Table(
        name="errors",
        caption="Where each group is given back worse than the others, the worst first: the error of its worst "
        f"{what} above theirs, in multiples of the mean error; intervals hold for all groups and {what}s together at "
        f"{NOMINAL:.0%}",
        columns=(
            Column("group", evidence.attribute or "Group", Kind.TEXT),
            Column("n", "Records", Kind.COUNT),
            Column("error", "Mean squared error", Kind.NUMBER),
            Column("region", f"Worst {what}", Kind.TEXT),
            Column("excess", "Above the others", Kind.NUMBER),
            Column("low", "From", Kind.NUMBER),
            Column("high", "To", Kind.NUMBER),
            Column("gap", "Difference of place", Kind.NUMBER),
            Column("p_value", "Same places, p", Kind.P_VALUE, floor),
            Column("reading", "Reading", Kind.TEXT),
        ),
        rows=rows,
    )


def _error_row(found: Measured, excess: RegionExcess, evidence: Encoded, place: int) -> tuple[Cell, ...]:
    group, at = found.compared[place], int(excess.values[place].argmax())
    mine = evidence.errors[evidence.members == group]
    low, high = float(excess.low[place, at]), float(excess.high[place, at])
    gap: tuple[Cell, ...] = (None, None)
    if found.gaps is not None:
        gap = (float(found.gaps.values[place]), float(found.gaps.p_values[place]))
    return (
        evidence.groups[group],
        len(mine),
        float((mine @ evidence.regions.area).mean()),
        evidence.regions.names[at],
        float(excess.values[place, at]),
        low,
        high,
        *gap,
        "worse there" if low > 0 else "open",
    )


def exhibits(found: Measured, evidence: Encoded, *, explained: bool) -> tuple[Exhibit, ...]:
    """Maps of what sets the code and of errors, of all records and of each group; none of tables."""
    sounds = evidence.regions.what == SPAN
    if not evidence.sample.size and not sounds:
        return ()
    groups = [(f"{evidence.attribute} {evidence.groups[at]}", (at + 1,)) for at in found.compared[:MOST_GROUPS]]
    every = [("all records", (0,)), *groups]
    kind, form, what = ("span_maps", "sound_maps", "span") if sounds else ("maps", "magnitudes", "region")
    made = []
    if explained:
        maps = [Pictures(name, f"encoded.{kind}", at) for name, at in every]
        maps.append(Pictures("variance of the data, for comparison", f"encoded.null_{kind}", (0,)))
        caption = (
            f"What sets the code: the share of each {what}, over its share of the record; 1 is an even share. The last "
            "map is the same of the data's variance: an encoder that looks wherever there is something to see has it."
        )
        unread = "unread_" if sounds and failing(evidence.checked) else ""
        made.append(Exhibit("code", caption, f"{unread}{form}", tuple(maps)))
    if len(evidence.errors):
        maps = [Pictures(name, f"encoded.error_{kind}", at) for name, at in every]
        made.append(Exhibit("errors", f"Where reconstruction fails: mean squared error by {what}.", form, tuple(maps)))
    if sounds:
        return tuple(made)
    mean = Pictures("mean real record", "encoded.sample", (0,))
    made.append(Exhibit("mean_record", "The mean real record, which lies under the maps.", "grid", (mean,)))
    return tuple(made)
