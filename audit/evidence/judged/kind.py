"""What a judge of groups said, as evidence."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge that learned nothing of the reference says of each picture, its errors left in.

    Args:
        attribute: what tells the groups apart.
        names: the K groups.
        judge: what it is, in words.
        generated: int64 (n,), the group of each generated sample; −1 where it said none.
        reference: int64 (m,), of each reference record at hand; (0,) without a reference.
        holdout: int64 (h,), likewise.
        probability: float32 (n,), how probable the judge thought the group of each generated sample.
        confusion: int64 (K, K), true by told groups of labelled records that it never saw; (0, 0) where the reference
            is what its errors are counted on, or nothing is.
        counted_on: what these records are, in words.
        knows_reference: it may have learned from the reference, which then shows too few of its errors.
    """

    attribute: str
    names: tuple[str, ...]
    judge: str
    generated: Ints
    reference: Ints
    holdout: Ints
    probability: NDArray[np.float32]
    confusion: Ints = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    counted_on: str = ""
    knows_reference: bool = False
