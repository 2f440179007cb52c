"""The tables and exhibits of GA207."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...evidence.contexts.kind import ContextSet
from ...finding import LEVELS, NOMINAL, Column, Exhibit, Kind, Pictures, Table
from ...statistics.attribution.positions import (
    context_range,
    distance_profile,
    inside,
    pooled_share,
    profiles_apart,
    share_of_last,
)
from .estimates import Shown

Cell = str | int | float | None
Floats = NDArray[np.float64]

BANDS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 8), (9, 16), (17, 32), (33, 64), (65, 128))
"""Distances from what is predicted, from and to."""

STRIPS = 3
"""Contexts of each set that are shown token by token."""


def band_name(first: int, last: int) -> str:
    """What a band of distances is called."""
    return "the last" if last == 1 else f"{first} back" if first == last else f"{first} to {last} back"


def profile_table(shown: Shown) -> Table:
    """The recency profile: real contexts, generated ones, and copies that know nothing."""
    evidence = shown.evidence
    reach = int(evidence.real.lengths.max())
    copies = _copies(shown)
    rows: list[tuple[Cell, ...]] = []
    for first, last in (band for band in BANDS if band[0] <= reach):
        real, generated = (_band(shown.values(of), of, first, last) for of in (evidence.real, evidence.generated))
        fresh = [float(each[first - 1 : last].sum()) for each in copies]
        known = (float(np.mean(fresh)), min(fresh), max(fresh)) if fresh else (None, None, None)
        rows.append((band_name(first, last), *real, *generated, *known))
    # A profile of one real context's length says nothing of longer ones.
    return Table(
        name="profile",
        caption="Where the attribution lies: its share by distance from the predicted token, in real contexts, in "
        f"generated ones of the same lengths, and on average over {len(copies)} copies of the network with new random "
        "weights (from the least to the most of these)",
        columns=(
            Column("distance", "Tokens", Kind.TEXT),
            Column("real", "Real contexts", Kind.SHARE),
            Column("real_low", "from", Kind.SHARE),
            Column("real_high", "to", Kind.SHARE),
            Column("generated", "Generated contexts", Kind.SHARE),
            Column("generated_low", "from", Kind.SHARE),
            Column("generated_high", "to", Kind.SHARE),
            Column("fresh", "Copies that know nothing", Kind.SHARE),
            Column("fresh_low", "least", Kind.SHARE),
            Column("fresh_high", "most", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


def _copies(shown: Shown) -> list[Floats]:
    """The profile of each copy."""
    maps = shown.evidence.fresh[shown.evidence.shown]
    lengths = shown.evidence.real.lengths[: maps.shape[1]]
    return [distance_profile(each, lengths) for each in maps]


def _band(values: Floats, of: ContextSet, first: int, last: int) -> tuple[Cell, Cell, Cell]:
    size = np.where(inside(values, of.lengths), np.abs(values), 0.0)
    if not size.any():
        return None, None, None
    width = size.shape[1]
    part = size[:, max(0, width - last) : width - first + 1].sum(axis=1)
    found = pooled_share(part, size.sum(axis=1))
    at = found.curve[LEVELS.index(NOMINAL)]
    return found.value, at.low, at.high


def baselines_table(shown: Shown, share: float) -> Table:
    """What each baseline says, and which one is reported."""
    evidence, real = shown.evidence, shown.evidence.real
    rows: list[tuple[Cell, ...]] = []
    for at, name in enumerate(evidence.baselines):
        values = real.attributions[at]
        effect = float(np.abs(real.effects[at]).mean())
        if not values.any():
            rows.append((name, evidence.draws[at], effect, None, None, None, None, "no effect"))
            continue
        profiles = [distance_profile(each, real.lengths[: len(each)]) for each in evidence.fresh[at]]
        mean = np.mean(profiles, axis=0) if profiles else None
        rows.append(
            (
                name,
                evidence.draws[at],
                effect,
                context_range(values, real.lengths, share=share).value,
                share_of_last(values, real.lengths, 1).value,
                share_of_last(values, real.lengths, 4).value,
                None if mean is None else profiles_apart(distance_profile(values, real.lengths), mean),
                "reported" if at == evidence.shown else "for comparison",
            )
        )
    return Table(
        name="baselines",
        caption="What takes the place of a token, and what follows from it; reported is the one whose profile is "
        "nearer to that of copies that know nothing",
        columns=(
            Column("baseline", "Replaced by", Kind.TEXT),
            Column("draws", "Draws", Kind.COUNT),
            Column("effect", "Effect of the whole context, nats", Kind.NUMBER),
            Column("range", "Tokens that carry 90 %", Kind.COUNT),
            Column("last_1", "Share of the last", Kind.SHARE),
            Column("last_4", "Share of the last 4", Kind.SHARE),
            Column("apart", "From the copies’ profile", Kind.SHARE),
            Column("use", "Use", Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def exhibits(shown: Shown, *, read: bool) -> tuple[Exhibit, ...]:
    """A few contexts of both sets, token by token; without a reading where the map fails its checks."""
    places: Sequence[int] = range(min(STRIPS, len(shown.evidence.real.rows)))
    return (
        Exhibit(
            "token_strips",
            f"What replacing each {shown.evidence.unit} takes from the log-probability of the one that truly follows, "
            "in the first contexts of each set, not picked by hand",
            "token_strip" if read else "unread_token_strip",
            (
                Pictures("real record", "contexts.real", tuple(places)),
                Pictures("generated record", "contexts.generated", tuple(places)),
            ),
        ),
    )
