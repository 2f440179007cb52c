"""Records that lie further from the real ones than real records lie from each other.

How far a record lies outside is the smallest multiple of a reference ball's radius that would include it. A few real
records set the limit, each compared with the others as if it had just been drawn; a perfect generator passes that limit
as rarely as they do, whatever the dimension and the density. So a few junk records show, though precision, which
counts every record just outside a ball, would bury them in its noise.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..shares.binomial import clopper_pearson

Values = NDArray[np.float64]

BEYOND = 0.002
"""The share of the real records that may lie beyond the limit; one record at least."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """Generated records beyond a limit that some real records set.

    Args:
        beyond: generated records beyond the limit.
        drawn: all generated records.
        allowed: real records at or beyond the limit.
        reference: all real records.
        limit: as a multiple of the radius of a real ball, at least 1.
    """

    beyond: int
    drawn: int
    allowed: int
    reference: int
    limit: float

    @property
    def share(self) -> float:
        """Of the generated records, beyond the limit."""
        return self.beyond / self.drawn

    @property
    def expected(self) -> float:
        """The share that a perfect generator shows on average: a record is any one of n + 1 in rank."""
        return self.allowed / (self.reference + 1)

    def limits(self, level: float) -> Interval:
        """Exact binomial limits: given the reference, every generated record passes the limit or not by itself."""
        low, high = clopper_pearson(successes=self.beyond, trials=self.drawn, level=level)
        # Rounding alone could put an end on the wrong side.
        return Interval(level, min(float(low), self.share), max(float(high), self.share))

    def p_value(self) -> float:
        """The chance that a perfect generator passes the limit at least as often; at least 1e-6."""
        return min(max(float(self._tail()[self.beyond]), 1e-6), 1.0)

    def perfect_band(self) -> tuple[float, float]:
        """The 95 % of shares that a perfect generator shows, over fresh references and draws."""
        tail = self._tail()
        low, high = (int(np.searchsorted(-tail, -each, side="right")) - 1 for each in (0.975, 0.025))
        return max(low, 0) / self.drawn, min(high, self.drawn) / self.drawn

    def minimum_detectable(self) -> float:
        """The excess over a perfect generator found at the 5 % level with power 0.8; of too few records, all of it."""
        from scipy.special import betaincinv

        critical = int(np.argmax(self._tail() <= 0.05))
        if critical > self.drawn:
            return 1 - self.expected
        return max(float(betaincinv(critical, self.drawn - critical + 1, 0.8)) - self.expected, 0.0)

    def _tail(self) -> Values:
        """P(at least c of the generated records lie beyond), c = 0 … drawn + 1, for a perfect generator.

        The chance to lie beyond the j-th of n exchangeable values is beta (j, n - j + 1), so counts are beta-binomial.
        """
        from scipy.special import betaln, gammaln

        c, m = np.arange(self.drawn + 1), self.drawn
        a, b = self.allowed, self.reference - self.allowed + 1
        ways = gammaln(m + 1) - gammaln(c + 1) - gammaln(m - c + 1)
        chance = np.exp(ways + betaln(c + a, m - c + b) - betaln(a, b))
        return np.append(np.cumsum(chance[::-1])[::-1], 0.0)


def outliers(*, generated: Values, reference: Values) -> Outliers:
    """Count what lies beyond the limit.

    Args:
        generated: (m,), how far each generated record lies outside, as a multiple of a radius; at most 1 inside.
        reference: (n,), the same of each real record among the others.
    """
    allowed = max(1, math.floor(BEYOND * len(reference)))
    limit = float(np.partition(reference, -allowed)[-allowed])
    # Where hardly any real record lies outside, a record inside a ball is never an outlier: counts only get smaller.
    limit = max(limit, 1.0)
    return Outliers(int((generated > limit).sum()), len(generated), allowed, len(reference), limit)
