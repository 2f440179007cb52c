"""The shares of the groups among generated samples, with all that is needed to report and to judge them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import DECLARED, Groups, Ints
from ...finding import LEVELS, NOMINAL, Inconclusive
from ...statistics.shares.binomial import Limits, clopper_pearson, normal_quantile
from ...statistics.shares.confusion import (
    Floats,
    ShareCovariance,
    corrected_shares,
    error_rates,
    share_covariance,
    simulated_shares,
    softened_rates,
    youden,
)
from ...statistics.shares.corrected import share_limits, share_p_values, simultaneous_levels

WEAKEST = 0.3
"""The smallest Youden index with which a judge may speak.

The standard error of a corrected share is that of a plain count divided by about this index: at 0.3 it takes eleven
times the samples, and an error rate that is off by three points on generated samples moves the share by ten.
"""


@dataclass(frozen=True, slots=True)
class GroupShares:
    """Corrected shares of K groups and what surrounds them.

    Args:
        attribute: what tells the groups apart.
        names: the K groups.
        n: generated samples.
        counts: int64 (K,), generated samples judged to be of each group.
        confusion: int64 (K, K), or None where groups are declared.
        targets: (K,), the shares wanted, taken as exact.
        shares: (K,), corrected estimates.
        softened: (K, K), the judge's rates, none of them zero without certainty.
        judged: int64 (K,), labelled samples behind each row of the rates.
        each: limits of the shares (levels, K), each group by itself at `LEVELS`.
        together: the same, all groups together at `LEVELS`.
        p_values: (K,), of each share being its target.
        perfect: (repeats, K), shares a perfect generator would show under the same judge and n.
        covariance: sources of error of `shares`.
    """

    attribute: str
    names: tuple[str, ...]
    n: int
    counts: Ints
    confusion: Ints | None
    targets: Floats
    shares: Floats
    softened: Floats
    judged: Ints
    each: Limits
    together: Limits
    p_values: Floats
    perfect: Floats
    covariance: ShareCovariance

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """Groups whose target is not zero, so that a ratio to it exists."""
        return self.targets > 0

    @property
    def ratios(self) -> Floats:
        """Share over target, (K,); infinite or undefined entries where the target is zero are set to infinity."""
        return self.relative(self.shares)

    def relative(self, shares: Floats) -> Floats:
        """Shares (..., K) over their targets; infinity where nothing was wanted."""
        ratios: Floats = np.full(np.shape(shares), np.inf)
        np.divide(shares, self.targets, out=ratios, where=np.broadcast_to(self.wanted, ratios.shape))
        return ratios

    @property
    def rates(self) -> Floats:
        """The judge's rates as counted, (K, K)."""
        return np.eye(len(self.names)) if self.confusion is None else error_rates(self.confusion)


def measure_shares(
    groups: Groups,
    targets: Mapping[str, float] | None,
    *,
    repeats: int,
    rng: np.random.Generator,
    together: int | None = None,
) -> GroupShares:
    """Correct the counted shares and simulate what a perfect generator would show.

    `together` is how many groups are judged at once, where other attributes have groups as well.

    Raises:
        Inconclusive: if there is nothing to count, or the targets do not fit the groups.
    """
    k, n = len(groups.names), len(groups.predicted)
    if n == 0:
        raise Inconclusive("no generated sample has a group: draw samples")
    counts = np.bincount(groups.predicted, minlength=k).astype(np.int64)
    goal = target_shares(groups, targets)
    confusion = None if groups.judge == DECLARED else np.asarray(groups.confusion, dtype=np.int64)
    if confusion is None:
        rates, softened, judged = np.eye(k), np.eye(k), np.ones(k, dtype=np.int64)
    else:
        rates, softened, judged = error_rates(confusion), softened_rates(confusion), confusion.sum(axis=1)
    shares = corrected_shares(counts=counts, rates=rates)
    return GroupShares(
        attribute=groups.attribute,
        names=groups.names,
        n=n,
        counts=counts,
        confusion=confusion,
        targets=goal,
        shares=shares,
        softened=softened,
        judged=judged,
        each=_limits(counts, confusion, np.array(LEVELS)),
        together=_limits(counts, confusion, simultaneous_levels(LEVELS, together or k)),
        p_values=_p_values(counts, confusion, goal),
        perfect=simulated_shares(shares=goal, rates=softened, judged=judged, n=n, repeats=repeats, rng=rng),
        covariance=share_covariance(shares=shares, rates=softened, judged=judged, n=n),
    )


def target_shares(groups: Groups, targets: Mapping[str, float] | None) -> Floats:
    """The shares wanted, (K,), summing to 1: those given, else those of the whole reference.

    Raises:
        Inconclusive: if the targets name other groups than there are.
    """
    if targets is None:
        total = groups.reference_counts.sum()
        if total == 0:
            raise Inconclusive("the reference counts no group, so it sets no target: give target shares in the policy")
        return np.asarray(groups.reference_counts / total, dtype=np.float64)
    given = {str(name): float(share) for name, share in targets.items()}
    if set(given) != set(groups.names):
        raise Inconclusive(
            f"expected a target share for each of {', '.join(groups.names)}, got them for {', '.join(given)}: "
            "correct settings.GA101.targets in the policy"
        )
    wanted = np.array([given[name] for name in groups.names])
    return np.asarray(wanted / wanted.sum(), dtype=np.float64)


def refuse_weak_judge(measured: GroupShares, tolerance: float) -> None:
    """Refuse to answer where the judge leaves too much open, however many samples are drawn.

    Raises:
        Inconclusive: if the smallest Youden index is below `WEAKEST`, or if the judge's error rates alone make some
            share uncertain by more than `tolerance` either way.
    """
    if measured.confusion is None:
        return
    indices = youden(measured.confusion)
    worst = int(indices.argmin())
    if indices[worst] < WEAKEST:
        column = np.where(np.arange(len(indices)) == worst, -1.0, measured.rates[:, worst])
        raise Inconclusive(
            f"the judge cannot tell group {measured.names[worst]} apart: it recognises "
            f"{measured.rates[worst, worst]:.0%} of its members but takes {column.max():.0%} of group "
            f"{measured.names[int(column.argmax())]} for them; the difference must be at least {WEAKEST:.0%}. "
            "More labelled reference data, or merging the two groups, would help"
        )
    floors = normal_quantile(NOMINAL) * np.sqrt(np.diagonal(measured.covariance.judge))
    widest = int(floors.argmax())
    if floors[widest] > tolerance:
        raise Inconclusive(
            f"the judge's error rates are known so roughly that the share of group {measured.names[widest]} stays "
            f"uncertain by ±{floors[widest]:.1%} however many samples are drawn (accepted: ±{tolerance:.1%}); "
            f"label more reference data than the {measured.judged[widest]:,} samples of that group"
        )


def _limits(counts: Ints, confusion: Ints | None, levels: Floats) -> Limits:
    if confusion is not None:
        return share_limits(counts=counts, confusion=confusion, levels=levels)
    return clopper_pearson(successes=counts[None, :], trials=counts.sum(), level=levels[:, None])


def _p_values(counts: Ints, confusion: Ints | None, targets: Floats) -> Floats:
    if confusion is not None:
        return share_p_values(counts=counts, confusion=confusion, targets=targets)
    from scipy.stats import binom

    n = counts.sum()
    tails = np.minimum(binom.cdf(counts, n, targets), binom.sf(counts - 1, n, targets))
    return np.asarray(np.minimum(1.0, 2 * tails), dtype=np.float64)
