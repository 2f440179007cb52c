"""Who is of which group, on both sides by the same means, so that a perfect generator's sides are alike."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import DECLARED, Evidence, Groups
from ...evidence.control import groups_of_held

Ints = NDArray[np.int64]

FEWEST = 30
"""Real records, and generated ones, below which a group is named as too small."""


@dataclass(frozen=True, slots=True)
class Members:
    """The groups of one attribute.

    Args:
        attribute: what tells them apart.
        names: of the K groups.
        generated: (n,), the group of each generated record.
        reference: (m,), that of each reference record: read, or told by a classifier that had not learned from it; −1
            for none.
        holdout: (h,), that of each held-out record; empty where it is not known.
        told: whether a classifier told them apart.
    """

    attribute: str
    names: tuple[str, ...]
    generated: Ints
    reference: Ints
    holdout: Ints
    told: bool

    def sizes(self, real: Ints) -> Ints:
        """Records of each group among real ones, (K,)."""
        return np.bincount(real[real >= 0], minlength=len(self.names))[: len(self.names)].astype(np.int64)

    def limited(self, most: int) -> "Members":
        """The same with the compared groups that have the most real records; the others are of no group."""
        kept = sorted(self.compared, key=lambda group: -int(self.sizes(self.reference)[group]))[:most]
        if len(kept) == len(self.compared):
            return self
        sides = (np.where(np.isin(each, kept), each, -1) for each in (self.generated, self.reference, self.holdout))
        generated, reference, holdout = sides
        return replace(self, generated=generated, reference=reference, holdout=holdout)

    @property
    def compared(self) -> tuple[int, ...]:
        """The groups with enough records of both kinds."""
        real, made = self.sizes(self.reference), self.sizes(self.generated)
        return tuple(k for k in range(len(self.names)) if min(real[k], made[k]) >= FEWEST)

    @property
    def too_small(self) -> tuple[str, ...]:
        """Why each of the other groups is not compared."""
        real, made = self.sizes(self.reference), self.sizes(self.generated)
        return tuple(
            f"{self.attribute} {name}: {real[k]:,} real and {made[k]:,} generated records, of which {FEWEST} are needed"
            for k, name in enumerate(self.names)
            if min(real[k], made[k]) < FEWEST and real[k] + made[k]
        )


def members(evidence: Evidence, groups: Groups) -> Members:
    """The groups of all records at hand of one attribute."""
    held = evidence.holdout
    told = None if held is None else groups_of_held(groups, evidence, held, np.arange(len(held.samples)))
    apart = groups.classifier != DECLARED
    # What a classifier says of records that it learned from is nearly always right, of generated ones it is not.
    reference = groups.out_of_fold if apart and len(groups.out_of_fold) else groups.reference
    return Members(
        attribute=groups.attribute,
        names=groups.told_apart,
        generated=groups.predicted,
        reference=reference,
        holdout=np.empty(0, dtype=np.int64) if told is None else told.predicted,
        told=apart,
    )
