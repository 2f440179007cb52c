"""How far counted shares are from others, corrected for what counting alone adds, and exact tests of equality.

Every distance of counted shares from the true ones is above 0 on average; the corrected ones below are less what
resampling says that is, and may be below 0 where there is no distance. Total variation with intervals, also behind a
fallible classifier, is `total_variation.py`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Distance = Callable[[Floats, Floats], Floats]
"""A distance of shares (..., K) from targets that broadcast with them: (...)."""

Statistic = Callable[[Ints, Floats], Floats]
"""A statistic of counts (..., K) and those expected, larger where they are further apart: (...)."""


def kullback_leibler(shares: Floats, targets: Floats) -> Floats:
    """Σ share · log(share / target) in nats, over the last axis; infinite where a target is 0 and its share is not.

    Reference: Kullback & Leibler 1951, doi:10.1214/aoms/1177729694.
    """
    from scipy.special import rel_entr

    return np.asarray(rel_entr(shares, targets).sum(axis=-1), dtype=np.float64)


def jensen_shannon(shares: Floats, targets: Floats) -> Floats:
    """The mean divergence of both from their average in nats, over the last axis; in [0, log 2], never infinite.

    Reference: Lin 1991, doi:10.1109/18.61115.
    """
    middle = (shares + targets) / 2
    return (kullback_leibler(shares, middle) + kullback_leibler(targets, middle)) / 2


def corrected_distance(
    distance: Distance,
    *,
    counts: Ints,
    targets: Floats,
    rng: np.random.Generator,
    reference: Ints | None = None,
    repeats: int = 2_000,
) -> float:
    """The distance of counted shares from targets, less the bias that a bootstrap finds in it.

    Twice the distance minus the mean of resampled ones. It removes nearly all bias of smooth distances; of distances
    with a kink, such as the total variation, about half of it at equality and all where the shares are clearly apart.

    Args:
        distance: of shares and targets.
        counts: (K,), at least one in all.
        targets: (K,), exact shares; with `reference` they are its shares, and only set the value.
        rng: resamples.
        reference: (K,), counts that the targets were taken from; None where they are exact.
        repeats: how many resamples.

    Raises:
        ValueError: if the distance is infinite, as that of Kullback and Leibler from a share of 0 is.

    Reference: Efron & Tibshirani 1993, An introduction to the bootstrap, section 10.3.
    """
    n = int(counts.sum())
    wanted = targets if reference is None else reference / reference.sum()
    measured = float(distance(counts / n, wanted))
    drawn = rng.multinomial(n, counts / n, size=repeats) / n
    moved = wanted
    if reference is not None:
        moved = rng.multinomial(int(reference.sum()), wanted, size=repeats) / reference.sum()
    resampled = distance(drawn, moved)
    if not (np.isfinite(measured) and np.isfinite(resampled).all()):
        raise ValueError("expected a finite distance: a group that has no target came; use one that is never infinite")
    return 2 * measured - float(resampled.mean())


def pearson_statistic(counts: Ints, expected: Floats) -> Floats:
    """Σ (count − expected)² / expected over the last axis; infinite where what cannot come came.

    Reference: Pearson 1900, doi:10.1080/14786440009463897.
    """
    square = np.square(counts - expected)
    each = np.divide(square, expected, out=np.where(square > 0, np.inf, 0.0), where=expected > 0)
    return np.asarray(each.sum(axis=-1), dtype=np.float64)


def g_statistic(counts: Ints, expected: Floats) -> Floats:
    """2 Σ count · log(count / expected) over the last axis, the likelihood ratio; infinite as Pearson's.

    Reference: Wilks 1938, doi:10.1214/aoms/1177732360.
    """
    from scipy.special import rel_entr

    return np.asarray(2 * rel_entr(counts, expected).sum(axis=-1), dtype=np.float64)


def target_p_value(
    *,
    counts: Ints,
    targets: Floats,
    rng: np.random.Generator,
    statistic: Statistic = g_statistic,
    repeats: int = 9_999,
) -> float:
    """Monte-Carlo p-value of the true shares being the targets, exact at any size; at least 1 / (repeats + 1).

    Args:
        counts: (K,).
        targets: (K,), exact shares that sum to 1.
        rng: draws samples of the targets.
        statistic: `g_statistic` or `pearson_statistic`.
        repeats: how many samples.

    Reference: Besag & Clifford 1991, doi:10.1093/biomet/78.2.301.
    """
    n = int(counts.sum())
    drawn = statistic(rng.multinomial(n, targets, size=repeats), n * targets)
    seen = float(statistic(counts, n * targets))
    return (1 + int((drawn >= seen * (1 - 1e-12)).sum())) / (1 + repeats)


def homogeneity_p_value(
    *,
    first: Ints,
    second: Ints,
    rng: np.random.Generator,
    statistic: Statistic = g_statistic,
    repeats: int = 9_999,
) -> float:
    """Monte-Carlo p-value of two samples having the same true shares, given how many of each group both have.

    Args:
        first: (K,), counts of one sample.
        second: (K,), counts of the other.
        rng: deals the records of both to two samples anew.
        statistic: `g_statistic` or `pearson_statistic`, of both samples together.
        repeats: how many times.

    Reference: Agresti 1992, doi:10.1214/ss/1177011454 (conditional tests by simulation).
    """
    totals, n = first + second, int(first.sum())
    whole = int(totals.sum())

    def together(counts: Ints) -> Floats:
        return statistic(counts, totals * n / whole) + statistic(totals - counts, totals * (whole - n) / whole)

    drawn = together(rng.multivariate_hypergeometric(totals, n, size=repeats, method="marginals"))
    return (1 + int((drawn >= float(together(first)) * (1 - 1e-12)).sum())) / (1 + repeats)
