"""Can the nearest neighbour of a record tell from which of two samples it came?"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genai_audit.audit.statistics.neighbours.graph import balls, origin, tie_seed
from genai_audit.audit.statistics.neighbours.prdc import checked_pair


class NeighbourTest(NamedTuple):
    """Leave-one-out accuracy of the nearest neighbour's label, on each side and in all.

    Args:
        accuracy: in [0, 1]; near `null` if both distributions are equal, above if they differ, below if one copies the
            other.
        generated: the same among generated records alone.
        reference: the same among reference records alone.
        null: what equal distributions give on average.
        p_value: two-sided, normal approximation of the distribution over all relabellings of these records.
    """

    accuracy: float
    generated: float
    reference: float
    null: float
    p_value: float


def nearest_neighbour_test(
    *, generated: ArrayLike, reference: ArrayLike, rng: np.random.Generator, device: str = "cpu"
) -> NeighbourTest:
    """Two-sample test by one nearest neighbour among all records together; equal distances in random order.

    Given the records, all assignments of the labels are as likely under one distribution. The number of neighbours of
    the same label then has a known mean and variance, which depends on how many pairs are mutual and share a neighbour.

    Args:
        generated: (n, d).
        reference: (m, d); n + m of at least 4.
        rng: orders equal distances.
        device: where torch multiplies.

    Reference: Schilling 1986, doi:10.1080/01621459.1986.10478337; Lopez-Paz & Oquab 2017, arXiv:1610.06545.
    """
    x, y = checked_pair(generated=generated, reference=reference, k=1)
    pooled = np.vstack([y, x])
    found = balls(pooled - origin(pooled), depth=1, first=0, seed=tie_seed(rng), device=device)
    nearest, n, m = found.nearest[:, 0], len(y), len(x)
    labels = np.arange(n + m) < n
    same = labels == labels[nearest]
    null = (n * (n - 1) + m * (m - 1)) / ((n + m) * (n + m - 1))
    variance = _variance(nearest, n, m)
    z = (same.mean() - null) / np.sqrt(variance) if variance > 0 else 0.0
    p = 2 * NormalDist().cdf(-abs(float(z)))
    return NeighbourTest(float(same.mean()), float(same[:n].mean()), float(same[n:].mean()), null, max(p, 1e-6))


def _variance(nearest: NDArray[np.int64], n: int, m: int) -> float:
    """Of the share of records whose neighbour has their label, over all relabellings of N = n + m records.

    An ordered pair of arrows i → j, i′ → j′ shares no end, one end, or both (mutual neighbours, or the same arrow).
    The chance that both join equal labels depends on that alone.
    """
    total = n + m
    mutual = int((nearest[nearest] == np.arange(total)).sum())
    into = np.bincount(nearest, minlength=total).astype(np.float64)
    # Arrows that meet: into one record (ordered), or one into a record and the other out of it, either first; mutual
    # arrows share both ends and are counted apart.
    meeting = float((into * (into - 1)).sum()) + 2 * (total - mutual)
    apart = total * (total - 1) - mutual - meeting
    pair = (n * (n - 1) + m * (m - 1)) / (total * (total - 1))
    three = (_falling(n, 3) + _falling(m, 3)) / _falling(total, 3)
    four = (_falling(n, 4) + _falling(m, 4) + 2 * n * (n - 1) * m * (m - 1)) / _falling(total, 4)
    second = (total + mutual) * pair + meeting * three + apart * four
    return float(max(0.0, second / total**2 - pair**2))


def _falling(n: int, k: int) -> float:
    product = 1.0
    for step in range(k):
        product *= n - step
    return product
