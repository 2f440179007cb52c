"""How often each level of an outcome is found in each group, and how precisely that is known.

Counted rates are binomial. Rates that two fallible classifiers counted are corrected as shares of all pairs of group
and level, by the confusion of pairs; each behaves like a binomial rate of fewer records, and groups share errors.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..shares.confusion import corrected_shares, error_rates, share_covariance, softened_rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rates:
    """P(level | group) of K groups and L levels.

    Args:
        values: (K, L), rows sum to 1; only of groups that have records.
        trials: (K, L), independent records that would be as precise; infinity where a rate is known exactly.
        from_draws: (K, L), the part of the variance that more records would shrink, 0–1.
        correlation: (L, K, K), of the errors of the groups' rates; None where groups were counted.
    """

    values: Floats
    trials: Floats
    from_draws: Floats
    correlation: Floats | None = None

    @property
    def variance(self) -> Floats:
        """Of each rate, (K, L), with half a record more on either side so that no rate is certain; 0 where exact."""
        known = np.isinf(self.trials)
        n = np.where(known, 1.0, self.trials)
        near = (n * self.values + 0.5) / (n + 1)
        variance: Floats = np.where(known, 0.0, near * (1 - near) / n)
        return variance

    def of_levels(self, levels: Ints) -> "Rates":
        """The rates of some levels alone."""
        correlation = None if self.correlation is None else self.correlation[levels]
        return replace(
            self,
            values=self.values[:, levels],
            trials=self.trials[:, levels],
            from_draws=self.from_draws[:, levels],
            correlation=correlation,
        )

    def of_groups(self, groups: Ints) -> "Rates":
        """The rates of some groups alone."""
        correlation = None if self.correlation is None else self.correlation[:, groups][:, :, groups]
        return Rates(self.values[groups], self.trials[groups], self.from_draws[groups], correlation)


def counted_rates(counts: Ints, *, exact: bool = False) -> Rates:
    """Rates of counts (K, L), at least one record in each group; `exact` where these are all records that there are."""
    totals = counts.sum(axis=1, keepdims=True).astype(np.float64)
    values = counts / totals
    trials = np.full(counts.shape, np.inf) if exact else np.broadcast_to(totals, counts.shape).copy()
    return Rates(values, trials, np.zeros(counts.shape) if exact else np.ones(counts.shape))


def corrected_joint(counts: Ints, confusion: Ints) -> Floats:
    """Corrected shares (K, L) of all pairs of group and level, of counts (K, L) and confusion (KL, KL)."""
    shares = corrected_shares(counts=counts.ravel(), rates=error_rates(confusion))
    return shares.reshape(counts.shape)


def corrected_rates(counts: Ints, confusion: Ints) -> Rates:
    """Rates of pairs of group and level that classifiers told, with the error of the classifiers' own error rates.

    By linearisation: the covariance of the corrected shares of pairs is carried to their ratios within groups. The
    classifiers are taken to err on these records as on those where their errors were counted; that the two of them err
    together is part of the confusion of pairs.

    Args:
        counts: (K, L) records told as each pair; every group's corrected share must be above 0.
        confusion: (KL, KL) counts of true by told pairs, pairs in the order of `counts`, no empty row.
    """
    k, levels = counts.shape
    n, labelled = int(counts.sum()), confusion.sum(axis=1)
    shares = corrected_joint(counts, confusion)
    covariance = share_covariance(shares=shares.ravel(), rates=softened_rates(confusion), labelled=labelled, n=n)
    sizes = shares.sum(axis=1)
    values = shares / sizes[:, None]
    slope = np.zeros((k, levels, k, levels))
    for group in range(k):
        slope[group, :, group, :] = (np.eye(levels) - values[group][:, None]) / sizes[group]
    flat = slope.reshape(k * levels, k * levels)
    drawn, told = (flat @ part @ flat.T for part in (covariance.draws, covariance.classifier))
    whole = np.maximum(np.diagonal(drawn + told), 1e-15)
    # No classifier makes a rate more precise than counting would: a group of so many records sets the limit.
    most = np.maximum(n * sizes[:, None], 1.0)
    near = np.clip(values, 0.5 / (most + 1), 1 - 0.5 / (most + 1))
    trials = np.minimum(near * (1 - near) / whole.reshape(k, levels), most)
    spread = np.sqrt(whole)
    related = ((drawn + told) / np.outer(spread, spread)).reshape(k, levels, k, levels)
    correlation = np.stack([related[:, level, :, level] for level in range(levels)])
    share = np.clip(np.diagonal(drawn) / whole, 0.0, 1.0).reshape(k, levels)
    return Rates(values, trials, share, np.clip(correlation, -1.0, 1.0))
