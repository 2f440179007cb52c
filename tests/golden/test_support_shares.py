"""Known answers for the shares of the supports."""

import numpy as np
import pytest

from genai_audit.audit.collapse.neighbour_fidelity.estimates import scored
from genai_audit.audit.statistics.neighbours.measure import measure
from genai_audit.audit.statistics.neighbours.support import (
    SUPPORTS,
    alone,
    between_steps,
    possible,
    step,
    support,
    vouched,
)

K = 5


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("values", "common"),
    [
        ([3.0, 7.0, 15.0], 4.0),
        ([0.0, 4.0, 10.0], 2.0),
        ([19.99, 5.49, 100.0, 7.0], 0.01),
        ([2.0, 2.0, 2.0], 0.0),
        ([1.0, np.nan, 3.0], 2.0),
        (list(seeded().normal(size=50)), 0.0),
        (list(np.float32(seeded().normal(size=50))), 0.0),
        ([0.0, 10000.0, 20001.0], 1.0),
        (list(np.round(1000 * seeded().normal(size=500))), 1.0),
    ],
)
def test_steps_are_the_common_measure_of_all_differences(values: list[float], common: float) -> None:
    assert step(np.array(values)) == pytest.approx(common, rel=1e-6)


def test_values_between_steps_are_told() -> None:
    prices = np.array([19.99, 5.49, 100.0, 7.0])
    assert between_steps(np.array([3.14, 3.141, 1e6, np.nan]), prices).tolist() == [False, True, False, False]
    assert not between_steps(np.array([3.14]), seeded().normal(size=30)).any()


def test_a_column_rules_out_what_lies_a_quarter_past_its_end() -> None:
    """Median 0, ends −4 and 8: possible from −5 to 10, and only whole numbers."""
    among = np.array([[-4.0], [-1.0], [0.0], [1.0], [8.0]])
    made = np.array([[-6.0], [-5.0], [10.0], [11.0], [0.5], [2.0]])
    assert possible(made, among, steps=True).tolist() == [False, True, True, False, False, True]
    # Without the record at 8 the end would be 1, and 8 far beyond 1.25; without that at −4 it would be −1.
    assert alone(among, steps=True).tolist() == [False, True, True, True, False]


def test_a_feature_that_hardly_varies_may_do_so_a_little() -> None:
    """Black corners of pictures: past their end by a quarter of the features' typical spread, here √½ · 2 · ¼."""
    among = np.array([[0.0, -2.0], [0.0, 2.0]] * 20)
    made = np.array([[0.35, 0.0], [0.36, 0.0], [-0.36, 0.0], [0.0, 2.4], [0.0, 2.51]])
    assert possible(made, among, steps=False).tolist() == [True, False, False, True, False]
    assert alone(among, steps=False).all()


def test_one_ball_vouches_for_nothing() -> None:
    able = np.array([True, True, True, True, False])
    assert vouched(np.array([0.0, 1.0, 2.0, 9.0, 9.0]), able) == pytest.approx(2 / 5)


@pytest.mark.parametrize("d", [1, 8, 64])
def test_a_perfect_generator_has_all_and_a_foreign_one_nothing(d: int) -> None:
    rng = seeded(d)
    real = rng.normal(size=(400, d))
    same = support(generated=rng.normal(size=(400, d)), reference=real, k=K, rng=rng)
    assert min(same) > 0.85
    assert max(support(generated=rng.normal(size=(400, d)) + 8, reference=real, k=K, rng=rng)) < 0.02


def test_roles_exchanged_exchange_the_shares() -> None:
    rng = seeded(1)
    x, y = rng.normal(size=(300, 3)), 0.6 * rng.normal(size=(300, 3))
    there, back = support(generated=y, reference=x, k=K, rng=rng), support(generated=x, reference=y, k=K, rng=rng)
    assert there == pytest.approx(back[::-1])
    assert there.precision > 0.95 > 0.7 > there.recall


