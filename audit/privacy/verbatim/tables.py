"""The tables of GA404. They hold numbers of records and no word of them."""

from collections.abc import Iterator

import numpy as np

from ...evidence.reproductions.kind import Closeness, Reproductions
from ...finding import Column, Kind, Table
from ...statistics.reproduction.chance import Excess, conformal
from .measure import Measured, extracted, passed

Cell = str | int | float | None

TRIES = (1, 10, 100, 1_000, 10_000)
"""Tries for which the table says how many records come out."""

DIFFERENT = (0, 1, 2)
"""Columns that may differ."""

NAMES = ("the whole record", "all but one column", "all but two columns")


def all_tables(found: Measured, evidence: Reproductions, *, chance: float, most: int) -> Iterator[Table]:
    """Every table for which there is evidence."""
    yield _bars(found, evidence)
    yield _whole(evidence)
    yield from _matches(found, evidence, most)
    yield from _extraction(evidence, chance)


def _bars(found: Measured, evidence: Reproductions) -> Table:
    null = "holdout" if evidence.null == "holdout" else "reference"
    rows = [
        _bar(found.verbatim, evidence.verbatim, by_whole=found.by_whole),
        _bar(found.near, evidence.near, by_whole=False),
    ]
    return Table(
        name="closeness",
        caption=f"What generated records have in common with the training record that they are closest to, beside "
        f"{len(evidence.null_rows):,} records of the {null} that {_role(evidence)}; the bar is what chance reaches",
        columns=(
            Column("what", "Measured", Kind.TEXT),
            Column("bar", "Bar", Kind.TEXT),
            Column("count", "Generated records that pass it", Kind.COUNT),
            Column("n", "Of", Kind.COUNT),
            Column("null_count", "Records of the null that pass it", Kind.COUNT),
            Column("null_n", "Of", Kind.COUNT),
            Column("closest", "Closest generated record", Kind.NUMBER),
            Column("null_closest", "Closest record of the null", Kind.NUMBER),
            Column("p", "p", Kind.P_VALUE),
        ),
        rows=tuple(rows),
    )


def bar_words(found: Excess, closeness: Closeness, *, by_whole: bool = False) -> str:
    """What counts as beyond chance, in words."""
    if by_whole:
        return "the whole record"
    value = closeness.sign * found.bar.value
    shown = f"{value:,.3g}" if value % 1 else f"{value:,.0f}"
    if found.bar.reached:
        return f"exactly {shown} {closeness.unit}"
    return f"{'more' if closeness.sign > 0 else 'less'} than {shown} {closeness.unit}"


def _bar(found: Excess, closeness: Closeness, *, by_whole: bool) -> tuple[Cell, ...]:
    closest = [closeness.sign * float(each.max()) for each in (closeness.generated, closeness.null)]
    return (
        closeness.what,
        bar_words(found, closeness, by_whole=by_whole),
        found.count,
        found.n,
        found.null_count,
        found.bar.null,
        *closest,
        found.p_value,
    )


def _role(evidence: Reproductions) -> str:
    return "the model did not learn from" if evidence.null == "holdout" else "stand in for a holdout"


def _whole(evidence: Reproductions) -> Table:
    """How many records are there as a whole; of tables, how many but for a column or two."""
    sides = evidence.whole, evidence.null_whole
    allowed = DIFFERENT if evidence.part == "columns" else DIFFERENT[:1]
    rows: list[tuple[Cell, ...]] = []
    for different in allowed:
        counts = [int((each <= different).sum()) for each in sides]
        label = NAMES[different]
        rows.append((label, counts[0], counts[0] / len(sides[0]), counts[1], counts[1] / len(sides[1])))
    return Table(
        name="whole_records",
        caption="Records of which this much stands in one training record, however common it is",
        columns=(
            Column("what", "In one training record", Kind.TEXT),
            Column("count", "Generated records", Kind.COUNT),
            Column("share", "Share of them", Kind.SHARE),
            Column("null_count", "Records of the null", Kind.COUNT),
            Column("null_share", "Share of them", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


def _matches(found: Measured, evidence: Reproductions, most: int) -> Iterator[Table]:
    closeness = evidence.verbatim
    order = np.argsort(-closeness.generated, kind="stable")
    order = order[(closeness.matched[order] >= 0) & passed(found, evidence)[order]][:most]
    if not len(order):
        return
    p = conformal(closeness.generated, closeness.null)
    yield Table(
        name="matches",
        caption=f"Generated records that have most in common with a training record, both numbered from 0: "
        f"{bar_words(found.verbatim, closeness, by_whole=found.by_whole)}",
        columns=(
            Column("generated", "Generated record", Kind.COUNT),
            Column("training", "Training record", Kind.COUNT),
            Column("common", f"{closeness.what[0].upper()}{closeness.what[1:]}, {closeness.unit}", Kind.NUMBER),
            Column("p", "Share of the null as close (conformal p)", Kind.P_VALUE, floor=1 / (len(closeness.null) + 1)),
        ),
        rows=tuple(
            (
                int(evidence.rows[at]),
                int(closeness.matched[at]),
                closeness.sign * float(closeness.generated[at]),
                float(p[at]),
            )
            for at in order.tolist()
        ),
    )


def _extraction(evidence: Reproductions, chance: float) -> Iterator[Table]:
    if evidence.extraction is None:
        return
    rows: list[tuple[Cell, ...]] = []
    for tries in TRIES:
        each = extracted(evidence.extraction, tries=tries, chance=chance)
        held = each.null_found / each.null_asked if each.null_asked else None
        rows.append((tries, each.found, each.found / each.asked, each.null_found if each.null_asked else None, held))
    lengths = evidence.extraction.lengths
    yield Table(
        name="extraction",
        caption=f"Records whose second half, {int(lengths.min())} to {int(lengths.max())} {evidence.extraction.unit}s, "
        f"the model writes out exactly with chance {chance:g} or more if it is given the first half",
        columns=(
            Column("tries", "Within tries", Kind.COUNT),
            Column("count", "Training records", Kind.COUNT),
            Column("share", f"Of {len(lengths):,}", Kind.SHARE),
            Column("null_count", "Held-out records", Kind.COUNT),
            Column("null_share", f"Of {len(evidence.extraction.null):,}", Kind.SHARE),
        ),
        rows=tuple(rows),
    )
