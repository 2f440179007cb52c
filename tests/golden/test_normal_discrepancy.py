"""Known answers for the kernel discrepancy to the standard normal distribution; the derivation stands beside each."""

import math

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss

from genai_audit.audit.statistics.distances.normal_discrepancy import (
    expected_product,
    expected_similarity,
    normal_discrepancy,
)


def test_two_points_have_the_similarity_of_a_normal_difference() -> None:
    """x − y ~ N(0, 2 I), so E exp(−w |x − y|² / 2) = (1 + 2 w)^(−d/2)."""
    assert expected_product([(0, 1)], [0.7], 3) == pytest.approx((1 + 1.4) ** -1.5, rel=1e-12)
    expected = np.mean([(s**2 / (s**2 + 2)) ** 2 for s in (2.0, 1.0, 0.5)])  # bandwidth² = 1 / w, d = 4
    assert expected_similarity(4, bandwidth=2.0, halvings=2) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(
    "edges", [[(0, 1), (1, 2)], [(0, 1), (1, 2), (2, 3)], [(0, 1), (0, 1)], [(0, 1), (1, 2), (2, 0)]]
)
def test_products_of_kernels_agree_with_quadrature(edges: list[tuple[int, int]]) -> None:
    """In one dimension, by Gauss–Hermite quadrature over every point."""
    points, weights = hermegauss(60)
    weights = weights / weights.sum()
    precisions = [0.25, 1.0]
    kernel = np.mean([np.exp(-0.5 * each * (points[:, None] - points) ** 2) for each in precisions], axis=0)
    letters = "abcd"
    terms = [kernel] * len(edges) + [weights] * (1 + max(max(edge) for edge in edges))
    names = [letters[a] + letters[b] for a, b in edges] + list(letters[: len(terms) - len(edges)])
    expected = np.einsum(",".join(names) + "->", *terms, optimize=True)
    assert expected_product(edges, precisions, 1) == pytest.approx(float(expected), rel=1e-6)


def test_the_estimate_is_the_mean_over_pairs_of_the_centred_kernel() -> None:
    sample = np.random.default_rng(0).normal(size=(7, 3))
    width = 1.5
    near = [(width**2 / (1 + width**2)) ** 1.5 * math.exp(-(x @ x) / (2 * (1 + width**2))) for x in sample]
    pairs = [
        math.exp(-((x - y) @ (x - y)) / (2 * width**2)) - near[i] - near[j] + (width**2 / (2 + width**2)) ** 1.5
        for i, x in enumerate(sample)
        for j, y in enumerate(sample)
        if i != j
    ]
    found = normal_discrepancy(sample, bandwidth=width)
    assert found.value == pytest.approx(float(np.mean(pairs)), abs=1e-12)
    with pytest.raises(ValueError, match="at least 4 finite points"):
        normal_discrepancy(sample[:3], bandwidth=width)


def test_a_shifted_normal_sample_has_the_known_discrepancy_and_the_interval_holds_it() -> None:
    """2 (s² / (s² + 2))^(d/2) (1 − exp(−δ / (2 (s² + 2)))) for N(μ, I) with δ = |μ|²."""
    rng = np.random.default_rng(0)
    d, width, shift = 4, 2.0, np.array([0.4, 0.0, 0.0, 0.0])
    truth = 2 * (4 / 6) ** 2 * (1 - math.exp(-0.16 / 12))
    found = [normal_discrepancy(rng.normal(size=(150, d)) + shift, bandwidth=width) for _ in range(200)]
    values = np.array([each.value for each in found])
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / math.sqrt(200))
    limits = [each.limits(0.95) for each in found]
    assert sum(each.low <= truth <= each.high for each in limits) >= 0.9 * 200
    assert np.mean([each.high - each.low for each in limits]) < 1.3 * 3.92 * values.std(ddof=1)


def test_sound_samples_have_the_known_variance_and_skewness_and_few_false_alarms() -> None:
    rng = np.random.default_rng(0)
    found = [normal_discrepancy(rng.normal(size=(80, 2)), bandwidth=1.4, halvings=2) for _ in range(300)]
    values = np.array([each.value for each in found])
    assert values.var() == pytest.approx(found[0].null_variance, rel=0.3)
    assert found[0].null_variance == found[0].perfect_variance
    third = ((values - values.mean()) ** 3).mean() / values.std() ** 3
    assert third == pytest.approx(found[0].skewness, abs=0.5)
    # 15 expected; exceeded in one of 1,000 studies.
    assert sum(each.p_value() < 0.05 for each in found) <= 28


@pytest.mark.parametrize("dimensions", [1, 2, 64, 1024])
def test_degenerate_samples_stay_finite(dimensions: int) -> None:
    for sample in (np.zeros((20, dimensions)), np.full((20, dimensions), 3.0)):
        found = normal_discrepancy(sample, bandwidth=math.sqrt(dimensions), halvings=2)
        limits = found.limits(0.99)
        assert math.isfinite(limits.low)
        assert math.isfinite(limits.high)
        assert found.p_value() < 0.01
        assert 0 <= found.skewness <= math.sqrt(8)
