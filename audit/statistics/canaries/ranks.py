"""Where a planted record ranks among records that were drawn as it was but never shown to the model.

A low score means that the model finds a record likely. If the model learned nothing of the planted one, its rank among
itself and its references is uniform, whatever the model: so the share of ranks as low is a p-value without assumptions.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def rank_p_values(scores: ArrayLike, references: ArrayLike) -> Floats:
    """The chance of a score as low, (k,): (1 + references that are as low or lower) / (references + 1).

    Args:
        scores: (k,), of planted records.
        references: (B,), of records drawn alike.

    Raises:
        ValueError: without references.

    Reference: Carlini et al. 2019, arXiv:1802.08232; Wei, Wang and Jia 2024, arXiv:2402.10892.
    """
    ours, theirs = _checked(scores, references)
    p_values: Floats = (1 + np.searchsorted(theirs, ours, side="right")) / (1 + len(theirs))
    return p_values


def exposures(scores: ArrayLike, references: ArrayLike) -> Floats:
    """By how many bits each score's rank is below that of a random guess, (k,): log₂ B − log₂(1 + references below it).

    At most log₂ B. The planted record is none of the B references, so that one above all of them has slightly less than
    0: −log₂(1 + 1 / B).

    Raises:
        ValueError: without references.

    Reference: Carlini et al. 2019, arXiv:1802.08232, section 4.
    """
    ours, theirs = _checked(scores, references)
    bits: Floats = np.log2(len(theirs)) - np.log2(1 + np.searchsorted(theirs, ours, side="left"))
    return bits


def _checked(scores: ArrayLike, references: ArrayLike) -> tuple[Floats, Floats]:
    ours, theirs = np.asarray(scores, dtype=np.float64), np.sort(np.asarray(references, dtype=np.float64))
    if not len(theirs) or np.isnan(ours).any() or np.isnan(theirs).any():
        raise ValueError(f"expected one reference or more, and numbers, got {len(theirs)} references")
    return ours, theirs
