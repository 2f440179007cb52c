"""How far samples spread within their modes, generated against real.

The spread of a mode is the root mean squared distance of its samples from their own mean, so that a shift of the mode
does not count. A mean of squares behaves like a chi-squared variable over its degrees of freedom. How many these are
follows from how unequal the squared distances are: 2 (n − 1) over their squared coefficient of variation, which for a
round Gaussian is n − 1 times its number of directions. So ratios of mean squares have F limits.

Reference: Satterthwaite 1946, doi:10.2307/3002019; Box 1953 on unequal variances of non-normal data,
doi:10.1093/biomet/40.3-4.318.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..shares.binomial import Limits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PRIOR = 100.0  # samples by which the inequality in one mode is drawn to that in all modes
_NOTHING = 1e-12
_BLOCK = 100


class Scatter(NamedTuple):
    """Of each mode, (K,): samples, mean squared distance to their mean (unbiased), and its degrees of freedom."""

    sizes: Ints
    squares: Floats
    freedom: Floats


class Ratio(NamedTuple):
    """Ratios of mean squares, generated over real, with the degrees of freedom of both; arrays of one shape."""

    value: Floats
    generated: Floats
    reference: Floats


def scatter(*, samples: Floats, labels: Ints, modes: int) -> Scatter:
    """The scatter of samples (n, d) within modes; those with negative labels are left out."""
    inside = labels >= 0
    own = labels[inside]
    sizes = np.bincount(own, minlength=modes)
    distances, level = _deviations(samples[inside], own, modes)
    total = np.bincount(own, weights=distances, minlength=modes)
    squares = total / np.maximum(sizes - 1, 1)
    # What rounding leaves of equal samples is no spread.
    squares[squares <= _NOTHING * np.maximum(level, 1e-300)] = 0.0
    # Distances from a mean of n are short by (n - 1) / n on average, and vary less by the same factor.
    relative = distances / np.where(squares > 0, squares * (1 - 1 / np.maximum(sizes, 2)), 1.0)[own]
    uneven = np.bincount(own, weights=(relative - 1) ** 2, minlength=modes).astype(np.float64)
    counted = np.where(squares > 0, np.maximum(sizes - 1, 0), 0)
    uneven[squares == 0] = 0.0
    # In few samples it looks too small: a far one raises the mean by which it is divided.
    uneven *= 1 + 2 * uneven.sum() / max(int(counted.sum()), 1) / np.maximum(sizes, 1)
    overall = uneven.sum() / max(int(counted.sum()), 1)
    inequality = (uneven + _PRIOR * overall) / (counted + _PRIOR)
    return Scatter(sizes, squares, 2 * np.maximum(sizes - 1, 1) / np.maximum(inequality, 1e-6))


def ratio_of(*, generated: Scatter, reference: Scatter) -> Ratio:
    """The ratio of each mode; the real scatter of every mode must be positive."""
    return Ratio(generated.squares / reference.squares, *_cautious_freedom(generated, reference))


def pooled_ratio(*, generated: Scatter, reference: Scatter, weights: Floats) -> Ratio:
    """One ratio over all modes, each of them measured in units of its own scale.

    Args:
        generated: scatter of generated samples.
        reference: of real ones.
        weights: (K,), the weight of each mode divided by its squared scale, known from other data.
    """
    total, freedom = [], []
    for each, own in zip((generated, reference), _cautious_freedom(generated, reference), strict=True):
        amount = float((weights * each.squares).sum())
        variance = float((weights**2 * each.squares**2 * 2 / own).sum())
        total.append(amount)
        freedom.append(2 * amount**2 / variance if variance > 0 else float(own.sum()))
    return Ratio(np.array(total[0] / total[1]), np.array(freedom[0]), np.array(freedom[1]))


def _cautious_freedom(generated: Scatter, reference: Scatter) -> tuple[Floats, Floats]:
    """Degrees of freedom of both, at the fewer for each sample: what tails one set shows, count for both."""
    sizes = [np.maximum(each.sizes - 1, 1) for each in (generated, reference)]
    each = np.minimum(generated.freedom / sizes[0], reference.freedom / sizes[1])
    return each * sizes[0], each * sizes[1]


def spread_limits(ratio: Ratio, *, samples: ArrayLike, levels: ArrayLike) -> Limits:
    """Two-sided intervals, (L, …), for the ratio of spreads: the root of the ratio of mean squares.

    Where the generated samples do not spread at all, the upper limit is that of a share of them which might have the
    real spread, none of which was drawn.

    Args:
        ratio: of mean squares.
        samples: generated samples behind each ratio.
        levels: (L,), or of the shape of the result.
    """
    from scipy.stats import f

    wanted = np.asarray(levels, dtype=np.float64)
    if wanted.ndim == 1:
        wanted = wanted.reshape(-1, *([1] * ratio.value.ndim))
    tail = (1 - wanted) / 2
    value = np.sqrt(ratio.value)
    low = np.sqrt(ratio.value / f.isf(tail, ratio.generated, ratio.reference))
    high = np.sqrt(ratio.value / f.ppf(tail, ratio.generated, ratio.reference))
    unseen = np.sqrt(1 - tail ** (1 / np.maximum(np.asarray(samples, dtype=np.float64), 1)))
    high = np.where(ratio.value > 0, high, unseen)
    return Limits(np.minimum(low, value), np.maximum(high, value))


def spread_p_values(ratio: Ratio) -> tuple[Floats, Floats]:
    """One-sided p-values of equal spread: of a ratio as small, and of one as large."""
    from scipy.stats import f

    small = np.asarray(f.cdf(ratio.value, ratio.generated, ratio.reference), dtype=np.float64)
    large = np.asarray(f.sf(ratio.value, ratio.generated, ratio.reference), dtype=np.float64)
    return small, large


def perfect_ratios(*, reference: Scatter, generated: Ints, rng: np.random.Generator, repeats: int = 4000) -> Floats:
    """Ratios of spreads, (repeats, K), that a perfect generator with so many samples in each mode would show.

    How its squared distances vary is taken from the real samples.

    Args:
        reference: scatter of the real samples.
        generated: (K,) generated samples in each mode.
        rng: draws the ratios.
        repeats: how many of them.
    """
    freedom = reference.freedom * np.maximum(generated - 1, 1) / np.maximum(reference.sizes - 1, 1)
    drawn: Floats = np.sqrt(rng.f(freedom, reference.freedom, size=(repeats, len(freedom))))
    return drawn


def permuted_squares(
    *,
    generated: Floats,
    generated_labels: Ints,
    reference: Floats,
    reference_labels: Ints,
    modes: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Mean squares of both, (repeats, modes) each, when within each mode chance decides which samples are generated.

    Distances are taken from each set's own mean first, so that modes may be shifted. At most 1,000 repeats, fewer where
    there are many samples.

    Args:
        generated: (m, d).
        generated_labels: (m,), the mode of each, −1 for none.
        reference: (n, d).
        reference_labels: (n,), likewise.
        modes: how many there are.
        rng: permutes the samples.
    """
    of_generated = np.ones((_permutations(len(generated) + len(reference)), modes))
    of_reference = of_generated.copy()
    kept = [labels >= 0 for labels in (generated_labels, reference_labels)]
    sets = []
    for samples, labels, inside in zip((generated, reference), (generated_labels, reference_labels), kept, strict=True):
        own = labels[inside]
        sizes = np.bincount(own, minlength=modes)
        distances, _ = _deviations(samples[inside], own, modes)
        sets.append((own, distances * (sizes / np.maximum(sizes - 1, 1))[own]))
    for k in range(modes):
        values = [distances[own == k] for own, distances in sets]
        first, both = len(values[0]), np.concatenate(values)
        if min(first, len(both) - first) < 2:
            continue
        second, total, average = len(both) - first, both.sum(), both.mean()
        for start in range(0, len(of_generated), _BLOCK):
            part = slice(start, min(start + _BLOCK, len(of_generated)))
            mixed = rng.permuted(np.tile(both, (part.stop - start, 1)), axis=1)
            chosen = mixed[:, :first].sum(axis=1)
            of_generated[part, k] = _own_mean(chosen / first, average, first)
            of_reference[part, k] = _own_mean((total - chosen) / second, average, second)
    return of_generated, of_reference


def _own_mean(squares: Floats, average: float, n: int) -> Floats:
    """Mean squares of n, scattered as much more as distances from an estimated mean make them: n / (n − 1)."""
    scattered: Floats = np.maximum(average + (squares - average) * np.sqrt(n / (n - 1)), 0)
    return scattered


def _permutations(samples: int) -> int:
    return int(np.clip(20_000_000 // max(samples, 1), 399, 1000))


def _deviations(values: Floats, own: Ints, modes: int) -> tuple[Floats, Floats]:
    """Squared distance of each sample from the mean of its mode, and the squared length of each of these means."""
    member = np.zeros((modes, len(values)))
    member[own, np.arange(len(values))] = 1.0
    means = member @ values / np.maximum(member.sum(axis=1), 1)[:, None]
    distances: Floats = ((values - means[own]) ** 2).sum(axis=1)
    return distances, (means**2).sum(axis=1)
