"""How much each record looks like one that the model learned from, by each score that the model offers."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..likelihoods.kind import Scored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _nothing() -> Floats:
    return np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class MembershipScore:
    """One score of records of all three sets; higher for more like a member.

    Args:
        name: what it is, in words, e.g. `log-likelihood per character`.
        kind: one of `likelihood`, `denoising`, `critic`, `reconstruction`, `closeness`.
        training: of records that the model is said to have learned from.
        holdout: of records that it never saw.
        generated: of records that it generated.
        base_training: what the base model gives the same training records, (k,); empty without one.
        base_holdout: the same of the holdout records.
    """

    name: str
    kind: str
    training: Scored
    holdout: Scored
    generated: Scored
    base_training: Floats = field(default_factory=_nothing)
    base_holdout: Floats = field(default_factory=_nothing)

    @property
    def has_base(self) -> bool:
        """Whether a base model scored the same records."""
        return len(self.base_training) > 0


@dataclass(frozen=True, slots=True)
class Membership:
    """All scores, in an order that does not depend on them: the first is the one that conclusions rest on.

    Args:
        scores: one or more.
        attribute: what tells the groups apart; empty where there are none.
        groups: their names.
        training_members: int64 (m,), the group of each training record at hand, −1 for none.
        holdout_members: int64 (n,), of each holdout record, told by the same means.
        training_numbers: int64 (m,), the number of each training record in the data that were read, from 0.
        training_total: training records in all, of which m are at hand.
        thinned: whether one record of each unit was taken, so that numbers are not those of the file.
        base: what the base model is; empty without one.
        remarks: what could not be had, and why.
    """

    scores: tuple[MembershipScore, ...]
    attribute: str
    groups: tuple[str, ...]
    training_members: Ints
    holdout_members: Ints
    training_numbers: Ints
    training_total: int
    thinned: bool = False
    base: str = ""
    remarks: tuple[str, ...] = ()
