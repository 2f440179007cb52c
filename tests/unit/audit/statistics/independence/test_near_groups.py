"""Groups of near-equal records at every scale: silent on independent records, loud on clustered ones."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.statistics.independence.near_groups import near_groups

Matrix = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Matrix]


def people(rng: np.random.Generator, n: int, each: int, d: int, noise: float) -> Matrix:
    return np.repeat(rng.normal(size=(n, d)), each, axis=0) + noise * rng.normal(size=(n * each, d))


SOUND: dict[str, Draw] = {
    "normal, 2 dimensions": lambda rng: rng.normal(size=(400, 2)),
    "normal, 50 dimensions": lambda rng: rng.normal(size=(400, 50)),
    "heavy tails": lambda rng: rng.standard_cauchy(size=(400, 3)),
    "50 tight modes": lambda rng: (
        rng.normal(size=(50, 8))[rng.integers(50, size=400)] + 0.01 * rng.normal(size=(400, 8))
    ),
    "2,000 kinds": lambda rng: rng.normal(size=(2000, 4))[rng.integers(2000, size=400)],
    "a lattice": lambda rng: np.round(3 * rng.normal(size=(400, 2))),
    "categories and numbers": lambda rng: np.hstack([rng.integers(3, size=(400, 3)), rng.random((400, 2))]),
    "two values": lambda rng: rng.integers(2, size=(400, 1)).astype(float),
    "one value": lambda rng: np.ones((400, 2)),
}

CLUSTERED: dict[str, Draw] = {
    "three each, 5 %": lambda rng: people(rng, 200, 3, 10, 0.05),
    "three each, 20 %": lambda rng: people(rng, 200, 3, 10, 0.2),
    "two each, 20 %": lambda rng: people(rng, 200, 2, 10, 0.2),
    "thirty each": lambda rng: people(rng, 20, 30, 10, 0.1),
    "one to five each": lambda rng: np.repeat(rng.normal(size=(200, 10)), rng.integers(1, 6, size=200), axis=0),
    "tripled": lambda rng: np.repeat(rng.normal(size=(100, 5)), 3, axis=0),
    "a tenth doubled": lambda rng: (lambda x: np.concatenate([x, x[:100]]))(rng.normal(size=(900, 5))),
}


@pytest.mark.parametrize("name", SOUND)
def test_independent_records_give_no_alarm(name: str) -> None:
    rng = np.random.default_rng(0)
    assert sum(near_groups(SOUND[name](rng), rng).p_value < 0.01 for _ in range(20)) <= 1


@pytest.mark.parametrize("name", CLUSTERED)
def test_clustered_records_alarm_in_any_order(name: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(3):
        assert near_groups(rng.permutation(CLUSTERED[name](rng)), rng).p_value < 0.01


def test_it_finds_the_groups_and_their_scale() -> None:
    rng = np.random.default_rng(2)
    found = near_groups(people(rng, 100, 3, 20, 0.05), rng)
    assert found.excess.members == 3
    assert found.excess.share > 0.9
    together = found.group.reshape(100, 3)
    assert np.mean(together[:, 0] == together[:, 1]) > 0.9
    assert 0 < found.radius < 1


def test_nearest_pairs_are_of_copies_first() -> None:
    rng = np.random.default_rng(3)
    points = np.array([[0.0], [5.0], [0.0], [5.1], [0.0]])
    pairs = {tuple(pair) for pair in near_groups(points, rng).pairs.tolist()}
    assert pairs == {(0, 2), (2, 4), (0, 4), (1, 3)}
