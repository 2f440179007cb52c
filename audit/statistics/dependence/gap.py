"""How far apart the dependences of two tables are: the largest difference of any correlation, and the typical one.

The largest of many noisy differences is too large on average. Its lower limit is therefore that of all differences
together, which noise alone exceeds as rarely as the level says. Its upper limit needs no such price: whichever pair
truly differs most, its own upper limit is missed as rarely as the level says, and the largest of all upper limits is no
smaller.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from .association import Associations
from .scores import Values

_BLOCKS = 300
_NORMAL = NormalDist()
_SMALLEST = 1e-6
_FEW, _MANY = 5.0, 1e6
# Fewer draws beyond a quantile say little about it; further out the bound of Šidák is used, which is close there.
_FEWEST_BEYOND = 20
# Variances this small come from correlations that no record moves, as between two copies of a column.
_NO_VARIANCE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Differences of P correlations, generated minus reference, and the noise in all of them together.

    Args:
        differences: float64 (P,).
        errors: float64 (P,), their standard errors; at least what a perfect generator's would be.
        freedom: float64 (P,), degrees of freedom of the variances; few where few records decide.
        from_draws: float64 (P,), the share of each variance that comes from the generated records.
        noise: float32 (B, P), draws of the standardised differences that sampling alone gives.
        largest: float64 (B,), ascending: the largest absolute value of each draw.
    """

    differences: Values
    errors: Values
    freedom: Values
    from_draws: Values
    noise: NDArray[np.float32]
    largest: Values

    @property
    def standardised(self) -> Values:
        """Differences as standard normal quantiles that are as rare, (P,); 0 where neither differs at all."""
        from scipy.special import ndtri, stdtr

        ratio = np.divide(self.differences, self.errors, out=np.zeros_like(self.errors), where=self.errors > 0)
        return np.asarray(np.sign(ratio) * -ndtri(stdtr(self.freedom, -np.abs(ratio))), dtype=np.float64)

    def reach(self, quantile: float, pairs: slice = slice(None)) -> Values:
        """How far a standard normal quantile of the noise of each of some differences is from 0."""
        from scipy.special import ndtr, stdtrit

        return np.asarray(-stdtrit(self.freedom[pairs], ndtr(-quantile)) * self.errors[pairs], dtype=np.float64)

    @property
    def worst(self) -> int:
        """The pair with the largest difference."""
        return int(np.argmax(np.abs(self.differences)))

    def critical(self, tail: float) -> float:
        """Standard errors that the largest of all noises exceeds with probability `tail`."""
        bound = _NORMAL.inv_cdf(1 - (1 - (1 - tail) ** (1 / len(self.differences))) / 2)
        if tail * len(self.largest) < _FEWEST_BEYOND:
            return bound
        return min(float(np.quantile(self.largest, 1 - tail)), bound)

    def limits(self, level: float) -> Interval:
        """The interval of the largest absolute difference, in [0, 2]."""
        tail = (1 - level) / 2
        size = np.abs(self.differences)
        low = float((size - self.reach(self.critical(tail))).max())
        high = float((size + self.reach(_NORMAL.inv_cdf(1 - tail))).max())
        return Interval(level, min(max(0.0, low), 2.0), min(high, 2.0))

    def value(self) -> float:
        """The largest absolute difference, less what noise adds to a maximum.

        Differences that noise could give count as none when its addition is computed, so that one clear difference
        among many is left as it is.
        """
        size = float(np.abs(self.differences).max())
        clear = np.abs(self.standardised) > self.critical(0.05)
        kept = np.where(clear, self.differences, 0.0)
        noisy = np.abs(kept + self.noise * self.errors).max(axis=1)
        return max(0.0, size - (float(np.median(noisy)) - float(np.abs(kept).max())))

    def perfect(self) -> tuple[float, float]:
        """What a perfect generator's `value` is exceeded by in half, and in one of forty audits."""
        noisy = np.abs(self.noise * self.errors).max(axis=1)
        middle, high = np.quantile(noisy, (0.5, 0.975))
        return 0.0, float(high - middle)

    def p_value(self) -> float:
        """That no correlation differs, from the largest standardised difference."""
        seen = float(np.abs(self.standardised).max())
        beyond = (1 + int((self.largest >= seen).sum())) / (1 + len(self.largest))
        bound = len(self.differences) * 2 * _NORMAL.cdf(-seen)
        return min(1.0, max(_SMALLEST, min(beyond, bound)))

    def pair_p_values(self) -> Values:
        """That one correlation does not differ, for each pair on its own, (P,)."""
        from scipy.special import ndtr

        return np.asarray(2 * ndtr(-np.abs(self.standardised)), dtype=np.float64)

    def detectable(self) -> float:
        """The difference of a typical pair that would have been seen among all with power 0.8."""
        return (self.critical(0.05) + _NORMAL.inv_cdf(0.8)) * float(np.median(self.errors))


