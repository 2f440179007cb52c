"""How far apart the dependences of two tables typically are: the root mean square of all differences."""

import math
from dataclasses import dataclass

import numpy as np

from ...finding import Interval
from .gap import SMALLEST, Gap


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
        return max(SMALLEST, 1 - self._below(0.0))

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


def typical(gap: Gap) -> Typical:
    """The root mean square of the true differences behind those seen."""
    noise = gap.noise * gap.errors
    length = float(gap.differences @ gap.differences)
    along = float(np.var(noise @ gap.differences)) / length if length > 0 else 0.0
    lengths = np.einsum("bp,bp->b", noise, noise, dtype=np.float64)
    # The mean is known without drawing, and what is taken off must not vary.
    return Typical(length, float((gap.errors**2).sum()), float(np.var(lengths)), along, len(gap.differences))
