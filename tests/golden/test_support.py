"""Known answers for copies and the support that they suggest, with where they come from."""

import numpy as np
import pytest

from genai_audit.audit.statistics.neighbours.duplicates import birthday_size, collision_support, duplicate_share


def test_collisions_estimate_the_inverse_of_simpsons_concentration() -> None:
    """K31: pairs over equal pairs estimates 1/Σp²; here p = ½, ¼, ¼ gives 8/3."""
    rng = np.random.default_rng(0)
    equal = [1 / collision_support(rng.choice(3, size=200, p=[0.5, 0.25, 0.25])) for _ in range(300)]
    assert abs(np.mean(equal) - 3 / 8) < 4 * np.std(equal) / np.sqrt(300)
    assert collision_support(np.array([0, 1, 2, 3])) == np.inf
    assert collision_support(np.array([0, 0, 1])) == 3


@pytest.mark.parametrize(("kinds", "size"), [(1000, 37), (1.6e5, 471), (2.5e5, 589)])
def test_records_for_an_even_chance_of_a_copy(kinds: float, size: int) -> None:
    """K31: n = √(2 G ln 2)."""
    assert round(birthday_size(kinds)) == size


def test_share_of_records_with_a_copy() -> None:
    assert duplicate_share(np.array([5, 5, 7, 8, 8, 8, 9, 1])).share == 5 / 8
    assert duplicate_share(np.arange(10)) == (0, 0)
    # Nothing but copies of many: another sample would show the same.
    assert duplicate_share(np.zeros(100, dtype=np.int64)) == (1, 0)


@pytest.mark.parametrize("kinds", [200, 400, 2000, 20_000])
def test_its_variance_is_that_of_fresh_samples(kinds: int) -> None:
    """Uniform kinds: n = 200 records have between none and all of their copies; 1 − (1 − 1/k)^{n − 1} on average."""
    rng = np.random.default_rng(1)
    found = [duplicate_share(rng.integers(kinds, size=200)) for _ in range(1500)]
    shares = np.array([each.share for each in found])
    assert shares.mean() == pytest.approx(1 - (1 - 1 / kinds) ** 199, abs=4 * shares.std() / np.sqrt(1500))
    assert np.mean([each.variance for each in found]) == pytest.approx(shares.var(), rel=0.2)


def test_where_nearly_all_records_have_copies_the_variance_is_on_the_safe_side() -> None:
    """Thirty kinds in 200 records: hardly a record is alone, and one kind more or less is all that can change."""
    rng = np.random.default_rng(2)
    found = [duplicate_share(rng.integers(30, size=200)) for _ in range(500)]
    assert np.var([each.share for each in found]) < np.mean([each.variance for each in found]) < (3 / 200) ** 2
