"""Do the generated records that lie closest to real ones lie closer to training records than to held-out ones?

To a model that gives nothing back, training and holdout records are alike: which of them is nearest to a generated
record is decided by the order in which the split dealt them out. A copy lies close to its original, so the closest
records are looked at alone: over all records, a few copies would drown in the chance of all others.

Closeness is the distance to the union of both sets and ties are broken at random, so neither knows which set a record
is of. Hence dealing out the labels again at random gives the exact distribution of the count, whatever the sizes and
however often one real record is nearest to many generated ones.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..intervals import Share

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLOSEST = 0.05
"""The share of generated records that are looked at first."""


@dataclass(frozen=True, slots=True)
class Union:
    """For each of n generated records the nearest real one, of either set.

    Args:
        distance: (n,), to it.
        training: bool (n,), whether it is a training record.
        row: int64 (n,), which one: training records from 0, holdout records after them.
        sizes: training and holdout records.
    """

    distance: Floats
    training: NDArray[np.bool_]
    row: Ints
    sizes: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Closest:
    """The closest generated records, and how many of them are nearest to a training record.

    Args:
        share: of the generated records that are the closest, ties with the last of them included, in (0, 1].
        count: how many these are.
        training: how many of these are nearest to a training record.
        expected: how many would be by chance.
        effective: independent trials that the count is worth: fewer where records share their nearest one.
        chance: the share of training records among real ones.
        total: generated records.
    """

    share: float
    count: int
    training: int
    expected: float
    effective: float
    chance: float
    total: int

    @property
    def excess(self) -> float:
        """The share of all generated records that match training records beyond chance; below 0 if there are fewer."""
        return self._of(self.training / self.count)

    def limits(self, level: float) -> Interval:
        """From those of a share at the effective number of trials.

        Reference: Korn & Graubard 1998, Survey Methodology 24(2), 193–201.
        """
        share = self.training / self.count
        variance = 1 / (4 * self.effective)
        each = Share(share, variance, self.count, math.inf).limits(level)
        return Interval(level, min(self._of(each.low), self.excess), max(self._of(each.high), self.excess))

    def _of(self, share: float) -> float:
        return self.count / self.total * (share - self.chance) / (1 - self.chance)


def union(
    *,
    to_training: tuple[Floats, Ints, Ints],
    to_holdout: tuple[Floats, Ints, Ints],
    sizes: tuple[int, int],
    rng: np.random.Generator,
) -> Union:
    """The nearest record of both sets, of equally near ones one at random.

    Args:
        to_training: distance, row and number of ties of the nearest training record, (n,) each; the row must have been
            drawn at random among the ties.
        to_holdout: the same of holdout records.
        sizes: training and holdout records.
        rng: breaks ties between the sets.
    """
    (near, row, ties), (far, other, others) = to_training, to_holdout
    drawn = rng.random(len(near)) * (ties + others) < ties
    training = (near < far) | ((near == far) & drawn)
    return Union(np.minimum(near, far), training, np.where(training, row, sizes[0] + other), sizes)


def closest(found: Union, share: float) -> Closest:
    """Those that are as close as the given share of all generated records, and ties with the last of them.

    Raises:
        ValueError: if the share is not in (0, 1], or a set is empty.
    """
    n, sizes = len(found.distance), found.sizes
    if not 0 < share <= 1 or not min(n, *sizes):
        raise ValueError(f"expected a share in (0, 1] of records of three sets, got {share} of {n} and {sizes}")
    return _counted(found, _within(found, share), share)


def _within(found: Union, share: float) -> NDArray[np.bool_]:
    """Which are as close as the given share of them, and ties with the last."""
    last = math.ceil(share * len(found.distance)) - 1
    limit = float(np.partition(found.distance, last)[last])
    within: NDArray[np.bool_] = found.distance <= limit
    return within


def _counted(found: Union, inside: NDArray[np.bool_], share: float) -> Closest:
    """What the nearest real records of some of the generated ones are."""
    n, (training, holdout) = len(found.distance), found.sizes
    weights = np.unique(found.row[inside], return_counts=True)[1].astype(np.float64)
    count, chance = int(inside.sum()), training / (training + holdout)
    return Closest(
        share=share,
        count=count,
        training=int(found.training[inside].sum()),
        expected=count * chance,
        effective=count**2 / float((weights**2).sum()),
        chance=chance,
        total=n,
    )


def permutation_p(found: Union, share: float, *, rng: np.random.Generator, draws: int = 9_999) -> tuple[float, float]:
    """The chance of as many training records among the nearest of the closest, if labels are dealt out at random.

    Exact by the hypergeometric distribution where every nearest record is nearest to equally many; else labels are
    dealt out `draws` times and one is added to both counts, which is valid for any number of draws.

    Returns:
        The p-value, and the smallest one that this test can give.

    Reference: Phipson & Smyth 2010, doi:10.2202/1544-6115.1585.
    """
    from scipy.stats import hypergeom

    seen, inside = closest(found, share), _within(found, share)
    weights = np.unique(found.row[inside], return_counts=True)[1]
    (training, holdout), levels = found.sizes, np.unique(weights, return_counts=True)
    if len(levels[0]) == 1:
        weight, records = int(levels[0][0]), int(levels[1][0])
        law = hypergeom(training + holdout, training, records)
        return float(law.sf(seen.training / weight - 1)), float(law.pmf(min(records, training)))
    colours = np.append(levels[1], training + holdout - levels[1].sum())
    dealt = rng.multivariate_hypergeometric(colours, training, size=draws, method="marginals")[:, :-1]
    beyond = int((dealt @ levels[0] >= seen.training).sum())
    return (beyond + 1) / (draws + 1), 1 / (draws + 1)


def copies(found: Union) -> Closest:
    """As many of the closest as hold the copies: doubled as long as those that follow match training beyond chance.

    Five in a hundred show whether anything was copied at all, but copies may be more than that, or lie no closer than
    some of the other records do; then their number must be sought among more. Without copies the next five are taken in
    too in one of two hundred audits, so the first look nearly keeps its level.
    """
    share = CLOSEST
    while True:
        seen, inside = closest(found, share), _within(found, share)
        doubled = min(1.0, 2 * share)
        following = _within(found, doubled) & ~inside
        full = (seen.limits(0.95).low / (seen.count / seen.total)) > 0.5
        more = following.any() and _counted(found, following, doubled).limits(0.99).low > 0
        if share >= 1 or not (full or more):
            return seen
        share = doubled
