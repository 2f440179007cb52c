"""Numbers of groups by size: the exact test, its bound, and the share it leaves unexplained."""

from itertools import pairwise
from math import comb, log

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.independence.group_sizes import excess, smallest_share, too_many


def test_the_exact_test_by_hand() -> None:
    """Margins of (1, 2, 0): the counts are (1, 2, 0) or (2, 0, 1); weights 1/(1! 2! 0!) and 1/(2! 0! 1!) / κ."""
    assert too_many(1, 2, 0, factor=1.0) == pytest.approx(0.5)
    assert too_many(1, 2, 0, factor=4.0) == pytest.approx(0.5 / (0.5 + 0.5 / 4))
    assert too_many(5, 0, 3, factor=1.5) == pytest.approx(1.0)


def test_it_is_the_test_of_hardy_weinberg_proportions() -> None:
    """With κ = 4: 3 heterozygotes of 5 people and 5 of 10 alleles; C(n; a, b, c) 2^b over C(10, 5)."""
    ways = {b: comb(5, b) * comb(5 - b, (5 - b) // 2) * 2**b for b in (1, 3, 5)}
    assert sum(ways.values()) == comb(10, 5)
    assert too_many(1, 3, 1, factor=4.0) == pytest.approx((ways[3] + ways[5]) / comb(10, 5))


@pytest.mark.parametrize("kinds", [30, 200, 1000])
def test_equally_likely_kinds_reach_the_bound_and_keep_the_level(kinds: int) -> None:
    """The hardest case: cells of equal probability make the inequality an equality."""
    rng, repeats = np.random.default_rng(0), 400
    alarms = 0
    for _ in range(repeats):
        counts = np.bincount(rng.integers(kinds, size=400))
        alarms += excess(counts[counts > 0]).p_value < 0.05
    assert alarms / repeats < 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)


@pytest.mark.parametrize("members", [2, 3, 7])
def test_groups_of_one_size_are_no_chance(members: int) -> None:
    found = excess(np.full(60, members))
    assert found.members == members
    assert found.p_value < 1e-6
    assert found.share == 1.0


def test_the_interval_of_the_share_holds_the_true_share() -> None:
    """Of 2,000 records each is copied with a chance of 5 %: copies and originals are 2 · 0.05 / 1.05 of all."""
    rng, held, values = np.random.default_rng(1), 0, []
    for _ in range(100):
        copied = int(rng.binomial(2000, 0.05))
        found = excess(np.array([1] * (2000 - copied) + [2] * copied))
        limits = found.limits(LEVELS, rng)
        held += limits[3].low <= 0.1 / 1.05 <= limits[3].high
        values.append(found.share)
        assert limits[0].low <= found.share <= limits[0].high
        assert all(a.low >= b.low and a.high <= b.high for a, b in pairwise(limits))
    assert held >= 89
    assert np.mean(values) == pytest.approx(0.1 / 1.05, abs=0.005)


def test_the_smallest_share_is_the_smallest() -> None:
    share = smallest_share(1000, alpha=0.0045)
    pairs = round(share * 500)
    found = [excess(np.array([1] * (1000 - 2 * each) + [2] * each)).p_value for each in (pairs - 1, pairs)]
    assert found[0] >= 0.0045 > found[1]
    assert 0.1 < share < 0.25
    assert log(smallest_share(10_000, alpha=0.0045)) < log(share)
    assert smallest_share(4, alpha=0.0045) == 1.0


def test_records_that_stand_alone_say_nothing() -> None:
    found = excess(np.ones(50, dtype=np.int64))
    assert (found.p_value, found.members, found.share) == (1.0, 0, 0.0)
