"""The numbers of GA502: groups of near-equal records in one set, and pairs of them side by side in its file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_array
from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.independence.file_order import EXCHANGES, STRETCH, SideBySide, side_by_side
from ...statistics.independence.group_sizes import smallest_share
from ...statistics.independence.near_groups import NearGroups, near_groups

Indices = NDArray[np.int64]

# How the error of the test is shared between sizes of groups and order of the file, which alarms by a wide margin.
_OF_SIZES, _OF_ORDER = 0.9, 0.1


@dataclass(frozen=True, slots=True)
class Tested:
    """What one set of records shows.

    Args:
        name: `reference`, `holdout` or `generated`.
        rows: which of its records were looked at, in the order of the file.
        near: groups of near-equal records.
        order: pairs side by side; None where the file is sorted, so that its order says nothing.
    """

    name: str
    rows: Indices
    near: NearGroups
    order: SideBySide | None

    @property
    def p_value(self) -> float:
        """Of independent records, over both parts."""
        parts = [self.near.p_value / _OF_SIZES]
        parts += [] if self.order is None else [self.order.p_value / _OF_ORDER]
        return min(1.0, *parts)

    @property
    def p_floor(self) -> float | None:
        """The least p-value that exchanges of places give, where the p-value is that one; None where it is not."""
        least = 1 / (EXCHANGES + 1) / _OF_ORDER
        return least if self.order is not None and self.p_value == least else None

    @property
    def p_words(self) -> str:
        """The p-value as a reader needs it: that of the order of the file has a least one."""
        if self.p_floor is not None:
            return f"p ≤ {self.p_value:.2g}"
        return "p < 0.0001" if self.p_value < 1e-4 else f"p = {self.p_value:.2g}"


def tested(name: str, features: NDArray[np.float64], records: Any, *, most: int, rng: np.random.Generator) -> Tested:
    """Test a set of records, or a random part of it.

    Args:
        name: of the set.
        features: (n, d), finite.
        records: the same records as they stand in their file.
        most: records looked at.
        rng: chooses them, orders ties and exchanges places.
    """
    rows = np.sort(rng.permutation(len(features))[:most])
    near = near_groups(features[rows], rng)
    return Tested(name, rows, near, None if is_sorted(records) else side_by_side(near.pairs, rng))


def is_sorted(records: Any) -> bool:
    """Whether records stand in the order of their values, so that neighbours in the file resemble each other.

    Of a table, whether one of its columns of many values does.
    """
    if isinstance(records, list):
        return all(first <= second for first, second in pairwise(records))
    if is_array(records):
        return False
    return any(_ascends(records[name]) for name in records.columns)


def _ascends(column: Any) -> bool:
    known = column.dropna()
    if known.nunique() <= STRETCH:
        return False
    if known.dtype.kind not in "iufb":
        known = known.astype(str)
    return bool(known.is_monotonic_increasing or known.is_monotonic_decreasing)


def estimated(test: Tested, *, group: str | None, alarm: float, rng: np.random.Generator) -> Estimate:
    """The share of records in groups that independence does not explain.

    Args:
        test: of one set.
        group: the set, as the estimate names it; None for the reference.
        alarm: the level at which the test alarms.
        rng: for the limits of counts.
    """
    excess = test.near.excess
    value = excess.share
    return Estimate(
        name="near_duplicate_share",
        value=value,
        curve=excess.limits(LEVELS, rng),
        n=len(test.rows),
        method="groups of one size beyond the log-convex bound, limits of Poisson counts (Garwood)",
        unit="share",
        better=Better.LOWER,
        group=group,
        perfect=Perfect(0.0, *excess.chance()),
        p_value=test.p_value,
        minimum_detectable=smallest_share(len(test.rows), alpha=alarm * _OF_SIZES / 2),
        p_floor=test.p_floor,
    )


def facts_of(test: Tested) -> Mapping[str, int | float | None]:
    """One row of the table of tests, by column."""
    excess, order = test.near.excess, test.order
    fewer, _, more = excess.counts
    return {
        "records": len(test.rows),
        "members": excess.members,
        "groups": excess.counts[1],
        "allowed": math.sqrt(excess.factor * fewer * more),
        "radius": test.near.radius,
        "size_p": test.near.p_value,
        "pairs": None if order is None else order.pairs,
        "adjacent": None if order is None else order.observed,
        "expected": None if order is None else order.expected,
        "order_p": None if order is None else order.p_value,
    }
