"""Is membership told better in some groups than in others' chance: one area a group, judged by the largest of them.

Within a group the scores are assigned anew to members and non-members, as often as there are draws; the largest of the
groups' standardised areas in each draw is what a group's own must beat. So all groups share one chance of error.

Reference: Westfall & Young 1993, Resampling-based multiple testing (max-T).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..classifiers.detection import Auc
from ..multiplicity import max_t
from .separation import permutation_p, ranked, separation

Floats = NDArray[np.float64]

DRAWS = 999
"""Assignments drawn: the smallest adjusted p-value is one in a thousand."""

CELLS = 4_000_000
"""Numbers permuted at once."""


@dataclass(frozen=True, slots=True)
class GroupArea:
    """One group: its area, and the chance of one as large in any group if the split meant nothing.

    Args:
        area: under the ROC curve of members and non-members of the group.
        p_value: one-sided, for this group alone.
        p_adjusted: for all groups together.
    """

    area: Auc
    p_value: float
    p_adjusted: float


def areas_by_group(
    members: Sequence[Floats], others: Sequence[Floats], rng: np.random.Generator, draws: int = DRAWS
) -> list[GroupArea]:
    """One area a group, with p-values adjusted for all.

    Args:
        members: by group, scores of at least two records that the model learned from.
        others: by group, scores of at least two that it never saw.
        rng: draws the assignments.
        draws: how many.
    """
    if not members:
        return []
    areas = [separation(members=one, others=other) for one, other in zip(members, others, strict=True)]
    noise = np.stack([_drawn(one, other, draws, rng) for one, other in zip(members, others, strict=True)], axis=1)
    seen = [
        _standardised(np.concatenate(ranked(one, other)), len(one)) for one, other in zip(members, others, strict=True)
    ]
    # Only areas above one half are evidence of membership.
    judged = max_t(np.maximum(seen, 0.0), np.maximum(noise, 0.0))
    adjusted = np.where(np.asarray(seen) > 0, judged.adjusted, 1.0)
    return [
        GroupArea(area, permutation_p(members=one, others=other), float(p))
        for area, one, other, p in zip(areas, members, others, adjusted, strict=True)
    ]


def _standardised(ranks: Floats, m: int) -> float:
    """The rank sum of the first m in standard deviations of a random choice; 0 where all scores are equal."""
    spread = _spread(ranks, m)
    return 0.0 if spread == 0 else float((ranks[:m].sum() - m * ranks.mean()) / spread)


def _drawn(members: Floats, others: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """The same of `draws` random assignments, (draws,)."""
    ranks = np.concatenate(ranked(members, others))
    m, spread = len(members), _spread(ranks, len(members))
    if spread == 0:
        return np.zeros(draws)
    # The smaller side is drawn: its sum gives the other's.
    fewer = min(m, len(ranks) - m)
    sign = 1.0 if fewer == m else -1.0
    step = max(1, CELLS // len(ranks))
    sums = [
        rng.permuted(np.broadcast_to(ranks, (min(step, draws - start), len(ranks))), axis=1)[:, :fewer].sum(axis=1)
        for start in range(0, draws, step)
    ]
    standardised: Floats = sign * (np.concatenate(sums) - fewer * ranks.mean()) / spread
    return standardised


def _spread(ranks: Floats, m: int) -> float:
    n = len(ranks) - m
    return float(np.sqrt(m * n / len(ranks) * ranks.var(ddof=1)))
