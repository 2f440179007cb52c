"""How much wider gaps between groups are after training on generated records than after training on real ones.

A gap is the largest difference of a rate between two groups: max over pairs of a_p after training on generated records,
max over pairs of b_q on real ones. Their difference Δ is no smooth function of the rates where two pairs are nearly as
far apart, so its interval rests on single differences, which are means. With p* the pair truly furthest apart after
generated records, Δ ≤ a_p* − b_q whatever the pair q; with q* that after real ones, Δ ≥ a_p − b_q* whatever p. Which
pairs are p* and q* is known within errors only: of all that may be, the widest ends count. The other pair is the same
where it may be the furthest apart as well (then errors cancel), else the one that is.

Reference: Berger 1982, doi:10.1080/00401706.1982.10487790, for the largest of several changes; Westfall and Young 1993,
Resampling-Based Multiple Testing, for the joint distribution of the largest error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..shares.binomial import Limits
from .predicted import Floats, Rates

POSSIBLE = 0.995
"""Probability that the pair furthest apart is among those that may be."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap: the pairs of cells that it is the largest difference of.

    Args:
        pairs: int64 (P, 2), cells whose rates are compared, in both orders.
        people: (P,), people in the smaller cell of each.
    """

    pairs: NDArray[np.int64]
    people: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Components:
    """Variances of a pair's change, (P,) each: of people, of parts of either source, and of seeds, which these hold."""

    people: Floats
    generated: Floats
    real: Floats
    seeds: Floats

    @property
    def total(self) -> Floats:
        """Of the change, (P,)."""
        total: Floats = self.people + self.generated + self.real
        return total


@dataclass(frozen=True, slots=True)
class Compared:
    """Differences between pairs after training on generated records and pairs after training on real ones, (C,) each.

    Args:
        generated: which pairs of the one kind.
        real: which of the other.
        changes: how much further apart the first are than the second.
        components: of the variance.
        freedom: degrees of freedom of the variance.
    """

    generated: NDArray[np.int64]
    real: NDArray[np.int64]
    changes: Floats
    components: Components
    freedom: Floats

    def reach(self, levels: ArrayLike) -> Floats:
        """Half-widths of two-sided intervals, (L, C)."""
        reach: Floats = quantiles(levels, self.freedom) * np.sqrt(self.components.total)
        return reach


@dataclass(frozen=True, slots=True)
class GapChange:
    """The change of one gap.

    Args:
        generated: the gap after training on generated records.
        real: the gap after training on real ones.
        upper: what the upper end rests on, a pair that may be the furthest apart after generated records each.
        lower: what the lower end rests on, a pair that may be so after real ones each.
        shown: of `upper`, the pair that is the furthest apart.
    """

    generated: float
    real: float
    upper: Compared
    lower: Compared
    shown: int

    @property
    def value(self) -> float:
        """How much wider the gap is."""
        return self.generated - self.real

    @property
    def furthest(self) -> int:
        """The pair that is the furthest apart after training on generated records."""
        return int(self.upper.generated[self.shown])

    def limits(self, levels: ArrayLike) -> Limits:
        """Two-sided intervals of the change, (L,) each way."""
        low = (self.lower.changes - self.lower.reach(levels)).min(axis=1)
        high = (self.upper.changes + self.upper.reach(levels)).max(axis=1)
        return Limits(np.minimum(low, self.value), np.maximum(high, self.value))


def quantiles(levels: ArrayLike, freedom: Floats) -> Floats:
    """Student quantiles of two-sided intervals, (L, P)."""
    from scipy.special import stdtrit

    found: Floats = stdtrit(freedom, 0.5 + np.asarray(levels, dtype=np.float64)[:, None] / 2)
    return found


def gap_change(gap: Gap, *, generated: Rates, real: Rates) -> GapChange:
    """The change of a gap from the rates of all cells after training on either source."""
    first, second = gap.pairs.T
    own, theirs = (each.values[first] - each.values[second] for each in (generated, real))
    top, known = int(own.argmax()), int(theirs.argmax())
    may, may_real = _possible(own, generated, gap), _possible(theirs, real, gap)
    ahead, ahead_real = np.flatnonzero(may), np.flatnonzero(may_real)
    upper = _compared(gap, generated, real, ahead, np.where(may_real[ahead], ahead, known))
    lower = _compared(gap, generated, real, np.where(may[ahead_real], ahead_real, top), ahead_real)
    shown = int(np.flatnonzero(ahead == top)[0])
    return GapChange(float(own[top]), float(theirs[known]), upper, lower, shown)


