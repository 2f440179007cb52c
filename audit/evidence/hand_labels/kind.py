"""The kind of evidence that says groups that people saw in generated samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HandLabels:
    """The groups of one attribute that people saw in some generated samples, taken to have been chosen at random.

    Sample i depends on the checkpoint, the seed and i alone, so labels hold for any draw of these two.

    Args:
        attribute: what tells the groups apart.
        names: the K groups.
        rows: int64 (m,), the labelled samples, ascending.
        values: int64 (m,), the group of each.
        reference_counts: int64 (K,), groups in the whole reference; zeros where it is not labelled.
        source: the file.
        sha256: of it.
        seed: of the draw that was labelled; None where the samples were given.
        unused: labels of samples that were not drawn.
    """

    attribute: str
    names: tuple[str, ...]
    rows: Ints
    values: Ints
    reference_counts: Ints
    source: str
    sha256: str
    seed: int | None
    unused: int = 0
