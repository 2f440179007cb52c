"""How near pictures lie, in units of what is usual, and what rows share, weighed by its rarity."""

import numpy as np
import pytest

from genai_audit.audit.statistics.reproduction.pictures import (
    calibrated_nearest,
    nearest_hash,
    perceptual_bits,
    shrunk,
)
from genai_audit.audit.statistics.reproduction.rows import Column, shared_rows


def test_distances_are_in_units_of_the_mean_of_the_neighbours() -> None:
    # On a line at 0, 3 and 6 (fewer than 50, so all are neighbours); from 1: 1, 2 and 5, mean 8/3.
    found = calibrated_nearest(np.array([[1.0], [6.0]], np.float32), np.array([[0.0], [3.0], [6.0]], np.float32))
    assert found.distance == pytest.approx([1 / (8 / 3), 0.0])
    assert found.index.tolist() == [0, 2]


def test_where_all_neighbours_are_equal_none_is_a_match() -> None:
    same = np.ones((60, 4), np.float32)
    assert calibrated_nearest(same[:2], same).distance.tolist() == [1.0, 1.0]


def test_an_exact_copy_of_a_bright_picture_is_at_0() -> None:
    real = np.random.default_rng(0).random((300, 3072), dtype=np.float32) + 100
    found = calibrated_nearest(real[:5], real)
    assert found.distance.tolist() == [0.0] * 5
    assert found.index.tolist() == [0, 1, 2, 3, 4]


def test_the_hash_survives_light_contrast_and_noise_but_not_another_picture() -> None:
    rng = np.random.default_rng(1)
    real = np.stack([shrunk(each[None], 16)[0] for each in rng.random((40, 1, 64, 64), dtype=np.float32)])
    changed = 0.6 * real + 0.1 + rng.normal(scale=0.002, size=real.shape).astype(np.float32)
    found = nearest_hash(perceptual_bits(changed), perceptual_bits(real))
    assert found.index.tolist() == list(range(40))
    assert found.distance.max() <= 4
    strange = nearest_hash(perceptual_bits(rng.random((40, 1, 16, 16), dtype=np.float32)), perceptual_bits(real))
    assert strange.distance.min() > 8


def test_shrinking_keeps_the_mean_and_small_pictures() -> None:
    picture = np.random.default_rng(2).random((2, 3, 50, 70), dtype=np.float32)
    small = shrunk(picture, 32)
    assert small.shape == (2, 3, 32, 32)
    assert small.mean(axis=(2, 3)) == pytest.approx(picture.mean(axis=(2, 3)), abs=1e-5)
    assert np.array_equal(shrunk(picture[..., :8, :8], 32), picture[..., :8, :8])


def test_shared_values_are_worth_their_rarity() -> None:
    # A value of half of the rows is worth 1 bit, one of a quarter 2. The first row shares both with one row (3 bits),
    # the second a quarter's value only (2 bits), the third nothing.
    first = Column(np.array([1.0, 5.0, 9.0]), np.array([1.0, 1.0, 2.0, 3.0]))
    second = Column(np.array([7.0, 8.0, 0.0]), np.array([7.0, 4.0, 8.0, 4.0]))
    found = shared_rows([first, second])
    assert found.bits.tolist() == [3.0, 2.0, 0.0]
    assert found.index[:2].tolist() == [0, 2]
    assert found.equal.tolist() == [2, 1, 0]


def test_numbers_that_nearly_agree_count_nearly() -> None:
    column = Column(np.array([1.04]), np.array([1.0, 2.0, 3.0, 4.0]), tolerance=0.05)
    found = shared_rows([column])
    assert found.bits.tolist() == [0.0]
    assert found.near_bits.tolist() == [2.0]
