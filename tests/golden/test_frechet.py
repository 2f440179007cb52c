"""Known answers for Fréchet distances, with where they come from."""

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.statistics.distances.frechet import (
    Moments,
    frechet_distance,
    frechet_from_moments,
    frechet_null,
    moments,
)
from genai_audit.audit.statistics.distances.frechet_splits import measure_frechet

Matrix = NDArray[np.float64]


def normal_law(mean: Matrix, covariance: Matrix) -> Moments:
    return Moments(1, mean, covariance)


def test_isotropic_laws() -> None:
    """K7: roots of multiples of the identity commute, so ‖Δμ‖² + d (σ₁ − σ₂)²."""
    d = 7
    first = normal_law(np.zeros(d), 4.0 * np.eye(d))
    second = normal_law(np.full(d, 0.5), 2.25 * np.eye(d))
    assert frechet_from_moments(generated=first, reference=second) == pytest.approx(
        d * 0.25 + d * (2 - 1.5) ** 2, rel=1e-12
    )


def test_two_dimensional_laws() -> None:
    """K7: for 2 × 2 matrices tr √M = √(tr M + 2 √det M), from the eigenvalues a, b: (√a + √b)² = a + b + 2 √(ab)."""
    s = np.array([[2.0, 0.7], [0.7, 1.0]])
    t = np.array([[1.0, -0.4], [-0.4, 3.0]])
    trace = np.sqrt(np.trace(s @ t) + 2 * np.sqrt(np.linalg.det(s) * np.linalg.det(t)))
    expected = np.trace(s) + np.trace(t) - 2 * trace
    found = frechet_from_moments(generated=normal_law(np.zeros(2), s), reference=normal_law(np.zeros(2), t))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "m", "d"), [(80, 90, 20), (30, 40, 60), (30, 200, 60), (200, 30, 60), (2, 2, 5)])
def test_records_and_moments_give_one_answer_with_and_without_full_rank(n: int, m: int, d: int) -> None:
    """tr √(Σ₁Σ₂) is the nuclear norm of X Yᵀ / √((n − 1)(m − 1)): the roots of the eigenvalues of XᵀX YᵀY."""
    rng = np.random.default_rng(0)
    y, x = 1 + rng.normal(size=(n, d)) @ rng.normal(size=(d, d)), rng.normal(size=(m, d))
    direct = frechet_distance(generated=y, reference=x)
    assert direct == pytest.approx(frechet_from_moments(generated=moments(y), reference=moments(x)), rel=1e-7)
    assert direct == pytest.approx(frechet_distance(generated=x, reference=y), rel=1e-7)


def test_equal_to_the_matrix_square_root() -> None:
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(1)
    y, x = 0.2 + rng.normal(size=(300, 12)) @ rng.normal(size=(12, 12)), rng.normal(size=(200, 12))
    a, b = moments(y), moments(x)
    root = np.trace(sqrtm(a.covariance @ b.covariance).real)
    expected = np.square(a.mean - b.mean).sum() + np.trace(a.covariance) + np.trace(b.covariance) - 2 * root
    assert frechet_distance(generated=y, reference=x) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("collapsed", ["constant", "two points", "one direction"])
