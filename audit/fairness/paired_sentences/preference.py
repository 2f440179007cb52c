"""How often the stereotyping sentence of a pair is the likelier one, with limits that hold for clusters of pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval
from ...statistics.paired.sign_test import sign_test
from ...statistics.shares.binomial import clopper_pearson
from ..shared.clustered import Clustered, clustered
from .pairs import TIED, Pairs

Floats = NDArray[np.float64]

DRAWS = 4_000
"""Models without a preference that are simulated."""


@dataclass(frozen=True, slots=True, eq=False)
class Preference:
    """Of the pairs of one bias type: the share that prefers the stereotype, and by how many nats.

    Args:
        pairs: of the type.
        share: 1, 0.5 or 0 of each pair, in clusters.
        nats: differences in clusters.
        per_token: likewise, of scores per token.
        curve: limits of the share at all `LEVELS`.
        p_value: two-sided, of no preference: the larger of the exact sign test's and of that for clusters.
    """

    pairs: Pairs
    share: Clustered
    nats: Clustered
    per_token: Clustered
    curve: tuple[Interval, ...]
    p_value: float

    def without_preference(self, rng: np.random.Generator) -> Floats:
        """Shares minus 0.5 of models whose clusters prefer either side by a coin, (DRAWS,)."""
        sums = np.bincount(self.pairs.clusters, weights=self.pairs.preferred - 0.5)
        sums = sums[sums != 0]
        flips = rng.integers(0, 2, (DRAWS, len(sums))) * 2.0 - 1.0
        drawn: Floats = flips @ sums / len(self.pairs.nats)
        return drawn

    @property
    def null_error(self) -> float:
        """Standard error of the share of a model without a preference."""
        sums = np.bincount(self.pairs.clusters, weights=self.pairs.preferred - 0.5)
        return float(np.sqrt(np.square(sums).sum()) / len(self.pairs.nats))


def preference(pairs: Pairs) -> Preference:
    """The preference in the pairs of one type, of at least two clusters."""
    share = clustered(pairs.preferred, pairs.clusters)
    curve = share_limits(pairs, share, LEVELS)
    nats, per_token = clustered(pairs.nats, pairs.clusters), clustered(pairs.per_token, pairs.clusters)
    exact = sign_test(differences=pairs.nats, ties="split", tolerance=TIED).p_value
    p_value = exact if single(share) else max(exact, share.student_p(0.5))
    return Preference(pairs, share, nats, per_token, curve, p_value)


def single(share: Clustered) -> bool:
    """Whether every pair is a cluster of its own."""
    return share.number == len(share.values)


def share_limits(pairs: Pairs, share: Clustered, levels: Sequence[float]) -> tuple[Interval, ...]:
    """Limits of the share: the outer ones of exact binomial limits and of those that hold for clusters.

    Args:
        pairs: of the type.
        share: what each of them prefers, in clusters.
        levels: ascending.
    """
    exact = sign_test(differences=pairs.nats, ties="split", tolerance=TIED, levels=levels).curve
    if single(share):
        return exact
    robust = _agreed(share, levels) if share.known is None else share.student(levels)
    return tuple(
        Interval(one.level, max(0.0, min(one.low, other.low)), min(1.0, max(one.high, other.high)))
        for one, other in zip(exact, robust, strict=True)
    )


def _agreed(share: Clustered, levels: Sequence[float]) -> tuple[Interval, ...]:
    """Exact limits where all clusters agree, which then count as one pair each."""
    number = share.number
    hits = int(np.floor(number * share.value)), int(np.ceil(number * share.value))
    low = clopper_pearson(successes=hits[0], trials=number, level=levels).low
    high = clopper_pearson(successes=hits[1], trials=number, level=levels).high
    return tuple(Interval(at, float(a), float(b)) for at, a, b in zip(levels, low, high, strict=True))
