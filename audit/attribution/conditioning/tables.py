"""The tables and pictures of GA205."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...finding import NOMINAL, Column, Exhibit, Kind, Pictures, Table
from .measured import Measured

MOST_GROUPS = 12
"""Groups that get a column of their own; of more, those that were made most."""


def tables(parts: Sequence[Measured]) -> Iterator[Table]:
    """What every value does, at which steps, and which groups came of it."""
    several = len(parts) > 1
    for part in parts:
        name = f"_{part.entry.slot}" if several else ""
        yield _values(part, f"values{name}")
        if part.entry.windows:
            yield _steps(part, f"steps{name}")
        for attribute in part.entry.outcomes:
            yield _groups(part, attribute, f"groups{name}_{attribute}")


def _values(part: Measured, name: str) -> Table:
    effects, entry = part.effects, part.entry
    moves, still = part.moves(NOMINAL), part.still(NOMINAL)
    rows = tuple(
        (
            value,
            float(np.clip(effects.each[at], 0, 1)),
            float(effects.p_each[at]),
            float(part.adjusted[at]),
            reading(part, at, bool(moves[at]), bool(still[at])),
        )
        for at, value in enumerate(entry.values)
    )
    columns = (
        Column("value", entry.slot.capitalize(), Kind.TEXT),
        Column("effect", "Effect", Kind.SHARE),
        Column("p", "p, by itself", Kind.P_VALUE, effects.p_floor),
        Column("p_adjusted", "p, of all values", Kind.P_VALUE, effects.p_floor),
        Column("reading", "Reading", Kind.TEXT),
    )
    caption = (
        f"What each value of {entry.slot} does to outputs, against all other values, over {effects.n} seeds; p of the "
        "hypothesis that it does nothing"
    )
    return Table(name, caption, columns, rows)


def reading(part: Measured, at: int, moves: bool, still: bool) -> str:
    """What is known of one value, in words."""
    other = part.twins[at]
    if other >= 0:
        return f"gives the same as {part.entry.values[other]}, number for number"
    if still:
        return "moves nothing"
    return "moves the output" if moves else "cannot tell"


def _steps(part: Measured, name: str) -> Table:
    from ...statistics.attribution.conditions import parts_of_energy

    energy = np.asarray(part.entry.steps, dtype=np.float64)
    total = float(energy.sum())
    shares = parts_of_energy(energy)[0].tolist() if total > 0 else [None] * len(part.entry.windows)
    columns = (
        Column("window", "Steps, from noise to record", Kind.TEXT),
        Column("energy", "Mean squared change"),
        Column("share", "Share", Kind.SHARE),
    )
    rows = tuple(
        (window, float(mean), share)
        for window, mean, share in zip(part.entry.windows, energy.mean(axis=0), shares, strict=True)
    )
    caption = f"Change of the output where another value of {part.entry.slot} is told in one window of steps alone"
    return Table(name, caption, columns, rows)


def _groups(part: Measured, attribute: str, name: str) -> Table:
    """Counted groups of the outputs of every value: the same noise, so only the condition differs."""
    made = part.entry.outcomes[attribute]
    k = len(part.entry.values)
    groups = made.values.reshape(k, -1)
    counts = np.stack([np.bincount(row, minlength=len(made.names)) for row in groups])
    shown = np.sort(np.argsort(-counts.sum(axis=0), kind="stable")[:MOST_GROUPS])
    columns = (
        Column("value", part.entry.slot.capitalize(), Kind.TEXT),
        *(Column(f"made_{at}", made.names[at], Kind.SHARE) for at in shown),
    )
    rows = tuple((value, *(counts[at, shown] / groups.shape[1]).tolist()) for at, value in enumerate(part.entry.values))
    caption = (
        f"Groups by {attribute} of the outputs of the same seeds, by what was asked for; as counted, uncorrected for a "
        "classifier’s errors"
    )
    return Table(name, caption, columns, rows)


def exhibits(parts: Sequence[Measured]) -> tuple[Exhibit, ...]:
    """The same noise under every value, as pictures; of the first condition, whose pictures are kept."""
    entry = parts[0].entry
    each = len(entry.shown) // len(entry.values)
    if not each or len(parts) > 1:
        return ()
    return (
        Exhibit(
            "same_noise",
            f"Outputs of the same noise, in the same order under every {entry.slot}",
            "grid",
            tuple(
                Pictures(value, "conditioning.shown", tuple(range(at * each, (at + 1) * each)))
                for at, value in enumerate(entry.values)
            ),
        ),
    )