def test_one_impossible_feature_among_a_thousand() -> None:
    rng = seeded(2)
    real, made = (rng.normal(size=(200, 1000)) for _ in range(2))
    made[:, 0] += 6
    found = measure(generated=[made], reference=real, k=K, rng=rng, splits=64)
    estimates = {each.name: each.value for each in scored(found, freedom=64)}
    assert estimates["support_precision"] < 0.1
    assert estimates["precision_ratio"] > 0.3


def test_values_between_whole_numbers_are_not_data_of_whole_numbers() -> None:
    rng = seeded(3)
    real, made = np.round(100 * rng.normal(size=(300, 1))), 100 * rng.normal(size=(300, 1))
    assert support(generated=made, reference=real, k=K, rng=rng, steps=True).precision == 0
    assert support(generated=np.round(made), reference=real, k=K, rng=rng, steps=True).precision > 0.85


def test_an_outlier_does_not_vouch_for_a_crowd_around_it() -> None:
    """K5 in many dimensions: one real record in the middle of all generated ones."""
    rng = seeded(4)
    real = np.vstack([rng.normal(size=(300, 64)), np.ones((1, 64))])
    made = 1 + rng.normal(size=(301, 64))
    assert support(generated=made, reference=real, k=K, rng=rng).precision < 0.02


def test_the_audit_measures_what_the_plain_function_does() -> None:
    rng = seeded(5)
    x, y = rng.normal(size=(200, 4)), 0.8 * rng.normal(size=(200, 4))
    plain = support(generated=y, reference=x, k=K, rng=rng)
    found = measure(generated=[y], reference=x, k=K, rng=rng, splits=64).supported
    assert found is not None
    top, own, recalled, crowd = (found.shares[name] for name in SUPPORTS)
    assert (min(top / own, 1), min(recalled / crowd, 1)) == pytest.approx(tuple(plain))


def test_intervals_hold_the_mean_of_fresh_samples() -> None:
    rng = seeded(6)
    values: dict[str, list[tuple[float, float, float]]] = {"support_precision": [], "support_recall": []}
    for _ in range(40):
        x, y = rng.normal(size=(150, 4)), 0.3 + rng.normal(size=(150, 4))
        for each in scored(measure(generated=[y], reference=x, k=K, rng=rng, splits=64), freedom=64):
            if each.name in values:
                values[each.name].append((each.value, each.interval().low, each.interval().high))
    for name, found in values.items():
        value, low, high = np.array(found).T
        held = ((low <= value.mean()) & (value.mean() <= high)).mean()
        # 95 % nominal; 33 of 40 or fewer would happen once in 300 times.
        assert held > 33 / 40, name
        assert 0.7 < (high - low).mean() / (3.92 * value.std()) < 1.4, name


def test_equal_records_count_as_much_as_different_ones() -> None:
    """K4 for the supports: copies and categories keep the score of a perfect generator."""
    rng = seeded(7)
    real, made = (np.eye(8)[rng.integers(8, size=300)] for _ in range(2))
    assert min(support(generated=made, reference=real, k=K, rng=rng)) > 0.9


def test_records_with_a_feature_of_their_own_each_are_not_compared() -> None:
    """Nothing but itself makes a real record possible, so there is no perfect score to divide by."""
    rng = seeded(9)
    real, made = (np.hstack([rng.normal(size=(60, 3)), 9 * np.eye(60)]) for _ in range(2))
    found = measure(generated=[made], reference=real, k=K, rng=rng, splits=64)
    names = {each.name for each in scored(found, freedom=64)}
    assert not names & {"support_precision", "support_recall"}
    assert {"precision", "clipped_density", "stray_share"} <= names
    with pytest.raises(ValueError, match="expected samples whose records lie within each other's support"):
        support(generated=made, reference=real, k=K, rng=rng)


def test_one_neighbour_vouches_for_nothing_so_no_share_is_given() -> None:
    rng = seeded(8)
    found = measure(generated=[rng.normal(size=(60, 2))], reference=rng.normal(size=(60, 2)), k=1, rng=rng, splits=64)
    assert found.supported is None
    assert "support_precision" not in {each.name for each in scored(found, freedom=64)}
