"""The shares of the groups among generated samples, with all that is needed to report and to rule on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ....models.records import INVENTED, MISSING
from ...evidence.bundle import DECLARED, TOO_FEW, Groups, Ints
from ...evidence.hand_labels.kind import HandLabels
from ...finding import LEVELS, NOMINAL, Inconclusive
from ...statistics.shares.binomial import Limits, normal_quantile
from ...statistics.shares.confusion import (
    WEAKEST,
    Floats,
    ShareCovariance,
    corrected_shares,
    drawn_truths,
    error_rates,
    share_covariance,
    simulated_shares,
    softened_rates,
    youden,
)
from ...statistics.shares.hand_labelled import HandLabelled, labelled_covariance, simulated_labelled
from ...statistics.shares.ratios import Tails, counted_limits, ratios, simultaneous_levels
from ...statistics.shares.total_variation import target_covariance
from .by_hand import powered, told_by_hand


@dataclass(frozen=True, slots=True)
class GroupShares:
    """Corrected shares of K groups and what surrounds them.

    Args:
        attribute: what tells the groups apart.
        names: the K groups that could be told apart.
        n: generated samples.
        counts: int64 (K,), generated samples classified as each group.
        confusion: int64 (K, K), or None where groups are declared.
        targets: (K,), the shares wanted.
        reference: int64 (K,), counts of the sample whose shares the targets are; None where they are exact.
        shares: (K,), corrected estimates.
        softened: (K, K), the classifier's rates, none of them zero without certainty.
        labelled: int64 (K,), labelled samples behind each row of the rates.
        each: limits of the shares (levels, K), each group by itself at `LEVELS`.
        ratio_each: the same of the ratios of shares to targets; infinite where nothing is wanted.
        ratio_together: the same, all groups together at `LEVELS`.
        tails: one-sided p-values of each share being what is wanted.
        perfect: (repeats, K), shares a perfect generator would show under the same classifier and n, whatever of the
            shares that the reference leaves possible it has.
        perfect_ratios: (repeats, K), what the ratios would be where a generator has the targets for its shares and the
            reference is drawn anew; infinity where that has none of a group.
        covariance: sources of error of `shares`.
        too_few: groups that were not measured, or only together, and how many records the reference has of each.
        by_hand: samples that people labelled, of which the n are all where no classifier told the others.
        hand: the shares as hand labels and the classifier together give them; None without either.
    """

    attribute: str
    names: tuple[str, ...]
    n: int
    counts: Ints
    confusion: Ints | None
    targets: Floats
    reference: Ints | None
    shares: Floats
    softened: Floats
    labelled: Ints
    each: Limits
    ratio_each: Limits
    ratio_together: Limits
    tails: Tails
    perfect: Floats
    perfect_ratios: Floats
    covariance: ShareCovariance
    too_few: Mapping[str, int]
    by_hand: int = 0
    hand: HandLabelled | None = None

    def spread(self, shares: Floats) -> ShareCovariance:
        """Covariance of the estimates if these were the true shares, (K,), by its sources."""
        if self.hand is not None:
            others = int(self.hand.others.sum())
            return labelled_covariance(shares=shares, rates=self.softened, labelled=self.by_hand, others=others)
        return share_covariance(shares=shares, rates=self.softened, labelled=self.labelled, n=self.n)

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """Groups whose target is not zero, so that a ratio to it exists."""
        return self.targets > 0

    @property
    def ratios(self) -> Floats:
        """Share over target, (K,); infinity where nothing was wanted."""
        return relative(self.shares, self.targets)

    @property
    def rates(self) -> Floats:
        """The classifier's rates as counted, (K, K)."""
        if self.hand is not None:  # of a group of which nobody was labelled there is no count
            return self.softened
        return np.eye(len(self.names)) if self.confusion is None else error_rates(self.confusion)

    @property
    def size(self) -> int | None:
        """Records of the sample that sets the targets; None where they are exact."""
        return None if self.reference is None else int(self.reference.sum())

    @property
    def target_variance(self) -> Floats:
        """Covariance (K, K) of the targets; zero where they are exact."""
        return np.zeros_like(self.softened) if self.size is None else target_covariance(self.targets, self.size)


