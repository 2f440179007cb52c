"""How often generated records repeat what belongs to single training records, beyond what belongs to held-out ones.

Held-out records were dealt from the same deck, so a model that learned nothing by heart hits what is theirs as often,
in proportion to how many they are. Repetitions come in clusters, as one identifier is repeated many times or never: so
the clusters are counted, not the repetitions (a compound Poisson count).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..intervals import Rate
from ..shares.binomial import hypergeometric_cdf

Ints = NDArray[np.int64]

_KNOWN = 1e6
"""Degrees of freedom of a variance that is that of counts."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Repetitions of what belongs to the records of one side.

    Args:
        share: of the generated records that repeat something, in [0, 1].
        variance: of the share, over clusters.
        sources: records that something is repeated of.
        holders: records that have something of their own.
    """

    share: float
    variance: float
    sources: int
    holders: int


def repeated(*, rows: Ints, sources: Ints, drawn: int, holders: int) -> Repeated:
    """Count repetitions.

    Args:
        rows: (h,), the generated record of each.
        sources: (h,), the real record of each.
        drawn: generated records.
        holders: real records that have something of their own.
    """
    pairs = np.unique(np.stack([rows, sources]), axis=1) if len(rows) else np.empty((2, 0), dtype=np.int64)
    distinct, sizes = np.unique(pairs[1], return_counts=True)
    share = len(np.unique(pairs[0])) / drawn
    variance = max(float((sizes.astype(np.float64) ** 2).sum()) / drawn**2, share / drawn)
    return Repeated(share, variance, len(distinct), holders)


@dataclass(frozen=True, slots=True)
class Excess:
    """Repetitions of training records beyond those of held-out ones.

    Args:
        training: of the former.
        holdout: of the latter.
        drawn: generated records.
    """

    training: Repeated
    holdout: Repeated
    drawn: int

    def __post_init__(self) -> None:
        if not self.holdout.holders:
            raise ValueError("expected held-out records with something of their own, got none")

    @property
    def ratio(self) -> float:
        """Training records with something of their own, to one held-out one."""
        return self.training.holders / self.holdout.holders

    @property
    def chance(self) -> float:
        """The share of generated records that would repeat something of training records by chance."""
        return self.ratio * self.holdout.share

    @property
    def value(self) -> float:
        """The share of generated records that repeat something of training records, less that by chance."""
        return self.training.share - self.chance

    def limits(self, level: float) -> Interval:
        """From the limits of both shares, which are those of counts of clusters.

        Reference: Donner & Zou 2012, doi:10.1177/0962280210383082 (limits of a difference from those of its parts).
        """
        ours, theirs = (
            Rate(each.share, each.variance, self.drawn, _KNOWN).limits(level) for each in (self.training, self.holdout)
        )
        down = math.hypot(self.training.share - ours.low, self.ratio * (theirs.high - self.holdout.share))
        up = math.hypot(ours.high - self.training.share, self.ratio * (self.holdout.share - theirs.low))
        return Interval(level, max(self.value - down, -self.ratio), min(self.value + up, 1.0))

    @property
    def p_value(self) -> float:
        """One-sided, of no side being repeated more readily: exact, given how many records are repeated of (Fisher)."""
        total = self.training.sources + self.holdout.sources
        cdf = hypergeometric_cdf(total, self.holdout.holders, self.training.holders)
        return float(cdf[self.holdout.sources])
