"""The tables of GA206."""

from collections.abc import Sequence

from ...evidence.explained.judged import JudgedMap
from ...finding import Column, Kind, Table
from ...statistics.attribution.decisions import Check, Decision

WORDS = {Decision.PASS: "passes", Decision.FAIL: "fails", Decision.OPEN: "cannot tell", Decision.NOT_ASKED: "not asked"}
Cell = str | int | float | None


def maps_table(maps: Sequence[JudgedMap]) -> Table:
    """What each map answers, and whether it may be read."""
    rows: list[tuple[Cell, ...]] = []
    for each in maps:
        found = each.found
        rows.append(
            (
                found.question,
                f"{found.readout}: {found.contrast}",
                found.baseline,
                found.method,
                len(set(found.clusters.tolist())),
                found.sampling_unit,
                each.effect.value,
                each.effect.low,
                each.effect.high,
                each.reading,
            )
        )
    columns = (
        Column("question", "Question", Kind.TEXT),
        Column("readout", "Readout: contrast", Kind.TEXT),
        Column("baseline", "Baseline", Kind.TEXT),
        Column("method", "Method", Kind.TEXT),
        Column("n", "Units", Kind.COUNT),
        Column("unit", "Sampling unit", Kind.TEXT),
        Column("effect", "Mean size of the effect", Kind.NUMBER),
        Column("effect_low", "from (95 %)", Kind.NUMBER),
        Column("effect_high", "to (95 %)", Kind.NUMBER),
        Column("reading", "The map", Kind.TEXT),
    )
    return Table("maps", "Every map of attributions, and whether it may be read", columns, tuple(rows))


def checks_table(maps: Sequence[JudgedMap]) -> Table:
    """Each check of each map that has something to explain."""
    rows: list[tuple[Cell, ...]] = [
        (
            each.name,
            check.name,
            WORDS[check.decision],
            check.value,
            check.low,
            check.high,
            check.rule,
        )
        for each in maps
        if each.explains
        for check in _failed_first(each.checks)
        if check.decision is not Decision.NOT_ASKED
    ]
    columns = (
        Column("map", "Map", Kind.TEXT),
        Column("check", "Check", Kind.TEXT),
        Column("decision", "It", Kind.TEXT),
        Column("value", "Measured", Kind.NUMBER),
        Column("value_low", "from (95 %)", Kind.NUMBER),
        Column("value_high", "to (95 %)", Kind.NUMBER),
        Column("rule", "It passes where", Kind.TEXT),
    )
    return Table("checks", "Every check of every map that has an effect to explain", columns, tuple(rows))


def _failed_first(checks: Sequence[Check]) -> list[Check]:
    place = {Decision.FAIL: 0, Decision.OPEN: 1}
    return sorted(checks, key=lambda check: place.get(check.decision, 2))
