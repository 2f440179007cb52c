"""Scores with what another model gives the same records taken off, where that model treats both sets alike.

A record may be likely to every model. What a base model gives it is taken off: s = log p(x) − log p_base(x), or the
difference of two losses. That is fair only if the base model is symmetric in the split: trained on none of the two
sets, or on both alike. One that learned from the holdout alone gives holdout records more, and so makes members of all
others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.membership.kind import MembershipScore
from ...statistics.classifiers.detection import Auc
from ...statistics.membership.separation import separation, two_sided_p

Floats = NDArray[np.float64]

ALARM = 0.05
"""The p-value below which a base model tells the sets apart by itself, and is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """What the base model by itself makes of the split.

    Args:
        area: under the ROC curve of its own scores, training against holdout.
        p_value: two-sided, of a split that means nothing to it.
        training: (m,), scores with its own taken off.
        holdout: (n,), the same.
    """

    area: Auc
    p_value: float
    training: Floats
    holdout: Floats

    @property
    def symmetric(self) -> bool:
        """Whether nothing speaks against its treating both sets alike."""
        return self.p_value >= ALARM

    @property
    def refusal(self) -> str:
        """Why it is not used."""
        learned = "holdout" if self.area.value < 0.5 else "training"
        return (
            f"the base model by itself tells training from holdout records (area {self.area.value:.3f}, p = "
            f"{self.p_value:.2g}), as one that learned from {learned} records does: what it takes off differs between "
            "the two; name one that was trained on none of them, or on both alike"
        )


def base_of(score: MembershipScore) -> Base | None:
    """The base model's part of a score; None where there is no base model."""
    if not score.has_base:
        return None
    return Base(
        area=separation(members=score.base_training, others=score.base_holdout),
        p_value=two_sided_p(members=score.base_training, others=score.base_holdout),
        training=_taken_off(score.training.values, score.base_training),
        holdout=_taken_off(score.holdout.values, score.base_holdout),
    )


def _taken_off(values: Floats, base: Floats) -> Floats:
    """The difference; −∞ where both models call the record impossible, which is no sign of membership."""
    with np.errstate(invalid="ignore"):
        difference: Floats = values - base
    return np.where(np.isnan(difference), -np.inf, difference)
