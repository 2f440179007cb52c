"""Fidelity and coverage of one small group of records: exact distances, and halves of the group for the variance.

Fidelity is the share of generated records inside some real record's ball, which reaches to its k-th nearest neighbour,
divided by the share of real records inside a ball of another: what a perfect generator shows against as many real
records. Coverage is the share of real balls that hold a generated record, divided by its closed-form expectation. So a
group of 40 records and one of 400 both have 1 where the generator is perfect.

A group's sample is small enough for all its distances, so that parts of it need no graph: the k-th neighbour within a
part is found along each row of sorted distances.

Reference: Kynkäänniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..intervals import Limits, Quotient, Share, scaled
from .prdc import expected_coverage

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_TIES = 1e-9  # of the largest distance: far below any that means something, far above rounding


class _Cut(NamedTuple):
    """Statistics of parts: (2, 2, S) each, part of the real records by part of the generated ones."""

    precision: Floats
    coverage: Floats
    perfect: Floats  # (2, S): of the real parts alone


@dataclass(frozen=True, slots=True)
class LocalQuality:
    """Shares of one group, with their variances on the half-angle scale, asin √share.

    Args:
        size: real records, and generated ones in each set.
        sets: generated sets.
        k: neighbours that a ball reaches to.
        precision: share of generated records inside a real ball.
        perfect: that of real records inside a ball of another.
        coverage: share of real balls that hold a generated record, averaged over the sets.
        covariance: (3, 3), of these in this order.
        perfect_variances: (2,), of the two ratios where the generator is perfect.
        draws: (2,), the part of the variance of precision and coverage that more generated records would shrink.
        freedom: degrees of freedom granted to them.
    """

    size: int
    sets: int
    k: int
    precision: float
    perfect: float
    coverage: float
    covariance: Floats
    perfect_variances: Floats
    draws: Floats
    freedom: int

    @property
    def fidelity(self) -> float:
        """Precision over that of a perfect generator."""
        return self.precision / self.perfect

    @property
    def covered(self) -> float:
        """Coverage over that of a perfect generator."""
        return self.coverage / self._full

    def fidelity_limits(self) -> Limits:
        """The interval of `fidelity` at each level."""
        top = Share(self.precision, float(self.covariance[0, 0]), self.size * self.sets, self.freedom)
        bottom = Share(self.perfect, float(self.covariance[1, 1]), self.size, self.freedom)
        scale = float(np.sqrt(self.covariance[0, 0] * self.covariance[1, 1]))
        return Quotient(top, bottom, float(np.clip(self.covariance[0, 1] / scale, -1, 1)) if scale > 0 else 0.0).limits

    def covered_limits(self) -> Limits:
        """The interval of `covered` at each level."""
        share = Share(self.coverage, float(self.covariance[2, 2]), self.size, self.freedom)
        return scaled(share.limits, 1 / self._full)

    @property
    def _full(self) -> float:
        return expected_coverage(reference=self.size, generated=self.size, k=self.k)


def local_quality(
    *,
    generated: Sequence[Floats],
    reference: Floats,
    k: int,
    rng: np.random.Generator,
    splits: int = 64,
    freedom: int = 0,
) -> LocalQuality:
    """Compare generated sets with real records of one group.

    Args:
        generated: one or more disjoint sets, (n, d) each.
        reference: (n, d), n at least 4 (k + 1).
        k: neighbours that set the radius of a ball.
        rng: orders equal distances and cuts the sets.
        splits: random cuts, from which the variances come.
        freedom: degrees of freedom of these, where they are averaged with those of other records; else `splits`.

    Raises:
        ValueError: if sizes differ or there are too few records.
    """
    n = len(reference)
    if n < 4 * (k + 1) or any(len(each) != n for each in generated):
        sizes = [len(each) for each in generated]
        raise ValueError(f"expected sets of at least {4 * (k + 1)} records for k = {k}, all alike, got {n} and {sizes}")
    own = _distances(reference, reference, rng)
    np.fill_diagonal(own, np.inf)
    order = np.argsort(own, axis=1)
    everyone = np.ones((1, n), dtype=bool)
    radius = _radii(own, order, everyone, k)[0]
    inside = [_distances(reference, each, rng) < radius[:, None] for each in generated]
    chosen = (own < radius[:, None]).any(axis=0)
    halves, quarters = _parts(n, 2, splits, rng), _parts(n, 4, splits, rng)
    cross = _distances(reference, generated[0], rng)
    seen = _cut(own, order, cross, halves, _parts(n, 2, splits, rng), k)
    sound = _cut(own, order, own, quarters[:2], quarters[2:], k)
    covariance, draws = _spread(seen, shrink=2, sets=len(generated))
    perfect, _ = _spread(sound, shrink=4, sets=len(generated))
    apart = perfect[0, 0] + perfect[1, 1] - 2 * perfect[0, 1]
    return LocalQuality(
        size=n,
        sets=len(generated),
        k=k,
        precision=float(np.mean([each.any(axis=0).mean() for each in inside])),
        perfect=float(chosen.mean()),
        coverage=float(np.mean([each.any(axis=1).mean() for each in inside])),
        covariance=covariance,
        perfect_variances=_of_ratios(
            np.array([apart, perfect[2, 2]]),
            float(chosen.mean()),
            expected_coverage(reference=n, generated=n, k=k),
            n,
        ),
        draws=draws,
        freedom=freedom or splits,
    )


def _of_ratios(variances: Floats, precise: float, covered: float, n: int) -> Floats:
    """Variances of ratios to these shares, from those on the half-angle scale, which are never below a count's."""
    shares = np.clip(np.array([precise, covered]), 0.5 / n, 1 - 0.5 / n)
    ratios: Floats = 4 * (1 - shares) / shares * np.maximum(variances, 1 / (4 * n))
    return ratios


