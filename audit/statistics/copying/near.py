"""Rates of near-copies against those of held-out records, and which generated records are copies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..intervals import Share
from ..membership.listing import conformal_p_values
from ..multiplicity import false_discovery

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RateDifference:
    """Two independent counts: hits of n generated records, and of m real ones for which nothing was copied.

    Args:
        hits: of generated records.
        n: generated records.
        real_hits: of real ones.
        m: real records.
    """

    hits: int
    n: int
    real_hits: int
    m: int

    @property
    def value(self) -> float:
        """The generated rate less the real one."""
        return self.hits / self.n - self.real_hits / self.m

    def limits(self, level: float) -> Interval:
        """From the limits of both rates, which keeps them inside [−1, 1] and right near 0.

        Reference: Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I (method 10).
        """
        shares = [(self.hits / self.n, self.n), (self.real_hits / self.m, self.m)]
        made, real = (Share(share, 1 / (4 * size), size, float("inf")).limits(level) for share, size in shares)
        down = np.hypot(shares[0][0] - made.low, real.high - shares[1][0])
        up = np.hypot(made.high - shares[0][0], shares[1][0] - real.low)
        return Interval(level, self.value - float(down), self.value + float(up))

    def p_value(self) -> float:
        """The chance of as many hits among the generated records if both rates were equal (Fisher's exact test)."""
        from scipy.stats import fisher_exact

        table = [[self.hits, self.n - self.hits], [self.real_hits, self.m - self.real_hits]]
        return float(fisher_exact(table, alternative="greater").pvalue)


def conformal(*, generated: Floats, holdout: Floats) -> Floats:
    """For each generated record the chance that a fresh real one lies as close to the training data, (n,).

    A perfect generator's record is exchangeable with the holdout's given the training data, so each p-value is valid,
    and together they rise and fall as one, for which Benjamini and Hochberg's procedure holds. The smallest is
    1 / (m + 1).

    Args:
        generated: (n,), distance to the nearest training record.
        holdout: (m,), the same of held-out records.

    Reference: Bates et al. 2023, doi:10.1214/22-AOS2244.
    """
    return conformal_p_values(-generated, -holdout)


def discovered(p_values: Floats, *, rate: float) -> NDArray[np.int64]:
    """The records that are called copies, the surest first, so that at most `rate` of them are expected to be none."""
    adjusted = false_discovery(p_values, dependent=False)
    order = np.argsort(p_values, kind="stable")
    return order[adjusted[order] <= rate].astype(np.int64)