def test_collapse_gives_a_finite_distance(collapsed: str) -> None:
    """Where the usual square root of a product without full rank turns complex or not a number."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 30))
    y = {
        "constant": np.full((400, 30), 3.0),
        "two points": np.repeat(rng.normal(size=(2, 30)), 200, axis=0),
        "one direction": rng.normal(size=(400, 1)) @ rng.normal(size=(1, 30)),
    }[collapsed]
    found = frechet_distance(generated=y, reference=x)
    assert np.isfinite(found)
    assert found > 1
    if collapsed == "constant":
        # Nothing to pair: the shift and all of the reference's variance.
        expected = np.square(x.mean(axis=0) - 3).sum() + x.var(axis=0, ddof=1).sum()
        assert found == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(generated=y, reference=y) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("d", "n", "m", "expected"), [(16, 2000, 2000, 0.0840), (64, 2000, 2000, 1.104), (64, 5000, 750, 1.693)]
)
def test_the_bias_of_normal_samples(d: int, n: int, m: int, expected: float) -> None:
    """K8: c Σλ + ½ c [Σᵢⱼ λᵢλⱼ/(λᵢ + λⱼ) + ½ Σλ], c = 1/n + 1/m; with Σ = I that is c d + ½ c [d²/2 + d/2].

    The documented mean of simulations, 1.697 for 1.693, belongs to 5,000 and 750 records: with 5,000 and 1,000 the
    formula gives 1.325.
    """
    c = 1 / n + 1 / m
    null = frechet_null(np.ones(d), generated=n, reference=m)
    assert null.mean == pytest.approx(c * d + c / 2 * (d**2 / 2 + d / 2), rel=1e-12)
    assert null.mean == pytest.approx(expected, abs=4e-4)


@pytest.mark.parametrize(("n", "m"), [(5000, 750), (5000, 1000)])
def test_the_bias_at_two_unequal_sizes_by_simulation(n: int, m: int) -> None:
    """K8, d = 64: terms of second order in 1/m add about 1 %."""
    rng = np.random.default_rng(0)
    drawn = [
        frechet_distance(generated=rng.normal(size=(n, 64)), reference=rng.normal(size=(m, 64))) for _ in range(10)
    ]
    expected = frechet_null(np.ones(64), generated=n, reference=m)
    assert np.mean(drawn) == pytest.approx(1.01 * expected.mean, abs=4 * np.sqrt(expected.variance / 10))


def test_bias_and_variance_of_normal_samples_by_simulation() -> None:
    """K8 and K9: the distance falls as 1/n with that slope, here with unequal eigenvalues and unequal sizes."""
    rng = np.random.default_rng(3)
    spread = np.array([2.0, 1.0, 1.0, 0.5, 0.2])
    for n, m in ((300, 500), (600, 1000)):
        draws = [
            frechet_distance(generated=spread * rng.normal(size=(n, 5)), reference=spread * rng.normal(size=(m, 5)))
            for _ in range(600)
        ]
        null = frechet_null(spread**2, generated=n, reference=m)
        assert np.mean(draws) == pytest.approx(null.mean, abs=4 * np.std(draws) / np.sqrt(600) + 0.01 * null.mean)
        assert np.std(draws) == pytest.approx(np.sqrt(null.variance), rel=0.15)
        assert 0.5 < null.skewness < np.sqrt(8)


def test_a_plain_bootstrap_doubles_the_bias_and_ours_removes_it() -> None:
    """K10: resampling adds the noise of a second sampling; between equal distributions that is about twice the bias."""
    rng = np.random.default_rng(4)
    y, x = rng.normal(size=(2, 400, 32))
    point = frechet_distance(generated=y, reference=x)
    resampled = [
        frechet_distance(generated=y[rng.integers(400, size=400)], reference=x[rng.integers(400, size=400)])
        for _ in range(20)
    ]
    assert np.mean(resampled) == pytest.approx(2 * point, rel=0.15)
    found = measure_frechet(generated=y, reference=x, rng=rng).distance
    assert found.limits(0.95).low <= 0 <= found.limits(0.95).high
    assert abs(found.value) < 0.1 * point


def test_the_estimate_is_free_of_bias_whatever_the_law() -> None:
    """Halves of both sides add the same noise, so a perfect generator scores 0 on average; no formula is used."""
    rng = np.random.default_rng(5)
    values = [
        measure_frechet(
            generated=rng.exponential(size=(120, 6)), reference=rng.exponential(size=(80, 6)), rng=rng, splits=16
        ).distance.value
        for _ in range(150)
    ]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(150)
    assert np.min(values) < 0


def test_a_known_distance_is_found_by_interval_and_value() -> None:
    """Shift δ and scale s in d dimensions: δ² + d (s − 1)²."""
    rng = np.random.default_rng(6)
    d, expected = 8, 0.5**2 + 8 * 0.2**2
    values, held = [], []
    for _ in range(60):
        y = 0.5 / np.sqrt(d) + 1.2 * rng.normal(size=(600, d))
        found = measure_frechet(generated=y, reference=rng.normal(size=(400, d)), rng=rng).distance
        interval = found.limits(0.95)
        values.append(found.value)
        held.append(interval.low <= expected <= interval.high)
    assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / np.sqrt(60))
    assert np.mean(held) >= 0.87
