"""Which real record each generated one is nearest to, in the training data and among records never trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Found:
    """For each of n looked-at records the nearest looked-at record of a set.

    Args:
        distance: (n,).
        row: int64 (n,), its row in the evidence; of equally near ones one at random.
        ties: int64 (n,), how many are equally near.
    """

    distance: Floats
    row: Ints
    ties: Ints


@dataclass(frozen=True, slots=True)
class Distances:
    """Nearest records by one distance.

    Args:
        words: what the distance is, in words.
        unit: of it.
        generated_to_training: for each generated record.
        generated_to_holdout: likewise; None without a holdout.
        holdout_to_training: for each holdout record; None without a holdout.
        training_to_training: for each training record, the nearest other one.
    """

    words: str
    unit: str
    generated_to_training: Found
    training_to_training: Found
    generated_to_holdout: Found | None = None
    holdout_to_training: Found | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """Nearest records across sets, and equal records.

    Of each set at most so many records are looked at as the search can afford, some at random where there are more.
    Equal records are found among all at hand.

    Args:
        distances: by each distance, the modality's own first.
        generated_rows: int64 (g,), the generated records looked at, ascending.
        training_rows: int64 (t,), the training records.
        holdout_rows: int64 (h,), the holdout records; none without a holdout.
        generated_cells: int64 (g,), in which of `cells` regions of training records each lies.
        holdout_cells: int64 (h,).
        cells: the number of regions.
        equal_training: int64 (n,), for every generated record at hand a training record that equals it, −1 for none.
        training_repeats: int64 (r,), for every training record at hand how many others equal it.
        holdout_equal: int64 (k,), for every holdout record at hand a training record that equals it, −1 for none.
    """

    distances: tuple[Distances, ...]
    generated_rows: Ints
    training_rows: Ints
    holdout_rows: Ints
    generated_cells: Ints
    holdout_cells: Ints
    cells: int
    equal_training: Ints
    training_repeats: Ints
    holdout_equal: Ints
