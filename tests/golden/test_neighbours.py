"""Known answers for neighbour statistics, with where they come from."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.collapse.neighbour_fidelity.estimates import scored
from genai_audit.audit.finding import Estimate
from genai_audit.audit.statistics.neighbours.measure import measure
from genai_audit.audit.statistics.neighbours.prdc import Prdc, expected_coverage, perfect_precision, prdc

Matrix = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Matrix]


def gaussian(dimensions: int, scale: float = 1.0) -> Draw:
    return lambda rng, n: scale * rng.normal(size=(n, dimensions))


def repeated(draw: Draw, *, n: int, m: int, k: int, repeats: int, seed: int = 0) -> tuple[Prdc, Prdc]:
    """Mean and its standard error where both sets follow one distribution."""
    rng = np.random.default_rng(seed)
    scores = np.array([prdc(generated=draw(rng, m), reference=draw(rng, n), k=k, rng=rng) for _ in range(repeats)])
    return Prdc(*scores.mean(axis=0)), Prdc(*(scores.std(axis=0, ddof=1) / np.sqrt(repeats)))


@pytest.mark.parametrize(
    ("n", "m", "k", "value"),
    [
        (200, 200, 5, 0.9699),
        (300, 100, 3, 0.5802),
        (100, 300, 5, 0.9991),
        (10_000, 10_000, 5, 0.9688),
        (50, 50, 1, 50 / 99),
    ],
)
def test_expected_coverage(n: int, m: int, k: int, value: float) -> None:
    """A ball stays empty if its centre's k nearest, among n − 1 own and m foreign points, are all own. Each of the
    C(n + m − 1, k) choices is as likely, and C(n − 1, k) are all own. For k = 1 and n = m that leaves n / (2 n − 1).
    """
    found = expected_coverage(reference=n, generated=m, k=k)
    assert found == pytest.approx(1 - math.comb(n - 1, k) / math.comb(n + m - 1, k), rel=1e-12)
    assert found == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("d", "n", "m", "k"), [(2, 200, 200, 5), (64, 200, 200, 5), (8, 300, 100, 3), (8, 100, 300, 3)]
)
def test_a_perfect_generator_has_density_one_and_the_expected_coverage(d: int, n: int, m: int, k: int) -> None:
    """Exchangeability of one centre's own and foreign neighbours; in every dimension and for every size (K1)."""
    mean, error = repeated(gaussian(d), n=n, m=m, k=k, repeats=100)
    assert abs(mean.density - 1) < 4 * error.density
    assert abs(mean.coverage - expected_coverage(reference=n, generated=m, k=k)) < 4 * error.coverage