def relative(shares: Floats, targets: Floats) -> Floats:
    """Shares (..., K) over targets; infinity where nothing was wanted."""
    shares, targets = np.broadcast_arrays(shares, targets)
    quotients: Floats = np.full(shares.shape, np.inf)
    np.divide(shares, targets, out=quotients, where=targets > 0)
    return quotients


def measure_shares(
    groups: Groups,
    targets: Mapping[str, float] | None,
    *,
    population: bool = False,
    repeats: int,
    rng: np.random.Generator,
    together: int | None = None,
    labels: HandLabels | None = None,
) -> GroupShares:
    """Correct the counted shares and simulate what a perfect generator would show.

    Args:
        groups: of one attribute.
        targets: the share of each group, exact; the reference's own shares without them.
        population: whether the reference is all there is, so that its shares are exact.
        repeats: simulated audits of a perfect generator.
        rng: for these.
        together: how many groups are looked at together, where other attributes have groups as well.
        labels: groups that people saw in some of the samples, by the names of `groups`.

    Raises:
        Inconclusive: if there is nothing to count, or the targets do not fit the groups.
    """
    groups = groups if labels is None else told_by_hand(groups)
    k, n = len(groups.told_apart), len(groups.predicted)
    if n == 0:
        raise Inconclusive("no generated sample has a group: draw samples")
    counts = np.bincount(groups.predicted, minlength=k).astype(np.int64)
    goal = target_shares(groups, targets)
    reference = None if population or targets is not None else groups.reference_counts[:k]
    hand = None if labels is None or groups.classifier == DECLARED else powered(groups, labels)
    confusion, softened, labelled = _errors(groups, k) if hand is None else _hand_errors(hand)
    shares, simulate, covariance = _estimated(counts, hand, (confusion, softened, labelled), repeats, rng)
    quotients = ratios(counts=counts, confusion=confusion, targets=goal, reference=reference, hand=hand)
    truths = goal if reference is None else drawn_truths(reference, repeats=repeats, rng=rng)
    return GroupShares(
        attribute=groups.attribute,
        names=groups.told_apart,
        n=n,
        counts=counts,
        confusion=confusion,
        targets=goal,
        reference=reference,
        shares=shares,
        softened=softened,
        labelled=labelled,
        each=counted_limits(counts=counts, confusion=confusion, levels=LEVELS, hand=hand),
        ratio_each=quotients.limits(LEVELS),
        ratio_together=quotients.limits(simultaneous_levels(LEVELS, together or k)),
        tails=quotients.tails(),
        perfect=simulate(shares=truths),
        perfect_ratios=relative(simulate(shares=goal), _redrawn(goal, reference, repeats, rng)),
        covariance=covariance,
        too_few=groups.too_few,
        by_hand=0 if labels is None else len(labels.rows),
        hand=hand,
    )


def _estimated(
    counts: Ints,
    hand: HandLabelled | None,
    errors: tuple[Ints | None, Floats, Ints],
    repeats: int,
    rng: np.random.Generator,
) -> tuple[Floats, Callable[..., Floats], ShareCovariance]:
    """The shares (K,), what simulates those of other truths as seen here, and their covariance."""
    confusion, softened, labelled = errors
    if hand is None:
        n = int(counts.sum())
        shares = corrected_shares(
            counts=counts, rates=np.eye(len(counts)) if confusion is None else error_rates(confusion)
        )
        simulate = partial(simulated_shares, rates=softened, labelled=labelled, n=n, repeats=repeats, rng=rng)
        return shares, simulate, share_covariance(shares=shares, rates=softened, labelled=labelled, n=n)
    some, others = hand.labelled, int(hand.others.sum())
    seen = partial(simulated_labelled, rates=softened, labelled=some, others=others, repeats=repeats, rng=rng)
    covariance = labelled_covariance(shares=hand.shares, rates=softened, labelled=some, others=others)
    return hand.shares, seen, covariance


