"""Measures of copying that others report, beside what they show of a perfect generator.

None of these is a test of its own: each has a value for a generator that copies nothing which is neither 0 nor 1 and
depends on the data, so each is given together with that value.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..multiplicity import holm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def authenticity(*, distance: Floats, own: Floats) -> float:
    """The share of records that are further from their nearest training record than that one from its nearest other.

    A perfect generator's share is not 1 but one minus the chance that two nearest neighbours are each other's: 1/3 on a
    line, 0.38 in the plane, more in more dimensions.

    Args:
        distance: (n,), from each record to its nearest training record.
        own: (n,), from that training record to its nearest other training record.

    Reference: Alaa et al. 2022, arXiv:2102.08921.
    """
    return float((distance > own).mean())


def nearer_training(*, training: Floats, holdout: Floats, ties: tuple[Ints, Ints]) -> float:
    """The share of records nearer to the training data than to the holdout, ties by how many records are tied.

    A perfect generator's share is that of training records among all real ones.

    Args:
        training: (n,), distance to the nearest training record.
        holdout: (n,), to the nearest holdout record.
        ties: (n,) each, how many training and how many holdout records are equally near.
    """
    shared = ties[0] / (ties[0] + ties[1])
    return float(np.where(training == holdout, shared, training < holdout).mean())


class Cell(NamedTuple):
    """One region: records, how much closer generated ones lie than held-out ones, and how surely.

    Args:
        cell: its number.
        generated: records in it.
        holdout: records in it.
        z: standardised Mann–Whitney statistic, below 0 where generated records lie closer to the training data.
        p_adjusted: of lying closer by chance, after Holm over all cells.
    """

    cell: int
    generated: int
    holdout: int
    z: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class DataCopying:
    """How much closer than held-out records generated ones lie to the training data, region by region.

    Args:
        value: C_T, the mean of the cells' z by holdout mass.
        error: its standard deviation for a perfect generator, √Σ w², which is not 1.
        cells: those with enough records.
    """

    value: float
    error: float
    cells: tuple[Cell, ...]

    @property
    def standardised(self) -> float:
        """C_T over its standard deviation: standard normal for a perfect generator, far below 0 for copies."""
        return self.value / self.error

    def limits(self, level: float) -> Interval:
        """Normal limits of the standardised value."""
        from scipy.special import ndtri

        reach = float(ndtri(0.5 + level / 2))
        return Interval(level, self.standardised - reach, self.standardised + reach)


def data_copying(
    *, generated: Floats, holdout: Floats, generated_cells: Ints, holdout_cells: Ints, fewest: int = 20
) -> DataCopying | None:
    """The C_T statistic with ties corrected; None where no cell has enough records.

    Args:
        generated: (n,), distance of each generated record to its nearest training record.
        holdout: (m,), the same of held-out records.
        generated_cells: (n,), the cell of each.
        holdout_cells: (m,), likewise.
        fewest: records of either kind that a cell needs.

    Reference: Meehan, Chaudhuri & Dasgupta 2020, arXiv:2004.05675.
    """
    from scipy.special import ndtr

    kept: list[tuple[int, int, int, float]] = []
    for cell in np.unique(holdout_cells).tolist():
        made, held = generated[generated_cells == cell], holdout[holdout_cells == cell]
        if min(len(made), len(held)) >= fewest:
            kept.append((cell, len(made), len(held), rank_z(made, held)))
    if not kept:
        return None
    weights = np.array([each[2] for each in kept], dtype=np.float64)
    weights /= weights.sum()
    steps = holm([float(ndtr(each[3])) for each in kept], alpha=0.05)
    cells = tuple(Cell(*each, step.adjusted) for each, step in zip(kept, steps, strict=True))
    z = np.array([each.z for each in cells])
    return DataCopying(float(weights @ z), float(np.sqrt((weights**2).sum())), cells)


def rank_z(first: Floats, second: Floats) -> float:
    """The Mann–Whitney statistic of the first sample against the second, standardised with ties; 0 if all are equal.

    Below 0 where the first sample is the smaller one.

    Reference: Mann & Whitney 1947, doi:10.1214/aoms/1177730491; Lehmann 1975, Nonparametrics (ties).
    """
    from scipy.stats import rankdata

    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second]))
    counts = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    total = n + m
    variance = n * m / 12 * (total + 1 - float((counts**3 - counts).sum()) / (total * (total - 1)))
    if variance <= 0:
        return 0.0
    return (float(ranks[:n].sum()) - n * (total + 1) / 2) / math.sqrt(variance)
