"""What is closer than chance: an exact test at its level, powerful, and careful with ties."""

import math

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.intervals import curve
from genai_audit.audit.statistics.reproduction.chance import bar, conformal, excess


def test_the_bar_leaves_one_of_few_and_a_share_of_many() -> None:
    few, many = np.arange(100.0), np.arange(5000.0)
    assert (bar(few, share=0.001).value, bar(few, share=0.001).passed) == (98.0, 1)
    over = bar(many, share=0.001)
    assert (over.value, int(over.counts(many).sum())) == (4994.0, 5)


def test_the_number_that_passes_is_distributed_as_drawing_balls() -> None:
    # n = 2 generated among m = 3 of the null with k = 1: of the 10 equally likely orders of G G N N N from the top,
    # both G come before the second N in GGNNN, GNGNN, NGGNN, and none in NN…, 3 orders.
    found = excess(generated=np.array([5.0, 4.0]), null=np.array([1.0, 2.0, 3.0]), share=0.0)
    assert found.chances == pytest.approx([3 / 10, 4 / 10, 3 / 10])
    assert found.count == 2
    assert found.p_value == pytest.approx(3 / 10)
    assert found.chance == pytest.approx(2 / 4)  # the mean of a share with these chances: (4 + 6) / 10 / 2


def test_sound_generators_alarm_in_at_most_one_of_twenty() -> None:
    rng = np.random.default_rng(0)
    alarms = np.zeros(3)
    for _ in range(1000):
        fine, coarse = rng.normal(size=(2, 300)), rng.integers(0, 30, (2, 300)).astype(float)
        ended = rng.integers(0, 5, (2, 300)).astype(float)
        for at, (made, null, end) in enumerate(((*fine, None), (*coarse, None), (*ended, 4.0))):
            alarms[at] += excess(generated=made, null=null, share=0.001, end=end).p_value <= 0.05
    assert (alarms <= 67).all()  # 50 expected at most, and two and a half standard deviations
    assert alarms[0] > 15


def test_intervals_of_the_excess_hold_the_truth() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        made = np.where(rng.random(1000) < 0.02, 99.0, rng.normal(size=1000))
        found = excess(generated=made, null=rng.normal(size=500), share=0.001)
        # Given the bar: 2 % copies, and the others above it by chance, which the null's own share hides.
        above = 0.5 * math.erfc(found.bar.value / math.sqrt(2))
        truth = 0.02 + 0.98 * above - above
        held += found.limits(0.95).low <= truth <= found.limits(0.95).high
    assert held >= 375


def test_copies_of_one_in_a_hundred_are_seen() -> None:
    rng = np.random.default_rng(2)
    seen = 0
    for _ in range(50):
        made = np.where(np.arange(2000) < 20, 99.0, rng.normal(size=2000))
        found = excess(generated=made, null=rng.normal(size=1000), share=0.001)
        assert found.count >= 20
        seen += found.p_value <= 0.05 and found.limits(0.95).low > 0
    assert seen >= 45
    assert found.smallest < 0.01


def test_where_nothing_can_be_closer_both_shares_are_compared() -> None:
    # Half of the null are exact copies themselves: 90 copies of 100 are more than that (Fisher), 50 are not.
    null = np.where(np.arange(100) < 50, 0.0, -1.0)
    many, even = (
        excess(generated=np.where(np.arange(100) < k, 0.0, -1.0), null=null, share=0.001, end=0.0) for k in (90, 50)
    )
    assert many.bar.reached
    # 1 − P(at most 89 of 140 marked among 100 of 200), from the hypergeometric sum by exact fractions.
    tail = sum(math.comb(100, k) * math.comb(100, 140 - k) for k in range(90, 101)) / math.comb(200, 140)
    assert many.p_value == pytest.approx(tail, rel=1e-6, abs=1e-12)
    assert even.value == 0
    assert even.p_value > 0.5
    assert even.limits(0.95).low < 0 < even.limits(0.95).high


@pytest.mark.parametrize("count", [0, 1, 40, 300])
def test_intervals_are_nested_at_every_level(count: int) -> None:
    made = np.where(np.arange(300) < count, 9.0, 0.0)
    found = excess(generated=made, null=np.arange(50.0) / 50, share=0.001)
    for limits in (found.rate_limits, found.limits):
        assert [each.level for each in curve(limits)] == list(LEVELS)


def test_conformal_p_values_count_the_record_itself() -> None:
    null = np.array([1.0, 2.0, 2.0, 3.0])
    assert conformal(np.array([0.0, 2.0, 9.0]), null).tolist() == [1.0, 4 / 5, 1 / 5]
