"""The tables of GA402."""

from ...evidence.matches.kind import Matches
from ...finding import NOMINAL, Column, Kind, Table
from .measure import DISCOVERY, Compared

LISTED = 20
"""Generated records that are listed at most."""


def closest_table(found: Compared, matches: Matches) -> Table:
    """The closest matches: row numbers and distances, never the records, which may be a person's."""
    first = matches.distances[0].generated_to_training
    called = set(found.copied.tolist())
    chosen = sorted(range(len(first.distance)), key=lambda at: (at not in called, first.distance[at], at))[:LISTED]
    rows = tuple(
        (
            int(matches.generated_rows[at]),
            int(first.row[at]),
            float(first.distance[at]),
            float(found.p_values[at]),
            "copy" if at in called else "open",
        )
        for at in chosen
    )
    floor = 1 / (len(matches.holdout_rows) + 1)
    columns = (
        Column("generated", "Generated record, from 0", Kind.COUNT),
        Column("training", "Nearest training record, from 0", Kind.COUNT),
        Column("distance", f"Distance ({matches.distances[0].unit})", Kind.NUMBER),
        Column("p_value", "Held-out records as close, p", Kind.P_VALUE, floor),
        Column("reading", "Reading", Kind.TEXT),
    )
    caption = (
        f"Generated records closest to a training record; {len(found.copied):,} of {len(first.distance):,} looked at "
        f"are called copies, on average at most {DISCOVERY:.0%} of them wrongly. The numbers are rows of the "
        "evidence beside the report"
    )
    return Table("closest", caption, columns, rows)


def distances_table(measured: tuple[Compared, ...]) -> Table:
    """What each distance says."""
    rows = []
    for each in measured:
        interval = each.found.limits(NOMINAL)
        rows.append(
            (
                each.words,
                each.first.count,
                each.first.training,
                each.first.expected,
                each.found.excess,
                interval.low,
                interval.high,
                each.p_value,
            )
        )
    columns = (
        Column("distance", "Distance", Kind.TEXT),
        Column("closest", "Closest records looked at", Kind.COUNT),
        Column("training", "Nearest to a training record", Kind.COUNT),
        Column("expected", "Expected by chance", Kind.NUMBER),
        Column("excess", "Copies beyond chance", Kind.DIFFERENCE),
        Column("low", "From", Kind.DIFFERENCE),
        Column("high", "To", Kind.DIFFERENCE),
        Column("p_value", "Nothing copied, p", Kind.P_VALUE, max(each.p_floor for each in measured)),
    )
    return Table("distances", "The closest matches, by each distance", columns, tuple(rows))


def regions_table(found: Compared) -> tuple[Table, ...]:
    """Where generated records lie closer to the training data than held-out ones; nothing without regions."""
    if found.regions is None:
        return ()
    rows = tuple(
        (f"region {each.cell + 1}", each.generated, each.holdout, each.z, each.p_adjusted)
        for each in found.regions.cells
    )
    columns = (
        Column("region", "Region of training records", Kind.TEXT),
        Column("generated", "Generated", Kind.COUNT),
        Column("holdout", "Held out", Kind.COUNT),
        Column("z", "Closer (below 0) or further", Kind.NUMBER),
        Column("p_adjusted", "Closer by chance, p", Kind.P_VALUE),
    )
    caption = (
        "Distance of generated records to the training data against that of held-out ones, region by region, in "
        "standard deviations; p-values hold for all regions together (Holm)"
    )
    return (Table("regions", caption, columns, rows),)
