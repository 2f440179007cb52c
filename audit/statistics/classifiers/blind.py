"""Can training records be told from holdout records without looking at any model?

A classifier is fitted on one half of both sets and scores the other half, then the other way round, so that every
record has a score from a fit that had not seen it. The two areas under the curve depend on each other in a way that
nobody knows, so what is said of their mean holds for any dependence.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...finding import Interval
from ..neighbours.cloud import checked
from .detection import Auc, area
from .detector import fit

Values = NDArray[np.float64]

FEWEST = 20
"""Records of either set that a classifier and its test need."""


@dataclass(frozen=True, slots=True)
class Blind:
    """How well a classifier tells the two sets apart on records that it had not seen.

    Args:
        folds: the area of either half under the fit of the other.
        training: (t,), the share of records of its own half that score below each training record, ties half.
        holdout: (h,), the same of holdout records.
    """

    folds: tuple[Auc, Auc]
    training: Values
    holdout: Values

    @property
    def value(self) -> float:
        """The mean of both areas: how often a training record scores above a holdout one, 0.5 by chance."""
        return float(np.mean([each.value for each in self.folds]))

    def limits(self, level: float) -> Interval:
        """The mean of both intervals: as wide as if both fits erred alike, which no dependence exceeds."""
        ends = [each.limits(level) for each in self.folds]
        return Interval(
            level, float(np.mean([each.low for each in ends])), float(np.mean([each.high for each in ends]))
        )

    @property
    def p_value(self) -> float:
        """Twice the mean of both p-values, which is valid whatever their dependence.

        Reference: Vovk & Wang 2020, doi:10.1093/biomet/asaa027.
        """
        return min(1.0, 2 * float(np.mean([each.p_value() for each in self.folds])))


def blind_test(*, training: ArrayLike, holdout: ArrayLike, most: int, rng: np.random.Generator) -> Blind:
    """Score every record of both sets by a classifier that was fitted to others.

    Args:
        training: (t, d), features by a map that does not know which set a record is of.
        holdout: (h, d), likewise.
        most: records of either set that one fit sees.
        rng: cuts halves, chooses records, and draws the classifier's random features.

    Raises:
        ValueError: on unequal numbers of features, values that are not finite, or fewer than `FEWEST` records.
    """
    sets = checked(training, "training"), checked(holdout, "holdout")
    if min(map(len, sets)) < FEWEST or sets[0].shape[1] != sets[1].shape[1]:
        raise ValueError(
            f"expected {FEWEST} records or more of equally many features, got {sets[0].shape} and {sets[1].shape}"
        )
    halves = [np.array_split(rng.permutation(len(each)), 2) for each in sets]
    placed = [np.empty(len(each)) for each in sets]
    folds: list[Auc] = []
    for seen, unseen in ((0, 1), (1, 0)):
        size = min(most, *(len(each[seen]) for each in halves))
        known = [each[half[seen][:size]] for each, half in zip(sets, halves, strict=True)]
        detector = fit(generated=known[0], reference=known[1], rng=rng)
        scores = [detector.scores(each[half[unseen]]) for each, half in zip(sets, halves, strict=True)]
        folds.append(area(generated=scores[0], reference=scores[1]))
        for place, half, ranks in zip(placed, halves, _placed(scores), strict=True):
            place[half[unseen]] = ranks
    return Blind((folds[0], folds[1]), placed[0], placed[1])


def _placed(scores: list[Values]) -> list[Values]:
    """Where each score lies among all of them, in [0, 1], so that scores of different fits can be compared."""
    from scipy.stats import rankdata

    ranks = (rankdata(np.concatenate(scores)) - 0.5) / sum(map(len, scores))
    ends = np.cumsum([0, *map(len, scores)])
    return [ranks[start:end] for start, end in pairwise(ends)]
