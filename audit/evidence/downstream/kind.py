"""The kind of evidence that says what learners predict for real people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Downstream:
    """What learners predict of one outcome for t real people, trained on generated and on real records.

    Args:
        outcome: the column that was predicted.
        levels: its levels.
        truth: int64 (t,), the level of each of the people.
        attributes: the A attributes that tell the people's groups apart.
        groups: of each attribute, the names of its groups.
        members: int64 (A, t), the group of each of the people; −1 for those without one.
        learners: what was trained.
        generated: of each learner int8 (D, S, t), the level predicted after training on the d-th part of the generated
            records with the s-th seed of that part. Parts are disjoint, and no seed is used twice.
        real: the same after training on as large parts of real records.
        size: records of each part.
        tested_on: who the people are, in words.
        unusable: generated records without a known outcome, which were left out.
    """

    outcome: str
    levels: tuple[str, ...]
    truth: Ints
    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    members: Ints
    learners: tuple[str, ...]
    generated: tuple[NDArray[np.int8], ...]
    real: tuple[NDArray[np.int8], ...]
    size: int
    tested_on: str
    unusable: int = 0
