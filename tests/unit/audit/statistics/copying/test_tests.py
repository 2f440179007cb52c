"""Tests of copying on arrays: exact laws, levels under no copying, power, and the splits that they rest on."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from genai_audit.audit.statistics.classifiers.blind import blind_test
from genai_audit.audit.statistics.copying.across import equals_across
from genai_audit.audit.statistics.copying.closest import Union, closest, copies, permutation_p, union
from genai_audit.audit.statistics.copying.near import RateDifference, conformal, discovered

RNG = np.random.default_rng


def some_union(training: np.ndarray, row: np.ndarray, sizes: tuple[int, int]) -> Union:
    return Union(np.arange(len(training), dtype=float), training, row, sizes)


def test_the_p_value_is_hypergeometric_where_all_nearest_records_differ() -> None:
    # 20 of 400 records are looked at, 15 of them nearest to one of 30 training records among 60.
    training = np.arange(400) < 15
    found = some_union(training, np.arange(400) % 60, (30, 30))
    p, floor = permutation_p(found, 0.05, rng=RNG(0))
    assert p == pytest.approx(float(hypergeom(60, 30, 20).sf(14)))
    assert floor == pytest.approx(float(hypergeom(60, 30, 20).pmf(20)))


def test_records_that_share_their_nearest_count_as_one_event() -> None:
    # One training record is nearest to 10, ten others to one each: nearly every second deal gives as many.
    row = np.concatenate([np.zeros(10, dtype=np.int64), np.arange(1, 11)])
    training = np.concatenate([np.ones(10, dtype=bool), np.arange(10) % 2 == 0])
    found = some_union(training, row, (50, 50))
    p, floor = permutation_p(found, 1.0, rng=RNG(0))
    assert floor == 1e-4
    # P(the one and at least five of ten, or, without it, more than there are): 0.5 · P(Hyp(99, 49, 10) >= 5).
    assert p == pytest.approx(0.5 * float(hypergeom(99, 49, 10).sf(4)), abs=0.02)
    assert closest(found, 1.0).effective == pytest.approx(400 / 110)


@pytest.mark.parametrize("levels", [2, 10_000])
def test_nothing_copied_alarms_in_one_of_twenty_also_with_ties_and_unequal_sizes(levels: int) -> None:
    alarms = 0
    for seed in range(150):
        rng = RNG(seed)
        real, made = (rng.integers(0, levels, (n, 2)) for n in (90, 200))
        near = np.abs(made[:, None] - real[None]).sum(2)
        sides = []
        for side in (near[:, :60], near[:, 60:]):
            tied = side == side.min(1)[:, None]
            row = np.array([rng.choice(np.flatnonzero(each)) for each in tied])
            sides.append((side.min(1).astype(float), row, tied.sum(1)))
        found = union(to_training=sides[0], to_holdout=sides[1], sizes=(60, 30), rng=rng)
        alarms += permutation_p(found, 0.05, rng=rng, draws=199)[0] <= 0.05
    # 7.5 expected; 2.7 is the standard deviation.
    assert alarms <= 16


def test_copies_are_found_and_counted_beyond_the_first_look() -> None:
    rng = RNG(1)
    for share in (0.02, 0.3):
        training = np.where(np.arange(2000) < share * 2000, True, rng.random(2000) < 0.5)
        found = some_union(training, rng.permutation(2000), (1000, 1000))
        assert permutation_p(found, 0.05, rng=rng)[0] < 0.01
        seen = copies(found)
        interval = seen.limits(0.95)
        assert interval.low < share < interval.high
        assert (seen.share > 0.05) == (share > 0.05)


def test_copies_that_lie_among_other_close_records_are_counted() -> None:
    # 60 copies have ranks among the first 120, as have 60 records that are as close by themselves.
    missed = doubled = 0
    for seed in range(200):
        rng = RNG(seed)
        copied = np.isin(np.arange(1200), rng.choice(120, 60, replace=False))
        training = copied | (rng.random(1200) < 0.5)
        limits = copies(some_union(training, rng.permutation(1200), (800, 800))).limits(0.95)
        missed += not limits.low <= 0.05 <= limits.high
        sound = some_union(rng.random(1200) < 0.5, rng.permutation(1200), (800, 800))
        doubled += copies(sound).share > 0.05
    # By the first 60 alone, half of the copies are all that can be seen.
    assert missed <= 16
    assert doubled <= 4


def test_shares_outside_their_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"share in \(0, 1\]"):
        closest(some_union(np.ones(3, dtype=bool), np.arange(3), (2, 2)), 0.0)


def test_a_difference_of_rates_keeps_its_range() -> None:
    none = RateDifference(0, 100, 0, 50)
    assert none.value == 0
    assert none.limits(0.95).low < 0 < none.limits(0.95).high < 0.1
    assert none.p_value() == 1
    many = RateDifference(30, 100, 0, 50)
    assert many.limits(0.95).low > 0.15
    assert many.p_value() < 1e-5


def test_fresh_records_are_called_copies_at_the_stated_rate() -> None:
    false, called = 0.0, 0
    for seed in range(60):
        rng = RNG(seed)
        holdout, made = rng.random(999), rng.random(400)
        made[:40] = rng.random(40) * 1e-4
        found = discovered(conformal(generated=made, holdout=holdout), rate=0.1)
        false += (found >= 40).mean() if len(found) else 0.0
        called += (found < 40).sum()
    assert called / 60 > 35
    assert false / 60 < 0.12
    assert conformal(generated=np.array([0.5, -1.0]), holdout=np.array([0.5, 1.0])).tolist() == [2 / 3, 1 / 3]


def test_pairs_across_a_cut_are_told_from_records_that_repeat_themselves() -> None:
    # 40 records stand on both sides; a random deal leaves half of such pairs on one side.
    codes = np.arange(200)
    leaked = equals_across(training=codes, holdout=np.concatenate([codes[:40], 300 + np.arange(160)]), rng=RNG(0))
    assert leaked.number == 40
    assert leaked.expected == pytest.approx(20, abs=1)
    assert leaked.p_value < 0.001
    # Data of five categories repeat themselves everywhere.
    rng = RNG(2)
    few = equals_across(training=rng.integers(0, 5, 200), holdout=rng.integers(0, 5, 200), rng=rng)
    assert few.number == 200
    assert few.expected == pytest.approx(200)
    assert few.p_value == 1
    none = equals_across(training=codes, holdout=codes + 1000, rng=rng)
    assert (none.number, none.p_value) == (0, 1.0)


def test_a_random_split_is_not_told_apart_and_a_shifted_one_is() -> None:
    rng = RNG(0)
    told = []
    for seed in range(12):
        points = RNG(seed).normal(size=(300, 4))
        told.append(blind_test(training=points[:200], holdout=points[200:], most=100, rng=rng).limits(0.95).low > 0.5)
    assert sum(told) <= 1
    points = rng.normal(size=(300, 4))
    shifted = blind_test(training=points[:200] + 1, holdout=points[200:], most=100, rng=rng)
    assert shifted.limits(0.95).low > 0.6
    assert shifted.p_value < 0.001
    assert shifted.training.mean() > 0.55 > 0.45 > shifted.holdout.mean()
    with pytest.raises(ValueError, match="20 records or more"):
        blind_test(training=points[:10], holdout=points, most=100, rng=rng)
