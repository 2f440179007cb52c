"""Selection rate, true and false positive rate and accuracy by group, and thousands of resamples of them at once.

All four depend on the rows only through how many there are of each (group, truth, prediction). Rows drawn with
replacement have multinomial counts of these cells, and group labels dealt anew have hypergeometric ones, so a resample
costs as many random numbers as there are cells, however many rows there are.

Arrays of cells are (..., K, 2, 2): group, truth, prediction. A rate of nobody is NaN; gaps and ratios pass it over.

Reference: Bird et al. 2020, Fairlearn, MSR-TR-2020-32; Hardt, Price & Srebro 2016, arXiv:1610.02413 (equalised odds);
Efron 1979, doi:10.1214/aos/1176344552 (resampling).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class GroupRates:
    """Rates of K groups, (..., K) each, in [0, 1]; NaN where nobody is counted.

    Args:
        selection_rate: P(predicted 1).
        true_positive_rate: P(predicted 1 | truth 1).
        false_positive_rate: P(predicted 1 | truth 0).
        accuracy: P(predicted the truth).
    """

    selection_rate: Floats
    true_positive_rate: Floats
    false_positive_rate: Floats
    accuracy: Floats

    @property
    def demographic_parity_difference(self) -> Floats:
        """The largest difference of selection rates between two groups, (...)."""
        return largest_difference(self.selection_rate)

    @property
    def demographic_parity_ratio(self) -> Floats:
        """The smallest selection rate over the largest, (...)."""
        return smallest_ratio(self.selection_rate)

    @property
    def equalised_odds_difference(self) -> Floats:
        """The larger of the largest differences of true and of false positive rates, (...)."""
        gaps = largest_difference(self.true_positive_rate), largest_difference(self.false_positive_rate)
        return np.asarray(np.fmax(*gaps), dtype=np.float64)

    @property
    def equalised_odds_ratio(self) -> Floats:
        """The smaller of the smallest ratios of true and of false positive rates, (...)."""
        ratios = smallest_ratio(self.true_positive_rate), smallest_ratio(self.false_positive_rate)
        return np.asarray(np.fmin(*ratios), dtype=np.float64)


def cell_counts(*, groups: ArrayLike, truth: ArrayLike, predicted: ArrayLike, count: int) -> Ints:
    """How many rows there are of each group, truth and prediction, (K, 2, 2).

    Args:
        groups: (n,), positions of groups, 0 … count − 1.
        truth: (n,), 0 or 1.
        predicted: (n,), 0 or 1.
        count: K.

    Raises:
        ValueError: if lengths differ or a number is none of these.
    """
    group, true, said = (np.asarray(each).astype(np.int64) for each in (groups, truth, predicted))
    if not group.shape == true.shape == said.shape or group.ndim != 1:
        raise ValueError(f"expected three columns of one length, got {group.shape}, {true.shape} and {said.shape}")
    if group.size and (((true | said) & ~1).any() or group.min() < 0 or group.max() >= count):
        raise ValueError(f"expected groups from 0 to {count - 1}, and truth and predictions that are 0 or 1")
    return np.bincount(4 * group + 2 * true + said, minlength=4 * count).reshape(count, 2, 2)


def group_rates(cells: NDArray[np.integer]) -> GroupRates:
    """The rates of cells (..., K, 2, 2)."""
    none, alarms, misses, hits = cells[..., 0, 0], cells[..., 0, 1], cells[..., 1, 0], cells[..., 1, 1]
    negatives, positives = none + alarms, misses + hits
    people = negatives + positives
    return GroupRates(
        _share(alarms + hits, people), _share(hits, positives), _share(alarms, negatives), _share(none + hits, people)
    )


def largest_difference(rates: Floats) -> Floats:
    """The largest rate minus the smallest, over the last axis; NaN where there is none."""
    return np.asarray(np.fmax.reduce(rates, axis=-1) - np.fmin.reduce(rates, axis=-1), dtype=np.float64)


def smallest_ratio(rates: Floats) -> Floats:
    """The smallest rate over the largest, over the last axis; NaN where the largest is 0 or there is none."""
    return _share(np.fmin.reduce(rates, axis=-1), np.fmax.reduce(rates, axis=-1))


def resampled_cells(cells: Ints, *, repeats: int, rng: np.random.Generator, fixed_groups: bool = False) -> Ints:
    """Cells of as many rows drawn with replacement, (repeats, K, 2, 2).

    Args:
        cells: (K, 2, 2).
        repeats: how many resamples.
        rng: draws them.
        fixed_groups: whether every group keeps its size; else the sizes are drawn as well.
    """
    if not fixed_groups:
        return _drawn(cells.reshape(-1), repeats, rng).reshape(repeats, *cells.shape)
    return np.stack([_drawn(each.reshape(-1), repeats, rng).reshape(repeats, 2, 2) for each in cells], axis=1)


def permuted_cells(cells: Ints, *, repeats: int, rng: np.random.Generator, given_truth: bool) -> Ints:
    """Cells after the groups' labels were dealt anew, (repeats, K, 2, 2): what gaps show where there are none.

    Args:
        cells: (K, 2, 2).
        repeats: how many.
        rng: deals them.
        given_truth: whether labels stay among rows of the same truth (for true and false positive rates), or are dealt
            among all (for selection rates and accuracy, where groups do not differ in their truth either).
    """
    dealt = np.empty((repeats, *cells.shape), dtype=np.int64)
    if given_truth:
        for truth in (0, 1):
            dealt[:, :, truth] = _dealt(cells[:, truth], repeats, rng)
    else:
        dealt[:] = _dealt(cells.reshape(len(cells), 4), repeats, rng).reshape(dealt.shape)
    return dealt


def _drawn(counts: Ints, repeats: int, rng: np.random.Generator) -> Ints:
    n = int(counts.sum())
    return rng.multinomial(n, counts / max(n, 1), size=repeats) if n else np.zeros((repeats, len(counts)), np.int64)


def _dealt(counts: Ints, repeats: int, rng: np.random.Generator) -> Ints:
    """Tables (repeats, K, C) with the margins of this one, (K, C), as independence makes them."""
    dealt = np.empty((repeats, *counts.shape), dtype=np.int64)
    left = np.tile(counts.sum(axis=0), (repeats, 1))
    for k, size in enumerate(counts.sum(axis=1)):
        wanted, pool = np.full(repeats, size), left.sum(axis=1)
        for c in range(counts.shape[1]):
            pool = pool - left[:, c]
            dealt[:, k, c] = rng.hypergeometric(left[:, c], pool, wanted)
            wanted = wanted - dealt[:, k, c]
        left -= dealt[:, k]
    return dealt


def _share(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    result = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=result, where=np.asarray(whole) > 0)
    return result
