"""Known answers for clipped density and coverage."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import betabinom

from genai_audit.audit.collapse.neighbour_fidelity.estimates import scored
from genai_audit.audit.finding import LEVELS, Estimate
from genai_audit.audit.statistics.neighbours.clipped import (
    CLIPPED,
    clipped,
    clipped_replicates,
    contributions,
    expected_filling,
    matched_share,
)
from genai_audit.audit.statistics.neighbours.graph import Inside, balls, crossings
from genai_audit.audit.statistics.neighbours.measure import measure
from genai_audit.audit.statistics.neighbours.prdc import expected_coverage
from genai_audit.audit.statistics.neighbours.splits import Neighbourhood, Parts, cut

Matrix = NDArray[np.float64]
K = 5


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_expected_filling_of_a_ball_is_beta_binomial() -> None:
    """K6: E[min(J, 5)] / 5 = 0.754522 for n = m = 1000, J ~ BetaBin(m; k, n − k), summed here over all J."""
    found = float(expected_filling(reference=1000, generated=1000, k=K))
    assert found == pytest.approx(0.754522, abs=1e-6)
    j = np.arange(1001)
    assert found == pytest.approx((np.minimum(j, K) / K * betabinom(1000, K, 995).pmf(j)).sum(), rel=1e-9)


@pytest.mark.parametrize(("n", "m", "k"), [(1000, 1000, 5), (300, 100, 3), (50, 400, 7), (60, 60, 1)])
def test_an_empty_ball_is_as_rare_as_coverage_says(n: int, m: int, k: int) -> None:
    """K6: P(J = 0) = 1 − E[coverage]. For k = 1 filling and coverage are the same."""
    assert betabinom(m, k, n - k).pmf(0) == pytest.approx(1 - expected_coverage(reference=n, generated=m, k=k))
    filled = float(expected_filling(reference=n, generated=m, k=k))
    assert filled <= expected_coverage(reference=n, generated=m, k=k) + 1e-12
    if k == 1:
        assert filled == pytest.approx(expected_coverage(reference=n, generated=m, k=k))


def test_filling_rises_from_nothing_and_is_undone_by_the_matched_share() -> None:
    counts = np.arange(401)
    filled = expected_filling(reference=300, generated=counts, k=K)
    assert filled[0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(filled) > 0).all()
    for share in (0.0, 0.25, 0.5, 0.8, 1.0):
        assert matched_share(filled[int(400 * share)], reference=300, generated=400, k=K) == pytest.approx(share)
    assert matched_share(1.0, reference=300, generated=400, k=K) == 1.0


@pytest.mark.parametrize("d", [2, 32, 0])
def test_a_perfect_generator_fills_the_balls_as_expected(d: int) -> None:
    """In every dimension, and (d = 0) for few categories, whose ties are put in random order."""
    rng = seeded(1)

    def draw(n: int) -> Matrix:
        return rng.normal(size=(n, d)) if d else rng.integers(4, size=(n, 2)).astype(float)

    found = np.array([contributions(generated=draw(150), reference=draw(200), k=K, rng=rng) for _ in range(80)])
    error = found.std(axis=0, ddof=1) / math.sqrt(80)
    assert abs(found[:, 2].mean() - float(expected_filling(reference=200, generated=150, k=K))) < 4 * error[2]


@pytest.mark.parametrize("d", [2, 32, 0])
def test_a_perfect_generator_lies_in_as_many_balls_as_the_data(d: int) -> None:
    rng = seeded(2)

    def draw(n: int) -> Matrix:
        return rng.normal(size=(n, d)) if d else rng.integers(4, size=(n, 2)).astype(float)

    found = [clipped(generated=draw(200), reference=draw(200), k=K, rng=rng) for _ in range(80)]
    density = np.array([each.density for each in found])
    # The balls of the other n − 1 are a little larger than with the point itself among them: of order 1 / n.
    assert abs(density.mean() - 1) < 4 * density.std(ddof=1) / math.sqrt(80) + 1 / 200
    assert 0.9 < np.mean([each.coverage for each in found]) < 1


def test_both_fall_in_a_straight_line_as_samples_turn_to_junk() -> None:
    """Bad samples in a share q leave 1 − q of each score, in every step of the way."""
    rng = seeded(3)
    for bad in (0.0, 0.25, 0.5, 0.75, 1.0):
        scores = []
        for _ in range(12):
            real, fake = rng.normal(size=(2, 400, 8))
            fake[: int(400 * bad)] += 100
            scores.append(clipped(generated=fake, reference=real, k=K, rng=rng))
        density, coverage = np.mean(scores, axis=0)
        assert density == pytest.approx(1 - bad, abs=0.03)
        # Cut off at 1, so below it on average where all is well.
        assert coverage == pytest.approx(1 - bad, abs=0.06 if bad == 0 else 0.04)


def test_they_fall_as_modes_are_dropped_together() -> None:
    """Ten modes far apart; a share q of the samples of nine of them goes to the tenth: coverage (10 − 9 q) / 10."""
    rng = seeded(4)
    for moved in (0.0, 0.5, 1.0):
        scores = []
        for _ in range(12):
            centres = 100.0 * np.eye(10)
            real = centres[np.arange(600) % 10] + rng.normal(size=(600, 10))
            labels = np.where(rng.random(600) < moved, 9, np.arange(600) % 10)
            fake = centres[labels] + rng.normal(size=(600, 10))
            scores.append(clipped(generated=fake, reference=real, k=K, rng=rng).coverage)
        assert np.mean(scores) == pytest.approx(1 - 0.9 * moved, abs=0.06)


@pytest.mark.parametrize("outliers", ["real", "generated", "both"])
def test_three_outliers_in_a_hundred_hardly_matter(outliers: str) -> None:
    """Outliers far away from the data, on either side or (the worst) together in one place."""
    rng = seeded(5)
    plain, tainted = [], []
    for _ in range(12):
        real, fake = rng.normal(size=(2, 400, 8))
        plain.append(clipped(generated=fake, reference=real, k=K, rng=rng))
        for each, name in ((real, "real"), (fake, "generated")):
            if outliers in (name, "both"):
                each[:12] = 30 + 20 * rng.normal(size=(12, 8))
        tainted.append(clipped(generated=fake, reference=real, k=K, rng=rng))
    assert np.mean(tainted, axis=0) == pytest.approx(np.mean(plain, axis=0), abs=0.05)


def test_one_outlier_cannot_make_junk_dense() -> None:
    """The outlier's ball reaches back to the data and holds all junk near it; clipped, it ends at the median radius."""
    rng = seeded(6)
    real = np.vstack([rng.normal(size=(1000, 2)), [[6.0, 6.0]]])
    junk = 6.3 + 0.01 * rng.normal(size=(500, 2))
    found = clipped(generated=junk, reference=real, k=K, rng=rng)
    assert found.density == 0
    assert found.coverage < 0.005


