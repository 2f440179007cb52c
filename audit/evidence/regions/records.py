"""Records as a network takes them, cut into regions, with the baseline that replaces a region."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....models.held_pictures import at_once
from ....models.records import is_array, read
from ..bundle import Evidence
from ..decoding import parameter
from .kind import Regions
from .layout import picture_regions, sound_regions, table_regions
from .masking import DONORS, Masked, Readout, masked_arrays, masked_tables

if TYPE_CHECKING:
    from torch import Tensor

AVERAGED = 2_000
"""Reference records of which the baseline is the mean."""

MODALITIES = ("image", "audio", "tabular")


@dataclass(frozen=True, slots=True)
class Cut:
    """How the records of an audit are cut into regions.

    Args:
        regions: the regions.
        words: what replaces a region, in words.
        baseline: the mean record, float32 (c, h, w) or (t,); empty for tables.
        donors: rows of real records whose values replace those of a column; None for pictures and sounds.
    """

    regions: Regions
    words: str
    baseline: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    donors: Any = None

    @property
    def sample(self) -> NDArray[np.float32]:
        """The mean record as a picture (1, c, h, w), where records are pictures; else (0,)."""
        return self.baseline[None] if self.baseline.ndim == 3 else np.empty(0, dtype=np.float32)

    def masked(self, readout: Readout, records: Any) -> Masked:
        """The readout of some records where regions are left out."""
        if self.donors is not None:
            return masked_tables(readout, records, self.donors)
        return masked_arrays(readout, records, self.baseline, self.regions)


def cut(so_far: Evidence, rng: np.random.Generator) -> Cut:
    """Regions and baseline for the reference records at hand; `rng` chooses which of them."""
    assert so_far.reference is not None
    records = so_far.reference.samples
    chosen = np.sort(rng.permutation(len(records))[:AVERAGED])
    if not is_array(records):
        donors = read(records, np.sort(rng.permutation(len(records))[:DONORS]))
        words = f"the values of {len(donors)} real records, the same for all rows"
        return Cut(table_regions(list(records.columns)), words, donors=donors)
    shape = records.shape[1:]
    step, total = at_once(shape), np.zeros(shape)
    for start in range(0, len(chosen), step):
        total += np.asarray(read(records, chosen[start : start + step]), dtype=np.float64).sum(axis=0)
    mean = (total / len(chosen)).astype(np.float32)
    if so_far.modality == "image":
        return Cut(picture_regions(*shape[1:]), "the mean of the real pictures", mean)
    return Cut(sound_regions(shape[0], so_far.generated.sample_rate), "the mean of the real sounds", mean)


def spaced(n: int, most: int) -> NDArray[np.int64]:
    """At most so many of the places 0 … n − 1, evenly from all over."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def as_input(model: Any, records: Any) -> Any:
    """Arrays as tensors of their own where and as the model computes; tables as they are."""
    import torch

    if not is_array(records) and not isinstance(records, np.ndarray):
        return records
    like = parameter(model)
    tensor: Tensor = torch.from_numpy(np.array(records, dtype=np.float32)).to(like)
    return tensor
