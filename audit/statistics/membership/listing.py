"""Which records stand out from those that a model never saw: conformal p-values, and what is sure of a list of them.

A record's p-value is the rank of its score among those of the holdout: (1 + #{holdout scores ≥ its own}) / (n + 1). It
is valid for a record that the model treats as it treats unseen ones, whatever the distribution of scores, and the
p-values of several records rise together (they are PRDS), so that the Benjamini–Hochberg procedure bounds the expected
share of wrong names.

How many names are right at least: however many of the m records are as unseen ones, the number of these beyond the k-th
largest holdout score is at most that of m unseen ones, whose distribution is known. What exceeds its 1 − α/K point
is no chance; K values of k share the error, so the bound holds for any list that is cut at a score.

Reference: Vovk, Gammerman & Shafer 2005, doi:10.1007/b106715; Bates et al. 2023, doi:10.1214/22-AOS2244 (conformal
p-values are PRDS); Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; Gazin, Blanchard & Roquain 2024,
arXiv:2310.18108 (the joint law of conformal p-values, and bounds that hold for all lists at once).
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
    p: Floats = np.asarray((1.0 + higher) / (len(unseen) + 1.0), dtype=np.float64)
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
        cuts: 1, 2, 4, … up to n: places among the largest holdout scores.
        chances: for each, `chances_of_more`.
    """

    p_values: Floats
    adjusted: Floats
    named: NDArray[np.bool_]
    q: float
    holdout: int
    cuts: tuple[int, ...]
    chances: tuple[Floats, ...]

    @property
    def count(self) -> int:
        """How many are named."""
        return int(self.named.sum())

    @property
    def fewest_nameable(self) -> int:
        """How many records must stand out from the whole holdout before any can be named: m / (q (n + 1))."""
        return math.ceil(len(self.p_values) / (self.q * (self.holdout + 1)) - 1e-9)

    @property
    def p_value(self) -> float:
        """Of no record standing out: the smallest chance of so many beyond one of the cuts, times their number."""
        beyond = [(self.chances[at][self._beyond(k)]) for at, k in enumerate(self.cuts)]
        return float(min(1.0, max(len(self.cuts) * min(beyond), 1e-12)))

    def surely(self, level: float) -> int:
        """How many of the named records are rightly named, at least, with this confidence."""
        if not self.count:
            return 0
        furthest = round(float(self.p_values[self.named].max()) * (self.holdout + 1))
        share = (1 - level) / len(self.cuts)
        bounds = [
            # Fewer than this many unseen records lie beyond the cut, but for a chance of `share`.
            self._beyond(k) - (int((more > share).sum()) - 1)
            for k, more in zip(self.cuts, self.chances, strict=True)
            if k <= furthest
        ]
        return max(0, *bounds)

    def _beyond(self, k: int) -> int:
        """How many records exceed the k-th largest holdout score."""
        return int((self.p_values * (self.holdout + 1) < k + 0.5).sum())


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
    n = len(np.asarray(holdout))
    cuts = tuple(2**at for at in range(n.bit_length()))
    chances = tuple(chances_of_more(len(p), n, k) for k in cuts)
    return Listing(p, adjusted, adjusted <= q * (1 + 1e-12), q, n, cuts, chances)


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


def chances_of_more(records: int, holdout: int, k: int) -> Floats:
    """The chance that at least c of so many unseen records exceed the k-th largest holdout score, c = 0 … m: (m + 1,).

    Their number follows the beta-binomial distribution with parameters k and n − k + 1; with ties it is smaller.

    Reference: Gazin, Blanchard & Roquain 2024, arXiv:2310.18108 (the joint law of conformal p-values).
    """
    from scipy.special import betaln, gammaln

    m, c = records, np.arange(records + 1)
    chosen = gammaln(m + 1) - gammaln(c + 1) - gammaln(m - c + 1)
    exactly = np.exp(chosen + betaln(c + k, m - c + holdout - k + 1) - betaln(k, holdout - k + 1))
    more: Floats = np.minimum(np.cumsum(exactly[::-1])[::-1], 1.0)
    return more
