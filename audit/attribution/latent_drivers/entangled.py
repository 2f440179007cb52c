"""Dimensions that move two readouts at once, more than any dimension of a model with turned axes does."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...evidence.attributions.readouts import SCORE
from ...finding import Column, Kind, Table
from .effects import Effects
from .shares import Array

MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Entangled:
    """A dimension and two readouts that it moves.

    Args:
        readouts: their indices.
        shares: of the dimension in each.
        p_value: how often turned axes have any dimension and any two readouts with as large a smaller share.
    """

    dimension: int
    readouts: tuple[int, int]
    shares: tuple[float, float]
    p_value: float

    @property
    def joint(self) -> float:
        """The smaller of the two shares."""
        return min(self.shares)


def entangled(effects: Effects, turned: Array) -> tuple[Entangled, ...]:
    """Each dimension with the two readouts that it moves most together, the largest smaller share first.

    Two scores of the group classifier are no pair: what raises the odds of one class lowers those of another.

    Args:
        effects: of the model, R readouts of it explained.
        turned: (T, R, L), shares of the same readouts of the model with its axes turned at random.
    """
    names = [effects.evidence.readouts[each] for each in effects.explained]
    pairs = [
        (a, b)
        for a, b in combinations(range(len(names)), 2)
        if not (names[a].startswith(SCORE) and names[b].startswith(SCORE))
    ]
    if not pairs:
        return ()
    first, second = np.array(pairs).T
    # The largest over all dimensions and pairs: what is above it holds for all of them together.
    largest = np.minimum(turned[:, first], turned[:, second]).max(axis=(1, 2))
    shares = np.stack([effects.shares[each].values for each in effects.explained])
    joint = np.minimum(shares[first], shares[second])  # (pairs, L)
    found = []
    for dimension in range(shares.shape[1]):
        best = int(joint[:, dimension].argmax())
        readouts = tuple(effects.explained[each] for each in pairs[best])
        values = tuple(float(shares[each, dimension]) for each in pairs[best])
        p_value = float((1 + (largest >= joint[best, dimension]).sum()) / (1 + len(largest)))
        found.append(Entangled(dimension, (readouts[0], readouts[1]), (values[0], values[1]), p_value))
    return tuple(sorted(found, key=lambda each: -each.joint))


def entangled_table(effects: Effects, found: tuple[Entangled, ...], rotations: int) -> Table:
    """The dimensions that move two readouts most."""
    names = effects.evidence.readouts
    beyond = sum(each.p_value <= 0.05 for each in found)
    return Table(
        name="entangled",
        caption=f"Dimensions that move two readouts at once; {beyond} of {len(found)} do so beyond what any dimension "
        "does where the axes are turned at random (p at most 5 %, all dimensions and pairs together)",
        columns=(
            Column("dimension", "Dimension", Kind.TEXT),
            Column("first", "Moves", Kind.TEXT),
            Column("first_share", "Share there", Kind.SHARE),
            Column("second", "And", Kind.TEXT),
            Column("second_share", "Share there", Kind.SHARE),
            Column("p_value", "Turned axes as entangled, p", Kind.P_VALUE, 1 / (1 + rotations)),
        ),
        rows=tuple(
            (
                f"z{each.dimension}",
                names[each.readouts[0]],
                each.shares[0],
                names[each.readouts[1]],
                each.shares[1],
                each.p_value,
            )
            for each in found[:MOST_LISTED]
        ),
    )