def _distances(ones: Floats, others: Floats, rng: np.random.Generator) -> Floats:
    """Squared distances (n, m), equal ones in random order."""
    squared = np.square(ones).sum(1)[:, None] + np.square(others).sum(1) - 2 * ones @ others.T
    squared = np.maximum(squared, 0.0)
    scale = float(squared.max()) or 1.0
    result: Floats = squared + _TIES * scale * rng.random(squared.shape)
    return result


def _parts(n: int, number: int, splits: int, rng: np.random.Generator) -> list[Flags]:
    """Disjoint parts of equal size, (splits, n) each."""
    places = rng.permuted(np.tile(np.arange(n) * number // n, (splits, 1)), axis=1)
    return [places == part for part in range(number)]


def _radii(own: Floats, order: NDArray[np.int64], part: Flags, k: int) -> Floats:
    """The distance of each record to its k-th neighbour within a part, in each split: (S, n); 0 outside the part."""
    members = part[:, order]  # (S, n, n): along each row, nearest first
    place = (np.cumsum(members, axis=2) >= k).argmax(axis=2)  # (S, n)
    rows = np.arange(len(own))
    radii: Floats = np.where(part, own[rows, order[rows, place]], 0.0)
    return radii


def _cut(own: Floats, order: NDArray[np.int64], cross: Floats, real: list[Flags], made: list[Flags], k: int) -> _Cut:
    splits = len(real[0])
    precision, coverage, perfect = np.empty((2, 2, splits)), np.empty((2, 2, splits)), np.empty((2, splits))
    # A part's k-th neighbours are among the nearest of all, but for a chance too small to matter.
    order = order[:, : min(len(own), 12 * (k + 4))]
    for a in range(2):
        radii = _radii(own, order, real[a], k)
        for split in range(splits):
            balls, radius = real[a][split], radii[split]
            within = cross[balls] < radius[balls][:, None]
            for b in range(2):
                points = within[:, made[b][split]]
                precision[a, b, split] = points.any(axis=0).mean()
                coverage[a, b, split] = points.any(axis=1).mean()
            itself = own[np.ix_(balls, balls)] < radius[balls][:, None]
            perfect[a, split] = itself.any(axis=0).mean()
    return _Cut(precision, coverage, perfect)


def _spread(cut: _Cut, *, shrink: int, sets: int) -> tuple[Floats, Floats]:
    """Covariance (3, 3) at full size of precision, perfect precision and coverage, and the draws' part of two."""
    known = np.stack([cut.precision, np.repeat(cut.perfect[:, None], 2, axis=1), cut.coverage])  # (3, 2, 2, S)
    angle = np.arcsin(np.sqrt(np.clip(known, 0, 1)))
    both = np.concatenate([angle[:, 0, 0] - angle[:, 1, 1], angle[:, 0, 1] - angle[:, 1, 0]], axis=1)
    given = np.concatenate([angle[:, 0, 0] - angle[:, 0, 1], angle[:, 1, 0] - angle[:, 1, 1]], axis=1)
    total, draws = (each @ each.T / (2 * shrink * each.shape[1]) for each in (both, given))
    # More sets average out what differs between draws given the real records, and nothing else.
    left = total - (1 - 1 / sets) * draws
    left[np.diag_indices(3)] = np.maximum(np.diagonal(left), 0.0)
    return left, np.diagonal(draws)[[0, 2]] / sets
