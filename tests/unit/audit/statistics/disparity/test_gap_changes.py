"""Gaps between groups, their changes, and how far these can be trusted: by numbers that can be worked out by hand."""

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference

from genai_audit.audit.statistics.disparity.by_group import by_group
from genai_audit.audit.statistics.disparity.gap_changes import Gap, gap_change, together, worst_limits
from genai_audit.audit.statistics.disparity.predicted import (
    Rates,
    Spread,
    group_rates,
    resampled_counts,
    spread_of_parts,
    spread_of_people,
)

PAIR = Gap(np.array([[0, 1], [1, 0]]), np.array([400, 400]))


def rates(values, rng, *, people=0.0, parts=0.0):
    """Rates with the given standard errors from people and from five parts."""
    drift = rng.standard_normal((5, len(values)))
    drift -= drift.mean(axis=0)
    drift *= parts / np.sqrt((drift**2).sum(axis=0))
    return Rates(
        np.array(values), Spread(people * rng.standard_normal((400, len(values))), drift, np.zeros(len(values)))
    )


def test_rates_by_hand():
    # Four people, the first two of one group; two parts with one seed. Part 0 predicts 1 1 0 1, part 1 1 0 0 0.
    events = np.array([[[1, 1, 0, 1]], [[1, 0, 0, 0]]], dtype=bool)
    members = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool)
    found = group_rates(events=events, members=members)
    np.testing.assert_allclose(found[:, 0], [[1.0, 0.5], [0.5, 0.0]])
    parts, seeds = spread_of_parts(found)
    # The variance of a mean of two values a and b is (a − b)² / 4.
    np.testing.assert_allclose((parts**2).sum(axis=0), [0.0625, 0.0625])
    np.testing.assert_array_equal(seeds, 0)


def test_the_variance_between_parts_holds_that_of_seeds():
    rng = np.random.default_rng(0)
    found = rng.standard_normal((400, 3, 1)) + 2 * rng.standard_normal((400, 1, 1))  # seeds 1, parts 4
    parts, seeds = spread_of_parts(found)
    assert (parts**2).sum() == pytest.approx((4 + 1 / 3) / 400, rel=0.2)
    assert seeds[0] == pytest.approx((1 / 3) / 400, rel=0.1)


def test_resampled_people_vary_as_binomial_shares_do():
    rng = np.random.default_rng(1)
    counts = resampled_counts(500, 2_000, rng)
    assert (counts.sum(axis=1) == 500).all()
    happened = (np.arange(500) < 150).astype(float)
    drift = spread_of_people(mean_events=happened, members=np.ones((1, 500), dtype=bool), counts=counts)
    assert drift.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 500), rel=0.06)


def test_a_clear_change_is_that_of_its_pair_with_students_interval():
    rng = np.random.default_rng(2)
    own, real = rates([0.6, 0.2], rng, parts=0.01), rates([0.5, 0.3], rng, parts=0.01)
    change = gap_change(PAIR, generated=own, real=real)
    assert change.value == pytest.approx(0.4 - 0.2)
    assert change.upper.generated.tolist() == change.lower.real.tolist() == [0]
    (low,), (high,) = change.limits([0.95])
    assert (low + high) / 2 == pytest.approx(0.2)
    # Four squared errors of about 0.01² and the least that people leave open, by nearly 8 degrees of freedom.
    assert 0.02 < (high - low) / 2 < 0.09


def test_where_it_is_open_who_is_ahead_the_interval_holds_both():
    rng = np.random.default_rng(3)
    own, real = rates([0.51, 0.5], rng, parts=0.03), rates([0.5, 0.51], rng, parts=0.03)
    change = gap_change(PAIR, generated=own, real=real)
    assert change.upper.generated.tolist() == change.lower.real.tolist() == [0, 1]
    (low,), (high,) = change.limits([0.95])
    assert low < -0.02 < 0.02 < high


def test_a_gap_that_closes_is_seen_to_close_whichever_group_is_ahead_in_the_end():
    rng = np.random.default_rng(8)
    own, real = rates([0.5, 0.5], rng, parts=0.01), rates([0.3, 0.7], rng, parts=0.01)
    change = gap_change(PAIR, generated=own, real=real)
    assert sorted(change.upper.generated) == [0, 1]
    (low,), (high,) = change.limits([0.95])
    assert low < -0.4 < high < -0.3


def test_the_interval_holds_a_true_change():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(300):
        noise = 0.02 * rng.standard_normal((2, 5, 1, 2))
        made, known = np.array([0.6, 0.45]) + noise[0], np.array([0.55, 0.5]) + noise[1]
        sides = []
        for each in (made, known):
            parts, seeds = spread_of_parts(each)
            sides.append(Rates(each.mean(axis=(0, 1)), Spread(np.zeros((400, 2)), parts, seeds)))
        (low,), (high,) = gap_change(PAIR, generated=sides[0], real=sides[1]).limits([0.95])
        held += low <= 0.1 <= high
    assert held >= 277  # 0.1 % of runs with 95 % have fewer of 300


def test_equal_changes_count_as_one_test_and_independent_ones_as_many():
    rng = np.random.default_rng(5)
    own, real = rates([0.5, 0.5], rng, people=0.02), rates([0.5, 0.5], rng, people=0.02)
    one = (PAIR, own, real, gap_change(PAIR, generated=own, real=real))
    same = together([one] * 6, rng=rng)
    apart = []
    for _ in range(6):
        own, real = rates([0.5, 0.5], rng, people=0.02), rates([0.5, 0.5], rng, people=0.02)
        apart.append((PAIR, own, real, gap_change(PAIR, generated=own, real=real)))
    assert same.number < 1.5
    assert 4 < together(apart, rng=rng).number < 9
    assert same.perfect.shape == (400, 6)


def test_the_worst_of_several_has_a_corrected_lower_end_only():
    rng = np.random.default_rng(6)
    changes = [
        gap_change(PAIR, generated=rates([top, 0.2], rng, parts=0.01), real=rates([0.5, 0.3], rng, parts=0.01))
        for top in (0.6, 0.65)
    ]
    worst, alone = worst_limits(changes, [0.95], 2.0), changes[1].limits([0.95])
    assert worst.high[0] == max(alone.high[0], changes[0].limits([0.95]).high[0])
    assert worst.low[0] < max(alone.low[0], changes[0].limits([0.95]).low[0])


def test_rates_by_group_are_those_of_fairlearn():
    rng = np.random.default_rng(7)
    truth, told, sex = rng.random(400) < 0.4, rng.random(400) < 0.5, rng.integers(0, 3, 400)
    found = by_group(
        positive=truth, selected=told.astype(float), right=(truth == told).astype(float), members=sex, groups=4
    )
    assert all(np.isnan(each[3]) for each in found.values())  # of the fourth group there is nobody
    gap = demographic_parity_difference(truth, told, sensitive_features=sex)
    assert np.ptp(found["selected"][:3]) == pytest.approx(gap)
    odds = equalized_odds_difference(truth, told, sensitive_features=sex)
    assert max(np.ptp(found[name][:3]) for name in ("true_positives", "false_positives")) == pytest.approx(odds)
    happened = (told[None, None], np.stack([sex == k for k in range(3)]))
    np.testing.assert_allclose(group_rates(events=happened[0], members=happened[1])[0, 0], found["selected"][:3])