def test_a_crowd_in_the_densest_place_gains_nothing() -> None:
    """Plain density is 5 and more where a collapsed generator sits; no point counts for more than 1 here."""
    rng = seeded(7)
    real, fake = rng.normal(size=(300, 16)), 0.1 * rng.normal(size=(300, 16))
    found = measure(generated=[fake], reference=real, k=K, rng=rng, splits=64)
    by_name = {each.name: each for each in scored(found, freedom=64)}
    assert by_name["density"].value > 5
    assert by_name["clipped_density"].value == 1
    assert by_name["clipped_coverage"].interval().high < 0.8


# Variances and intervals


def test_replicates_equal_the_contributions_computed_anew_on_every_part() -> None:
    rng = seeded(8)
    n, k, splits = 60, 3, 64
    real, fakes = rng.normal(size=(n, 3)), [rng.normal(size=(n, 3)) for _ in range(2)]
    whole = balls(real, depth=n - 1, first=0, seed=1)
    others = [balls(fake, depth=n - 1, first=n, seed=1) for fake in fakes]
    pairs = [list(crossings(whole, other, k=k, depth=n - 1, seed=1, cells=600)) for other in others]

    def joined(pieces: list[Inside]) -> Inside:
        return Inside(*(np.concatenate(each) for each in zip(*pieces, strict=True)))

    around = Neighbourhood(
        whole.nearest,
        whole.levels,
        tuple(each.nearest for each in others),
        tuple(joined([block.forward for block in blocks]) for blocks in pairs),
        tuple(joined([block.backward for block in blocks]) for blocks in pairs),
        others[0].levels,
    )
    first, *rest = (cut(n, 2, splits, rng) for _ in range(3))
    parts = Parts((first[0], first[1]), tuple((each[0], each[1]) for each in rest))
    found = clipped_replicates(around, parts, k=k, sets=2, splits=splits)
    for a, b, split in [(0, 0, 0), (0, 1, 5), (1, 0, 31), (1, 1, 63)]:
        part = real[first[a][:, split]]
        anew = np.mean(
            [
                contributions(generated=fake[each[b][:, split]], reference=part, k=k, rng=rng)
                for fake, each in zip(fakes, rest, strict=True)
            ],
            axis=0,
        )
        assert found[:, a, b, split] == pytest.approx(anew, abs=1e-12)


