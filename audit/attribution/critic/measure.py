"""What the critic's evidence says: how far apart scores are, which regions do it, and whether groups agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.criticised.kind import Criticised, Scrutinised
from ...finding import NOMINAL
from ...statistics.attribution.differences import Apart, Differences, differences, standardised_difference
from ...statistics.attribution.map_gaps import MapGaps, map_gaps, resolved
from ...statistics.attribution.region_shares import RegionShares, shares_of_difference, shares_of_size

Floats = NDArray[np.float64]

MATERIAL = 0.1
"""The smallest material gap between scores, in standard deviations: it moves the better half to 54 %."""

FEWEST = 25
"""Real records, and generated ones, below which a group is not looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupView:
    """One group before the critic.

    Args:
        name: of the group.
        sizes: its generated and its real records.
        gap: real scores less generated ones, in standard deviations; None for too few records.
        differences: of regions' mean effects, generated less real; None for too few records.
        compared: whether its map is compared with those of the others.
        why_not: why it is not.
    """

    name: str
    sizes: tuple[int, int]
    gap: Apart | None
    differences: Differences | None
    compared: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All that is reported.

    Args:
        gap: real scores less generated ones.
        differences: of regions' mean effects, generated less real.
        shares: of the absolute difference, by region; None where there is no difference.
        null: shares of the regions' mean absolute effect on real records.
        groups: each group.
        gaps: between the maps of the compared groups; None for fewer than two.
        agreement: cosine of the differences by occlusion and by integrated gradients; None without the latter.
    """

    gap: Apart
    differences: Differences
    shares: RegionShares | None
    null: RegionShares | None
    groups: tuple[GroupView, ...]
    gaps: MapGaps | None
    agreement: float | None

    @property
    def material(self) -> bool:
        """Whether generated records score surely lower than real ones by a material amount."""
        return surely_apart(self.gap)

    @property
    def compared(self) -> tuple[GroupView, ...]:
        """The groups whose maps are compared, in the order of `gaps`."""
        return tuple(each for each in self.groups if each.compared)


def surely_apart(gap: Apart) -> bool:
    """Whether the gap lies above what is material at the nominal level."""
    return gap.limits(NOMINAL)[0] > MATERIAL


def measured(evidence: Criticised, rng: np.random.Generator) -> Measured | None:
    """All numbers; None where scores do not vary within the sets and so have no unit."""
    made, real = evidence.generated, evidence.reference
    gap = standardised_difference(real.scores, made.scores)
    if gap is None:
        return None
    groups = tuple(_group(evidence, at) for at in range(len(evidence.groups)))
    compared = [at for at, each in enumerate(groups) if each.compared]
    gaps = None
    if len(compared) > 1 and surely_apart(gap):
        samples = [(_effects(made, at), _effects(real, at)) for at in compared]
        gaps = map_gaps(samples, weights=[len(each[1]) for each in samples], rng=rng)
    return Measured(
        gap=gap,
        differences=differences(made.effects, real.effects),
        shares=shares_of_difference(generated=made.effects, reference=real.effects, rng=rng),
        null=shares_of_size(real.effects),
        groups=groups,
        gaps=gaps,
        agreement=_agreement(made, real),
    )


def _effects(side: Scrutinised, group: int) -> Floats:
    chosen: Floats = side.effects[side.members == group]
    return chosen


def _group(evidence: Criticised, group: int) -> GroupView:
    made, real = evidence.generated, evidence.reference
    mine = made.members == group, real.members == group
    sizes, name = (int(mine[0].sum()), int(mine[1].sum())), evidence.groups[group]
    if min(sizes) < FEWEST:
        return GroupView(name, sizes, None, None, False, f"fewer than {FEWEST} records on one side")
    gap = standardised_difference(real.scores[mine[1]], made.scores[mine[0]])
    apart = differences(made.effects[mine[0]], real.effects[mine[1]])
    if gap is None or not surely_apart(gap):
        return GroupView(name, sizes, gap, apart, False, "nothing to explain: its scores are not surely lower")
    if not resolved((_effects(made, group), _effects(real, group))):
        return GroupView(name, sizes, gap, apart, False, "its map does not stand out of its noise")
    return GroupView(name, sizes, gap, apart, True)


def _agreement(made: Scrutinised, real: Scrutinised) -> float | None:
    if not (len(made.attributions) and len(real.attributions)):
        return None
    occluded = made.effects[made.attributed].mean(axis=0) - real.effects[real.attributed].mean(axis=0)
    attributed = made.attributions.mean(axis=0) - real.attributions.mean(axis=0)
    size = float(np.linalg.norm(occluded) * np.linalg.norm(attributed))
    return float(occluded @ attributed) / size if size > 0 else None
