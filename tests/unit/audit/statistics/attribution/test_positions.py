"""Maps divided by distance: known shares, quantiles and differences."""

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS, NOMINAL
from genai_audit.audit.statistics.attribution.positions import (
    context_range,
    distance_profile,
    pooled_share,
    profiles_apart,
    share_change,
    share_of_last,
    sink_excess,
)

AT = LEVELS.index(NOMINAL)
MAP = np.array([[0.0, 0.0, 1.0, 3.0], [0.0, -1.0, 2.0, 1.0], [2.0, 0.0, 0.0, -2.0]])
LENGTHS = np.array([2, 3, 4])


def test_the_profile_counts_from_the_prediction_and_by_absolute_value() -> None:
    # 12 in all: 6 on the last, 3 on the one before, 1 on the third, 2 on the fourth.
    assert distance_profile(MAP, LENGTHS) == pytest.approx(np.array([6, 3, 1, 2]) / 12)
    assert profiles_apart(np.array([1.0, 0.0]), np.array([0.25, 0.75])) == 0.75


def test_shares_and_the_range_follow_from_the_profile() -> None:
    assert share_of_last(MAP, LENGTHS, 1).value == 0.5
    assert share_of_last(MAP, LENGTHS, 3).value == pytest.approx(10 / 12)
    assert context_range(MAP, LENGTHS, share=0.5).value == 1
    assert context_range(MAP, LENGTHS, share=0.75).value == 2
    assert context_range(MAP, LENGTHS, share=0.9).value == 4


def test_what_lies_before_a_context_does_not_count() -> None:
    dirty = MAP.copy()
    dirty[0, 0] = 100
    assert np.array_equal(distance_profile(dirty, LENGTHS), distance_profile(MAP, LENGTHS))


def test_the_first_token_is_compared_with_those_beside_it() -> None:
    values = np.tile([4.0, 1.0, 1.0, 1.0, 1.0, 2.0], (5, 1)) * np.arange(1, 6)[:, None]
    found = sink_excess(values, np.full(5, 6), beside=4)
    assert found.value == pytest.approx(3 / 10)
    with pytest.raises(ValueError, match="contexts of more than 5 tokens, got 0"):
        sink_excess(values, np.full(5, 5), beside=4)


def test_where_all_records_agree_the_interval_keeps_a_width() -> None:
    found = pooled_share(np.ones(50), np.ones(50))
    assert found.value == 1
    # What 50 records may have missed: 1 − 0.025^(1/50).
    assert found.curve[AT].low == pytest.approx(0.025 ** (1 / 50), abs=0.01)
    weighted = pooled_share(np.r_[np.ones(49), 1000.0], np.r_[np.ones(49), 1000.0])
    assert weighted.curve[AT].low < 0.1


def test_a_map_of_zeros_has_no_shares() -> None:
    with pytest.raises(ValueError, match="not zero everywhere"):
        share_of_last(np.zeros((3, 4)), LENGTHS, 1)


def test_a_change_has_its_sign_and_none_is_none() -> None:
    rng = np.random.default_rng(0)
    whole = rng.random(200) + 0.5
    one, other = (pooled_share(share * whole * rng.uniform(0.8, 1.2, 200), whole) for share in (0.3, 0.5))
    change = share_change(one, other)
    assert change.value == pytest.approx(0.2, abs=0.03)
    assert change.curve[AT].low > 0.15
    assert change.p_value < 0.001
    assert share_change(one, one).p_value == 1


def test_intervals_of_shares_cover() -> None:
    # 200 repeats of 60 records of unequal strength: 95 % ± 3.1 points (two standard errors), with room for two more.
    rng = np.random.default_rng(1)
    held = []
    for _ in range(200):
        values = rng.standard_normal((60, 8)) * 0.6 ** np.arange(8, 0, -1) * np.exp(0.5 * rng.standard_normal((60, 1)))
        each = share_of_last(values, np.full(60, 8), 2).curve[AT]
        truth = (0.6 + 0.36) / sum(0.6**k for k in range(1, 9))
        held.append(each.low <= truth <= each.high)
    assert np.mean(held) > 0.9
