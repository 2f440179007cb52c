"""The tables and pictures of GA202."""

import numpy as np

from ...evidence.criticised.kind import Criticised
from ...evidence.explained.judged import failing
from ...evidence.regions.kind import SPAN
from ...finding import NOMINAL, Column, Exhibit, Kind, Pictures, Table
from .measure import Measured

Cell = str | int | float | None

MOST_GROUPS = 10
"""Groups whose maps are shown: those with the widest gaps between scores."""


def regions_table(found: Measured, evidence: Criticised) -> Table:
    """Every region: what it does to generated and to real records, the difference, and its share."""
    made, real = (side.effects.mean(axis=0) for side in (evidence.generated, evidence.reference))
    apart, count = found.differences, len(evidence.regions.names)
    low, high = apart.bounds(NOMINAL, count)
    shares = np.zeros(count) if found.shares is None else np.clip(found.shares.values, 0.0, 1.0)
    area = evidence.regions.area
    rows: list[tuple[Cell, ...]] = [
        (
            evidence.regions.names[at],
            float(area[at]),
            float(made[at]),
            float(real[at]),
            float(apart.values[at]),
            float(low[at]),
            float(high[at]),
            float(shares[at]),
            "tells generated" if high[at] < 0 else "hides generated" if low[at] > 0 else "open",
        )
        for at in np.argsort(-np.abs(apart.values), kind="stable")
    ]
    what = evidence.regions.what
    return Table(
        name="regions",
        caption=f"What each {what} adds to the critic's score of generated and of real records, compared with "
        f"{evidence.baseline}; the furthest difference first, intervals hold for all {count} together at {NOMINAL:.0%}",
        columns=(
            Column("region", what.capitalize(), Kind.TEXT),
            Column("area", "Share of the record", Kind.SHARE),
            Column("generated", "Adds, generated", Kind.NUMBER),
            Column("real", "Adds, real", Kind.NUMBER),
            Column("difference", "Difference", Kind.NUMBER),
            Column("low", "From", Kind.NUMBER),
            Column("high", "To", Kind.NUMBER),
            Column("share", "Share of the reason", Kind.SHARE),
            Column("reading", "Reading", Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def groups_table(found: Measured, evidence: Criticised) -> Table:
    """Every group: how far its scores are apart, its leading region, and how its map differs."""
    places = {each.name: at for at, each in enumerate(found.compared)} if found.gaps is not None else {}
    rows: list[tuple[Cell, ...]] = []
    for each in found.groups:
        limits: tuple[Cell, ...] = (None, None, None)
        if each.gap is not None:
            limits = (each.gap.value, *each.gap.limits(NOMINAL))
        leading = None
        if each.differences is not None and each.compared:
            leading = evidence.regions.names[int(each.differences.values.argmin())]
        at = places.get(each.name)
        gap: tuple[Cell, ...] = (None, None)
        if at is not None and found.gaps is not None:
            gap = (float(found.gaps.values[at]), float(found.gaps.p_values[at]))
        rows.append((each.name, *each.sizes, *limits, leading, *gap, each.why_not or "compared"))
    # The group that differs most comes first, those that are not compared last.
    rows.sort(key=lambda row: -row[7] if isinstance(row[7], float) else 1.0)
    floor = None if found.gaps is None else found.gaps.p_floor
    return Table(
        name="groups",
        caption="For each group: how much higher the critic scores its real records than its generated ones, which "
        f"{evidence.regions.what} tells most, and how far its map is from that of the other groups",
        columns=(
            Column("group", evidence.attribute or "Group", Kind.TEXT),
            Column("generated", "Generated", Kind.COUNT),
            Column("real", "Real", Kind.COUNT),
            Column("gap", "Scores apart (SD)", Kind.NUMBER),
            Column("gap_low", "From", Kind.NUMBER),
            Column("gap_high", "To", Kind.NUMBER),
            Column("leading", f"Leading {evidence.regions.what}", Kind.TEXT),
            Column("reason_gap", "Difference of reason", Kind.NUMBER),
            Column("p_value", "Same reason, p", Kind.P_VALUE, floor),
            Column("reading", "Comparison", Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def exhibits(found: Measured, evidence: Criticised) -> tuple[Exhibit, ...]:
    """The map of all records and of each group beside what the critic sees in real records; none of tables."""
    sounds = evidence.regions.what == SPAN
    if not evidence.sample.size and not sounds:
        return ()
    known = {at: each.gap.value for at, each in enumerate(found.groups) if each.compared and each.gap is not None}
    shown = sorted(known, key=lambda at: -known[at])[:MOST_GROUPS]
    kind = "span_maps" if sounds else "maps"
    maps = [Pictures("all records", f"criticised.{kind}", (0,))]
    maps += [Pictures(f"{evidence.attribute} {evidence.groups[at]}", f"criticised.{kind}", (at + 1,)) for at in shown]
    maps.append(Pictures("real records, for comparison", f"criticised.null_{kind}", (0,)))
    what = evidence.regions.what
    caption = (
        f"What each {what} adds to the critic's score of generated records, less what it adds to that of real ones. "
        f"Where the value is below zero (orange), the {what} makes generated records look generated. The last map "
        f"is what {what}s add to the scores of real records."
    )
    if sounds:
        unread = "unread_" if failing(evidence.checked) else ""
        return (Exhibit("reason", caption, f"{unread}signed_sound_maps", tuple(maps)),)
    return (
        Exhibit("reason", caption, "signed_maps", tuple(maps)),
        Exhibit(
            "mean_record",
            "The mean real record, which replaces a region and lies under the maps.",
            "grid",
            (Pictures("mean real record", "criticised.sample", (0,)),),
        ),
    )
