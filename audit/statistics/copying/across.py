"""Equal records on both sides of a split: as many as a random split has?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Across(NamedTuple):
    """Holdout records with an equal in the training data: how many, how many by chance, and the chance of as many."""

    number: int
    expected: float
    deviation: float
    p_value: float
    p_floor: float


def equals_across(*, training: Ints, holdout: Ints, rng: np.random.Generator, draws: int = 9_999) -> Across:
    """Whether more holdout records equal a training record than if the same records had been split at random.

    Given all records, a random split deals out the two labels at random. Of a record that occurs c times, all or none
    of its copies in the holdout count: those where at least one copy is in the training data. The p-value counts dealt
    labels, one added to both counts, so it is valid for any sizes.

    Args:
        training: (t,), codes that are equal for equal records.
        holdout: (h,), likewise.
        rng: deals out labels.
        draws: how often.

    Reference: Phipson & Smyth 2010, doi:10.2202/1544-6115.1585.
    """
    pooled, place = np.unique(np.concatenate([training, holdout]), return_inverse=True)
    total, held = np.bincount(place, minlength=len(pooled)), np.bincount(place[len(training) :], minlength=len(pooled))
    seen = int(held[held < total].sum())
    copied, single = total[total > 1], int((total == 1).sum())
    if not len(copied):
        return Across(0, 0.0, 0.0, 1.0, 1 / (draws + 1))
    # Records that occur once never count, so only how many of them are dealt to the holdout matters.
    colours = np.append(copied, single)
    exceeding, mean, square = 0, 0.0, 0.0
    step = max(1, 4_000_000 // len(colours))
    for start in range(0, draws, step):
        dealt = rng.multivariate_hypergeometric(
            colours, len(holdout), size=min(step, draws - start), method="marginals"
        )[:, :-1]
        counted = np.where(dealt < copied, dealt, 0).sum(axis=1)
        exceeding += int((counted >= seen).sum())
        mean += float(counted.sum()) / draws
        square += float((counted.astype(np.float64) ** 2).sum()) / draws
    return Across(seen, mean, max(0.0, square - mean**2) ** 0.5, (exceeding + 1) / (draws + 1), 1 / (draws + 1))
