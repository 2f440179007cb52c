"""Known answers of measures of copying, and what each shows of a perfect generator."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from genai_audit.audit.evidence.split.kind import records_needed
from genai_audit.audit.statistics.copying.closest import permutation_p, union
from genai_audit.audit.statistics.copying.mixed import mixed_rows, nearest_rows
from genai_audit.audit.statistics.copying.nulls import authenticity, data_copying, nearer_training, rank_z

RNG = np.random.default_rng


def to_nearest(own: np.ndarray, other: np.ndarray, *, itself: bool = False) -> tuple[np.ndarray, np.ndarray]:
    between = cdist(own, other)
    if itself:
        np.fill_diagonal(between, np.inf)
    return between.min(1), between.argmin(1)


def test_exact_copies_have_the_least_c_t_that_there_is() -> None:
    # All n generated distances are 0 and all m others above: U = 0, so z = −(n m / 2) / √(n m (n + m + 1) / 12). The n
    # zeros are tied among themselves, which takes (n³ − n) / ((n + m)(n + m − 1)) off n + m + 1.
    n = m = 1000
    plain = rank_z(np.arange(n) / n, 1 + np.arange(m))
    assert plain == pytest.approx(-n * m / 2 / math.sqrt(n * m * (n + m + 1) / 12))
    assert plain == pytest.approx(-38.72, abs=0.005)
    tied = -n * m / 2 / math.sqrt(n * m / 12 * (n + m + 1 - (n**3 - n) / ((n + m) * (n + m - 1))))
    assert rank_z(np.zeros(n), 1 + np.arange(m)) == pytest.approx(tied)
    # Five equal cells: the mean of five z of 200 against 200 is −17.3, and its deviation 1 / √5.
    cells = np.arange(n) % 5
    found = data_copying(
        generated=np.arange(n) / n, holdout=1.0 + np.arange(m), generated_cells=cells, holdout_cells=cells
    )
    assert found is not None
    assert found.value == pytest.approx(-17.30, abs=0.01)
    assert found.error == pytest.approx(1 / math.sqrt(5))
    assert found.standardised == pytest.approx(-38.68, abs=0.02)


def moons(n: int, rng: np.random.Generator) -> np.ndarray:
    """Two half circles with noise of 0.2."""
    angle, lower = rng.uniform(0, math.pi, n), rng.random(n) < 0.5
    x = np.where(lower, 1 - np.cos(angle), np.cos(angle))
    y = np.where(lower, 0.5 - np.sin(angle), np.sin(angle))
    return np.column_stack([x, y]) + rng.normal(0, 0.2, (n, 2))


def moons_c_t(made: np.ndarray, training: np.ndarray, holdout: np.ndarray) -> float:
    centres = np.array([[-0.8, 0.4], [0.2, 0.9], [0.5, 0.1], [0.9, -0.4], [1.8, 0.2]])
    cells = [cdist(each, centres).argmin(1) for each in (made, holdout)]
    found = data_copying(
        generated=to_nearest(made, training)[0],
        holdout=to_nearest(holdout, training)[0],
        generated_cells=cells[0],
        holdout_cells=cells[1],
    )
    assert found is not None
    return found.value


@pytest.mark.parametrize(
    ("width", "low", "high"), [(0.001, -18.5, -15.5), (0.01, -13, -9), (0.1, -1.5, 1.5), (1.0, 8, 13)]
)
def test_half_moons_by_kernel_width(width: float, low: float, high: float) -> None:
    """Kernel density estimates of 2,000 points, 1,000 held out: −17.3, −11.3, about 0 and +10.5 (five cells)."""
    rng = RNG(0)
    training, holdout = moons(2000, rng), moons(1000, rng)
    made = training[rng.integers(0, 2000, 1000)] + rng.normal(0, width, (1000, 2))
    assert low < moons_c_t(made, training, holdout) < high


def test_the_deviation_of_c_t_is_not_one() -> None:
    rng, values = RNG(1), []
    for _ in range(60):
        training, holdout, made = moons(300, rng), moons(300, rng), moons(300, rng)
        values.append(moons_c_t(made, training, holdout))
    # √Σ w² of five cells of about equal mass is 0.45 to 0.5; a deviation of 1 lies far outside what 60 values show.
    assert 0.33 < np.std(values) < 0.62


def test_local_copies_hide_in_c_t_and_not_in_the_closest_matches() -> None:
    """A tenth copies, the rest too widely spread: the mean says that the model strays, the closest are all copies."""
    rng = RNG(2)
    training, holdout, made = moons(1000, rng), moons(1000, rng), moons(1000, rng)
    made = made + rng.normal(0, 0.25, made.shape)
    made[:100] = training[:100] + rng.normal(0, 1e-4, (100, 2))
    assert moons_c_t(made, training, holdout) > 0
    sides = [(*to_nearest(made, each), np.ones(1000, dtype=np.int64)) for each in (training, holdout)]
    found = union(to_training=sides[0], to_holdout=sides[1], sizes=(1000, 1000), rng=rng)
    assert permutation_p(found, 0.05, rng=rng)[0] < 1e-6


@pytest.mark.parametrize(
    ("d", "share"), [(1, 1 / 3), (2, 1 - 6 * math.pi / (8 * math.pi + 3 * math.sqrt(3))), (3, 1 - 16 / 27)]
)
def test_authenticity_of_a_perfect_generator_is_not_one(d: int, share: float) -> None:
    """One minus the chance that nearest neighbours are each other's, of points of even density."""
    rng = RNG(d)
    training, made = rng.random((3000, d)), rng.random((3000, d))
    own = to_nearest(training, training, itself=True)[0]
    distance, row = to_nearest(made, training)
    assert authenticity(distance=distance, own=own[row]) == pytest.approx(share, abs=0.025)
    # Copies are never authentic: all of them 0, half of them half of that.
    assert authenticity(distance=np.zeros(10), own=own[:10]) == 0
    half = np.where(np.arange(3000) < 1500, 0.0, distance)
    assert authenticity(distance=half, own=own[row]) == pytest.approx(share / 2, abs=0.025)


