"""The tables of GA203: what was explained, what carries it, and a few prompts slot by slot."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...evidence.reliance.kind import PromptReliance
from ...finding import NOMINAL, Column, Kind, Table
from ...statistics.attribution.disparity import Gap, resolved, share_of, widest
from ...statistics.attribution.shapley import shapley
from ...statistics.intervals import BAND
from .carried import NATS, Carried, Verdicts, followed

Cell = str | int | float | None

CARRIES, UNCONFIRMED, NOTHING = "carries the gap", "unconfirmed: an exchange does not move it so", "—"

EXAMPLES = 4
"""Prompts of each side that are shown slot by slot."""


def tables(found: Sequence[Carried], said: Verdicts) -> Iterator[Table]:
    """What was explained, the parts of each gap, and examples."""
    yield _gaps(found, said)
    for at, each in enumerate(found):
        yield _parts(each, said, at)
    for at, each in enumerate(found):
        if isinstance(each.evidence, PromptReliance):
            yield _examples(each.evidence, at)


def _between(gap: Gap | None) -> tuple[Cell, Cell, Cell]:
    if gap is None:
        return None, None, None
    (limits,) = gap.limits((NOMINAL,))
    return gap.value, limits.low, limits.high


def _gaps(found: Sequence[Carried], said: Verdicts) -> Table:
    """Each gap, and below it what it stands beside: the data, the control, the group set by itself."""
    kind = Kind.NUMBER if found[0].unit == NATS else Kind.DIFFERENCE
    rows: list[tuple[Cell, ...]] = []
    for each, explained in zip(found, said.explained, strict=True):
        status = "explained" if explained else f"nothing to explain: not surely beyond {each.material:g}"
        what = f"{each.contrast}: {each.sides[0]} less {each.sides[1]}"
        rows.append((each.name, what, *_between(each.total), status))
        rows += [(each.name, name, *values, "") for name, values in _beside(each)]
    columns = (
        Column("gap", "Gap", Kind.TEXT),
        Column("what", "What", Kind.TEXT),
        Column("value", "Gap", kind),
        Column("low", "from (95 %)", kind),
        Column("high", "to (95 %)", kind),
        Column("status", "Result", Kind.TEXT),
    )
    return Table("gaps", "The gaps between groups, each beside a control that should show none", columns, tuple(rows))


def _beside(each: Carried) -> Iterator[tuple[str, tuple[Cell, Cell, Cell]]]:
    evidence = each.evidence
    if each.real is not None:
        yield "the same among real rows", _between(each.real)
    if isinstance(evidence, PromptReliance) and evidence.followed.size:
        first, gaps = evidence.sides[0], followed(evidence)
        yield f"as chance: a next note of {first}, by the model", _between(gaps[0])
        yield f"as chance: a next note of {first}, by the real next notes", _between(gaps[1])
    if isinstance(each.control, Gap) and isinstance(evidence, PromptReliance):
        yield f"control: {evidence.control}", _between(each.control)
    elif isinstance(each.control, float):
        # Groups that were dealt out at random are as uncertain as the gap itself.
        reach = BAND * each.total.error
        yield "control: groups dealt out at random", (each.control, each.control - reach, each.control + reach)
    if each.intervened is not None:
        yield f"the group set by {each.intervention}", _between(each.intervened)


def _parts(each: Carried, said: Verdicts, at: int) -> Table:
    shown = said.explained[at] and resolved(each.total)
    rows: list[tuple[Cell, ...]] = []
    for part, p_value, flagged, confirmed in zip(
        each.parts, said.p_values[at], said.flagged[at], said.confirmed[at], strict=True
    ):
        furthest, (limits,) = widest(part.readings, (1 - (1 - NOMINAL) / len(each.parts),))
        several = len(part.readings) > 1
        rows.append(
            (
                part.name,
                furthest.value,
                limits.low,
                limits.high,
                p_value,
                widest([share_of(reading, each.total) for reading in part.readings])[0].value if shown else None,
                part.readings[0].value if several else None,
                part.readings[1].value if several else None,
                *_between(part.swap),
                None if part.real is None else part.real.value,
                part.control,
                (CARRIES if confirmed else UNCONFIRMED) if flagged else NOTHING,
            )
        )
    order = np.argsort([-abs(part.gap.value) for part in each.parts], kind="stable").tolist()
    what = "slot" if isinstance(each.evidence, PromptReliance) else "column"
    caption = f"{each.name}: which {what} carries how much of the gap between {each.sides[0]} and {each.sides[1]}"
    columns = _part_columns(what, Kind.NUMBER if each.unit == NATS else Kind.DIFFERENCE)
    return _without_empty(Table(f"carried_{at + 1}", caption, columns, tuple(rows[place] for place in order)))


def _part_columns(what: str, kind: Kind) -> tuple[Column, ...]:
    return (
        Column("part", what.capitalize(), Kind.TEXT),
        Column("carried", "Carries", kind),
        Column("low", "from (95 %, all together)", kind),
        Column("high", "to (95 %, all together)", kind),
        Column("p_adjusted", "p (Holm)", Kind.P_VALUE),
        Column("share", "Share of the gap", Kind.RATIO),
        Column("first_baseline", "By the first baseline", kind),
        Column("second_baseline", "By the second", kind),
        Column("swap", "Exchange alone", kind),
        Column("swap_low", "exchange from (95 %)", kind),
        Column("swap_high", "exchange to (95 %)", kind),
        Column("real", "Among real rows", kind),
        Column("control", "In the control", kind),
        Column("result", "Result", Kind.TEXT),
    )


def _examples(evidence: PromptReliance, at: int) -> Table:
    """The first prompts of each side, with what each slot adds to the contrast by the first baseline."""
    attributions = shapley(evidence.values[0])
    chosen = np.concatenate([np.flatnonzero(evidence.side == side)[:EXAMPLES] for side in (0, 1)])
    rows = tuple(
        (
            evidence.prompts[place],
            evidence.sides[int(evidence.side[place])],
            float(evidence.values[0, -1, place]),
            float(evidence.values[0, 0, place]),
            *(float(each) for each in attributions[:, place]),
        )
        for place in chosen.tolist()
    )
    columns = (
        Column("prompt", "Prompt", Kind.TEXT),
        Column("side", "Side", Kind.TEXT),
        Column("contrast", evidence.contrast, Kind.NUMBER),
        Column("baseline", "All slots at the baseline", Kind.NUMBER),
        *(Column(f"slot_{place}", name, Kind.NUMBER) for place, name in enumerate(evidence.slots)),
    )
    return Table(f"examples_{at + 1}", f"{evidence.name}: some prompts, slot by slot, in nats", columns, rows)


def _without_empty(table: Table) -> Table:
    """The table without columns in which nothing stands."""
    kept = [at for at in range(len(table.columns)) if any(row[at] is not None for row in table.rows)]
    rows = tuple(tuple(row[at] for at in kept) for row in table.rows)
    return Table(table.name, table.caption, tuple(table.columns[at] for at in kept), rows)