def _compared(gap: Gap, generated: Rates, real: Rates, own: NDArray[np.int64], theirs: NDArray[np.int64]) -> Compared:
    """The differences a_p − b_q, for p in `own` and q in `theirs`."""

    def difference(rows: Floats, pairs: NDArray[np.int64]) -> Floats:
        first, second = gap.pairs[pairs].T
        return rows[..., first] - rows[..., second]

    number = np.minimum(gap.people[own], gap.people[theirs]).astype(np.float64)
    people = (difference(generated.spread.people, own) - difference(real.spread.people, theirs)).var(axis=0)
    # Where nobody's prediction differed, somebody else's may: nothing seen in n people is about 1 ± 1 in n.
    people = np.maximum(people, 1.0 / number**2)
    parts = [(difference(generated.spread.parts, own) ** 2).sum(axis=0)]
    parts.append((difference(real.spread.parts, theirs) ** 2).sum(axis=0))
    seeds = sum(each.spread.seeds[gap.pairs[pairs]].sum(axis=1) for each, pairs in ((generated, own), (real, theirs)))
    freedom = len(generated.spread.parts) - 1, len(real.spread.parts) - 1
    total = people + parts[0] + parts[1]
    unsure = people**2 / np.maximum(number - 1, 1) + parts[0] ** 2 / freedom[0] + parts[1] ** 2 / freedom[1]
    return Compared(
        own.astype(np.int64),
        theirs.astype(np.int64),
        difference(generated.values, own) - difference(real.values, theirs),
        Components(people, parts[0], parts[1], np.asarray(seeds, dtype=np.float64)),
        total**2 / unsure,
    )


def _possible(differences: Floats, rates: Rates, gap: Gap) -> NDArray[np.bool_]:
    """Pairs that may be the furthest apart of all."""
    from scipy.special import stdtrit

    first, second = gap.pairs.T
    best = int(differences.argmax())

    def contrast(rows: Floats) -> Floats:
        each = rows[:, first] - rows[:, second]
        return each[:, [best]] - each

    people = contrast(rates.spread.people).var(axis=0)
    parts = (contrast(rates.spread.parts) ** 2).sum(axis=0)
    total = people + parts
    unsure = people**2 / np.maximum(gap.people - 1, 1) + parts**2 / (len(rates.spread.parts) - 1)
    freedom = np.divide(total**2, unsure, out=np.full(len(total), np.inf), where=unsure > 0)
    reach = stdtrit(np.minimum(freedom, 1e6), POSSIBLE) * np.sqrt(total)
    possible: NDArray[np.bool_] = differences[best] - differences <= np.maximum(reach, 1.0 / gap.people)
    return possible


@dataclass(frozen=True, slots=True)
class Together:
    """All changes of gaps together.

    Args:
        number: of independent tests that err as often as all pairs together do.
        perfect: (B, F), the change of each gap that a perfect generator would show.
    """

    number: float
    perfect: Floats


def together(
    gaps: Sequence[tuple[Gap, Rates, Rates, GapChange]], *, rng: np.random.Generator, level: float = 0.95
) -> Together:
    """How all changes err together, simulated.

    Resampled people and random signs of the parts are the same for all rates of a source, so that dependent changes err
    together. The perfect generator has the real gaps for its own.

    Args:
        gaps: each gap with the rates after training on generated and on real records, and its change.
        rng: for the parts.
        level: at which the number of tests is worked out.
    """
    repeats = len(gaps[0][1].spread.people)
    sizes = len(gaps[0][1].spread.parts), len(gaps[0][2].spread.parts)
    normal = [rng.standard_normal((repeats, size)) for size in sizes]
    # The variance between a few parts is badly known, which widens the tails of what they show.
    heavy = [np.sqrt((size - 1) / rng.chisquare(size - 1, size=(repeats, 1))) for size in sizes]
    largest, perfect = np.zeros(repeats), np.empty((repeats, len(gaps)))
    for index, (gap, own, real, change) in enumerate(gaps):
        first, second = gap.pairs.T
        people = [each.spread.people for each in (own, real)]
        parts = [draw @ each.spread.parts for draw, each in zip(normal, (own, real), strict=True)]
        plain = [one + other for one, other in zip(people, parts, strict=True)]
        apart = [each[:, first] - each[:, second] for each in plain]
        for each in (change.upper, change.lower):
            errors = np.abs(apart[0][:, each.generated] - apart[1][:, each.real]) / np.sqrt(each.components.total)
            largest = np.maximum(largest, errors.max(axis=1))
        shown = [real.values + each + part * tail for each, part, tail in zip(people, parts, heavy, strict=True)]
        made, known = ((each[:, first] - each[:, second]).max(axis=1) for each in shown)
        perfect[:, index] = made - known
    return Together(_number(float(np.quantile(largest, level)), level), perfect)


def _number(quantile: float, level: float) -> float:
    """How many independent tests err together as often as one with this normal quantile does at the level."""
    from scipy.special import log_ndtr

    single = 2 * np.exp(log_ndtr(-quantile))
    return float(max(1.0, np.log(level) / np.log1p(-min(single, 1 - level))))


def worst_limits(changes: Sequence[GapChange], levels: ArrayLike, number: float) -> Limits:
    """Intervals of the largest change of any gap, (L,) each way.

    The upper end errs only where that of the truly largest change errs, so each gap's own level is enough; the lower
    end errs where any does, so all must hold together.

    Args:
        changes: of all gaps.
        levels: (L,), of confidence.
        number: of tests that all of them amount to, see `together`.
    """
    at = np.asarray(levels, dtype=np.float64)
    joint = np.exp(np.log(at) / number)
    low = np.max([each.limits(joint).low for each in changes], axis=0)
    high = np.max([each.limits(at).high for each in changes], axis=0)
    return Limits(low, high)
