"""Scores of records that were planted in the training data by coins, and of those drawn alike that were not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COINS, WATERMARK = "coins", "watermark"
"""How it was decided what is planted: by a coin for each record, or one record drawn from all."""


@dataclass(frozen=True, slots=True)
class Canaries:
    """What the model makes of m records that were drawn at random.

    Args:
        included: bool (m,), whether each was written for the training data.
        scores: (m,), lower where the model finds a record more familiar; +inf where it calls it impossible.
        score: what that is, in words.
        design: `COINS` or `WATERMARK`.
        guesses: how many guesses were fixed when the records were drawn; 0 for a watermark.
        repeats: how often each planted record was written.
        bits: of a record's randomness: log₂ of how many there could have been.
        space: what they were drawn from, in words.
        sha256: of the key file.
    """

    included: NDArray[np.bool_]
    scores: NDArray[np.float64]
    score: str
    design: str
    guesses: int
    repeats: int
    bits: float
    space: str
    sha256: str
