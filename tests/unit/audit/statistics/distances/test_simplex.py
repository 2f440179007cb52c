"""Distances of shares less their bias, and tests that are exact at any size."""

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.statistics.distances import simplex
from genai_audit.audit.statistics.shares.total_variation import euclidean_discrepancy, total_variation


def variation(shares: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return total_variation(shares=shares, targets=targets)


def squared(shares: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return euclidean_discrepancy(shares=shares, targets=targets) ** 2


def test_divergences_in_closed_form() -> None:
    # ½ log(½ / ¾) + ½ log(½ / ¼) = ½ log(4/3). Of opposite corners log 2 and infinite.
    assert simplex.kullback_leibler(np.array([0.5, 0.5]), np.array([0.75, 0.25])) == pytest.approx(0.5 * np.log(4 / 3))
    corners = np.eye(2)
    assert simplex.jensen_shannon(corners[0], corners[1]) == pytest.approx(np.log(2))
    assert simplex.kullback_leibler(corners[0], corners[1]) == np.inf


@pytest.mark.parametrize("distance", [simplex.kullback_leibler, simplex.jensen_shannon, squared])
@pytest.mark.parametrize("truth", [[0.25] * 4, [0.4, 0.3, 0.2, 0.1]])
def test_smooth_distances_lose_their_bias(distance: simplex.Distance, truth: list[float]) -> None:
    rng, even, n = np.random.default_rng(0), np.full(4, 0.25), 100
    draws = rng.multinomial(n, truth, size=300)
    exact = float(distance(np.array(truth), even))
    plain = float(distance(draws / n, even).mean()) - exact
    mended = np.array(
        [simplex.corrected_distance(distance, counts=each, targets=even, rng=rng, repeats=300) for each in draws]
    )
    assert abs(mended.mean() - exact) < 0.35 * plain + 3 * mended.std() / np.sqrt(300)


def test_total_variation_at_equality_loses_part_of_its_bias_and_far_away_nothing() -> None:
    rng, even = np.random.default_rng(1), np.full(5, 0.2)
    counts = rng.multinomial(200, even, size=200)
    found = [simplex.corrected_distance(variation, counts=each, targets=even, rng=rng, repeats=300) for each in counts]
    assert np.mean(found) < 0.75 * variation(counts / 200, even).mean()
    far = simplex.corrected_distance(variation, counts=np.array([900, 100]), targets=np.full(2, 0.5), rng=rng)
    assert far == pytest.approx(0.4, abs=0.002)


def test_the_reference_adds_bias_too() -> None:
    rng = np.random.default_rng(2)
    pairs = [(rng.multinomial(150, [0.3, 0.3, 0.4]), rng.multinomial(80, [0.3, 0.3, 0.4])) for _ in range(300)]
    mended = [
        simplex.corrected_distance(squared, counts=one, targets=other / 80, reference=other, rng=rng, repeats=200)
        for one, other in pairs
    ]
    plain = np.mean([squared(one / 150, other / 80) for one, other in pairs])
    assert abs(np.mean(mended)) < 0.25 * plain


@pytest.mark.parametrize("statistic", [simplex.pearson_statistic, simplex.g_statistic])
def test_two_groups_are_the_binomial_test(statistic: object) -> None:
    p = simplex.target_p_value(
        counts=np.array([4, 16]),
        targets=np.array([0.5, 0.5]),
        rng=np.random.default_rng(3),
        statistic=statistic,
        repeats=40_000,
    )
    assert p == pytest.approx(stats.binomtest(4, 20).pvalue, abs=0.002)


def test_many_records_give_the_chi_square_p_value() -> None:
    counts, targets = np.array([260, 230, 210, 300]), np.array([0.25, 0.22, 0.23, 0.3])
    p = simplex.target_p_value(
        counts=counts, targets=targets, rng=np.random.default_rng(4), statistic=simplex.pearson_statistic
    )
    assert p == pytest.approx(stats.chisquare(counts, 1000 * targets).pvalue, abs=0.02)


def test_two_samples_are_fishers_test_and_a_perfect_generator_alarms_rarely() -> None:
    rng = np.random.default_rng(5)
    p = simplex.homogeneity_p_value(
        first=np.array([8, 2]), second=np.array([3, 9]), rng=rng, statistic=simplex.pearson_statistic
    )
    assert p == pytest.approx(stats.fisher_exact([[8, 2], [3, 9]]).pvalue, abs=0.01)
    shares = [0.6, 0.3, 0.05, 0.03, 0.02]
    alarms = sum(
        simplex.homogeneity_p_value(
            first=rng.multinomial(60, shares), second=rng.multinomial(40, shares), rng=rng, repeats=199
        )
        <= 0.05
        for _ in range(400)
    )
    assert stats.binomtest(alarms, 400, 0.05, alternative="greater").pvalue > 0.01


def test_what_cannot_come_has_the_smallest_p_value() -> None:
    rng = np.random.default_rng(6)
    p = simplex.target_p_value(counts=np.array([9, 1]), targets=np.array([1.0, 0.0]), rng=rng, repeats=99)
    assert p == 0.01
    with pytest.raises(ValueError, match="a group that has no target came"):
        simplex.corrected_distance(
            simplex.kullback_leibler, counts=np.array([9, 1]), targets=np.array([1.0, 0.0]), rng=rng
        )
