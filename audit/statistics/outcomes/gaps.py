"""Differences of rates between groups, and how these differ between generated and real records.

A difference of two rates, or of two such differences, gets its interval from those of the rates themselves: with a low
end l and a high end u of each rate p, the sum Σ s p with signs s ends √Σ (p − l or u − p)² below and above, each rate
with the end that pulls that way. Rates have Wilson's score interval, so that small groups and rates near 0 or 1 keep
their skewness.

Reference: Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I (two rates);
Newcombe 2001, doi:10.1002/sim.925 (differences of differences); Zou and Donner 2008, doi:10.1002/sim.3095 (in general).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..intervals import BAND, POWER
from ..shares.binomial import Limits
from .rates import Floats, Ints, Rates

_FARTHEST = 38.0
"""Standard errors beyond which a p-value is no longer told from 0."""


class Sum(NamedTuple):
    """A signed sum of rates, of any shape: `signs` (C,), `values` and `trials` (C, …), `correlation` (C, C, …)."""

    signs: Floats
    values: Floats
    trials: Floats
    correlation: Floats

    @property
    def value(self) -> Floats:
        """The estimate."""
        total: Floats = np.tensordot(self.signs, self.values, axes=1)
        return total

    def limits(self, z: ArrayLike) -> Limits:
        """Ends at z standard errors, z of the shape of the value or with axes before it; nested, around the value."""
        z = np.asarray(z, dtype=np.float64)
        shape, more = self.values.shape, (1,) * max(z.ndim + 1 - self.values.ndim, 0)
        values, trials = (each.reshape(shape[0], *more, *shape[1:]) for each in (self.values, self.trials))
        related = self.correlation.reshape(shape[0], shape[0], *more, *shape[1:])
        low, high = wilson_limits(values, trials, z)
        signs = self.signs.reshape(-1, *(1,) * (low.ndim - 1))
        fall, rise = np.maximum(values - low, 0.0), np.maximum(high - values, 0.0)
        down = signs * np.where(signs > 0, fall, rise)
        up = signs * np.where(signs > 0, rise, fall)
        below, above = (
            np.sqrt(np.maximum(np.einsum("c...,cd...,d...->...", part, related, part), 0.0)) for part in (down, up)
        )
        most = np.abs(self.signs).sum() / 2
        return Limits(np.maximum(self.value - below, -most), np.minimum(self.value + above, most))


@dataclass(frozen=True, slots=True)
class Contrasts:
    """All pairs of groups at all levels, in order: P pairs and L levels.

    Args:
        pairs: (P, 2), the groups of each.
        generated: first less second among generated records, (P, L).
        real: the same among real ones.
        change: the former less the latter.
        errors: standard errors of the change, (P, L).
        from_draws: the part of its variance that more generated records would shrink, (P, L).
    """

    pairs: Ints
    generated: Sum
    real: Sum
    change: Sum
    errors: Floats
    from_draws: Floats


def contrasts(generated: Rates, real: Rates) -> Contrasts:
    """Every pair of groups' difference of rates in both sets of records, which are independent of each other."""
    pairs = np.stack(np.triu_indices(len(generated.values), 1), axis=1)
    signs = np.array([1.0, -1.0])
    ours, theirs = (_sum(each, pairs) for each in (generated, real))
    both = np.zeros((4, 4, *ours.values.shape[1:]))
    both[:2, :2], both[2:, 2:] = ours.correlation, theirs.correlation
    change = Sum(
        np.concatenate([signs, -signs]),
        np.concatenate([ours.values, theirs.values]),
        np.concatenate([ours.trials, theirs.trials]),
        both,
    )
    parts = [_variance(each, pairs) for each in (generated, real)]
    drawn = _drawn(generated, pairs)
    whole = parts[0] + parts[1]
    return Contrasts(
        pairs,
        ours,
        theirs,
        change,
        np.sqrt(whole),
        np.clip(np.divide(drawn, whole, out=np.zeros_like(whole), where=whole > 0), 0.0, 1.0),
    )


