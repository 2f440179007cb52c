"""How far apart the dependences of two tables are: the largest difference of any correlation.

The largest of many noisy differences is too large on average. Its lower limit is therefore that of all differences
together, which noise alone exceeds as rarely as the level says. Its upper limit needs no such price: whichever pair
truly differs most, its own upper limit is missed as rarely as the level says, and the largest of all upper limits is no
smaller.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..intervals import POWER
from .association import Associations
from .scores import Values

_BLOCKS = 300
_NORMAL = NormalDist()
SMALLEST = 1e-6
"""Smaller p-values are not told."""

_FEW, _MANY = 5.0, 1e6
# Fewer draws beyond a quantile say little about it; further out the bound of Šidák is used, which is close there.
_FEWEST_BEYOND = 20
_HALVINGS = 10  # of the factor by which differences are made smaller
_RARE = 5  # draws behind the band of a perfect generator
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

        A difference that stands alone is left as it is, the largest of many that noise explains becomes 0, and nothing
        in between jumps. Its median does not move with the number of records; its mean is lower where much becomes 0.
        """
        clear = np.abs(self.standardised) > self.critical(0.05)
        return _denoised(self.differences, clear, self.noise * self.errors.astype(np.float32))

    def perfect(self) -> tuple[float, float]:
        """What a perfect generator's `value` is exceeded by in half, and in one of forty audits."""
        noisy = self.noise * self.errors.astype(np.float32)
        largest = np.abs(noisy).max(axis=1)
        # The value depends on little but the largest difference, so a few draws with the largest that is rare will do.
        rare = np.argsort(np.abs(largest - np.quantile(largest, 0.975)), kind="stable")[:_RARE]
        clear = np.abs(self.noise[rare]) > self.critical(0.05)
        values = [_denoised(noisy[at].astype(np.float64), each, noisy) for at, each in zip(rare, clear, strict=True)]
        return 0.0, float(np.median(values))

    def p_value(self) -> float:
        """That no correlation differs, from the largest standardised difference."""
        seen = float(np.abs(self.standardised).max())
        beyond = (1 + int((self.largest >= seen).sum())) / (1 + len(self.largest))
        bound = len(self.differences) * 2 * _NORMAL.cdf(-seen)
        return min(1.0, max(SMALLEST, min(beyond, bound)))

    def pair_p_values(self) -> Values:
        """That one correlation does not differ, for each pair on its own, (P,)."""
        from scipy.special import ndtr

        return np.asarray(2 * ndtr(-np.abs(self.standardised)), dtype=np.float64)

    def detectable(self) -> float:
        """The difference of a typical pair that would have been seen among all with power 0.8."""
        return (self.critical(0.05) + POWER) * float(np.median(self.errors))


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


def _denoised(differences: Values, clear: NDArray[np.bool_], noise: NDArray[np.float32]) -> float:
    """The largest true difference whose median, with what noise adds, is the largest one seen.

    Differences that noise explains count as none, but for the largest; that and the clear ones are made smaller by one
    factor until the median is what was seen.

    Args:
        differences: (P,).
        clear: (P,), which of them noise does not explain.
        noise: (B, P), draws of it.
    """
    size, certain = np.abs(differences), ~noise.any(axis=0)
    seen = float(size.max())
    kept = (clear | (size == seen)) & ~certain
    rest = np.abs(noise[:, ~kept]).max(axis=1, initial=float(size[certain].max(initial=0.0)))
    shaken, moved = noise[:, kept], differences[kept].astype(np.float32)

    def median(part: float) -> float:
        return float(np.median(np.maximum(rest, np.abs(shaken + np.float32(part) * moved).max(axis=1, initial=0.0))))

    low, part = 0.0, 0.0 if median(0.0) >= seen else 1.0
    for _ in range(_HALVINGS):
        middle = (low + part) / 2
        low, part = (middle, part) if median(middle) < seen else (low, middle)
    return float(max(part * size[kept].max(initial=0.0), size[certain].max(initial=0.0)))


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
