"""Known answers for kernel discrepancies, with where they come from."""

import numpy as np
import pytest
import torch

from genai_audit.audit.statistics.distances.kernel_sums import Kernel, cubic_kernel, gaussian_kernel
from genai_audit.audit.statistics.distances.mmd import kernel_distance, measure_mmd, median_distance


def repeated(kernel: Kernel, d: int, shift: float, n: int, repeats: int) -> tuple[float, float]:
    """Mean over fresh normal samples whose means are `shift` apart, and its standard error."""
    rng = np.random.default_rng(0)
    values = [
        kernel_distance(
            generated=shift / np.sqrt(d) + rng.normal(size=(n, d)), reference=rng.normal(size=(n, d)), kernel=kernel
        )
        for _ in range(repeats)
    ]
    return float(np.mean(values)), float(np.std(values) / np.sqrt(repeats))


def test_the_definition_on_few_records() -> None:
    """Means over distinct pairs within, less twice the mean across, by hand in a double loop."""
    rng = np.random.default_rng(0)
    y, x = rng.normal(size=(5, 2)), rng.normal(size=(7, 2))

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / 2 + 1) ** 3)

    within_y = np.mean([k(y[i], y[j]) for i in range(5) for j in range(5) if i != j])
    within_x = np.mean([k(x[i], x[j]) for i in range(7) for j in range(7) if i != j])
    across = np.mean([k(a, b) for a in y for b in x])
    found = kernel_distance(generated=y, reference=x, kernel=cubic_kernel(2))
    assert found == pytest.approx(within_y + within_x - 2 * across, rel=1e-12)


def test_kid_of_one_law_is_zero_on_average_and_negative_at_times() -> None:
    """K11."""
    mean, error = repeated(cubic_kernel(16), 16, 0.0, 100, 150)
    assert abs(mean) < 4 * error
    rng = np.random.default_rng(1)
    values = [
        kernel_distance(
            generated=rng.normal(size=(50, 16)), reference=rng.normal(size=(50, 16)), kernel=cubic_kernel(16)
        )
        for _ in range(20)
    ]
    assert min(values) < 0 < max(values)


def test_kid_of_shifted_normal_laws() -> None:
    """K12: E(x·y/d + 1)³ over N(0, I) and N(m, I), δ = ‖m‖²: 3δ/d + 3δ²/d² + (δ³ + 6δ² + 3dδ + 6δ)/d³.

    Across, x·y has mean 0 given either, E(x·y)² = d + δ and E(x·y)³ = 0; within the shifted distribution the mean is δ,
    the second moment d + 2δ + δ² and the third 3(d + 2δ)δ + δ³ + 6δ; within the other 0, d and 0.
    """
    d, delta = 32, 4.0
    expected = 3 * delta / d + 3 * delta**2 / d**2 + (delta**3 + 6 * delta**2 + 3 * d * delta + 6 * delta) / d**3
    assert expected == pytest.approx(0.4392, abs=1e-4)
    mean, error = repeated(cubic_kernel(d), d, np.sqrt(delta), 300, 60)
    assert abs(mean - expected) < 4 * error
    assert error < 0.01


def test_gaussian_kernel_of_shifted_normal_laws() -> None:
    """K13: x − y is normal with variance 2, so E k = (s²/(s² + 2))^{d/2} exp(−δ/(2(s² + 2))), within and across."""
    d, delta, s = 4, 1.0, 1.5
    peak = (s**2 / (s**2 + 2)) ** (d / 2)
    expected = 2 * peak * (1 - np.exp(-delta / (2 * (s**2 + 2))))
    mean, error = repeated(gaussian_kernel(s), d, 1.0, 200, 100)
    assert abs(mean - expected) < 4 * error


def test_counting_each_record_with_itself_adds_the_known_floor() -> None:
    """K14: the biased form of one distribution is (1/n + 1/m)(1 − E k(x, x′)) on average; ours lacks exactly that."""
    d, s, n, m = 4, 1.5, 60, 90
    expected = (1 / n + 1 / m) * (1 - (s**2 / (s**2 + 2)) ** (d / 2))
    kernel, rng, biased, ours = gaussian_kernel(s), np.random.default_rng(2), [], []
    for _ in range(200):
        y, x = rng.normal(size=(n, d)), rng.normal(size=(m, d))
        left, right = torch.as_tensor(y), torch.as_tensor(x)
        means = [float(kernel(a, b).mean()) for a, b in ((left, left), (right, right), (left, right))]
        biased.append(means[0] + means[1] - 2 * means[2])
        ours.append(kernel_distance(generated=y, reference=x, kernel=kernel))
    assert abs(np.mean(biased) - expected) < 4 * np.std(biased) / np.sqrt(200)
    assert abs(np.mean(ours)) < 4 * np.std(ours) / np.sqrt(200)


def test_halved_widths_are_averaged() -> None:
    x, y = torch.tensor([[0.0, 0.0]], dtype=torch.float64), torch.tensor([[0.3, 0.4]], dtype=torch.float64)
    expected = np.mean([np.exp(-0.25 / (2 * width**2)) for width in (1.0, 0.5, 0.25)])
    assert float(gaussian_kernel(1.0, halvings=2)(x, y)) == pytest.approx(expected, rel=1e-12)


def test_blocks_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    y, x = rng.normal(size=(70, 3)), rng.normal(size=(50, 3))
    whole = measure_mmd(generated=y, reference=x, kernel=gaussian_kernel(1.0)).distance
    monkeypatch.setattr("genai_audit.audit.statistics.distances.kernel_sums._TILE", 16)
    parts = measure_mmd(generated=y, reference=x, kernel=gaussian_kernel(1.0)).distance
    for name in ("value", "both_generated", "both_reference", "crossed", "linear_generated", "linear_reference"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), rel=1e-9, abs=1e-15), name


def test_the_null_variance_is_that_of_fresh_samples_and_p_is_uniform() -> None:
    rng = np.random.default_rng(4)
    kernel = gaussian_kernel(1.5, halvings=2)
    found = [
        measure_mmd(generated=rng.normal(size=(120, 3)), reference=rng.normal(size=(80, 3)), kernel=kernel).distance
        for _ in range(400)
    ]
    spread = np.std([each.value for each in found])
    assert np.sqrt(np.mean([each.null_variance for each in found])) == pytest.approx(spread, rel=0.12)
    assert np.mean([each.p_value() < 0.05 for each in found]) == pytest.approx(0.05, abs=0.03)
    assert np.mean([each.p_value() < 0.5 for each in found]) == pytest.approx(0.5, abs=0.09)


def test_the_interval_holds_a_known_discrepancy() -> None:
    d, delta, s = 3, 0.36, 1.5
    expected = 2 * (s**2 / (s**2 + 2)) ** (d / 2) * (1 - np.exp(-delta / (2 * (s**2 + 2))))
    rng, held = np.random.default_rng(5), []
    for _ in range(200):
        y = np.sqrt(delta / d) + rng.normal(size=(150, d))
        interval = measure_mmd(
            generated=y, reference=rng.normal(size=(150, d)), kernel=gaussian_kernel(s)
        ).distance.limits(0.95)
        held.append(interval.low <= expected <= interval.high)
    assert 0.9 <= np.mean(held) <= 0.99


def test_the_median_distance_of_data_that_are_mostly_equal_is_not_zero() -> None:
    x = np.zeros((100, 2))
    x[:5] = 3.0
    assert median_distance(generated=x, reference=x, rng=np.random.default_rng(0)) > 0.5