def test_the_share_nearer_to_training_is_that_of_training_records() -> None:
    rng = RNG(4)
    training, holdout, made = rng.normal(size=(800, 3)), rng.normal(size=(400, 3)), rng.normal(size=(2000, 3))
    ones = np.ones(2000, dtype=np.int64)
    share = nearer_training(
        training=to_nearest(made, training)[0], holdout=to_nearest(made, holdout)[0], ties=(ones, ones)
    )
    assert share == pytest.approx(2 / 3, abs=0.05)


def test_ties_of_categories_are_nobodys_advantage() -> None:
    """Independent categories: counting ties as the holdout's, as SDMetrics does, would call far more than half its."""
    rng = RNG(5)
    kinds = [rng.integers(0, 3, (400, 4)) for _ in range(3)]
    rows = mixed_rows([np.empty((400, 0))] * 3, kinds, scale_by=(1, 2))
    found = [nearest_rows(rows[0], rows[at], itself=False, rng=rng) for at in (1, 2)]
    share = nearer_training(training=found[0].distance, holdout=found[1].distance, ties=(found[0].ties, found[1].ties))
    assert share == pytest.approx(0.5, abs=0.03)
    assert 1 - (found[0].distance < found[1].distance).mean() > 0.75
    both = union(to_training=tuple(found[0]), to_holdout=tuple(found[1]), sizes=(400, 400), rng=rng)
    assert permutation_p(both, 0.05, rng=rng)[0] > 0.05


def test_records_that_certify_a_rate_of_false_alarms() -> None:
    # The least n with (1 − rate)^n <= 0.05.
    assert [records_needed(rate) for rate in (0.01, 0.001)] == [299, 2995]
    with pytest.raises(ValueError, match="between 0 and 1"):
        records_needed(0.0)
