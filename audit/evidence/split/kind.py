"""Whether a holdout can stand for records that the model might as well have been trained on."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONFIDENCE = 0.95
"""With which a rate of false alarms is certified."""


@dataclass(frozen=True, slots=True)
class Split:
    """Training data against holdout, without looking at any model.

    A *blind* classifier is fitted to tell training records from holdout ones. Where a split was drawn at random nobody
    can, so whoever tells members from non-members with the model's help must do better than it.

    Args:
        blind_auc: how often a training record gets a higher score than a holdout one, out of fold; chance is 0.5.
        blind_low: lower end of its 95 % interval.
        blind_high: upper end.
        blind_lows: (levels,), lower ends at all levels of `finding.LEVELS`.
        blind_highs: (levels,), upper ends.
        blind_p: of the two being alike.
        confounded: whether the interval lies above 0.5, so that results on membership show more than membership.
        duplicates: holdout records at hand that equal a training record.
        expected_duplicates: as many as a random split of the same records would have on average.
        duplicates_deviation: its standard deviation.
        duplicates_p: the chance of at least so many in a random split.
        training_rows: int64 (t,), the training records that have a score.
        training_scores: (t,), in [0, 1], higher for what looks like a training record; from a fit that had not seen it.
        holdout_rows: int64 (h,), the same of the holdout.
        holdout_scores: (h,).
        holdout_records: how many holdout records are at hand.
    """

    blind_auc: float
    blind_low: float
    blind_high: float
    blind_lows: Floats
    blind_highs: Floats
    blind_p: float
    confounded: bool
    duplicates: int
    expected_duplicates: float
    duplicates_deviation: float
    duplicates_p: float
    training_rows: Ints
    training_scores: Floats
    holdout_rows: Ints
    holdout_scores: Floats
    holdout_records: int

    @property
    def blind_curve(self) -> tuple[Interval, ...]:
        """Intervals of `blind_auc` at all levels."""
        ends = zip(LEVELS, self.blind_lows, self.blind_highs, strict=True)
        return tuple(Interval(level, float(low), float(high)) for level, low, high in ends)

    @property
    def smallest_rate(self) -> float:
        """The smallest rate of false alarms that so many holdout records can certify: no alarm among them shows it."""
        return float(1 - (1 - CONFIDENCE) ** (1 / self.holdout_records))

    def certifies(self, rate: float) -> bool:
        """Whether there are enough holdout records for this rate of false alarms, see `records_needed`."""
        return self.holdout_records >= records_needed(rate)


def records_needed(rate: float) -> int:
    """Holdout records that certify a rate of false alarms at 95 %: 299 for 1 %, 2,995 for 0.1 %.

    Raises:
        ValueError: if the rate is not between 0 and 1.

    Reference: Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404.
    """
    if not 0 < rate < 1:
        raise ValueError(f"expected a rate between 0 and 1, got {rate}")
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-rate))
