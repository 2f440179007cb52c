"""How well a score tells the records that a model learned from and records that it never saw.

The answer is the area under the ROC curve, the chance that a random member scores higher than a random non-member, ties
counting half. Where the split into members and non-members was drawn at random and the model ignores it, every
assignment of the scores to the two sets is equally likely; so a permutation p-value is exact.

Reference: Mann & Whitney 1947, doi:10.1214/aoms/1177730491; DeLong et al. 1988, doi:10.2307/2531595.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..classifiers.detection import Auc, area
from ..intervals import ONE_SIDED_DETECTION

Floats = NDArray[np.float64]

COUNTED = 100
"""Records up to which all assignments are counted; beyond it the normal distribution is as good."""


def ranked(members: ArrayLike, others: ArrayLike) -> tuple[Floats, Floats]:
    """The scores of both sets as ranks among all, (m,) and (n,), ties sharing theirs; −∞ is the lowest score.

    Raises:
        ValueError: if a score is NaN or a set has fewer than two.
    """
    from scipy.stats import rankdata

    ours, theirs = np.asarray(members, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if ours.ndim != 1 or theirs.ndim != 1 or min(len(ours), len(theirs)) < 2:
        raise ValueError(f"expected two scores or more of each set, got shapes {ours.shape} and {theirs.shape}")
    together = np.concatenate([ours, theirs])
    if np.isnan(together).any():
        raise ValueError("expected scores that are numbers, got NaN; leave such records out")
    ranks = rankdata(together)
    return ranks[: len(ours)], ranks[len(ours) :]


def separation(*, members: ArrayLike, others: ArrayLike) -> Auc:
    """The area under the ROC curve with DeLong's variance, by part, in [0, 1]; 0.5 where scores tell nothing.

    Args:
        members: (m,), scores of records that the model learned from, higher for more like a member; −∞ may occur.
        others: (n,), scores of records that it never saw.

    Raises:
        ValueError: as `ranked`.
    """
    ours, theirs = ranked(members, others)
    # Only the order counts, and ranks are finite where scores are not.
    return area(generated=ours, reference=theirs)


def permutation_p(*, members: ArrayLike, others: ArrayLike) -> float:
    """The chance that a random assignment of these scores separates the sets at least as well, in (0, 1].

    All assignments are counted for up to `COUNTED` records; beyond it the normal distribution stands for them, with the
    exact variance given the ties and half a step of continuity.

    Raises:
        ValueError: as `ranked`.
    """
    from scipy.special import ndtr

    ours, theirs = ranked(members, others)
    m, total = len(ours), len(ours) + len(theirs)
    if total <= COUNTED:
        return _counted(np.concatenate([ours, theirs]), m)
    ranks = np.concatenate([ours, theirs])
    variance = m * len(theirs) / total * float(ranks.var(ddof=1))
    if variance <= 0:
        return 1.0
    excess = float(ours.sum()) - m * (total + 1) / 2
    return max(float(ndtr((0.5 - excess) / math.sqrt(variance))), 1e-12)


def two_sided_p(*, members: ArrayLike, others: ArrayLike) -> float:
    """Twice the smaller of the chances of separating at least as well in either direction, at most 1."""
    up = permutation_p(members=members, others=others)
    down = permutation_p(members=others, others=members)
    return min(1.0, 2 * min(up, down))


def minimum_detectable(members: int, others: int) -> float:
    """How far above 0.5 an area must be to be found by a one-sided test at 5 % with power 0.8."""
    return min(0.5, ONE_SIDED_DETECTION * math.sqrt((members + others + 1) / (12 * members * others)))


def _counted(ranks: Floats, m: int) -> float:
    """The share of the choices of m ranks whose sum is at least that of the first m."""
    doubled = np.rint(2 * ranks).astype(np.int64)
    seen, most = int(doubled[:m].sum()), int(doubled.sum())
    # ways[k, s]: choices of k of the ranks so far that sum to s.
    ways = np.zeros((m + 1, most + 1))
    ways[0, 0] = 1.0
    for rank in doubled:
        ways[1:, rank:] += ways[:-1, : most + 1 - rank]
    return float(ways[m, seen:].sum() / ways[m].sum())