def _errors(groups: Groups, k: int) -> tuple[Ints | None, Floats, Ints]:
    """Confusion of the k groups told apart, rates without false certainty, and labelled samples behind each row."""
    if groups.classifier == DECLARED:
        return None, np.eye(k), np.ones(k, dtype=np.int64)
    confusion = np.asarray(groups.confusion, dtype=np.int64)[:k, :k]
    return confusion, softened_rates(confusion), confusion.sum(axis=1)


def _hand_errors(hand: HandLabelled) -> tuple[Ints, Floats, Ints]:
    """The same on the samples that people labelled; of a group of which they saw none, all is possible."""
    return hand.table, softened_rates(hand.table), hand.table.sum(axis=1)


def _redrawn(goal: Floats, reference: Ints | None, repeats: int, rng: np.random.Generator) -> Floats:
    """The shares of samples as large as the reference, (repeats, K); the targets themselves where they are exact."""
    if reference is None:
        return goal
    size = int(reference.sum())
    drawn: Floats = rng.multinomial(size, goal, size=repeats) / size
    return drawn


def target_shares(groups: Groups, targets: Mapping[str, float] | None) -> Floats:
    """The shares wanted of the groups told apart, (K,), summing to 1: those given, else those of the whole reference.

    Raises:
        Inconclusive: if the targets name other groups than there are, or none of those told apart.
    """
    names = groups.told_apart
    if targets is None:
        counts = groups.reference_counts[: len(names)]
        if counts.sum() == 0:
            raise Inconclusive("the reference counts no group, so it sets no target: give target shares in the policy")
        return np.asarray(counts / counts.sum(), dtype=np.float64)
    given = {str(name): float(share) for name, share in targets.items()}
    single = {*names} - {TOO_FEW}
    asked = single | {*groups.too_few}
    # Values that only the generator knows are wanted by nobody, and need not be named.
    if set(given) | {MISSING, INVENTED} != asked | {MISSING, INVENTED}:
        raise Inconclusive(
            f"expected a target share for each of {', '.join([*names[: len(single)], *groups.too_few])}, "
            f"got them for {', '.join(given)}: "
            "correct settings.GA101.targets in the policy"
        )
    together = sum(given.get(name, 0.0) for name in groups.too_few)
    wanted = np.array([given.get(name, 0.0) if name in single else together for name in names])
    if wanted.sum() == 0:
        raise Inconclusive("the targets want none of the groups that can be told apart")
    return np.asarray(wanted / wanted.sum(), dtype=np.float64)


def refuse_weak_classifier(measured: GroupShares, tolerance: float) -> None:
    """Refuse to answer where the classifier leaves too much open, however many samples are drawn.

    Raises:
        Inconclusive: if the smallest Youden index is below `WEAKEST`, or if the classifier's error rates alone make
            some share uncertain by more than `tolerance` either way.
    """
    if measured.confusion is None or measured.hand is not None:  # hand labels assume nothing of the classifier
        return
    indices = youden(measured.confusion)
    worst = int(indices.argmin())
    if indices[worst] < WEAKEST:
        column = np.where(np.arange(len(indices)) == worst, -1.0, measured.rates[:, worst])
        raise Inconclusive(
            f"the group classifier cannot tell group {measured.names[worst]} apart: it recognises "
            f"{measured.rates[worst, worst]:.0%} of its members but takes {column.max():.0%} of group "
            f"{measured.names[int(column.argmax())]} for them; the difference must be at least {WEAKEST:.0%}. "
            "More labelled reference data, or merging the two groups, would help"
        )
    floors = normal_quantile(NOMINAL) * np.sqrt(np.diagonal(measured.covariance.classifier))
    widest = int(floors.argmax())
    if floors[widest] > tolerance:
        raise Inconclusive(
            f"the group classifier's error rates are known so roughly that the share of group "
            f"{measured.names[widest]} stays uncertain by ±{floors[widest]:.1%} however many samples are drawn "
            f"(accepted: ±{tolerance:.1%}); label more reference data than the {measured.labelled[widest]:,} samples "
            "of that group"
        )