@dataclass(frozen=True, slots=True)
class Typical:
    """The root mean square of the true differences, from their squared length and the moments of its noise.

    Args:
        length: squared length of the differences seen.
        noise: its mean where nothing differs.
        spread: its variance where nothing differs.
        along: variance of the differences in the direction seen.
        pairs: how many there are.
    """

    length: float
    noise: float
    spread: float
    along: float
    pairs: int

    def value(self) -> float:
        """Less what sampling adds; at least 0."""
        return math.sqrt(max(0.0, self.length - self.noise) / self.pairs)

    def limits(self, level: float) -> Interval:
        """True lengths that would show the length seen in neither tail of the level.

        The squared length is taken as a scaled chi-square with the mean and variance that it would have.
        """
        tail = (1 - level) / 2
        low, high = (self._where(chance) for chance in (1 - tail, tail))
        return Interval(level, min(low, high), high)

    def p_value(self) -> float:
        """That nothing differs."""
        return max(_SMALLEST, 1 - self._below(0.0))

    def perfect(self) -> tuple[float, float]:
        """What a perfect generator's value is exceeded by in half, and in one of forty audits."""
        quantiles = []
        for chance in (0.5, 0.975):
            length = self._quantile(0.0, chance)
            quantiles.append(math.sqrt(max(0.0, length - self.noise) / self.pairs))
        return quantiles[0], quantiles[1]

    def detectable(self) -> float:
        """The value that would have been seen at the 5 % level with power 0.8."""
        alarm = self._quantile(0.0, 0.95)
        shrunk = Typical(alarm, self.noise, self.spread, self.noise / self.pairs, self.pairs)
        return shrunk._where(0.2)

    def _moments(self, true: float) -> tuple[float, float]:
        """Mean and variance of the squared length where the true one is `true`."""
        return true + self.noise, self.spread + 4 * true * self.along

    def _below(self, true: float) -> float:
        from scipy.special import gammainc

        mean, variance = self._moments(true)
        return float(gammainc(mean**2 / variance, self.length * mean / variance)) if variance > 0 else 1.0

    def _quantile(self, true: float, chance: float) -> float:
        from scipy.special import gammaincinv

        mean, variance = self._moments(true)
        return float(gammaincinv(mean**2 / variance, chance)) * variance / mean if variance > 0 else mean

    def _where(self, chance: float) -> float:
        """The value at which the length seen would be exceeded by all but `chance`; 0 where none is that small."""
        if self._below(0.0) <= chance:
            return 0.0
        low, high = 0.0, max(self.length, self.noise)
        while self._below(high) > chance:
            high *= 2
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self._below(middle) > chance else (low, middle)
        return math.sqrt(high / self.pairs)


