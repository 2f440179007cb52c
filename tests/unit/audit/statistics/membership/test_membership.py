"""Tests of membership hold their level without a leak, see one that is planted, and refuse what cannot be used."""

import numpy as np
import pytest

from genai_audit.audit.statistics.membership.by_group import GroupArea, areas_by_group
from genai_audit.audit.statistics.membership.listing import listing, null_counts
from genai_audit.audit.statistics.membership.pairs import guess_pairs
from genai_audit.audit.statistics.membership.separation import permutation_p, separation, two_sided_p
from genai_audit.audit.statistics.membership.thresholds import Threshold, certified, needed, precision

RUNS = 200
WITHIN = 4 * np.sqrt(0.05 * 0.95 / RUNS)
"""Four standard errors of a rate of 5 %."""


def null(rng: np.random.Generator, n: int, *, tied: bool = False) -> np.ndarray:
    scores = rng.normal(size=n)
    return np.round(scores) if tied else scores


def halves(members: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> list[GroupArea]:
    return areas_by_group([members[:75], members[75:]], [others[:60], others[60:]], rng, 99)


@pytest.mark.parametrize("tied", [False, True])
def test_without_a_leak_tests_reject_as_often_as_they_say(tied: bool) -> None:
    rng, wrong = np.random.default_rng(0), np.zeros(4)
    for _ in range(RUNS):
        members, others = null(rng, 150, tied=tied), null(rng, 120, tied=tied)
        p = (
            permutation_p(members=members, others=others),
            two_sided_p(members=members, others=others),
            guess_pairs(members=members, others=others, rng=rng).p_value,
            min(each.p_adjusted for each in halves(members, others, rng)),
        )
        wrong += np.array(p) < 0.05
    assert (wrong / RUNS <= 0.05 + WITHIN).all()
    assert wrong[0] > 0


def test_intervals_hold_the_true_area() -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(RUNS):
        area = separation(members=rng.normal(1.0, size=80), others=rng.normal(size=60))
        limits = area.limits(0.95)
        held += limits.low <= 0.7602499 <= limits.high  # Φ(1 / √2)
    assert held / RUNS >= 0.95 - WITHIN


def test_delongs_variance_is_that_of_a_bootstrap() -> None:
    rng = np.random.default_rng(2)
    members, others = np.round(rng.normal(0.7, size=120), 1), np.round(rng.normal(size=90), 1)
    area = separation(members=members, others=others)
    again = [separation(members=rng.choice(members, 120), others=rng.choice(others, 90)).value for _ in range(600)]
    assert np.std(again) == pytest.approx(np.sqrt(area.from_generated + area.from_reference), rel=0.12)


def test_impossible_records_are_the_lowest_and_nan_is_refused() -> None:
    assert separation(members=[1.0, 2.0], others=[-np.inf, -np.inf]).value == 1.0
    with pytest.raises(ValueError, match="got NaN"):
        separation(members=[1.0, np.nan], others=[0.0, 1.0])
    with pytest.raises(ValueError, match="two scores or more"):
        permutation_p(members=[1.0], others=[0.0, 1.0])


def test_a_certified_rate_is_exceeded_as_rarely_as_it_says() -> None:
    rng, exceeded, passed = np.random.default_rng(3), 0, []
    for _ in range(400):
        found = certified(rng.random(400), 0.02)
        assert found is not None
        exceeded += 1 - found.value > 0.02  # Of uniform scores the true rate is known.
        passed.append(found.p_value(found.passing(rng.random(200)), 200))
    assert exceeded / 400 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(np.array(passed) <= 0.05) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)


def test_thresholds_say_what_unseen_records_would_do() -> None:
    found = Threshold(value=1.0, rate=0.01, k=5, n=999)
    assert found.expected == 0.005
    low, high = found.perfect(1000)
    assert low <= 0.005 <= high
    assert found.p_value(0, 1000) == 1.0
    assert found.p_value(60, 1000) < 1e-6
    assert found.two_sided_p(5, 1000) > 0.5
    assert 0 < found.minimum_detectable(1000) < 0.03
    assert Threshold(1.0, 0.5, 3, 4).minimum_detectable(2) == pytest.approx(0.4)
    interval = found.false_positives(0.95)
    assert interval.low < 0.005 < interval.high < 0.0125
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed(0.0)
    with pytest.raises(ValueError, match="nothing passes"):
        precision(0.0, 0.0)


def test_lists_hold_their_rate_of_wrong_names_and_their_lower_bound() -> None:
    rng, wrong_share, too_high, found = np.random.default_rng(4), [], 0, []
    for _ in range(RUNS):
        scores = np.concatenate([rng.normal(4.0, size=30), rng.normal(size=270)])
        each = listing(scores, rng.normal(size=500), q=0.1)
        wrong_share.append(each.named[30:].sum() / max(each.count, 1))
        too_high += each.surely(0.95) > each.named[:30].sum()
        found.append(each.named[:30].mean())
    assert np.mean(wrong_share) <= 0.1 + 4 * np.std(wrong_share) / np.sqrt(RUNS)
    assert too_high / RUNS <= 0.05 + WITHIN
    assert np.mean(found) > 0.5


def test_without_a_leak_few_lists_name_anything() -> None:
    counts = null_counts(200, 150, q=0.1, rng=np.random.default_rng(5), draws=400)
    assert (counts > 0).mean() <= 0.1 + 4 * np.sqrt(0.09 / 400)
    named = [listing(scores[:200], scores[200:], q=0.1).count for scores in np.random.default_rng(6).random((400, 350))]
    assert (np.array(named) > 0).mean() == pytest.approx((counts > 0).mean(), abs=0.06)


def test_lists_refuse_what_they_cannot_use() -> None:
    with pytest.raises(ValueError, match="expected holdout scores"):
        listing([1.0], [], q=0.1)
    with pytest.raises(ValueError, match="q between 0 and 1"):
        listing([1.0], [0.0], q=1.0)


def test_the_group_that_is_memorised_is_named_alone() -> None:
    rng = np.random.default_rng(7)
    members = [rng.normal(size=100), rng.normal(1.2, size=60), np.zeros(40)]
    others = [rng.normal(size=80), rng.normal(size=60), np.zeros(30)]
    found = areas_by_group(members, others, rng, 199)
    assert [each.p_adjusted < 0.05 for each in found] == [False, True, False]
    assert all(each.p_adjusted >= each.p_value * 0.5 for each in found)
    assert found[2].area.value == 0.5
    assert areas_by_group([], [], rng) == []
