"""Shares of regions, differences of means and the worst region: values, levels and coverage."""

import numpy as np
import pytest

from genai_audit.audit.statistics.attribution.differences import differences, standardised_difference
from genai_audit.audit.statistics.attribution.region_excess import region_excess
from genai_audit.audit.statistics.attribution.region_shares import shares_of_difference, shares_of_size

TRUE = np.array([-3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def two_samples(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "generated": TRUE + 4 * rng.standard_normal((n, 8)),
        "reference": 4 * rng.standard_normal((n, 8)),
    }


@pytest.mark.parametrize("n", [200, 2_000])
def test_what_has_no_effect_gets_no_share_whatever_the_number_of_records(n: int) -> None:
    shares = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = shares_of_difference(**two_samples(n, rng), rng=rng)
        assert found is not None
        assert found.values.sum() == pytest.approx(1)
        shares.append(found.values)
    # Of plain absolute differences of 200 records, each region without an effect would have 0.05 on average.
    assert np.mean(shares, axis=0)[2:].mean() == pytest.approx(0, abs=0.012)
    assert np.mean(shares, axis=0)[:2] == pytest.approx([0.75, 0.25], abs=0.06 if n == 200 else 0.02)


def test_shares_of_a_difference_are_covered() -> None:
    border, covered = np.arange(8) < 1, 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found = shares_of_difference(**two_samples(600, rng), rng=rng)
        assert found is not None
        value, error = found.of(border)
        covered += abs(value - 0.75) <= 1.96 * error
    assert covered >= 90


def test_no_difference_has_no_shares() -> None:
    same = np.ones((10, 3))
    assert shares_of_difference(generated=same, reference=same, rng=np.random.default_rng(0)) is None
    assert shares_of_size(np.zeros((5, 3))) is None


def test_shares_of_size() -> None:
    found = shares_of_size(np.array([[1.0, -1.0, 0.0], [3.0, 1.0, 0.0]]))
    assert found is not None
    assert found.values == pytest.approx([4 / 6, 2 / 6, 0])
    low, high = found.bounds(0.95)
    assert (low >= 0).all()
    assert (high <= 1).all()
    # Influences of a ratio of means have mean 0.
    assert found.influence[0].mean(axis=0) == pytest.approx([0, 0, 0])


def test_differences_are_welchs() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((30, 2)), 3 * rng.standard_normal((50, 2)) + 1
    found, oracle = differences(one, other), ttest_ind(one, other, equal_var=False)
    low, high = found.bounds(0.95)
    expected = oracle.confidence_interval(0.95)
    assert low == pytest.approx(expected.low)
    assert high == pytest.approx(expected.high)


def test_standardised_difference_covers() -> None:
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = standardised_difference(rng.normal(1.5, 1, 60), rng.normal(0, 2, 80))
        assert found is not None
        low, high = found.limits(0.95)
        covered += low <= 1.5 / np.sqrt(2.5) <= high
    assert covered >= 184


def test_scores_that_do_not_vary_have_no_unit() -> None:
    assert standardised_difference(np.ones(5), np.zeros(5)) is None
    found = standardised_difference(np.ones(5), np.ones(5))
    assert found is not None
    assert found.value == 0


def test_the_worst_region_is_found() -> None:
    rng = np.random.default_rng(0)
    errors = rng.gamma(1.0, 1.0, (300, 16))
    groups = np.arange(300) % 3
    errors[groups == 1, 5] += 2
    found = region_excess(errors, groups, 3, nominal=0.95, rng=rng)
    assert found is not None
    assert found.worst == (1, 5)
    assert found.p_value == found.p_floor
    interval = next(each for each in found.curve if each.level == 0.95)
    true = 2 / (1 + 2 / 3 / 16)
    assert interval.low <= true <= interval.high
    assert found.low[1, 5] > 0 > found.low[0, 5]


def test_labels_that_say_nothing_are_rarely_found_to() -> None:
    p_values = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = region_excess(rng.gamma(0.5, 1.0, (90, 12)), np.arange(90) % 3, 3, nominal=0.95, rng=rng)
        assert found is not None
        p_values.append(found.p_value)
    assert sum(each <= 0.05 for each in p_values) <= 7
    assert region_excess(np.zeros((9, 2)), np.arange(9) % 3, 3, nominal=0.95, rng=np.random.default_rng(0)) is None
