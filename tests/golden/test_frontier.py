"""Known answers for the divergence frontier, with where they come from."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.statistics.sequences.frontier import _slopes, frontier_area, frontier_integral, measure_frontier
from genai_audit.audit.statistics.sequences.quantise import quantise, quantisers

Floats = NDArray[np.float64]


def area(generated: object, reference: object, **settings: float) -> float:
    return float(frontier_area(generated=generated, reference=reference, **settings))


@pytest.mark.parametrize("counts", [[1], [5, 5], [1, 1, 1, 1], [3, 1, 0, 5], [1] * 8, [1e-12, 1]])
def test_equal_histograms_score_exactly_one_whatever_their_ties(counts: list[float]) -> None:
    """K18. Sorting the points of a curve of which all coincide gives 0.75 to an implementation that sorts."""
    assert area(counts, counts) == pytest.approx(1, abs=1e-12)
    assert float(frontier_integral(generated=counts, reference=counts)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("scale", [1, 2, 5])
def test_disjoint_histograms_score_one_over_a_binomial(scale: int) -> None:
    """K18. The curve is ((1 − λ)^c, λ^c), so the area is c B(c + 1, c) = 1 / C(2 c, c): 1/252 for c = 5."""
    found = area([1, 2, 0, 0], [0, 0, 1, 3], scale=scale)
    assert found == pytest.approx(1 / math.comb(2 * scale, scale), abs=1e-7)
    assert float(frontier_integral(generated=[1, 0], reference=[0, 1])) == pytest.approx(1)


def test_half_of_four_modes_dropped() -> None:
    """K19. With p on two of four equal bins: both divergences are logarithms of λ; 1 − ln 2 for the integral."""
    assert area([2, 2, 0, 0], [1, 1, 1, 1]) == pytest.approx(0.2775, abs=5e-5)
    assert float(frontier_integral(generated=[2, 2, 0, 0], reference=[1, 1, 1, 1])) == pytest.approx(1 - math.log(2))


def by_quadrature(p: Floats, q: Floats, scale: float = 5.0) -> float:
    """The definition, by adaptive quadrature over λ, with the end where generated is all there is."""
    from scipy.integrate import quad

    def divergence(distribution: Floats, mixture: Floats) -> float:
        some = distribution > 0
        return float((distribution[some] * np.log(distribution[some] / mixture[some])).sum())

    def slope(share: float) -> float:
        mixture = share * p + (1 - share) * q
        fall = float((q * (q - p) / mixture).sum())
        return math.exp(-scale * divergence(p, mixture)) * scale * math.exp(-scale * divergence(q, mixture)) * fall

    return math.exp(-scale * divergence(q, p)) + float(quad(slope, 0, 1, limit=200)[0])


def test_any_histograms_agree_with_adaptive_quadrature_and_with_themselves_exchanged() -> None:
    rng = np.random.default_rng(0)
    for bins in (2, 7, 60):
        p, q = rng.dirichlet(np.full(bins, 0.7), size=2)
        assert area(p, q) == pytest.approx(by_quadrature(p, q), abs=1e-6)
        assert area(p, q) == pytest.approx(area(q, p), abs=1e-7)


def test_frontier_integral_is_the_mean_divergence_along_the_frontier() -> None:
    from scipy.integrate import quad

    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(9), size=2)
    p[0], q[0] = q[0], q[0]  # an equal bin takes the series instead of the quotient
    p /= p.sum()

    def mixed(share: float) -> float:
        mixture = share * p + (1 - share) * q
        return float(share * (p * np.log(p / mixture)).sum() + (1 - share) * (q * np.log(q / mixture)).sum())

    assert float(frontier_integral(generated=p, reference=q)) == pytest.approx(2 * quad(mixed, 0, 1)[0], rel=1e-6)


@pytest.mark.parametrize(("n", "mean", "spread"), [(100, 0.9655, 0.029), (500, 0.9625, 0.015), (5000, 0.9644, 0.0035)])
def test_a_perfect_generator_does_not_reach_one(n: int, mean: float, spread: float) -> None:
    """K20, with one bin for ten records: the score does not tend to 1 however many records there are."""
    rng = np.random.default_rng(0)
    distribution, repeats = np.full(n // 10, 10 / n), 200
    found = frontier_area(
        generated=rng.multinomial(n, distribution, repeats), reference=rng.multinomial(n, distribution, repeats)
    )
    # The known values are means over some 100 repeats themselves.
    assert found.mean() == pytest.approx(mean, abs=4 * spread * math.sqrt(1 / repeats + 1 / 100))
    assert found.std(ddof=1) == pytest.approx(spread, rel=0.35)


def test_histograms_that_are_none_are_refused() -> None:
    for bad in ([0, 0], [-1, 2], [math.nan, 1]):
        with pytest.raises(ValueError, match="expected histograms of finite counts"):
            frontier_area(generated=bad, reference=[1, 1])


def test_perfect_range_deviation_and_p_value_hold_for_sound_records() -> None:
    """The band of a perfect generator holds 95 % of them, p is below 0.05 in at most about 5 %, and the deviation is
    that of the areas, at most 1.3 times it: noise is counted once.
    """
    rng = np.random.default_rng(0)
    distribution = 1 / np.arange(1, 26)
    repeats, found = 100, []
    for _ in range(repeats):
        labels = rng.choice(25, size=(1, 1500), p=distribution / distribution.sum())
        found.append(measure_frontier(labels=labels, sizes=(500, 500, 500), compared=2, rng=rng, draws=100))
    areas = np.array([each.area for each in found])
    bands = np.array([np.quantile(each.perfect, (0.025, 0.975)) for each in found])
    assert ((bands[:, 0] <= areas) & (areas <= bands[:, 1])).sum() >= 0.88 * repeats
    assert sum(each.p_value < 0.05 for each in found) <= 0.11 * repeats
    assert 0.85 < np.mean([each.deviation for each in found]) / areas.std(ddof=1) < 1.35


def test_the_deviation_is_that_of_fresh_records_where_the_laws_differ() -> None:
    rng = np.random.default_rng(0)
    real = np.full(25, 1 / 25)
    made = real * np.where(np.arange(25) < 12, 1.6, 1.0)
    found = []
    for _ in range(60):
        labels = np.append(rng.choice(25, size=400, p=made / made.sum()), rng.choice(25, size=800, p=real))[None]
        found.append(measure_frontier(labels=labels, sizes=(400, 400, 400), compared=2, rng=rng, draws=100))
    areas = np.array([each.area for each in found])
    # The standard deviation of 60 areas is itself known to 9 %.
    assert 0.75 < np.mean([each.deviation for each in found]) / areas.std(ddof=1) < 1.3


def test_slopes_are_finite_differences() -> None:
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(6), size=2)
    step = 1e-5
    for side, slope in enumerate(_slopes(p[None], q[None], 5.0, 0.5)):
        both = [p, q]
        for bin_ in range(6):
            moved = [each.copy() for each in both]
            moved[side][bin_] += step  # shares are divided by their sum
            expected = (area(*moved) - area(p, q)) / step
            assert slope[0, bin_] - slope[0] @ both[side] == pytest.approx(expected, rel=0.02, abs=1e-4)


def test_one_dropped_bin_of_25_is_seen() -> None:
    rng = np.random.default_rng(0)
    labels = np.concatenate([rng.integers(24, size=500), rng.integers(25, size=1000)])[None]
    found = measure_frontier(labels=labels, sizes=(500, 500, 500), compared=2, rng=rng)
    assert found.p_value < 0.01
    with pytest.raises(ValueError, match="1 or 2 compared"):
        measure_frontier(labels=labels, sizes=(500, 500, 500), compared=3, rng=rng)


def test_equal_points_share_a_bin_and_few_different_points_are_bins_themselves() -> None:
    rng = np.random.default_rng(0)
    corners = np.eye(6)[rng.integers(6, size=200)]
    label = quantise(corners, bins=10, rng=rng)
    assert len(set(label.tolist())) == 6
    assert len({(int(a), int(b)) for a, b in zip(label, corners.argmax(axis=1), strict=True)}) == 6
    cloud = rng.normal(size=(300, 8))
    twice = quantise(np.vstack([cloud, cloud]), bins=20, rng=rng, fewest=10)
    assert (twice[:300] == twice[300:]).all()
    assert np.bincount(twice).min() >= 10
    assert set(quantise(np.zeros((50, 3)), bins=5, rng=rng).tolist()) == {0}
    with pytest.raises(ValueError, match="expected finite points"):
        quantise(np.array([[np.nan]]), bins=2, rng=rng)


def test_a_point_of_many_copies_is_a_bin_of_its_own_in_every_fit() -> None:
    """Else it would hang on the first centres whether ten copies stand out or drown among others."""
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(400, 16))
    points = np.vstack([cloud, np.repeat(0.1 * rng.normal(size=(5, 16)), 10, axis=0)])
    for label in quantisers(points, bins=20, fits=4, rng=rng, fewest=6):
        for copies in np.split(label[400:], 5):
            assert set(copies.tolist()) == {copies[0]}
            assert (label == copies[0]).sum() == 10
    # Of many such points, half of the bins are for the most frequent; the others are divided as ever.
    many = np.repeat(rng.normal(size=(30, 4)), np.arange(3, 33), axis=0)
    label = quantise(many, bins=20, rng=rng, fewest=6)
    assert len(set(label[-sum(range(23, 33)) :].tolist())) == 10
    assert len(set(label.tolist())) <= 20
