"""Known answers for the sliced Wasserstein distance, with where they come from."""

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.unaudited.sliced_wasserstein import sliced_wasserstein, sliced_wasserstein_test

Matrix = NDArray[np.float64]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("d", [1, 8, 40])
def test_a_shift_of_every_coordinate(d: int) -> None:
    """K15: a shift δ moves the projections on u by u·δ, whose square is ‖δ‖² / d = μ² on average: 3 d μ².

    The same records shifted leave only the noise of the directions: (u·δ)² has variance 2 μ⁴ at most.
    """
    rng = seeded(d)
    x = rng.normal(size=(500, d)) * rng.uniform(0.5, 2, size=d)
    found = sliced_wasserstein(generated=x + 0.3, reference=x, directions=1000, rng=rng)
    assert found == pytest.approx(3 * d * 0.3**2, rel=4 * np.sqrt(2 / 1000))


def test_a_shift_between_fresh_samples() -> None:
    """K15 as documented: within 10 % at n = 4,000."""
    rng = seeded(1)
    y, x = 0.5 + rng.normal(size=(4000, 16)), rng.normal(size=(4000, 16))
    found = sliced_wasserstein(generated=y, reference=x, directions=150, rng=rng)
    assert found == pytest.approx(3 * 16 * 0.5**2, rel=0.1)


def test_a_wider_law() -> None:
    """N(0, s²I) against N(0, I): quantiles along any direction are s times as far out, so W₂² is (s − 1)²."""
    rng = seeded(2)
    x = rng.normal(size=(4000, 6))
    spread = np.square(x @ np.linalg.qr(rng.normal(size=(6, 6)))[0]).mean()
    found = sliced_wasserstein(generated=1.5 * x, reference=x, directions=300, rng=rng)
    assert found == pytest.approx(3 * 6 * 0.25 * spread, rel=0.02)


def test_equal_records_are_not_apart_and_sides_can_be_exchanged() -> None:
    """K15: identical is 0, in whatever order; symmetric with the same directions."""
    rng = seeded(3)
    y, x = rng.normal(size=(2, 120, 5))
    assert sliced_wasserstein(generated=x[::-1], reference=x, directions=20, rng=rng) == pytest.approx(0, abs=1e-25)
    one = sliced_wasserstein(generated=y, reference=x, directions=20, rng=seeded(4))
    assert sliced_wasserstein(generated=x, reference=y, directions=20, rng=seeded(4)) == pytest.approx(one, rel=1e-12)
    far = sliced_wasserstein(generated=y + 1e7, reference=x + 1e7, directions=20, rng=seeded(4))
    assert far == pytest.approx(one, rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(7, 7), (6, 9), (5, 3), (1, 4)])
def test_unequal_sizes_join_quantiles(n: int, m: int) -> None:
    """Every record m times (or n times) on a line has the same distribution, and then ranks are joined one by one."""
    rng = seeded(n + m)
    y, x = rng.normal(size=(n, 1)), 1 + rng.normal(size=(m, 1))
    ranked = np.sort(np.repeat(y, m, axis=0), axis=0) - np.sort(np.repeat(x, n, axis=0), axis=0)
    found = sliced_wasserstein(generated=y, reference=x, directions=3, rng=rng)
    assert found == pytest.approx(3 * np.square(ranked).mean(), rel=1e-12)


def test_blocks_of_directions_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = seeded(5).normal(size=(2, 50, 4))
    whole = sliced_wasserstein_test(generated=y, reference=x[:30], directions=40, repeats=5, rng=seeded(6))
    monkeypatch.setattr("golden.unaudited.sliced_wasserstein._CELLS", 250)
    assert sliced_wasserstein_test(
        generated=y, reference=x[:30], directions=40, repeats=5, rng=seeded(6)
    ) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("draw", ["normal", "coins"])
def test_the_null_is_that_of_a_perfect_generator(draw: str) -> None:
    """Fresh samples of one distribution score the null on average, with unequal sizes and with copies; p is uniform."""
    rng, found = seeded(7), []
    for _ in range(150):
        y, x = (
            rng.normal(size=(size, 3)) if draw == "normal" else rng.integers(2, size=(size, 3)).astype(float)
            for size in (40, 60)
        )
        found.append(sliced_wasserstein_test(generated=y, reference=x, directions=10, repeats=39, rng=rng))
    values = np.array([each.value for each in found])
    assert values.min() > 0
    gap = values - [each.null for each in found]
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(150)
    assert np.mean([each.spread for each in found]) == pytest.approx(values.std(), rel=0.3)
    # A p-value from 39 exchanges is at most 0.1 for 10 % of sound samples, with a standard deviation of 2.4 %.
    assert np.mean([each.p_value <= 0.1 for each in found]) == pytest.approx(0.1, abs=0.075)


def test_a_lost_mode_is_seen_and_constant_data_are_not_apart() -> None:
    rng = seeded(8)
    centres = 6 * np.eye(4)
    real, fake = (centres[rng.integers(low, 4, size=150)] + rng.normal(size=(150, 4)) for low in (0, 1))
    found = sliced_wasserstein_test(generated=fake, reference=real, directions=30, repeats=99, rng=rng)
    assert found.p_value == pytest.approx(0.01)
    assert found.value > found.null + 5 * found.spread
    same = sliced_wasserstein_test(generated=np.ones((5, 2)), reference=np.ones((8, 2)), repeats=20, rng=rng)
    assert same == (0, 0, 0, 1)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="expected as many features of generated as of reference records"):
        sliced_wasserstein(generated=np.ones((3, 2)), reference=np.ones((3, 1)), rng=seeded())
    with pytest.raises(ValueError, match="expected finite features"):
        sliced_wasserstein(generated=np.full((3, 2), np.nan), reference=np.ones((3, 2)), rng=seeded())
    with pytest.raises(ValueError, match="at least 1 direction"):
        sliced_wasserstein(generated=np.ones((3, 2)), reference=np.ones((3, 2)), directions=0, rng=seeded())
    with pytest.raises(ValueError, match="at least 2 exchanges"):
        sliced_wasserstein_test(generated=np.ones((3, 2)), reference=np.ones((3, 2)), repeats=1, rng=seeded())