def test_variances_match_fresh_samples() -> None:
    rng = seeded(9)
    found = [
        measure(
            generated=[0.3 + rng.normal(size=(100, 8)) for _ in range(2)],
            reference=rng.normal(size=(100, 8)),
            k=K,
            rng=rng,
            splits=64,
        ).clipped
        for _ in range(50)
    ]
    for at, name in enumerate(CLIPPED):
        true = np.std([np.arcsin(np.sqrt(each.shares[name])) for each in found], ddof=1)
        estimated = np.sqrt(np.mean([each.spread.covariance[at, at] for each in found]))
        assert 0.75 < estimated / true < 1.35, name


@pytest.mark.parametrize("kind", ["equal", "shifted", "categories"])
def test_intervals_hold_and_sound_generators_pass(kind: str) -> None:
    rng, repeats, n = seeded(10), 40, 80

    def draw(shift: float) -> Matrix:
        if kind == "categories":
            return rng.integers(4, size=(n, 3)).astype(float)
        return shift + rng.normal(size=(n, 6))

    shift = 0.5 if kind == "shifted" else 0.0
    inside, own, filled = np.mean(
        [contributions(generated=draw(shift), reference=draw(0), k=K, rng=rng) for _ in range(150)], axis=0
    )
    true = {"clipped_density": inside / own, "clipped_coverage": matched_share(filled, reference=n, generated=n, k=K)}
    held, alarms = dict.fromkeys(true, 0), dict.fromkeys(true, 0)
    for _ in range(repeats):
        found = measure(generated=[draw(shift)], reference=draw(0), k=K, rng=rng, splits=64)
        by_name: dict[str, Estimate] = {each.name: each for each in scored(found, freedom=64)}
        for name, value in true.items():
            limits = by_name[name].interval()
            held[name] += limits.low <= min(value, 1.0) <= limits.high
            alarms[name] += (by_name[name].p_value or 0) < 0.05
    tolerance = 3 * math.sqrt(0.05 * 0.95 / repeats)
    for name in true:
        assert held[name] / repeats > 0.93 - tolerance, name
        if shift == 0:
            assert alarms[name] / repeats < 0.06 + tolerance, name


def test_estimates_are_whole_and_know_their_perfect_score() -> None:
    rng = seeded(11)
    found = measure(
        generated=[rng.normal(size=(120, 4)) for _ in range(6)], reference=rng.normal(size=(120, 4)), k=K, rng=rng
    )
    for name in ("clipped_density", "clipped_coverage"):
        (estimate,) = (each for each in scored(found, freedom=128) if each.name == name)
        assert tuple(each.level for each in estimate.curve) == LEVELS
        assert estimate.perfect is not None
        assert 0.7 < estimate.perfect.low < estimate.perfect.value == estimate.perfect.high == 1
        assert estimate.minimum_detectable is not None
        assert 0 < estimate.minimum_detectable < 0.4
        assert all(each.high <= 1 for each in estimate.curve)
