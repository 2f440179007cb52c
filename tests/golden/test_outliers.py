"""Known answers for records that lie further out than real ones do."""

import numpy as np
import pytest

from genai_audit.audit.statistics.neighbours.graph import balls, origin, own_reach
from genai_audit.audit.statistics.neighbours.measure import measure
from genai_audit.audit.statistics.neighbours.outliers import Outliers, outliers


def test_counts_beyond_the_last_real_record() -> None:
    """With 100 real records one sets the limit: 3.0 here, passed by two of the generated ones."""
    reference = np.append(np.linspace(0, 1.5, 99), 3.0)
    found = outliers(generated=np.array([0.5, 2.9, 3.0, 3.1, 50.0]), reference=reference)
    assert (found.beyond, found.drawn, found.allowed, found.limit) == (2, 5, 1, 3.0)
    assert found.expected == pytest.approx(1 / 101)


def test_no_record_inside_a_ball_ever_strays() -> None:
    found = outliers(generated=np.array([0.2, 0.9, 1.0]), reference=np.full(80, 0.4))
    assert (found.beyond, found.limit) == (0, 1.0)


def test_one_beyond_one_is_a_matter_of_rank() -> None:
    """Of n + m exchangeable records the furthest c are all generated with chance Π (m − i) / (n + m − i)."""
    found = Outliers(beyond=3, drawn=40, allowed=1, reference=60, limit=2.0)
    assert found.p_value() == pytest.approx(40 * 39 * 38 / (100 * 99 * 98))
    assert Outliers(0, 40, 1, 60, 2.0).p_value() == pytest.approx(1.0)
    low, high = Outliers(0, 1000, 2, 1000, 2.0).perfect_band()
    assert low == 0
    assert 0.005 < high < 0.009


@pytest.mark.parametrize(("drawn", "reference"), [(1, 5), (3, 3), (50, 50), (500, 333), (80_000, 5000)])
def test_chances_and_excesses_stay_between_0_and_1(drawn: int, reference: int) -> None:
    """Rounding must not lift the sum of all chances above 1, and where no count is rare nothing less than all shows."""
    found = Outliers(0, drawn, max(1, reference // 500), reference, 1.0)
    assert 1 - 1e-9 < found.p_value() <= 1
    assert 0 < found.minimum_detectable() <= 1 - found.expected
    if drawn < 10:
        assert found.minimum_detectable() == 1 - found.expected


def test_the_smallest_detectable_excess_is_found_as_often_as_it_says() -> None:
    found, rng = Outliers(0, 500, 1, 500, 2.0), np.random.default_rng(0)
    share = found.minimum_detectable() + found.expected
    counts = rng.binomial(500, share, size=4000)
    power = np.mean([Outliers(int(each), 500, 1, 500, 2.0).p_value() <= 0.05 for each in counts])
    assert power == pytest.approx(0.8, abs=0.03)


def test_reach_of_a_record_among_the_others_is_that_of_a_fresh_one() -> None:
    """Leave a record out that no ball holds, draw it again as a generated one: its distance in radii is the same."""
    rng = np.random.default_rng(1)
    points = rng.standard_t(2, size=(60, 2))
    own = balls(points, depth=5, first=0, seed=1, centre=origin(points))
    lonely = np.setdiff1d(np.arange(60), own.nearest[:, :5])
    assert len(lonely) >= 2
    squared = ((points[lonely][:, None] - points[None]) ** 2).sum(2)
    squared[np.arange(len(lonely)), lonely] = np.inf
    assert own_reach(own, lonely, k=5) == pytest.approx((squared / own.squared[:, 4]).min(1), rel=1e-4)


def test_two_junk_records_in_a_hundred_show_where_precision_does_not() -> None:
    rng = np.random.default_rng(2)
    centres = np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float)

    def grid(n: int) -> np.ndarray:
        return centres[rng.integers(25, size=n)] + 0.05 * rng.normal(size=(n, 2))

    made = grid(500)
    made[:10] = rng.uniform(-5, 5, size=(10, 2))
    found = measure(generated=[made], reference=grid(500), k=5, rng=rng, splits=64).outliers
    assert 7 <= found.beyond <= 11
    assert found.p_value() < 0.02


def test_sound_generators_stray_no_more_than_they_should() -> None:
    rng = np.random.default_rng(3)
    alarms = []
    for _ in range(60):
        x, y = (rng.standard_t(3, size=(150, 3)) for _ in range(2))
        alarms.append(measure(generated=[y], reference=x, k=5, rng=rng, splits=64).outliers.p_value() <= 0.05)
    # At a rate of 6 % more than 9 of 60 happen once in a hundred times.
    assert sum(alarms) <= 9
