"""What makes a critic score a record as it does: the effect of each region, of generated and of real records."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..explained.kind import CheckedMap
from ..regions.kind import Regions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scrutinised:
    """Some records of one set before the critic.

    Args:
        rows: int64 (n,), which records of the set at hand, ascending.
        members: int64 (n,), the group of each, −1 for none; told on both sides by the same means.
        scores: (n,), the critic's scores, higher for what looks real.
        effects: (n, R), by how much each score falls where a region is replaced by the baseline.
        attributions: (k, R), integrated gradients of k of the records, summed over each region; (0, R) where the critic
            passes no gradient or they do not add up.
        attributed: int64 (k,), which of the n records these are.
    """

    rows: Ints
    members: Ints
    scores: Floats
    effects: Floats
    attributions: Floats
    attributed: Ints


@dataclass(frozen=True, slots=True)
class Criticised:
    """A critic's scores of generated and reference records, and what each region does to them.

    Args:
        regions: how records are cut.
        baseline: what replaces a region, in words.
        attribute: what tells the groups apart; empty without groups.
        groups: the K groups.
        generated: generated records.
        reference: reference records.
        sample: float32 (1, c, h, w), the mean reference record, where records are pictures; else (0,).
        remarks: what could not be had, and why.
        checked: what tells whether the map of generated records can be trusted.
    """

    regions: Regions
    baseline: str
    attribute: str
    groups: tuple[str, ...]
    generated: Scrutinised
    reference: Scrutinised
    sample: NDArray[np.float32]
    remarks: tuple[str, ...] = ()
    checked: tuple[CheckedMap, ...] = ()

    @property
    def maps(self) -> NDArray[np.float32]:
        """Mean effect of each region, generated less reference, as pictures (1 + K, 1, h, w): of all, of each group."""
        return self.regions.painted(self._excess())

    @property
    def span_maps(self) -> Floats:
        """The same of the spans of sounds, (1 + K, R); of no rows where records are none."""
        return self.regions.spanned(self._excess())

    @property
    def null_maps(self) -> NDArray[np.float32]:
        """Mean effect of each region on reference records, as one picture (1, 1, h, w)."""
        return self.regions.painted(_means(self.reference, 0))

    @property
    def null_span_maps(self) -> Floats:
        """The same of the spans of sounds, (1, R)."""
        return self.regions.spanned(_means(self.reference, 0))

    def _excess(self) -> Floats:
        return _means(self.generated, len(self.groups)) - _means(self.reference, len(self.groups))


def _means(side: Scrutinised, groups: int) -> Floats:
    """Mean effects of all records and of each group, (1 + K, R); 0 where there are none."""
    chosen = [np.ones(len(side.rows), dtype=np.bool_), *(side.members == group for group in range(groups))]
    return np.stack([side.effects[each].mean(axis=0) if each.any() else 0 * side.effects[0] for each in chosen])
