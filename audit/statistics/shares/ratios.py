"""Shares relative to targets: the shares of a sample, which errs as well, or shares that are known exactly.

Against a sample the ratio's interval comes from the confidence distributions of both shares (`ratio_curves.py`). So
three reference records of a group leave its ratio wide open, however many samples were generated. Groups that were
counted have two binomial shares; for those that a classifier counted the distribution of the corrected share of
`corrected.py` stands in place of one of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..intervals import BAND
from .binomial import Limits, clopper_pearson
from .confusion import Floats
from .corrected import ShareDistributions, share_distributions, share_limits, share_tails
from .hand_labelled import HandLabelled
from .ratio_curves import RatioCurves, curves_against, ratio_curves

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tails:
    """Of every group, one-sided p-values (K,) of a ratio of 1: small where it is too `thin`, or too `fat`."""

    thin: Floats
    fat: Floats

    @property
    def two_sided(self) -> Floats:
        """Twice the smaller, at most 1."""
        p_values: Floats = np.minimum(1.0, 2 * np.minimum(self.thin, self.fat))
        return p_values


@dataclass(frozen=True, slots=True)
class Ratios:
    """Everything that is read off about the ratios of shares to targets.

    Args:
        counts: (K,) generated samples of each group, as counted.
        confusion: (K, K), see `confusion.py`; None where groups are known for certain.
        targets: (K,), shares; those of `reference` where that is given.
        reference: (K,) counts of the sample that sets the targets; None where they are exact.
        curves: of the wanted groups, against a sample; None where targets are exact.
        hand: the shares as hand labels and a classifier give them; None without such labels.
    """

    counts: Ints
    confusion: Ints | None
    targets: Floats
    reference: Ints | None
    curves: RatioCurves | None
    hand: HandLabelled | None = None

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """Groups with a target above zero, so that there is a ratio."""
        return self.targets > 0

    def limits(self, levels: ArrayLike) -> Limits:
        """Two-sided intervals, (L, K) each way, at (L,) levels; both ends are infinite where nothing is wanted."""
        wanted, at = self.wanted, np.asarray(levels, dtype=np.float64)
        low, high = np.full((2, len(at), len(wanted)), np.inf)
        if self.curves is not None:
            lows, high[:, wanted] = self.curves.limits(at)
            # What errors alone explain leaves a group's absence possible, and the ratios looked at do not reach 0;
            # an end that stands at the first of them has been through a logarithm, and may be off by a last digit.
            low[:, wanted] = np.where(lows > self.curves.ratios[0] * (1 + 1e-9), lows, 0.0)
        else:
            shares = counted_limits(counts=self.counts, confusion=self.confusion, levels=at, hand=self.hand)
            low[:, wanted], high[:, wanted] = (ends[:, wanted] / self.targets[wanted] for ends in shares)
        return Limits(low, high)

    def tails(self) -> Tails:
        """One-sided p-values of every share being what is wanted."""
        if self.reference is None:
            return _exact_tails(self.counts, self.confusion, self.targets, self.hand)
        thin, fat = _unwanted_tails(self.counts, self.reference)
        if self.curves is not None:
            thin[self.wanted], fat[self.wanted] = _tails_at_one(self.curves)
        return Tails(thin, fat)


def ratios(
    *,
    counts: Ints,
    confusion: Ints | None,
    targets: Floats,
    reference: Ints | None,
    hand: HandLabelled | None = None,
) -> Ratios:
    """The ratios of generated shares to targets; see `Ratios`.

    Args:
        counts: (K,), generated samples of each group, as the classifier tells.
        confusion: (K, K), true by predicted groups of labelled samples; None where groups are read, not told.
        targets: (K,), the shares to compare with; 0 where none is wanted.
        reference: (K,), the counts that the targets are shares of; None where the targets are exact.
        hand: the shares as hand labels and the classifier give them; without it, counts are corrected or exact.
    """
    curves = None
    wanted = targets > 0
    if reference is not None and hand is not None:
        curves = _corrected_curves(hand, reference, wanted)
    elif reference is not None and confusion is None:
        curves = ratio_curves(
            generated=counts[wanted], m=int(counts.sum()), reference=reference[wanted], n=int(reference.sum())
        )
    elif reference is not None and confusion is not None:
        curves = _corrected_curves(share_distributions(counts=counts, confusion=confusion), reference, wanted)
    return Ratios(counts, confusion, targets, reference, curves, hand)


def counted_limits(
    *, counts: Ints, confusion: Ints | None, levels: ArrayLike, hand: HandLabelled | None = None
) -> Limits:
    """Intervals of the generated shares alone, (L, K) each way."""
    at = np.asarray(levels, dtype=np.float64)
    if hand is not None:
        return hand.limits(at)
    if confusion is not None:
        return share_limits(counts=counts, confusion=confusion, levels=at)
    return clopper_pearson(successes=counts[None, :], trials=counts.sum(), level=at[:, None])


def worst_ratio_limits(*, pointwise: Limits, simultaneous: Limits) -> Limits:
    """Intervals for the smallest of K ratios, (L,) each way.

    The two ends need different guards. The least of the lower ends errs only if the lower end of the truly worst group
    errs, so each group's own level is enough (an intersection–union test). The least of the upper ends errs if any
    group's does, so these must hold together (Bonferroni).

    Args:
        pointwise: (L, K) limits of the ratios at each level.
        simultaneous: (L, K) limits at 1 − (1 − level) / K.

    Reference: Berger 1982, doi:10.1080/00401706.1982.10487790.
    """
    return Limits(pointwise.low.min(axis=1), simultaneous.high.min(axis=1))


def simultaneous_levels(levels: ArrayLike, groups: int) -> Floats:
    """The level that each of several intervals needs so that all hold together at `levels` (Bonferroni)."""
    return 1 - (1 - np.asarray(levels, dtype=np.float64)) / groups


def detectable_fall(*, at_target: float, at_zero: float, reference: float, quantile: float, power: float) -> float:
    """How far the ratio of one group must fall below 1 to be found, in [0, 1]; NaN if not even its absence is.

    The standard error of a ratio r is taken as √(zero² + (target² − zero²) r + reference² r²), and the one that counts
    as the mean of those at 1 and at r. For two counts this is the usual calculation on the scale of √share.

    Args:
        at_target: standard error of the ratio from the generated side where it is 1.
        at_zero: the same where it is 0.
        reference: relative standard error of the target.
        quantile: of the standard normal distribution, for the level of the test.
        power: normal quantile of the power.
    """
    fall = np.linspace(0, 1, 1_001)
    left = 1 - fall
    errors = np.sqrt(at_zero**2 + (at_target**2 - at_zero**2) * left + (reference * left) ** 2)
    detected = fall >= (quantile + power) * (errors[0] + errors) / 2
    return float(fall[detected.argmax()]) if detected.any() else float("nan")


def _exact_tails(counts: Ints, confusion: Ints | None, targets: Floats, hand: HandLabelled | None) -> Tails:
    if hand is not None:
        both = [hand.tails(targets[[k]], k, above=False) for k in range(len(targets))]
        return Tails(*(np.array([float(each[side][0]) for each in both]) for side in (1, 0)))
    if confusion is not None:
        return Tails(*share_tails(counts=counts, confusion=confusion, targets=targets))
    from scipy.stats import binom

    n = counts.sum()
    return Tails(binom.cdf(counts, n, targets), binom.sf(counts - 1, n, targets))


def _unwanted_tails(counts: Ints, reference: Ints) -> tuple[Floats, Floats]:
    """Exact tails of each generated count given what both samples hold together."""
    from scipy.stats import hypergeom

    total, drawn = int(counts.sum() + reference.sum()), int(counts.sum())
    thin = hypergeom.cdf(counts, total, counts + reference, drawn)
    fat = hypergeom.sf(counts - 1, total, counts + reference, drawn)
    return np.asarray(thin, dtype=np.float64), np.asarray(fat, dtype=np.float64)


def _tails_at_one(curves: RatioCurves) -> tuple[Floats, Floats]:
    from scipy.special import ndtr

    at_one = [
        [np.interp(0.0, np.log(curves.ratios[:, k]), each[:, k]) for k in range(len(curves.estimate))]
        for each in (curves.upper, curves.lower)
    ]
    return ndtr(-np.array(at_one[0])), np.where(curves.estimate > 0, ndtr(np.array(at_one[1])), 1.0)


def _corrected_curves(
    shares: ShareDistributions | HandLabelled, reference: Ints, wanted: NDArray[np.bool_]
) -> RatioCurves:
    chosen = np.flatnonzero(wanted)
    x, m = reference[chosen].astype(np.float64), int(reference.sum())
    value, error = shares.shares[chosen], shares.errors[chosen]
    size = np.maximum(value, error)

    def tails(points: Floats, above: bool) -> tuple[Floats, Floats]:
        each = [shares.tails(points[:, :, column], int(k), above=above) for column, k in enumerate(chosen)]
        return np.stack([below for below, _ in each], axis=2), np.stack([beyond for _, beyond in each], axis=2)

    return curves_against(
        tails,
        estimate=value / (x / m),
        centre=size * m / x,
        width=np.sqrt((error / size) ** 2 + 1 / x),
        counts=x,
        n=m,
    )


def unseen_share(reference: Ints) -> tuple[float, float]:
    """The share of records whose value a sample lacks altogether: its expectation, and a bound in 97.5 % of samples.

    Good and Turing's estimate, singletons over records, with the normal limit of its error; three records are added
    where nothing was counted once, as nobody knows better then.

    Args:
        reference: (K,) counts of the values in the sample.

    Reference: Esty 1983, doi:10.1214/aos/1176346256.
    """
    size, once, twice = int(reference.sum()), int((reference == 1).sum()), int((reference == 2).sum())
    error = np.sqrt(once * (1 - once / size) + 2 * twice)
    return once / size, min(1.0, float(once + max(3.0, BAND * error)) / size)
