"""How much more often an attack hits people whose records were learned from than people whose records were not.

The attack is fixed before the people are looked at, so hits of both sides are independent given the generated records.
The excess is the share of those whom the attack would not have hit anyway, (r − c) / (1 − c), which is one minus the
ratio of two shares of misses: so its limits are those of a ratio of two independent binomial shares.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..multiplicity import MaxT, max_t
from ..shares.binomial import hypergeometric_cdf, normal_quantile

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_STEPS = 60


@dataclass(frozen=True, slots=True)
class Excess:
    """Hits on two groups of people.

    Args:
        hits: on people whose records were learned from.
        people: of these.
        control_hits: on people whose records were not.
        control: of these.
    """

    hits: int
    people: int
    control_hits: int
    control: int

    def __post_init__(self) -> None:
        right = 0 <= self.hits <= self.people and 0 <= self.control_hits <= self.control
        if not right or self.people < 1 or self.control_hits == self.control:
            raise ValueError(
                f"expected hits of at most as many people, and a control that is not always hit, got {self.hits} of "
                f"{self.people} and {self.control_hits} of {self.control}"
            )

    @property
    def value(self) -> float:
        """(r − c) / (1 − c), at most 1; below 0 where the control is hit more often."""
        missed, others = self.people - self.hits, self.control - self.control_hits
        return 1 - (missed / self.people) / (others / self.control)

    @property
    def null_error(self) -> float:
        """Its standard error if both groups were hit equally often."""
        share = (self.hits + self.control_hits) / (self.people + self.control)
        error = math.sqrt(share * (1 - share) * (1 / self.people + 1 / self.control))
        return error / (1 - self.control_hits / self.control)

    def limits(self, level: float) -> Interval:
        """Score limits of a ratio of two binomial shares, of misses.

        Reference: Miettinen & Nurminen 1985, doi:10.1002/sim.4780040211.
        """
        missed, others = self.people - self.hits, self.control - self.control_hits
        z, ratio = normal_quantile(level), 1 - self.value
        high = _crossing(missed, self.people, others, self.control, -z, start=ratio)
        low = 0.0 if missed == 0 else _crossing(missed, self.people, others, self.control, z, start=ratio)
        return Interval(level, min(1 - high, self.value), max(1 - low, self.value))

    @property
    def p_value(self) -> float:
        """One-sided, of both groups being equally easy: exact, given how many were hit in all (Fisher)."""
        total = self.hits + self.control_hits
        return float(hypergeometric_cdf(total, self.control, self.people)[self.control_hits])


def _score(ratio: float, missed: int, n: int, others: int, m: int) -> float:
    """Standardised distance of the observed shares from their ratio being `ratio`, falling in it."""
    a, b, c = (n + m) * ratio, -(n * ratio + missed + m + others * ratio), float(missed + others)
    below = (-b - math.sqrt(max(b * b - 4 * a * c, 0.0))) / (2 * a)
    above = min(ratio * below, 1.0)
    variance = above * (1 - above) / n + ratio**2 * below * (1 - below) / m
    variance *= (n + m) / (n + m - 1)
    gap = missed / n - ratio * others / m
    return gap / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, gap) if gap else 0.0


def _crossing(missed: int, n: int, others: int, m: int, z: float, *, start: float) -> float:
    """Where the score crosses z, by bisection on the logarithm."""
    centre = math.log(start) if start > 0 else math.log(0.5 / n)
    low, high = centre - 20, centre + 20
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _score(math.exp(middle), missed, n, others, m) > z else (low, middle)
    return math.exp((low + high) / 2)


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Several secrets of the same people, looked at together.

    Args:
        tested: p-values (K,) that hold for all secrets together, by dealing out the people at random.
        largest: (B,), the largest excess of any secret in each deal.
    """

    tested: MaxT
    largest: Floats


def together(people: Flags, control: Flags, *, rng: np.random.Generator, deals: int = 999) -> Together:
    """P-values of all secrets at once: who was learned from is dealt out at random, all secrets of a person together.

    Exact, up to the number of deals, if records were dealt at random into those learned from and the control, and the
    generated records hang on no record's side.

    Args:
        people: (n, K), whether each secret of each person learned from was hit.
        control: (m, K), the same of others.
        rng: deals.
        deals: how many.

    Reference: Westfall & Young 1993, Resampling-based multiple testing, algorithm 2.8.
    """
    every = np.concatenate([people, control]).astype(np.float64)
    n, total = len(people), len(every)
    sides = np.zeros((deals + 1, total))
    sides[0, :n] = 1.0
    for row in sides[1:]:
        row[rng.permutation(total)[:n]] = 1.0
    counted = sides @ every
    hit, other = counted / n, (every.sum(axis=0) - counted) / (total - n)
    share = every.mean(axis=0)
    spread = np.sqrt(np.maximum(share * (1 - share), 1e-12) * (1 / n + 1 / (total - n)))
    # One-sided: a control that is hit more often speaks for nothing.
    standing = np.maximum(hit - other, 0.0) / spread
    excess = (hit - other) / np.maximum(1 - other, 1 / total)
    return Together(max_t(standing[0], standing[1:]), np.sort(excess[1:].max(axis=1)))
