"""Gaps between groups' maps: known values, and how often equal groups are called different."""

from collections.abc import Callable

import numpy as np
import pytest

from genai_audit.audit.statistics.attribution.map_gaps import map_gaps, resolved

Map = Callable[[int], np.ndarray]
REGIONS = 24


def sample(
    true: np.ndarray, n: int, rng: np.random.Generator, *, content: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Two samples of skewed maps, whose means differ by `true`; `content` is what both have of their own."""
    own = content * np.random.default_rng(n).standard_normal(REGIONS)
    noise = [rng.gamma(1.0, 1.0, (n, REGIONS)) for _ in range(2)]
    return own + true + noise[0], own + noise[1]


def one_map(strength: float = 1.0, at: int = 0) -> np.ndarray:
    true = np.zeros(REGIONS)
    true[at : at + 4] = -strength
    return true


def test_known_gaps() -> None:
    rng = np.random.default_rng(0)
    samples = [sample(each, 4_000, rng) for each in (one_map(2), one_map(1), one_map(3, at=10))]
    gaps = map_gaps(samples, weights=[1, 1, 1], rng=rng)
    # The third has nothing in common with the mean of the others; the others' maps are half that of each other.
    others = [one_map(1) + one_map(3, at=10), one_map(2) + one_map(3, at=10), one_map(3)]
    expected = [
        1 - mine @ theirs / np.linalg.norm(mine) / np.linalg.norm(theirs)
        for mine, theirs in zip((one_map(2), one_map(1), one_map(3, at=10)), others, strict=True)
    ]
    assert gaps.values == pytest.approx(expected, abs=0.03)
    assert gaps.worst == 2
    assert gaps.p_values.max() == pytest.approx(gaps.p_floor)
    interval = next(each for each in gaps.curve if each.level == 0.95)
    assert interval.low <= 1 <= interval.high


def test_a_map_of_other_strength_is_the_same_map() -> None:
    rng = np.random.default_rng(1)
    gaps = map_gaps([sample(one_map(1), 3_000, rng), sample(one_map(4), 3_000, rng)], weights=[1, 1], rng=rng)
    assert gaps.values.max() < 0.01
    assert gaps.p_values.min() > 0.05


def test_equal_groups_of_unequal_size_and_content_are_rarely_called_different() -> None:
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        sizes = (40, 80, 120)
        samples = [sample(one_map(1 + 0.5 * (n == 80)), n, rng, content=1.0) for n in sizes]
        found.append(map_gaps(samples, weights=sizes, rng=rng))
    assert sum(each.p_values.min() <= 0.05 for each in found) <= 6
    covered = [next(one for one in each.curve if one.level == 0.95).low == 0 for each in found]
    assert sum(covered) >= 95


def test_other_maps_are_found_and_covered() -> None:
    found, true = [], 1.0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        samples = [sample(one_map(1.5), 80, rng), sample(one_map(1.5, at=12), 80, rng)]
        found.append(map_gaps(samples, weights=[1, 1], rng=rng))
    assert sum(each.p_values.min() <= 0.05 for each in found) >= 38
    intervals = [next(one for one in each.curve if one.level == 0.95) for each in found]
    assert sum(each.low <= true <= each.high for each in intervals) >= 36


def test_a_map_of_noise_alone_is_not_resolved() -> None:
    rng = np.random.default_rng(0)
    assert sum(resolved(sample(0 * one_map(), 50, rng)) for _ in range(50)) <= 3
    assert all(resolved(sample(one_map(2), 50, rng)) for _ in range(50))


def test_one_group_has_nothing_to_compare_with() -> None:
    with pytest.raises(ValueError, match="two groups or more"):
        map_gaps([sample(one_map(), 9, np.random.default_rng(0))], weights=[1], rng=np.random.default_rng(0))
