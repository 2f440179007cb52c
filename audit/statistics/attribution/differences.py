"""Differences of two samples' means, many at once, with intervals over records."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """P differences of means, their standard errors and degrees of freedom, (P,) each."""

    values: Floats
    errors: Floats
    freedom: Floats

    def bounds(self, level: float, family: int = 1) -> tuple[Floats, Floats]:
        """Bounds (P,) at `level` for all of a family of intervals together (Bonferroni)."""
        from scipy.special import stdtrit

        reach = stdtrit(self.freedom, 1 - (1 - level) / (2 * family)) * self.errors
        return self.values - reach, self.values + reach


def differences(one: Floats, other: Floats) -> Differences:
    """Mean of (n, P) less mean of (m, P), with Welch's degrees of freedom.

    Reference: Welch 1947, doi:10.1093/biomet/34.1-2.28.
    """
    parts = [each.var(axis=0, ddof=1) / len(each) for each in (one, other)]
    total = parts[0] + parts[1]
    spread = parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(other) - 1)
    most = np.full(total.shape, float(len(one) + len(other) - 2))
    freedom = np.divide(total**2, spread, out=most, where=spread > 0)
    return Differences(one.mean(axis=0) - other.mean(axis=0), np.sqrt(total), freedom)


@dataclass(frozen=True, slots=True)
class Apart:
    """How far two samples of numbers are apart, in standard deviations; its standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float

    def limits(self, level: float, family: int = 1) -> tuple[float, float]:
        """Student's limits, one of a family that hold together (Bonferroni)."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.freedom, 1 - (1 - level) / (2 * family))) * self.error
        return self.value - reach, self.value + reach


def standardised_difference(one: Floats, other: Floats) -> Apart | None:
    """Mean of (n,) less mean of (m,), over the root of the mean of both variances.

    The error includes that of the deviation. None where neither sample varies and their means differ: then the
    difference has no unit.

    Reference: Cohen 1988, Statistical power analysis, section 2.3 (d' with unequal variances).
    """
    variances = one.var(ddof=1), other.var(ddof=1)
    scale = float(np.sqrt((variances[0] + variances[1]) / 2))
    gap = float(one.mean() - other.mean())
    if scale == 0:
        return Apart(0.0, 0.0, float(len(one) + len(other) - 2)) if gap == 0 else None
    value = gap / scale
    parts = []
    for sample, side, variance in ((one, 1.0, variances[0]), (other, -1.0, variances[1])):
        apart = sample - sample.mean()
        influence = side * apart / scale - value * (apart**2 - variance) / (4 * scale**2)
        parts.append(float(influence.var(ddof=1)) / len(sample))
    spread = parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(other) - 1)
    freedom = sum(parts) ** 2 / spread if spread > 0 else float(len(one) + len(other) - 2)
    return Apart(value, float(np.sqrt(sum(parts))), freedom)
