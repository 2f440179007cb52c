"""The tables of GA108: rates of every group, and what became of every gap."""

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from ...statistics.outcomes.gaps import wilson_limits
from ...statistics.shares.binomial import Limits
from .estimates import smallest
from .measure import OutcomeGaps, errors

Floats = NDArray[np.float64]

AT = LEVELS.index(NOMINAL)

MOST_ROWS = 100
"""Pairs of groups that a table lists at most."""


def rates_table(part: OutcomeGaps, *, several: bool) -> Table:
    """Each level in each group, generated and real, with intervals that hold together."""
    rates = [each.of_levels(part.chosen) for each in (part.generated, part.real)]
    reach = np.full(rates[0].values.shape, float(errors(rates[0].values.size)[AT, 0, 0]))
    limits = [wilson_limits(each.values, each.trials, reach) for each in rates]
    columns = (
        Column("level", part.outcome, Kind.TEXT),
        Column("group", part.attribute, Kind.TEXT),
        Column("generated", "Generated", Kind.SHARE),
        Column("generated_low", "from (95 %)", Kind.SHARE),
        Column("generated_high", "to (95 %)", Kind.SHARE),
        Column("real", "Real", Kind.SHARE),
        Column("real_low", "from (95 %)", Kind.SHARE),
        Column("real_high", "to (95 %)", Kind.SHARE),
        Column("generated_records", "Generated records", Kind.COUNT),
        Column("real_records", "Real records", Kind.COUNT),
    )
    rows: list[tuple[str | int | float, ...]] = [
        (
            part.level(level),
            part.groups[k],
            *(
                float(value[k, level])
                for each, ends in zip(rates, limits, strict=True)
                for value in (each.values, ends.low, ends.high)
            ),
            round(float(part.sizes[k, 0])),
            int(part.sizes[k, 1]),
        )
        for level in range(len(part.chosen))
        for k in range(len(part.groups))
    ]
    caption = (
        f"How often each group has this {part.outcome}, among generated and among real records; the intervals of each "
        "side hold together"
    )
    return Table(_name("rates", part, several), caption, columns, tuple(rows))


def gaps_table(part: OutcomeGaps, simultaneous: Limits, adjusted: Floats, *, within: float, several: bool) -> Table:
    """Each pair of groups, the change that is most surely there first."""
    found = verdicts(part, simultaneous, within=within)
    columns = (
        Column("level", part.outcome, Kind.TEXT),
        Column("pair", part.attribute, Kind.TEXT),
        Column("real", "Gap, real", Kind.DIFFERENCE),
        Column("generated", "Gap, generated", Kind.DIFFERENCE),
        Column("change", "Change", Kind.DIFFERENCE),
        Column("change_low", "from (95 %, all together)", Kind.DIFFERENCE),
        Column("change_high", "to (95 %, all together)", Kind.DIFFERENCE),
        Column("p_adjusted", "p (Holm)", Kind.P_VALUE),
        Column("became", "The gap was", Kind.TEXT),
    )
    parts = part.contrasts
    rows: list[tuple[str | int | float, ...]] = [
        (
            part.level(level),
            part.pair(pair),
            *(float(each.value[pair, level]) for each in (parts.real, parts.generated, parts.change)),
            float(simultaneous.low[AT, pair, level]),
            float(simultaneous.high[AT, pair, level]),
            float(adjusted[pair, level]),
            str(found[pair, level]),
        )
        for pair, level in smallest(part.change_p)[:MOST_ROWS]
    ]
    shown = f"; the {MOST_ROWS} of {part.comparisons:,} with the smallest p" if part.comparisons > MOST_ROWS else ""
    caption = (
        f"The gap in {part.outcome} between every two groups of {part.attribute}, and how the model changed it{shown}"
    )
    return Table(_name("gaps", part, several), caption, columns, tuple(rows))


def verdicts(part: OutcomeGaps, simultaneous: Limits, *, within: float) -> NDArray[np.str_]:
    """What became of each gap, (P, C): reversed, amplified, narrowed, kept or cannot tell.

    Args:
        part: the gaps.
        simultaneous: limits of their changes, that hold together.
        within: a change that is surely no larger leaves a gap as it was.
    """
    low, high = simultaneous.low[AT], simultaneous.high[AT]
    reach = errors(part.comparisons)[AT]
    real, made = (_sign(each.limits(reach)) for each in (part.contrasts.real, part.contrasts.generated))
    moved = np.where(low > 0, 1, np.where(high < 0, -1, 0))
    # Where the real gap may have either sign, it grew if the generated one is the larger.
    direction = np.where(real != 0, real, np.sign(part.contrasts.generated.value))
    wider = np.abs(part.contrasts.generated.value) > np.abs(part.contrasts.real.value)
    return np.select(
        [
            real * made < 0,
            (moved != 0) & (moved == direction) & wider,
            moved != 0,
            (low >= -within) & (high <= within),
        ],
        ["reversed", "amplified", "narrowed", "kept"],
        default="cannot tell",
    )


def _sign(limits: Limits) -> NDArray[np.int64]:
    return np.where(limits.low > 0, 1, np.where(limits.high < 0, -1, 0))


def _name(name: str, part: OutcomeGaps, several: bool) -> str:
    return f"{name}_{part.outcome}_{part.attribute}" if several else name
