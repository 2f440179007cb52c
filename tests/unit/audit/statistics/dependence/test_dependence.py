"""Correlations of scores, what each record adds to them, and limits of the largest difference, on known answers."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.dependence.association import Associations, associations, score_pairs
from genai_audit.audit.statistics.dependence.gap import Gap, compare
from genai_audit.audit.statistics.dependence.scores import Levels, Numbers, score_count, scores
from genai_audit.audit.statistics.dependence.typical import typical

Column = Numbers | Levels


def measured(columns: list[Column]) -> Associations:
    counts = [score_count(each) for each in columns]
    return associations(scores(columns), *score_pairs(np.repeat(np.arange(len(columns)), counts)))


def pair(n: int, correlation: float, rng: np.random.Generator) -> list[Column]:
    x, noise = rng.normal(size=(2, n))
    y = correlation * x + np.sqrt(1 - correlation**2) * noise
    return [Numbers(x, folded=False), Numbers(y, folded=False)]


def gap(n: int, m: int, real: float, generated: float, seed: int = 0) -> Gap:
    rng = np.random.default_rng(seed)
    return compare(generated=measured(pair(m, generated, rng)), reference=measured(pair(n, real, rng)), rng=rng)


def test_ranks_give_the_rank_correlation_of_spearman_with_ties() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 6, 200).astype(float)
    y = x + rng.integers(0, 6, 200)
    (value,) = measured([Numbers(x, folded=False), Numbers(y, folded=False)]).values
    assert value == pytest.approx(stats.spearmanr(x, y).statistic)


def test_two_levels_give_the_phi_coefficient() -> None:
    # 30 of 100 in both, 10 and 20 in one, 40 in neither: (30 · 40 − 10 · 20) / √(40 · 60 · 50 · 50).
    one = np.repeat([0, 0, 1, 1], [30, 10, 20, 40])
    other = np.repeat([0, 1, 0, 1], [30, 10, 20, 40])
    (value,) = measured([Levels(one, (0,)), Levels(other, (0,))]).values
    assert value == pytest.approx(1000 / np.sqrt(40 * 60 * 50 * 50))


def test_a_square_shows_in_the_distance_from_the_middle_alone() -> None:
    x = np.arange(-200.0, 201.0)
    values = dict(zip([(0, 0), (0, 1), (1, 0), (1, 1)], measured([Numbers(x), Numbers(x**2)]).values, strict=True))
    assert values[0, 0] == pytest.approx(0, abs=1e-6)
    assert values[1, 0] == pytest.approx(1, abs=1e-3)


def test_a_constant_column_depends_on_nothing() -> None:
    x = np.random.default_rng(0).normal(size=60)
    found = measured([Numbers(x), Numbers(np.ones(60)), Levels(np.zeros(60, dtype=np.int64), (0, 1))])
    assert not found.values.any()
    assert np.isfinite(found.influence).all()


def test_missing_numbers_lie_in_the_middle_and_have_a_score_of_their_own() -> None:
    x = np.array([1.0, 2.0, np.nan, 3.0, 4.0, np.nan])
    found = scores([Numbers(x, folded=False, missing=True)])
    assert found.matrix[0, [2, 5]] == pytest.approx(0)
    assert (found.matrix[1] > 0).tolist() == [False, False, True, False, False, True]


@pytest.mark.parametrize("ties", [False, True])
def test_influences_foretell_what_leaving_a_record_out_does(ties: bool) -> None:
    """The influence function is the limit of n − 1 times the change: compared record by record."""
    rng = np.random.default_rng(1)
    n = 400
    x = rng.normal(size=n)
    y = x + rng.normal(size=n)
    level = (y + rng.normal(size=n) > 0.5).astype(np.int64)
    x = np.round(2 * x) if ties else x
    columns: list[Column] = [Numbers(x, folded=not ties), Numbers(y, folded=False), Levels(level, (0,))]
    whole = measured(columns)
    for record in range(0, n, 40):
        rest = np.delete(np.arange(n), record)
        without = measured(
            [
                Numbers(x[rest], folded=not ties),
                Numbers(y[rest], folded=False),
                Levels(level[rest], (0,)),
            ]
        )
        assert (n - 1) * (whole.values - without.values) == pytest.approx(whole.influence[:, record], abs=0.05)


def test_variances_are_those_of_repeated_draws() -> None:
    rng = np.random.default_rng(2)
    found = [measured(pair(150, 0.8, rng)) for _ in range(600)]
    seen = np.var([each.values[0] for each in found])
    assert np.mean([each.spread[0] / 150 for each in found]) == pytest.approx(seen, rel=0.2)


def test_a_clear_difference_is_within_its_limits_and_left_as_it_is() -> None:
    found = gap(2000, 2000, 0.9, 0.0)
    true = 6 / np.pi * np.arcsin(0.45)
    between = found.limits(0.95)
    assert 0.5 < between.low < true < between.high < 1
    assert found.value() == pytest.approx(abs(found.differences[0]), abs=0.01)
    assert found.p_value() < 1e-5


def test_equal_distributions_are_held_and_seldom_alarm() -> None:
    found = [gap(200, 300, 0.5, 0.5, seed) for seed in range(200)]
    assert np.mean([each.p_value() <= 0.05 for each in found]) < 0.09
    assert np.mean([each.limits(0.95).low > 0 for each in found]) < 0.06
    assert np.mean([typical(each).p_value() <= 0.05 for each in found]) < 0.09


@pytest.mark.parametrize("generated", [150, 2000])
def test_the_largest_of_many_differences_is_near_the_truth_at_any_number_of_records(generated: int) -> None:
    # One of 112 correlations differs: hardly beyond what noise explains at 150 generated records, clearly at 2,000.
    def columns(n: int, correlation: float, rng: np.random.Generator) -> list[Column]:
        return [*pair(n, correlation, rng), *(Numbers(each) for each in rng.normal(size=(7, n)))]

    true = 6 / np.pi * (np.arcsin(0.3) - np.arcsin(0.15))
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        own, real = measured(columns(generated, 0.3, rng)), measured(columns(1000, 0.6, rng))
        found.append(compare(generated=own, reference=real, rng=rng, draws=500).value())
    assert np.mean(found) == pytest.approx(true, abs=0.05)


def test_half_of_all_perfect_generators_show_no_difference_and_one_in_forty_exceeds_its_band() -> None:
    found = [gap(200, 300, 0.5, 0.5, seed) for seed in range(120)]
    assert np.mean([each.value() == 0 for each in found]) == pytest.approx(0.5, abs=0.12)
    assert np.mean([each.value() > each.perfect()[1] for each in found]) < 0.07


def test_a_sign_that_turns_is_a_difference_of_two() -> None:
    x = np.arange(100.0)
    up, down = (measured([Numbers(x, folded=False), Numbers(y, folded=False)]) for y in (x, -x))
    found = compare(generated=down, reference=up, rng=np.random.default_rng(0))
    assert found.differences == pytest.approx([-2])
    assert found.limits(0.95).high == 2


def test_limits_widen_with_the_level() -> None:
    found = gap(300, 300, 0.3, 0.1)
    for limits in (found.limits, typical(found).limits):
        between = [limits(level) for level in LEVELS]
        assert all(wide.low <= narrow.low for narrow, wide in pairwise(between))
        assert all(wide.high >= narrow.high for narrow, wide in pairwise(between))


def test_the_typical_difference_is_freed_from_what_sampling_adds() -> None:
    true = 6 / np.pi * np.arcsin(0.3)
    found = [typical(gap(400, 400, 0.6, 0.0, seed)) for seed in range(100)]
    assert np.mean([each.value() ** 2 for each in found]) == pytest.approx(true**2, rel=0.05)
    assert np.mean([each.limits(0.95).low <= true <= each.limits(0.95).high for each in found]) >= 0.9


def test_copies_of_one_column_have_no_noise() -> None:
    x = np.random.default_rng(0).normal(size=80)
    same: list[Column] = [Numbers(x, folded=False), Numbers(2 * x, folded=False)]
    found = compare(generated=measured(same), reference=measured(same), rng=np.random.default_rng(0))
    assert found.limits(0.95).high == pytest.approx(0, abs=1e-6)
    assert found.p_value() == 1
