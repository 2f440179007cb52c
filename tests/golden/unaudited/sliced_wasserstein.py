"""How far two samples are apart along random directions: the sliced Wasserstein distance on the scale of MIND.

Along one direction records are numbers, and the cheapest transport joins equal quantiles: sorting is all it takes.

Reference: Bonneel et al. 2015, doi:10.1007/s10851-014-0506-3; Berthet et al. 2026 (MIND), arXiv:2605.06797.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genai_audit.audit.statistics.neighbours.graph import checked, origin

Values = NDArray[np.float64]
Indices = NDArray[np.int64]

_CELLS = 1 << 20


class SlicedTest(NamedTuple):
    """The distance, and what chance gives for the same records and directions.

    Args:
        value: see `sliced_wasserstein`.
        null: its mean over random exchanges of generated and real records; a perfect generator scores this, not 0.
        spread: its standard deviation over them.
        p_value: share of the exchanges that are at least as far apart, the observed one counted in; exact under one
            distribution, at least 1 / (repeats + 1).
    """

    value: float
    null: float
    spread: float
    p_value: float


def sliced_wasserstein(
    *, generated: ArrayLike, reference: ArrayLike, directions: int = 1000, rng: np.random.Generator
) -> float:
    """3 d times the mean over random directions of the squared 2-Wasserstein distance, in squared units, at least 0.

    A shift by μ in each of d coordinates gives 3 d μ². Two samples of one distribution are apart too, see
    `sliced_wasserstein_test`. Of unequal sizes all records count: quantiles are joined, not ranks.

    Args:
        generated: (n, d).
        reference: (m, d).
        directions: how many, uniform on the sphere.
        rng: draws them.

    Raises:
        ValueError: on different numbers of columns, no rows or directions, or values that are not finite.
    """
    pooled, n = _pooled(generated, reference)
    labels = (np.arange(len(pooled)) < n)[None]
    return float(_distances(pooled, labels, directions, rng)[0])


def sliced_wasserstein_test(
    *,
    generated: ArrayLike,
    reference: ArrayLike,
    directions: int = 200,
    repeats: int = 200,
    rng: np.random.Generator,
) -> SlicedTest:
    """The same with its perfect-generator null: if both are equal, labels do not matter.

    Projections are sorted once; an exchange only relabels them.

    Args:
        generated: (n, d).
        reference: (m, d).
        directions: how many, the same for all exchanges.
        repeats: exchanges.
        rng: draws both.

    Raises:
        ValueError: as `sliced_wasserstein`, and on fewer than two exchanges.
    """
    if repeats < 2:
        raise ValueError(f"expected at least 2 exchanges, or they have no spread, got {repeats}")
    pooled, n = _pooled(generated, reference)
    labels = np.tile(np.arange(len(pooled)) < n, (repeats + 1, 1))
    labels[1:] = rng.permuted(labels[1:], axis=1)
    value, *exchanged = _distances(pooled, labels, directions, rng)
    null = np.array(exchanged)
    p = (1 + int((null >= value).sum())) / (repeats + 1)
    return SlicedTest(float(value), float(null.mean()), float(null.std(ddof=1)), p)


def _pooled(generated: ArrayLike, reference: ArrayLike) -> tuple[Values, int]:
    """Both samples, generated first, moved to where rounding is least; and how many are generated."""
    y, x = checked(generated, "generated"), checked(reference, "reference")
    if y.shape[1] != x.shape[1]:
        raise ValueError(f"expected as many features of generated as of reference records, got {y.shape}, {x.shape}")
    return np.vstack([y, x]).astype(np.float64, copy=False) - origin(x), len(y)


def _distances(pooled: Values, labels: NDArray[np.bool_], directions: int, rng: np.random.Generator) -> Values:
    """For every row of `labels`, true where a record counts as generated; all rows have equally many."""
    if directions < 1:
        raise ValueError(f"expected at least 1 direction, got {directions}")
    d, size = pooled.shape[1], len(pooled)
    n = int(labels[0].sum())
    at_y, at_x, shares = _stretches(n, size - n)
    total, step = np.zeros(len(labels)), max(1, _CELLS // size)
    for start in range(0, directions, step):
        normal = rng.normal(size=(min(step, directions - start), d))
        projected = normal @ pooled.T / np.linalg.norm(normal, axis=1, keepdims=True)
        order = projected.argsort(axis=1)
        values = np.take_along_axis(projected, order, axis=1)
        for row, label in enumerate(labels):
            mine = label[order]
            y, x = values[mine].reshape(-1, n), values[~mine].reshape(-1, size - n)
            total[row] += (np.square(y[:, at_y] - x[:, at_x]) @ shares).sum()
    distances: Values = 3 * d * total / directions
    return distances


def _stretches(n: int, m: int) -> tuple[Indices, Indices, Values]:
    """Stretches of quantiles on which both samples are constant: their records in order of size, and their lengths."""
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    return (ends - 1) // m, (ends - 1) // n, np.diff(ends, prepend=0) / (n * m)
