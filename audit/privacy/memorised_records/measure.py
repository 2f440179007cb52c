"""Which training records stand out from those that the model never saw."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.membership.kind import Membership, MembershipScore
from ...statistics.membership.listing import Listing, listing, null_counts
from ..shared.calibration import base_of

Floats = NDArray[np.float64]

LIKELIHOODS = ("likelihood", "denoising")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The list, and what it rests on.

    Args:
        score: the evidence that it is of.
        name: of the score, with what was taken off.
        values: (m,), the scores themselves, higher for more like a member.
        found: the list.
        by_chance: (draws,), how many records would be named if the model had seen none of them.
        remark: why a base model was not used; empty otherwise.
    """

    score: MembershipScore
    name: str
    values: Floats
    found: Listing
    by_chance: Floats
    remark: str = ""

    @property
    def order(self) -> NDArray[np.int64]:
        """Places of the named records, the one that stands out most first."""
        named = np.flatnonzero(self.found.named)
        return named[np.lexsort((-self.values[named], self.found.p_values[named]))]


def measured(evidence: Membership, q: float, rng: np.random.Generator) -> Measured:
    """The list of the records that stand out.

    Args:
        evidence: scores; one of likelihoods or denoising losses counts where there is one, else closeness.
        q: the false discovery rate.
        rng: draws orders for what chance names.
    """
    score = _score(evidence)
    name, remark, base = score.name, "", base_of(score)
    values, holdout = score.training.values, score.holdout.values
    if base is not None and base.symmetric:
        name, values, holdout = f"{name}, less that of the base model", base.training, base.holdout
    elif base is not None:
        remark = base.refusal
    found = listing(values, holdout, q=q)
    chance = null_counts(len(values), len(holdout), q=q, rng=rng)
    return Measured(score, name, values, found, chance, remark)


def _score(evidence: Membership) -> MembershipScore:
    """The score that says most of one record: what a critic says of records looks at how real they are."""
    for kinds in (LIKELIHOODS, ("closeness",)):
        for each in evidence.scores:
            if each.kind in kinds:
                return each
    return evidence.scores[0]
