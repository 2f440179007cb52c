"""An unbiased Fréchet distance with its uncertainty, from random halves of both samples.

The plug-in distance is biased upwards: two samples of one distribution are some way apart, too, by an amount that
depends on n, d and all fourth moments. Halves of both samples measure this bias without a formula: with halves R, R'
and G, G' of equal size, mean F(G, R) − ½ F(R, R') − ½ F(G, G') is 0 on average for a perfect generator, at any n and d.
The variation of these six distances over random cuts shows how much of the variance is noise alone and how much grows
with the distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .frechet import Moments, Values, distance_to, moments, null_weights, root, scatter
from .half_moments import half_moments
from .squared_distance import SquaredDistance

PER_DIMENSION = 4
"""Records in a half for each dimension at least."""

# So many records at a time that they stay in the cache from the centre to the product.
_ROWS = 512

SETS = 8
"""Sets of generated records with principal components of their own, at most."""


@dataclass(frozen=True, slots=True)
class FrechetMeasurement:
    """What the cuts showed.

    Args:
        distance: unbiased squared distance at `half` records a side, with its variance.
        floor: what two halves of the reference are apart, from sampling alone.
        between: what a generated and a reference half are apart, as usually reported.
        half: records in each half.
        generated: generated records used.
        reference: reference records used.
        dimensions: of the features in which it was computed.
        kept: the share of the pooled variance that these dimensions hold.
    """

    distance: SquaredDistance
    floor: float
    between: float
    half: int
    generated: int
    reference: int
    dimensions: int
    kept: float


def measure_frechet(
    *, generated: Values, reference: Values, rng: np.random.Generator, splits: int = 64, dimensions: int = 256
) -> FrechetMeasurement:
    """Fréchet distance of two samples, corrected for what sampling alone adds.

    Args:
        generated: finite (n, d), n of at least m.
        reference: finite (m, d), m of at least 4.
        rng: for the cuts.
        splits: how many cuts.
        dimensions: principal components of both samples together that are kept at most, and never more than one for
            every `PER_DIMENSION` records of a half: beyond that noise no longer adds up as for squared lengths. Where
            that leaves any out, the components are those of as many generated as reference records, at most `SETS`
            times: then a perfect generator stays exchangeable with the reference, and the components do not turn as
            more are drawn.

    Raises:
        ValueError: on fewer generated than reference records, or fewer than four.
    """
    if not 4 <= len(reference) <= len(generated):
        raise ValueError(f"expected 4 <= reference <= generated records, got {len(reference)} and {len(generated)}")
    half = len(reference) // 2
    most = min(dimensions, max(1, half // PER_DIMENSION))
    parts = [generated] if reference.shape[1] <= most else _sets(generated, len(reference), rng)
    turned = [leading_components(generated=each, reference=reference, dimensions=most) for each in parts]
    seen = _six_of_all([(y, x) for y, x, _ in turned], half=half, splits=splits, rng=rng)
    _, x, kept = turned[0]
    used = sum(len(each) for each in parts)
    return FrechetMeasurement(
        distance=_distance(seen, half=half, generated=used, reference=len(x), covariance=moments(x).covariance),
        floor=float(seen[:, 4].mean()),
        between=float(seen[:, :4].mean()),
        half=half,
        generated=used,
        reference=len(x),
        dimensions=x.shape[1],
        kept=kept,
    )


def _sets(points: Values, size: int, rng: np.random.Generator) -> list[Values]:
    """Disjoint random sets of `size` points, at most `SETS`."""
    count = min(len(points) // size, SETS)
    return list(points[rng.permutation(len(points))[: count * size]].reshape(count, size, -1))


def leading_components(*, generated: Values, reference: Values, dimensions: int) -> tuple[Values, Values, float]:
    """Both samples in their common principal components that vary at all, and the share of variance they keep."""
    n, m = len(generated), len(reference)
    centre = (generated.sum(axis=0) + reference.sum(axis=0)) / (n + m)
    products = scatter(generated, centre)
    products += scatter(reference, centre)
    values, vectors = np.linalg.eigh(products)
    chosen = np.flatnonzero(values > 1e-12 * max(float(values[-1]), 0.0))[::-1][:dimensions]
    if len(chosen) == 0:
        return np.zeros((n, 1)), np.zeros((m, 1)), 1.0
    share = float(values[chosen].sum() / np.maximum(values, 0).sum())
    axes = vectors[:, chosen]
    return _turned(generated, centre, axes), _turned(reference, centre, axes), share


def _turned(points: Values, centre: Values, axes: Values) -> Values:
    turned = np.empty((len(points), axes.shape[1]))
    for start in range(0, len(points), _ROWS):
        np.matmul(points[start : start + _ROWS] - centre, axes, out=turned[start : start + _ROWS])
    return turned


def _six_of_all(turned: Sequence[tuple[Values, Values]], *, half: int, splits: int, rng: np.random.Generator) -> Values:
    """Distances (G, R), (G, R'), (G', R), (G', R'), (R, R') and (G, G') of disjoint random halves: (splits, 6).

    The cuts take turns with the pairs of samples (generated, reference).
    """
    seen = np.empty((splits, 6))
    orders = [tuple(rng.permutation(len(each))[: 2 * half] for each in _of_cut(turned, cut)) for cut in range(splits)]
    for index, (y, x) in enumerate(turned):
        own = range(index, splits, len(turned))
        r = half_moments(x, [orders[cut][0] for cut in own], half)
        g = half_moments(y, [orders[cut][1] for cut in own], half)
        for cut, reals, made in zip(own, r, g, strict=True):
            seen[cut] = _six(made, reals)
    return seen


def _of_cut(turned: Sequence[tuple[Values, Values]], cut: int) -> tuple[Values, Values]:
    """What is cut, in the order in which random numbers are drawn for it: reference and generated."""
    y, x = turned[cut % len(turned)]
    return x, y


def _six(g: tuple[Moments, Moments], r: tuple[Moments, Moments]) -> tuple[float, ...]:
    roots = [root(each.covariance) for each in (*r, g[0])]
    between = [distance_to(generated=g[i], reference=r[j], reference_root=roots[j]) for i in range(2) for j in range(2)]
    return (
        *between,
        distance_to(generated=r[1], reference=r[0], reference_root=roots[0]),
        distance_to(generated=g[1], reference=g[0], reference_root=roots[2]),
    )


def _distance(seen: Values, *, half: int, generated: int, reference: int, covariance: Values) -> SquaredDistance:
    """Variances from the six distances (splits, 6), by how squared lengths |δ + a − p|² of half noises a, p combine.

    Let S be the covariance of one record's contribution, N the generated and m = 2 h the reference records. Over the
    cuts F(R, R') varies by 8 tr S_r² / h², F(G, G') by 8 tr S_g² / h² and F₁₁ − F₁₂ − F₂₁ + F₂₂ by 16 tr S_g S_r / h².
    What differs between generated halves, F₁₁ + F₁₂ − F₂₁ − F₂₂, has 32 δᵀS_gδ / h and a remainder where N > 2 h, and
    what differs between reference halves 32 δᵀS_rδ / h likewise. The δ seen carries noise, which is taken off.
    """
    f11, f12, f21, f22, own, other = seen.T
    h, left = half, max(0.0, 1 - 2 * half / generated)
    trace_r, trace_g = (h * h * float(each.var(ddof=1)) / 8 for each in (own, other))
    crossing = h * h * float(np.square(f11 - f12 - f21 + f22).mean()) / 16
    along_g = h * float(np.square(f11 + f12 - f21 - f22).mean()) / 32 - left * trace_g / (2 * h)
    along_r = h * float(np.square(f11 - f12 + f21 - f22).mean()) / 32 - left * crossing / (2 * h)
    both_g, both_r = 2 * trace_g / generated**2, 2 * trace_r / reference**2
    crossed = 4 * crossing / (generated * reference)
    estimates = seen[:, :4].mean(axis=1) - (own + other) / 2
    weights = null_weights(np.linalg.eigvalsh(covariance))
    spread = 2 * float(np.square(weights).sum())
    return SquaredDistance(
        value=float(estimates.mean()),
        both_generated=both_g,
        both_reference=both_r,
        crossed=crossed,
        linear_generated=max(0.0, 4 * along_g / generated - 2 * both_g - crossed),
        linear_reference=max(0.0, 4 * along_r / reference - 2 * both_r - crossed),
        skewness=8 * float((weights**3).sum()) / spread**1.5 if spread > 0 else 0.0,
        ratio=reference / generated,
        added=float(estimates.var(ddof=1)) / len(estimates),
        freedom=len(estimates),
    )
