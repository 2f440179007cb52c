"""Precision, recall, density and coverage from nearest-neighbour balls, and what a perfect generator scores in them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .graph import Balls, Matrix, balls, checked, crossings, origin, tie_seed


class Prdc(NamedTuple):
    """Fidelity (precision, density) and diversity (recall, coverage) of a generated set.

    precision, recall, coverage lie in [0, 1] and density is at least 0; higher is nearer to the reference, but
    density grows without bound when a generator crowds where data are dense.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(
    *,
    generated: ArrayLike,
    reference: ArrayLike,
    k: int,
    rng: np.random.Generator,
    device: str | None = None,
    block_cells: int | None = None,
) -> Prdc:
    """Compare two sets by the balls that reach to each point's k-th nearest neighbour within its own set.

    Precision: share of generated points inside some reference ball. Recall: share of reference points inside some
    generated ball. Density: reference balls that hold a generated point, on average, divided by k. Coverage: share of
    reference balls that hold a generated point. Equal distances are put in random order.

    Args:
        generated: (m, d).
        reference: (n, d).
        k: neighbours, at least 1 and below n and m.
        rng: orders equal distances; without any, the result does not depend on it.
        device: where torch multiplies; None: where the audit computes.
        block_cells: distances held at once, None for what is fast; does not change the result.

    Raises:
        ValueError: on wrong shapes, values that are not finite, or a k out of range.

    Reference: Kynkäänniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797.
    """
    x, y = checked_pair(generated=generated, reference=reference, k=k)
    seed, centre = tie_seed(rng), origin(x)
    reference_balls = balls(x, depth=k, first=0, seed=seed, centre=centre, device=device, cells=block_cells)
    generated_balls = balls(y, depth=k, first=len(x), seed=seed, centre=centre, device=device, cells=block_cells)
    precise, recalled, covered = np.zeros(len(y), bool), np.zeros(len(x), bool), np.zeros(len(x), bool)
    pairs = 0
    for block in crossings(reference_balls, generated_balls, k=k, depth=k, seed=seed, ranks=False, cells=block_cells):
        precise[block.forward.point] = True
        covered[block.forward.ball] = True
        recalled[block.backward.point] = True
        pairs += len(block.forward.ball)
    return Prdc(float(precise.mean()), float(recalled.mean()), pairs / (k * len(y)), float(covered.mean()))


def checked_pair(*, generated: ArrayLike, reference: ArrayLike, k: int) -> tuple[Matrix, Matrix]:
    """Reference and generated as matrices, checked against each other.

    Raises:
        ValueError: on wrong shapes, values that are not finite, or a k out of range.
    """
    x, y = checked(reference, "reference"), checked(generated, "generated")
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"expected as many features in generated as in reference ({x.shape[1]}), got {y.shape[1]}; "
            "use one feature extractor for both"
        )
    smaller = min(len(x), len(y))
    if not 1 <= k < smaller:
        raise ValueError(
            f"expected 1 <= k < {smaller}, the size of the smaller set, got k = {k}; "
            "choose a smaller k or give more points"
        )
    return x, y


def expected_coverage(*, reference: int, generated: int, k: int) -> float:
    """Coverage that a perfect generator scores on average: 1 − Π_{j=1..k} (n − j) / (n + m − j).

    Given any one reference point, the other n − 1 and the m generated points are exchangeable; it stays uncovered if
    its k nearest are all reference points. So the value holds for every group of points and in every dimension.

    Reference: Naeem et al. 2020, arXiv:2002.09797, lemma 2.
    """
    j = np.arange(1, k + 1)
    return float(1 - np.prod((reference - j) / (reference + generated - j)))


def perfect_precision(*, reference: ArrayLike, k: int, rng: np.random.Generator, device: str | None = None) -> float:
    """Precision that a perfect generator would score against this many reference points, from the reference alone.

    The share of reference points that are among the k nearest of some other one. Leave a point out: it lies inside
    another's ball, drawn without it, exactly if it was among that one's k nearest with it. So each point acts as a
    fresh draw against the other n − 1. By symmetry it is the perfect recall, too, where both sets have one size.

    Args:
        reference: (n, d).
        k: neighbours, at least 1 and below n.
        rng: orders equal distances.
        device: where torch multiplies; None: where the audit computes.

    Raises:
        ValueError: on wrong shapes, values that are not finite, or a k out of range.
    """
    x = checked(reference, "reference")
    if not 1 <= k < len(x):
        raise ValueError(f"expected 1 <= k < {len(x)}, the size of the reference, got k = {k}; choose a smaller k")
    return share_chosen(balls(x, depth=k, first=0, seed=tie_seed(rng), centre=origin(x), device=device), k=k)


def share_chosen(own: Balls, *, k: int) -> float:
    """The share of points that are among the k nearest neighbours of some other point."""
    return len(np.unique(own.nearest[:, :k])) / own.size
