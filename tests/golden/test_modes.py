"""Known answers for modes, their shares and their spread, with where they come from."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.modes.discovery import OUTSIDE, find_modes, place
from genai_audit.audit.statistics.modes.lost_mass import lost_mass
from genai_audit.audit.statistics.modes.shares import (
    Counts,
    detectable_ratio,
    likelihood_ratio,
    rank_p_value,
    redrawn,
    thin_modes,
    thinness,
    thinnest_limits,
)
from genai_audit.audit.statistics.modes.spread import pooled_ratio, scatter, spread_limits
from genai_audit.audit.statistics.shares.ratio_curves import ratio_curves, ratio_limits, ratio_p_values

Matrix = NDArray[np.float64]
GRID = np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def grid(n: int, rng: np.random.Generator) -> Matrix:
    """Grid-25: {−4, −2, 0, 2, 4}², standard deviation 0.05."""
    return GRID[rng.integers(25, size=n)] + 0.05 * rng.normal(size=(n, 2))


def ring(n: int, rng: np.random.Generator) -> Matrix:
    """Ring-8: unit circle, standard deviation 0.01."""
    angle = rng.integers(8, size=n) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.01 * rng.normal(size=(n, 2))


def counts(generated: list[int], reference: list[int]) -> Counts:
    return Counts(np.array([*generated, 0]), np.array([*reference, 0]))


@pytest.mark.parametrize(("draw", "modes"), [(grid, 25), (ring, 8)])
@pytest.mark.parametrize("n", [400, 2500])
def test_every_mode_of_the_standard_benchmarks_is_found_and_no_other(draw: object, modes: int, n: int) -> None:
    assert callable(draw)
    for seed in range(5):
        rng = seeded(seed)
        found = find_modes(learning=draw(n, rng), rng=rng)
        assert len(found.centres) == modes
        assert found.separated
        labels = place(found, draw(4 * n, rng)).labels
        # Modes reach to four root mean squared radii: of a round Gaussian in the plane, exp(-16) lies beyond.
        assert (labels == OUTSIDE).mean() < 1e-3
        assert np.bincount(labels[labels >= 0]).min() > 0.5 * 4 * n / modes


@pytest.mark.parametrize("dimensions", [1, 2, 16, 64])
def test_one_cloud_is_one_mode_unless_cells_are_asked_for(dimensions: int) -> None:
    cloud = seeded().normal(size=(500, dimensions))
    alone, divided = (find_modes(learning=cloud, rng=seeded(), cells=cells) for cells in (1, 20))
    assert (len(alone.centres), alone.separated) == (1, False)
    assert not divided.separated
    assert 16 <= len(divided.centres) <= 20  # cells of fewer than three samples are dissolved


def test_categories_are_modes_of_their_own() -> None:
    """Nine combinations of two three-valued columns: equal points, with no spread at all."""
    rng = seeded()
    found = find_modes(learning=rng.integers(3, size=(300, 2)).astype(float), rng=rng)
    assert len(found.centres) == 9
    fresh = place(found, rng.integers(3, size=(500, 2)).astype(float))
    assert (fresh.labels != OUTSIDE).all()
    assert place(found, np.array([[0.5, 0.5]])).labels[0] == OUTSIDE


def test_handwritten_digits_fall_into_modes_of_mostly_one_digit() -> None:
    """The bundled 8 × 8 digits: more modes than digits, as people write a digit in several ways, and nine in ten of a
    mode's fresh samples are of one digit.
    """
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(return_X_y=True)
    order = seeded().permutation(len(pixels))
    found = find_modes(learning=pixels[order[:600]] / 16, rng=seeded())
    assert 10 <= len(found.centres) <= 35
    labels, rest = place(found, pixels[order[600:]] / 16).labels, digits[order[600:]]
    pure = sum(np.bincount(rest[labels == k]).max(initial=0) for k in range(len(found.centres)))
    assert pure / len(rest) > 0.85
    assert {int(np.bincount(rest[labels == k]).argmax()) for k in range(len(found.centres))} == set(range(10))


@pytest.mark.parametrize(("made", "real"), [(3, 7), (0, 10), (20, 10), (200, 180)])
def test_ratios_of_rare_modes_are_those_of_poisson_counts(made: int, real: int) -> None:
    """Of y + x rare events with rates in the ratio θ, y is binomial with θ / (1 + θ): Clopper–Pearson for that share
    gives exact limits of θ, and one half less at each end gives Jeffreys'. Ours lie between; at y = 0 they are exact.
    """
    from scipy.special import betaincinv

    n = 10**7
    level = np.array(LEVELS)
    found = ratio_limits(generated=[made], m=n, reference=[real], n=n, levels=level)
    tail = (1 - level) / 2
    for offset, wider in ((0.0, True), (0.5, False)):
        share = betaincinv(made + 1 - offset, real + offset, 1 - tail)
        exact = share / (1 - share)
        if made == 0 and not wider:
            continue
        assert ((found.high[:, 0] <= exact * 1.02) if wider else (found.high[:, 0] >= exact * 0.98)).all()
        if made:
            share = betaincinv(made + offset, real + 1 - offset, tail)
            exact = share / (1 - share)
            assert ((found.low[:, 0] >= exact * 0.98) if wider else (found.low[:, 0] <= exact * 1.02)).all()
    if made == 0:
        assert (found.low == 0).all()


def test_ratios_of_common_modes_know_that_shares_end_at_one() -> None:
    """Of two modes with half each, the log ratio has variance (1 − p)(1 / n p + 1 / m q): half of the Poisson one."""
    found = ratio_limits(generated=[5000], m=10_000, reference=[5000], n=10_000, levels=[0.95])
    assert math.log(found.high[0, 0]) == pytest.approx(1.96 * math.sqrt(0.5 * 2 / 5000), rel=0.01)
    assert found.low[0, 0] * found.high[0, 0] == pytest.approx(1, abs=1e-3)


def test_a_mode_that_stands_out_has_nearly_its_own_limits() -> None:
    """Eight modes, one surely the thinnest: its upper limit is shared with no other. Equal modes share it among all."""
    levels = np.array([0.5, 0.9, 0.95, 0.99])
    alone = ratio_curves(generated=[20, *[500] * 7], m=3520, reference=[200] * 8, n=1600)
    found, own = thinnest_limits(alone, levels=levels), alone.limits(levels)
    assert found.low == pytest.approx(own.low[:, 0])
    assert (found.high > own.high[:, 0]).all()
    assert found.high == pytest.approx(alone.limits(1 - 0.9 * (1 - levels)).high[:, 0])
    assert (found.high < alone.limits(1 - (1 - levels) / 8).high[:, 0]).all()
    alike = ratio_curves(generated=[200] * 8, m=1600, reference=[200] * 8, n=1600)
    found = thinnest_limits(alike, levels=levels)
    assert found.high == pytest.approx(alike.limits(1 - 0.9 * (1 - levels) / 8).high[:, 0])
    assert (np.diff(found.low) <= 0).all()
    assert (np.diff(found.high) >= 0).all()


def test_the_thinnest_ratio_is_covered_where_one_mode_stands_out() -> None:
    rng = seeded()
    real, made = np.full(3, 1 / 3), np.array([1, 1, 0.3]) / 2.3
    held, runs, truth = 0, 50, float((made / real).min())
    for _ in range(runs):
        both = rng.multinomial(400, made), rng.multinomial(400, real)
        found = thinnest_limits(ratio_curves(generated=both[0], m=400, reference=both[1], n=400), levels=[0.95])
        held += found.low[0] <= truth <= found.high[0]
    assert held >= 42  # fewer with probability 0.001 where the coverage is 95 %


def test_limits_of_a_ratio_agree_with_its_p_value() -> None:
    p = ratio_p_values(generated=[30], m=1000, reference=[50], n=1000)[0]
    at, wider = (
        ratio_limits(generated=[30], m=1000, reference=[50], n=1000, levels=[level]) for level in (1 - p, 1 - 0.9 * p)
    )
    assert at.high[0, 0] == pytest.approx(1, abs=1e-3)
    assert wider.high[0, 0] > 1


def test_an_empty_mode_has_the_hypergeometric_chance() -> None:
    """None of 500 generated samples among the 10 in a mode, with 250 real ones: C(250, 10) / C(750, 10)."""
    found = thinness(counts([0, 500], [10, 240]), np.array([0, 500, 0]))
    assert found[0] == pytest.approx(math.comb(250, 10) / math.comb(750, 10))
    assert found[1] == pytest.approx(1)


def test_the_likelihood_ratio_is_that_of_contingency_tables() -> None:
    from scipy.stats import chi2_contingency

    both = counts([30, 10, 60], [20, 25, 55])
    known = chi2_contingency(np.stack([both.generated[:3], both.reference[:3]]), lambda_="log-likelihood").statistic
    assert likelihood_ratio(both, both.generated) == pytest.approx(known)


def test_redrawn_counts_keep_all_sums() -> None:
    both = counts([30, 10, 60], [20, 25, 155])
    drawn = redrawn(both, repeats=2000, rng=seeded())
    assert (drawn.sum(axis=1) == 100).all()
    expected = (both.generated + both.reference) / 3
    assert drawn.mean(axis=0) == pytest.approx(expected, abs=0.5)


def test_p_values_over_all_modes_keep_their_level_and_see_a_dropped_mode() -> None:
    """Exact by exchangeability: p ≤ 0.05 in at most one of twenty sound runs. The floor of the power with 25 modes is
    that of true centres at n = m = 500: 0.99.
    """
    rng = seeded()
    equal, lost = np.full(25, 1 / 25), np.append(np.full(24, 1 / 24), 0.0)
    alarms, seen = 0, 0
    for _ in range(100):
        real = rng.multinomial(500, equal)
        for shares in (equal, lost):
            both = Counts(np.append(rng.multinomial(500, shares), 0), np.append(real, 0))
            found = thin_modes(both, redrawn(both, repeats=300, rng=rng))
            assert (found.single <= found.holm + 1e-12).all()
            assert (found.fdr <= found.holm + 1e-12).all()
            alarms += int(shares is equal and found.joint.min() <= 0.05)
            seen += int(shares is lost and found.joint[24] <= 0.05)
    assert alarms <= 12  # 5 expected; exceeded in 1 of 1,000 studies
    assert seen >= 98


def test_the_lost_mass_of_large_counts_is_the_sum_of_losses() -> None:
    """p = (.4, .3, .2, .1), q = (.5, .35, .15, 0): 0.05 + 0.1 is lost."""
    both = counts([50_000, 35_000, 15_000, 0], [40_000, 30_000, 20_000, 10_000])
    found = lost_mass(both, levels=LEVELS, simulated=redrawn(both, repeats=500, rng=seeded()), rng=seeded())
    assert found.value == pytest.approx(0.15, abs=0.005)
    assert (found.limits.low[3], found.limits.high[3]) == pytest.approx((0.15, 0.15), abs=0.01)
    assert found.limits.low[3] < found.value < found.limits.high[3]
    assert found.perfect[1] < 0.01


@pytest.mark.parametrize("lost", [0, 3])
def test_the_lost_mass_is_covered_with_and_without_loss(lost: int) -> None:
    rng = seeded(3)
    real, made = np.full(25, 1 / 25), np.where(np.arange(25) < lost, 0, 1) / (25 - lost)
    held, runs = 0, 40
    for _ in range(runs):
        both = Counts(np.append(rng.multinomial(500, made), 0), np.append(rng.multinomial(300, real) + 0, 0))
        found = lost_mass(both, levels=[0.95], simulated=redrawn(both, repeats=200, rng=rng), rng=rng)
        held += found.limits.low[0] <= lost / 25 + 1e-12 <= found.limits.high[0] + 1e-9
    assert held >= 34  # fewer with probability 0.003 where the coverage is 95 %


def test_half_of_a_small_mode_needs_many_samples_to_be_missed_by_none() -> None:
    """On the scale 2 √p both errors are constant: √θ = 1 − (1.645 + 0.842) √(2 (1 − p) / n) / (2 √p)."""
    root = 1 - (1.6449 + 0.8416) * math.sqrt(2 * 0.96 / 1500) / (2 * math.sqrt(0.04))
    assert detectable_ratio(reference=[60], n=1500, m=1500)[0] == pytest.approx(root**2, abs=1e-4)
    assert np.isnan(detectable_ratio(reference=[2], n=500, m=500)[0])


def test_rank_p_values_are_never_zero() -> None:
    assert rank_p_value(5.0, np.zeros(99)) == pytest.approx(0.01)
    assert rank_p_value(0.0, np.zeros(99)) == 1


def test_the_spread_of_round_gaussians_has_the_degrees_of_freedom_of_theory() -> None:
    """A mean square of n d-dimensional Gaussian samples around their mean has (n − 1) d degrees of freedom."""
    rng = seeded()
    freedom, squares = [], []
    for _ in range(200):
        found = scatter(samples=3 * rng.normal(size=(40, 4)), labels=np.zeros(40, np.int64), modes=1)
        freedom.append(found.freedom[0])
        squares.append(found.squares[0])
    assert np.mean(squares) == pytest.approx(36, rel=0.02)
    assert np.median(freedom) == pytest.approx(39 * 4, rel=0.1)


def test_spread_limits_are_those_of_an_f_distribution() -> None:
    from scipy.stats import f

    from genai_audit.audit.statistics.modes.spread import Ratio

    found = spread_limits(Ratio(np.array(0.36), np.array(80.0), np.array(50.0)), samples=40, levels=[0.95])
    assert found.low[0] == pytest.approx(0.6 / math.sqrt(f.ppf(0.975, 80, 50)))
    assert found.high[0] == pytest.approx(0.6 / math.sqrt(f.ppf(0.025, 80, 50)))


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.5])
def test_the_pooled_spread_ratio_is_covered(factor: float) -> None:
    rng = seeded(1)
    held, runs = 0, 200
    for _ in range(runs):
        made, real = (
            scatter(samples=scale * rng.normal(size=(n, 2)), labels=rng.integers(25, size=n), modes=25)
            for scale, n in ((factor, 500), (1.0, 300))
        )
        limits = spread_limits(
            pooled_ratio(generated=made, reference=real, weights=np.full(25, 0.04)), samples=500, levels=[0.95]
        )
        held += limits.low[0] <= factor <= limits.high[0]
    assert held >= 181  # fewer with probability 0.005 where the coverage is 95 %
