"""What a model's encoder looks at, and where what it gives back differs from what it was given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..explained.kind import CheckedMap
from ..regions.kind import Regions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Codes of real records, what sets them, region by region, and the errors of what is decoded from them.

    The readout of record x is ⟨μ(x), μ(·)⟩ with the mean code μ(x) held fixed: no label and no dimension is chosen.

    Args:
        regions: how records are cut.
        baseline: what a record is compared with, in words.
        attribute: what tells the groups apart; empty without groups.
        groups: the K groups.
        rows: int64 (n,), which reference records, ascending.
        members: int64 (n,), the group of each, −1 for none.
        means: float32 (n, L), mean codes.
        log_variances: float32 (n, L).
        explained: int64 (k,), which of the n records were explained.
        attributions: (k, R), integrated gradients of the readout, summed over each region; (0, R) where the encoder
            passes no gradient or they do not add up.
        completeness_error: (k,), |sum of attributions − change of the readout|.
        tolerance: (k,), the largest error accepted.
        effects: (k, R), by how much the readout falls where a region is replaced by the baseline.
        errors: (n, R), mean squared error of what is decoded from the mean code, in each region; (0, R) without.
        spread: (R,), the share of the records' own variance that lies in each region.
        sample: float32 (1, c, h, w), the mean record, where records are pictures; else (0,).
        remarks: what could not be had, and why.
        checked: what tells whether the map can be trusted.
    """

    regions: Regions
    baseline: str
    attribute: str
    groups: tuple[str, ...]
    rows: Ints
    members: Ints
    means: NDArray[np.float32]
    log_variances: NDArray[np.float32]
    explained: Ints
    attributions: Floats
    completeness_error: Floats
    tolerance: Floats
    effects: Floats
    errors: Floats
    spread: Floats
    sample: NDArray[np.float32]
    remarks: tuple[str, ...] = ()
    checked: tuple[CheckedMap, ...] = ()

    @property
    def map_of_records(self) -> Floats:
        """The map that is reported, (k, R): integrated gradients where they are complete, else occlusion."""
        return self.attributions if len(self.attributions) else self.effects

    @property
    def maps(self) -> NDArray[np.float32]:
        """Share of the code's making in each region over the region's area, as pictures (1 + K, 1, h, w)."""
        return self.regions.painted(self._shares())

    @property
    def span_maps(self) -> Floats:
        """The same of the spans of sounds, (1 + K, R); of no rows where records are none."""
        return self.regions.spanned(self._shares())

    def _shares(self) -> Floats:
        sizes, members = np.abs(self.map_of_records), self.members[self.explained]
        means = _means(sizes, members, len(self.groups))
        totals = means.sum(axis=1, keepdims=True)
        shares = np.divide(means, totals, out=np.zeros_like(means), where=totals > 0)
        found: Floats = shares / self.regions.area
        return found

    @property
    def null_maps(self) -> NDArray[np.float32]:
        """Share of the records' variance in each region over its area, (1, 1, h, w): what there is to look at."""
        return self.regions.painted((self.spread / self.regions.area)[None])

    @property
    def null_span_maps(self) -> Floats:
        """The same of the spans of sounds, (1, R)."""
        return self.regions.spanned((self.spread / self.regions.area)[None])

    @property
    def error_maps(self) -> NDArray[np.float32]:
        """Mean squared error in each region, as pictures (1 + K, 1, h, w): of all records, of each group."""
        if not len(self.errors):
            return np.empty((0, 1, 0, 0), dtype=np.float32)
        return self.regions.painted(_means(self.errors, self.members, len(self.groups)))

    @property
    def error_span_maps(self) -> Floats:
        """The same of the spans of sounds, (1 + K, R); of no rows without."""
        if not len(self.errors):
            return self.regions.spanned(np.empty((0, len(self.regions.names))))
        return self.regions.spanned(_means(self.errors, self.members, len(self.groups)))


def _means(values: Floats, members: Ints, groups: int) -> Floats:
    chosen = [np.ones(len(values), dtype=np.bool_), *(members == group for group in range(groups))]
    return np.stack([values[each].mean(axis=0) if each.any() else 0 * values[0] for each in chosen])
