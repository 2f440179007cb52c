"""What the check of the split says, where it was collected: whether training and holdout differ without any model."""

from dataclasses import dataclass

from ...evidence.bundle import Evidence
from ...statistics.intervals import BAND


@dataclass(frozen=True, slots=True)
class Blind:
    """A classifier that never saw the model, of training against holdout records.

    Args:
        auc: how well it tells them.
        error: its standard error.
        confounded: whether it surely tells them, so that a model's scores may say the same without having learned.
    """

    auc: float
    error: float
    confounded: bool

    @property
    def words(self) -> str:
        """Why membership cannot be told."""
        return (
            "confounded: a classifier that never saw the model tells training from holdout records (area "
            f"{self.auc:.2f}), so the two were not split at random; split anew at random, without copies across the "
            "cut, and train on one part"
        )


def blind_of(evidence: Evidence) -> Blind | None:
    """The blind classifier's result; None where no check of the split is in the evidence."""
    split = getattr(evidence, "split", None)
    auc = getattr(split, "blind_auc", None)
    if split is None or auc is None:
        return None
    low, high = float(getattr(split, "blind_low", auc)), float(getattr(split, "blind_high", auc))
    return Blind(float(auc), (high - low) / (2 * BAND), bool(getattr(split, "confounded", False)))