def p_values(each: Sum) -> Floats:
    """Two-sided p-values of a sum of 0: one minus the level whose interval just leaves 0 out; in [0, 1]."""
    from scipy.special import ndtr

    low, high = np.zeros(each.value.shape), np.full(each.value.shape, _FARTHEST)
    for _ in range(50):
        middle = (low + high) / 2
        limits = each.limits(middle)
        out = (limits.low > 0) | (limits.high < 0)
        low, high = np.where(out, middle, low), np.where(out, high, middle)
    result: Floats = np.minimum(1.0, 2 * ndtr(-low))
    return result


def worst_limits(*, pointwise: Limits, simultaneous: Limits) -> Limits:
    """Intervals for the greatest size of several signed values, (levels,) each way, from theirs, (levels, M).

    The greatest is at least the size of each, so its low end is the greatest of the sizes that all intervals leave
    together (Bonferroni). It is the size of one of them, and its high end errs only if that one's does: the greatest of
    the single high ends will do (an intersection–union test).

    Reference: Berger 1982, doi:10.1080/00401706.1982.10487790.
    """
    least = np.maximum(np.maximum(simultaneous.low, -simultaneous.high), 0.0)
    most = np.maximum(np.abs(pointwise.low), np.abs(pointwise.high))
    return Limits(least.max(axis=1), most.max(axis=1))


def detectable(errors: Floats, comparisons: int) -> float:
    """The change of any one pair that would be found with power 0.8 by one of so many tests at 5 % in all."""
    from scipy.special import ndtri

    return float((ndtri(1 - 0.025 / comparisons) + POWER) * errors.max())


def wilson_limits(values: Floats, trials: Floats, z: Floats) -> Limits:
    """Score intervals of rates, of any shape; the rate itself where `trials` is infinite.

    Reference: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    known = np.isinf(trials)
    n = np.where(known, 1.0, trials)
    centre = (n * values + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(n * values * (1 - values) + z**2 / 4) / (n + z**2)
    low, high = np.where(values > 0, centre - half, 0.0), np.where(values < 1, centre + half, 1.0)
    return Limits(np.where(known, values, np.maximum(low, 0.0)), np.where(known, values, np.minimum(high, 1.0)))


def band(values: Floats) -> tuple[float, float, float]:
    """The middle of simulated values (B,), and the ends between which 95 % of them lie."""
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    return float(middle), float(low), float(high)


def difference_band(errors: Floats) -> Floats:
    """How far from 0 a difference of a perfect generator lies in 95 % of audits, by its standard error."""
    reach: Floats = BAND * errors
    return reach


def _sum(rates: Rates, pairs: Ints) -> Sum:
    first, second = pairs.T
    shape = (len(pairs), rates.values.shape[1])
    correlation = np.zeros((2, 2, *shape))
    correlation[0, 0] = correlation[1, 1] = 1.0
    if rates.correlation is not None:
        correlation[0, 1] = correlation[1, 0] = rates.correlation[:, first, second].T
    return Sum(
        np.array([1.0, -1.0]),
        np.stack([rates.values[first], rates.values[second]]),
        np.stack([rates.trials[first], rates.trials[second]]),
        correlation,
    )


def _variance(rates: Rates, pairs: Ints) -> Floats:
    first, second = pairs.T
    whole = rates.variance[first] + rates.variance[second]
    if rates.correlation is not None:
        spread = np.sqrt(rates.variance)
        whole = whole - 2 * rates.correlation[:, first, second].T * spread[first] * spread[second]
    variance: Floats = np.maximum(whole, 0.0)
    return variance


def _drawn(rates: Rates, pairs: Ints) -> NDArray[np.float64]:
    parts = rates.variance * rates.from_draws
    drawn: Floats = parts[pairs[:, 0]] + parts[pairs[:, 1]]
    return drawn