def test_in_a_thousand_dimensions_perfect_precision_is_far_below_one() -> None:
    """K2 at reduced size (the PRDC package documents 0.477 at n = 10,000; precision falls with n and d)."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 1500, 1000))
    found = prdc(generated=fake, reference=real, k=5, rng=rng)
    expected = perfect_precision(reference=real, k=5, rng=rng)
    assert 0.45 < expected < 0.65
    assert found.precision == pytest.approx(expected, abs=0.07)
    assert found.recall == pytest.approx(expected, abs=0.07)
    assert found.coverage == pytest.approx(0.969, abs=0.02)


def test_null_spread_at_two_hundred_points_in_64_dimensions() -> None:
    """K3: precision .785 ± .038, density 1.005 ± .149, coverage .971 ± .017 over 300 repeats."""
    repeats = 100
    mean, error = repeated(gaussian(64), n=200, m=200, k=5, repeats=repeats)
    for name, value, spread in (("precision", 0.785, 0.038), ("density", 1.005, 0.149), ("coverage", 0.971, 0.017)):
        # Both sides carry error: theirs over 300 repeats, ours over 100; a standard deviation has error sd / √(2 n).
        assert getattr(mean, name) == pytest.approx(value, abs=4 * spread * np.sqrt(1 / 300 + 1 / repeats))
        found = getattr(error, name) * np.sqrt(repeats)
        assert found == pytest.approx(spread, rel=4 * np.sqrt(1 / 600 + 1 / (2 * repeats)))


@pytest.mark.parametrize("levels", [1, 2, 3, 10])
def test_discrete_data_keep_the_perfect_score(levels: int) -> None:
    """K4: with `<` all four are 0 here, with `≤` density is 25 and more; random order restores K1."""
    mean, error = repeated(
        lambda rng, n: rng.integers(levels, size=(n, 1)).astype(float), n=200, m=150, k=5, repeats=80
    )
    assert abs(mean.density - 1) < 4 * error.density
    assert abs(mean.coverage - expected_coverage(reference=200, generated=150, k=5)) < 4 * error.coverage


def test_categories_at_equal_but_not_identical_distances_keep_it_too() -> None:
    """One-hot rows of awkward scale: equal distances differ by rounding, which must not decide who is nearer."""
    corners = np.eye(6) * np.pi / 3 + 0.1
    mean, error = repeated(lambda rng, n: corners[rng.integers(6, size=n)], n=90, m=90, k=5, repeats=100)
    assert abs(mean.density - 1) < 4 * error.density
    assert abs(mean.coverage - expected_coverage(reference=90, generated=90, k=5)) < 4 * error.coverage


def test_one_outlier_makes_junk_precise_but_not_dense() -> None:
    """K5: the outlier's ball reaches back to the data, so it holds all junk near the outlier: precision 1, and density
    1 / k, coverage 1 / n, because it is the only one. Without the outlier nothing holds the junk.
    """
    rng = np.random.default_rng(0)
    data, junk = rng.normal(size=(1000, 2)), 6 + 0.1 * rng.normal(size=(500, 2))
    outlier = np.full((1, 2), 6.0)
    found = prdc(generated=junk, reference=np.vstack([data, outlier]), k=5, rng=rng)
    assert (found.precision, found.density, found.coverage) == pytest.approx((1.0, 1 / 5, 1 / 1001))
    assert prdc(generated=junk, reference=data, k=5, rng=rng).precision == 0


def test_a_collapsed_generator_is_precise_and_recalls_little() -> None:
    """K33: generated 0.1 · N(0, I₁₆) against real 3 · N(0, I₁₆). Swapping the two is a classic mistake."""
    rng = np.random.default_rng(0)
    found = prdc(generated=0.1 * rng.normal(size=(200, 16)), reference=3 * rng.normal(size=(200, 16)), k=5, rng=rng)
    assert found.precision > 0.8
    assert found.recall < 0.3


@pytest.mark.parametrize(("spread", "falls", "holds"), [(0.6, "recall", "precision"), (1.5, "precision", "recall")])
def test_too_little_variety_lowers_recall_and_too_much_lowers_precision(spread: float, falls: str, holds: str) -> None:
    """K34, in a grid of 25 modes whose inner standard deviation is off by a factor."""
    rng = np.random.default_rng(0)
    modes = np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float)

    def draw(scale: float) -> Matrix:
        return modes[rng.integers(25, size=500)] + 0.05 * scale * rng.normal(size=(500, 2))

    found = measure(generated=[draw(spread) for _ in range(4)], reference=draw(1.0), k=5, rng=rng)
    by_name: dict[str, Estimate] = {each.name: each for each in scored(found, freedom=128)}
    assert by_name[f"{falls}_ratio"].interval(0.99).high < 1
    assert by_name[f"{holds}_ratio"].interval(0.99).high >= 1


@pytest.mark.parametrize("draw", [gaussian(2), gaussian(32), lambda rng, n: rng.integers(5, size=(n, 2)).astype(float)])
def test_perfect_precision_is_known_from_the_reference_alone(draw: Draw) -> None:
    """Leave one out: a point lies inside another's ball built without it exactly if it was among its k nearest."""
    rng = np.random.default_rng(0)
    known, scored_precision, scored_recall = [], [], []
    for _ in range(100):
        real = draw(rng, 150)
        found = prdc(generated=draw(rng, 150), reference=real, k=5, rng=rng)
        known.append(perfect_precision(reference=real, k=5, rng=rng))
        scored_precision.append(found.precision)
        scored_recall.append(found.recall)
    for scores in (scored_precision, scored_recall):
        gap = np.array(scores) - known
        assert abs(gap.mean()) < 4 * gap.std(ddof=1) / 10
