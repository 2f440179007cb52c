"""Differences of rates behind a judge who errs more often on one group."""

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.statistics.shares.group_errors import JudgedGroup, rate_difference


def judged(rng: np.random.Generator, rate: float, se: float, sp: float, n: int, labelled: int) -> JudgedGroup:
    hits, spared = rng.binomial(labelled, se), rng.binomial(labelled, sp)
    positive = rng.binomial(n, rate * se + (1 - rate) * (1 - sp))
    return JudgedGroup(int(positive), n, ((int(hits), int(labelled - hits)), (int(labelled - spared), int(spared))))


def test_a_gap_that_only_the_judge_makes_is_none() -> None:
    # Both groups at .1; false alarms 5 % and 20 %: the judge reports .1 · .9 + .9 · .05 = .135 and .09 + .18 = .27.
    found = rate_difference(
        first=JudgedGroup(1350, 10_000, ((900, 100), (50, 950))),
        second=JudgedGroup(2700, 10_000, ((900, 100), (200, 800))),
    )
    assert found.uncorrected == pytest.approx(-0.135)
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.curve[3].low < 0 < found.curve[3].high


def test_a_judge_without_error_gives_the_plain_difference() -> None:
    perfect = ((10**6, 0), (0, 10**6))
    found = rate_difference(first=JudgedGroup(56, 70, perfect), second=JudgedGroup(48, 80, perfect))
    # Newcombe's method 10 for 56/70 − 48/80: [.0524, .3339] from Wilson limits; ours are of equal tails.
    assert found.value == pytest.approx(0.2)
    assert (found.curve[3].low, found.curve[3].high) == pytest.approx((0.0524, 0.3339), abs=0.01)


@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.3, 0.15), (0.02, 0.05)])
def test_differences_are_covered(rates: tuple[float, float]) -> None:
    rng, hits, repeats = np.random.default_rng(0), 0, 80
    for _ in range(repeats):
        first, second = judged(rng, rates[0], 0.9, 0.95, 500, 200), judged(rng, rates[1], 0.8, 0.85, 700, 150)
        interval = rate_difference(first=first, second=second, levels=[0.95]).curve[0]
        hits += interval.low <= rates[0] - rates[1] <= interval.high
    assert stats.binomtest(hits, repeats, 0.95, alternative="less").pvalue > 0.01


def test_swapping_the_groups_mirrors_the_difference() -> None:
    one, other = JudgedGroup(30, 100, ((45, 5), (4, 46))), JudgedGroup(50, 120, ((40, 10), (9, 41)))
    first, second = rate_difference(first=one, second=other), rate_difference(first=other, second=one)
    assert [each.low for each in first.curve] == pytest.approx([-each.high for each in second.curve])


def test_a_judge_near_chance_and_impossible_counts_are_refused() -> None:
    fair = JudgedGroup(30, 100, ((45, 5), (4, 46)))
    with pytest.raises(ValueError, match=r"at least 0\.3 on each group, got 0\.10"):
        rate_difference(first=fair, second=JudgedGroup(30, 100, ((30, 20), (25, 25))))
    with pytest.raises(ValueError, match="got 3 of 2"):
        JudgedGroup(3, 2, ((1, 0), (0, 1)))
    with pytest.raises(ValueError, match="of both kinds"):
        JudgedGroup(1, 2, ((0, 0), (0, 1)))
