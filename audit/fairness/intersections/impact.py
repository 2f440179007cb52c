"""Rates and impact ratios in the layout that New York City asks of audits of hiring tools, as an analogue.

Each category of each attribute, and each combination of two, has its rate divided by that of the category where it
is highest. Categories of less than 2 % of the records are left out of the ratios, and of the highest rate, with the
reason; their number and rate stay. Records of unknown category are counted apart.

Reference: 6 RCNY 5-300 ff. (rules on New York City Local Law 144 of 2021).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ....models.records import INVENTED, MISSING
from ...evidence.bundle import DECLARED, Crossed, Groups, Outcomes
from ...finding import Column, Kind, Table

LEAST = 0.02
"""The share of the records below which a category may be left out of the ratios."""

MOST_ROWS = 200
"""Categories that a table lists at most."""

UNKNOWN = (MISSING, INVENTED)

Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Side:
    """One set of records: groups by attribute, how many there are of each, and which have the outcome; None without."""

    groups: tuple[Ints, ...]
    records: Ints
    chosen: Marks | None


@dataclass(frozen=True, slots=True)
class _Rate:
    """A category: records, their rate, its impact ratio; the last two None where undefined or left out."""

    n: int
    rate: float | None
    ratio: float | None
    rare: bool


def impact_table(
    groups: Sequence[Groups], crossed: Crossed, outcome: Outcomes | None, *, favourable: str | None, several: bool
) -> Table | None:
    """The table of one outcome, or of the shares of all records; None where groups or outcome were told by classifiers.

    Args:
        groups: of all attributes.
        crossed: their combinations in the whole reference.
        outcome: who has which level; None for the share of all records that is of each category.
        favourable: the level that counts; without it the last of two.
        several: whether there are tables of other outcomes.
    """
    told = [*groups, *([] if outcome is None else [outcome.levels])]
    if any(each.classifier != DECLARED for each in told):
        return None
    level = None if outcome is None else _level(outcome.levels, favourable)
    if outcome is not None and level is None:
        return None
    sides = (_generated(groups, outcome, level), _real(crossed, outcome, level))
    rows = [row for which in _which(len(groups)) for row in _rows(groups, which, sides)]
    what = (
        "share of all records" if outcome is None else f"share with {outcome.levels.attribute} {_name(outcome, level)}"
    )
    caption = (
        f"Rates ({what}) and impact ratios in the layout of New York City's Local Law 144, as an analogue: records are "
        "generated, nobody was selected; the ratio is to the category with the highest rate"
    )
    if len(rows) > MOST_ROWS:
        caption += f"; the first {MOST_ROWS} of {len(rows)} categories"
    name = f"impact_ratios_{outcome.levels.attribute}" if outcome is not None and several else "impact_ratios"
    return Table(name, caption, _columns(), tuple(rows[:MOST_ROWS]))


def _generated(groups: Sequence[Groups], outcome: Outcomes | None, level: int | None) -> _Side:
    own = tuple(each.predicted for each in groups)
    return _Side(own, np.ones_like(own[0]), None if outcome is None else outcome.levels.predicted == level)


def _real(crossed: Crossed, outcome: Outcomes | None, level: int | None) -> _Side:
    if outcome is None or outcome.crossed is None:
        return _Side(tuple(crossed.cells.T), crossed.counts, None)
    cells = outcome.crossed.cells
    return _Side(tuple(cells[:, :-1].T), outcome.crossed.counts, cells[:, -1] == level)


def _columns() -> tuple[Column, ...]:
    return (
        Column("attributes", "Attributes", Kind.TEXT),
        Column("category", "Category", Kind.TEXT),
        Column("records", "Generated records", Kind.COUNT),
        Column("rate", "Rate", Kind.SHARE),
        Column("ratio", "Impact ratio", Kind.RATIO),
        Column("real_records", "Real records", Kind.COUNT),
        Column("real_rate", "Rate, real", Kind.SHARE),
        Column("real_ratio", "Impact ratio, real", Kind.RATIO),
        Column("remark", "Remark", Kind.TEXT),
    )


def _which(attributes: int) -> list[tuple[int, ...]]:
    return [*((place,) for place in range(attributes)), *combinations(range(attributes), 2)]


def _rows(
    groups: Sequence[Groups], which: tuple[int, ...], sides: Sequence[_Side]
) -> Iterator[tuple[str | int | float | None, ...]]:
    chosen = [groups[place] for place in which]
    shape = tuple(len(each.names) for each in chosen)
    title = " × ".join(each.attribute for each in chosen)
    unknown = np.ones(shape, dtype=bool)
    unknown[np.ix_(*([name not in UNKNOWN for name in each.names] for each in chosen))] = False
    counted = [_rates(side, which, shape, unknown) for side in sides]
    for cell in np.argwhere(~unknown):
        ours, theirs = (each[0][tuple(cell)] for each in counted)
        if ours.n or theirs.n:
            name = ", ".join(each.names[place] for each, place in zip(chosen, cell, strict=True))
            yield (
                title,
                name,
                ours.n,
                ours.rate,
                ours.ratio,
                theirs.n,
                theirs.rate,
                theirs.ratio,
                _remark(ours, theirs),
            )
    missed = [each[1] for each in counted]
    if any(missed):
        yield (title, "(unknown)", missed[0], None, None, missed[1], None, None, "of no known category")


def _rates(
    side: _Side, which: tuple[int, ...], shape: tuple[int, ...], unknown: Marks
) -> tuple[dict[tuple[int, ...], _Rate], int]:
    """The rate of every known category, and how many records have none."""
    places = np.ravel_multi_index(tuple(side.groups[place] for place in which), shape)
    n = _counted(places, side.records, shape)
    having = n if side.chosen is None else _counted(places[side.chosen], side.records[side.chosen], shape)
    total = int(n.sum())
    base = np.full(shape, total) if side.chosen is None else n
    rate = np.divide(having, base, out=np.zeros(shape), where=base > 0)
    common = (n >= LEAST * total) & ~unknown & (n > 0)
    most = float(rate[common].max()) if common.any() else 0.0
    rates = {
        tuple(cell): _Rate(
            int(n[tuple(cell)]),
            float(rate[tuple(cell)]) if base[tuple(cell)] else None,
            float(rate[tuple(cell)] / most) if common[tuple(cell)] and most > 0 else None,
            not common[tuple(cell)],
        )
        for cell in np.argwhere(~unknown).tolist()
    }
    return rates, int(n[unknown].sum())


def _counted(places: Ints, records: Ints, shape: tuple[int, ...]) -> Ints:
    counts = np.zeros(int(np.prod(shape)), dtype=np.int64)
    np.add.at(counts, places, records)
    return counts.reshape(shape)


def _remark(ours: _Rate, theirs: _Rate) -> str:
    sides = [name for name, each in (("generated", ours), ("real", theirs)) if each.rare]
    return f"left out: less than {LEAST:.0%} of {' and of '.join(sides)} records" if sides else ""


def _level(levels: Groups, favourable: str | None) -> int | None:
    if favourable is not None:
        return levels.names.index(favourable) if favourable in levels.names else None
    known = [name for name in levels.names if name not in UNKNOWN]
    return levels.names.index(known[1]) if len(known) == 2 else None


def _name(outcome: Outcomes, level: int | None) -> str:
    return "" if level is None else outcome.levels.names[level]
