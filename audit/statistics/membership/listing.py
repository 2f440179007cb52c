"""Which records stand out from those that a model never saw: conformal p-values, and what is sure of a list of them.

A record's p-value is the rank of its score among those of the holdout: (1 + #{holdout scores ≥ its own}) / (n + 1). It
is valid for a record that the model treats as it treats unseen ones, whatever the distribution of scores, and the
p-values of several records rise together (they are PRDS), so that the Benjamini–Hochberg procedure bounds the expected
share of wrong names, and Simes' test of any set of records is valid. Closing Simes' test gives, at once for every list,
a lower bound of how many of its records are rightly there.

Reference: Vovk, Gammerman & Shafer 2005, doi:10.1007/b106715; Bates et al. 2023, doi:10.1214/22-AOS2244 (conformal
p-values are PRDS); Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; Goeman & Solari 2011,
doi:10.1214/11-STS356, and Goeman et al. 2019, doi:10.1093/biomet/asz041 (bounds from closed testing with Simes' test).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..multiplicity import false_discovery

Floats = NDArray[np.float64]


def conformal_p_values(scores: ArrayLike, holdout: ArrayLike) -> Floats:
    """The p-value of each record, (m,), in [1/(n + 1), 1]; ties count against the record.

    Args:
        scores: (m,), of records that the model learned from, higher for more like a member; −∞ may occur.
        holdout: (n,), of records that it never saw.

    Raises:
        ValueError: without holdout scores, or if one is NaN.
    """
    seen, unseen = np.asarray(scores, dtype=np.float64), np.sort(np.asarray(holdout, dtype=np.float64))
    if not len(unseen) or np.isnan(seen).any() or np.isnan(unseen).any():
        raise ValueError("expected holdout scores, and numbers alone, got none or NaN; give a holdout")
    higher = len(unseen) - np.searchsorted(unseen, seen, side="left")
    p: Floats = (1.0 + higher) / (len(unseen) + 1.0)
    return p


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Records that stand out from those that the model never saw.

    Args:
        p_values: (m,), conformal.
        adjusted: (m,), by Benjamini and Hochberg: naming those of at most q keeps the expected share of wrong ones at
            q.
        named: bool (m,), which are named.
        q: the false discovery rate.
        holdout: n, records of the holdout.
    """

    p_values: Floats
    adjusted: Floats
    named: NDArray[np.bool_]
    q: float
    holdout: int

    @property
    def count(self) -> int:
        """How many are named."""
        return int(self.named.sum())

    @property
    def fewest_nameable(self) -> int:
        """How many records must stand out from the whole holdout before any can be named: m / (q (n + 1))."""
        return math.ceil(len(self.p_values) / (self.q * (self.holdout + 1)) - 1e-9)

    def surely(self, level: float) -> int:
        """How many of the named records are rightly named, at least, with this confidence."""
        return true_among(self.p_values, self.named, 1 - level)


def listing(scores: ArrayLike, holdout: ArrayLike, *, q: float) -> Listing:
    """Name the records that stand out, with at most a share q of wrong names expected.

    Args:
        scores: (m,), at least one; see `conformal_p_values`.
        holdout: (n,).
        q: the false discovery rate, between 0 and 1.

    Raises:
        ValueError: as `conformal_p_values`, or if q is no share.
    """
    if not 0 < q < 1:
        raise ValueError(f"expected q between 0 and 1, got {q}")
    p = conformal_p_values(scores, holdout)
    adjusted = false_discovery(p, dependent=False)
    return Listing(p, adjusted, adjusted <= q * (1 + 1e-12), q, len(np.asarray(holdout)))


def null_counts(records: int, holdout: int, *, q: float, rng: np.random.Generator, draws: int = 199) -> Floats:
    """How many records would be named if the model had seen none of them, (draws,): every order is equally likely.

    Args:
        records: m, at least one.
        holdout: n, at least one.
        q: the false discovery rate.
        rng: draws the orders.
        draws: how many.
    """
    unseen = np.arange(records + holdout) < holdout
    found = np.empty(draws)
    for at in range(draws):
        order = rng.permutation(unseen)  # From the highest score to the lowest.
        above = np.cumsum(order)[~order]  # (m,), holdout records above each of the others, ascending
        fits = (1 + above) / (holdout + 1) <= q * np.arange(1, records + 1) / records * (1 + 1e-12)
        last = np.flatnonzero(fits)
        found[at] = 0 if not len(last) else last[-1] + 1
    return found


def true_among(p_values: ArrayLike, chosen: NDArray[np.bool_], alpha: float) -> int:
    """A lower bound of how many of the chosen hypotheses are false, by closed testing with Simes' test.

    It errs with a chance of at most α, for all choices at once, so the choice may depend on the p-values.

    Args:
        p_values: (m,), PRDS, or independent.
        chosen: bool (m,).
        alpha: the chance of a wrong bound, between 0 and 1.

    Reference: Goeman, Meijer, Krebs & Solari 2019, doi:10.1093/biomet/asz041, equation 4.
    """
    p = np.asarray(p_values, dtype=np.float64)
    inside = np.sort(p[chosen])
    h = largest_unrejected(p, alpha)
    if not len(inside):
        return 0
    if h == 0:
        return len(inside)
    # d = max over u of 1 − u + #{chosen: h p ≤ u α}
    u = np.arange(1, len(inside) + 1)
    counts = np.searchsorted(inside, u * alpha / h * (1 + 1e-12), side="right")
    return int(max(0, (1 - u + counts).max()))


def largest_unrejected(p_values: ArrayLike, alpha: float) -> int:
    """Hommel's h: the size of the largest set of hypotheses that Simes' test at α does not reject, 0 if it rejects all.

    It is the largest i with p₍m−i+j₎ > j α / i for all j up to i; fewer hypotheses than h can be true only by an error
    of chance at most α.

    Reference: Hommel 1988, doi:10.1093/biomet/75.2.383.
    """
    p = np.sort(np.asarray(p_values, dtype=np.float64))
    m = len(p)

    def kept(size: int) -> bool:
        worst = p[m - size :]
        return bool((worst > np.arange(1, size + 1) * alpha / size * (1 + 1e-12)).all())

    # If the largest p-values of one size are rejected, so are those of any larger size: bisect.
    low, high = 0, m
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if kept(middle) else (low, middle - 1)
    return low