def compare(*, generated: Associations, reference: Associations, rng: np.random.Generator, draws: int = 1000) -> Gap:
    """Differences of correlations of the same pairs in two independent sets of records.

    Args:
        generated: of m records.
        reference: of n records.
        rng: for the draws.
        draws: of the noise in all differences together (multiplier bootstrap of the records' influences).

    Reference: Chernozhukov, Chetverikov, Kato 2013, doi:10.1214/13-AOS1161.
    """
    m, n = generated.influence.shape[1], reference.influence.shape[1]
    own, real = generated.spread, reference.spread
    pooled = (m * own + n * real) / (m + n) * (1 / m + 1 / n)
    apart = own / m + real / n
    variance = np.maximum(apart, pooled)
    variance[variance < _NO_VARIANCE] = 0.0
    differences = generated.values - reference.values
    differences[(variance == 0) & (np.abs(differences) < 1e-9)] = 0.0
    part = np.divide(own / m, apart, out=np.zeros_like(apart), where=apart > 0)
    freedom = _freedom(generated, reference, own / m, real / n)
    weights = np.sqrt(part, dtype=np.float32), np.sqrt(1 - part, dtype=np.float32)
    (one, other), (shrunk_one, shrunk_other) = zip(
        *(_noise(side, draws, rng) for side in (generated, reference)), strict=True
    )
    noise = weights[0] * one + weights[1] * other
    largest = np.abs(weights[0] * shrunk_one + weights[1] * shrunk_other).max(axis=1)
    return Gap(differences, np.sqrt(variance), freedom, part, noise, np.sort(largest).astype(np.float64))


def typical(gap: Gap) -> Typical:
    """The root mean square of the true differences behind those seen."""
    noise = gap.noise * gap.errors
    length = float(gap.differences @ gap.differences)
    along = float(np.var(noise @ gap.differences)) / length if length > 0 else 0.0
    lengths = np.einsum("bp,bp->b", noise, noise, dtype=np.float64)
    # The mean is known without drawing, and what is taken off must not vary.
    return Typical(length, float((gap.errors**2).sum()), float(np.var(lengths)), along, len(gap.differences))


def _freedom(generated: Associations, reference: Associations, own: Values, real: Values) -> Values:
    """Degrees of freedom of the sum of two estimated variances, from the fourth moments of the influences.

    Reference: Satterthwaite 1946, doi:10.2307/3002019.
    """
    doubt = np.zeros_like(own)
    for side, variance in ((generated, own), (reference, real)):
        count = side.influence.shape[1]
        square = np.square(side.influence)
        fourth = np.einsum("pn,pn->p", square, square, dtype=np.float64) / count
        kurtosis = np.divide(fourth, (variance * count) ** 2, out=np.full_like(own, 3.0), where=variance > 0)
        doubt += variance**2 * np.maximum(kurtosis - 1, 1.0) / count
    whole = (own + real) ** 2
    return np.clip(np.divide(2 * whole, doubt, out=np.full_like(own, _MANY), where=doubt > 0), _FEW, _MANY)


def _noise(side: Associations, draws: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draws with the correlation matrix of the influences, (draws, P), each of variance 1 where anything varies.

    The second are the same with that matrix shrunk.

    Reference: Schäfer & Strimmer 2005, doi:10.2202/1544-6115.1175 (shrinkage of correlations).
    """
    count = side.influence.shape[1]
    order = rng.permutation(count)
    bounds = np.linspace(0, count, min(count, _BLOCKS) + 1).astype(np.int64)[:-1]
    # The sum over a block of records has the correlations of one record, at a fraction of the cost.
    blocks = np.add.reduceat(side.influence[:, order], bounds, axis=1)
    length = np.sqrt(np.einsum("pb,pb->p", blocks, blocks))
    blocks = np.divide(blocks, length[:, None], out=np.zeros_like(blocks), where=length[:, None] > 0)
    weights = rng.standard_normal((draws, blocks.shape[1]), dtype=np.float32)
    alike = weights @ blocks.T
    # Correlations estimated from few records are too large on average, which makes the largest noise too small:
    # shrunk towards independence by the share of their mean square that is error.
    pairs = len(blocks)
    squares = float(np.square(blocks.T @ blocks, dtype=np.float64).sum()) - pairs
    part = min(1.0, pairs * (pairs - 1) / blocks.shape[1] / squares) if squares > 0 else 0.0
    fresh = rng.standard_normal(alike.shape, dtype=np.float32) * (length > 0)
    return alike, np.asarray(np.sqrt(1 - part) * alike + np.sqrt(part) * fresh, dtype=np.float32)
