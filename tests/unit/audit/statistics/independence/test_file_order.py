"""Pairs side by side in a file: exact under exchange, silent on files sorted by class, loud on frames of films."""

import numpy as np
import pytest

from genai_audit.audit.statistics.independence.file_order import side_by_side


def test_pairs_side_by_side_alarm() -> None:
    rng = np.random.default_rng(0)
    pairs = np.stack([np.arange(0, 600, 2), np.arange(1, 600, 2)], axis=1)
    found = side_by_side(pairs, rng, exchanges=999)
    assert (found.pairs, found.observed) == (300, 300)
    assert found.p_value == 1 / 1000
    # In a stretch of 30 places, 29 + 28 of 435 pairs are at most two apart.
    assert found.expected == pytest.approx(300 * 57 / 435, rel=0.1)


def test_files_sorted_by_class_do_not() -> None:
    """Each record's nearest is any other of its class, 100 records that stand together."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(40):
        first = np.arange(600)
        second = first // 100 * 100 + (first % 100 + rng.integers(1, 100, size=600)) % 100
        alarms += side_by_side(np.stack([first, second], axis=1), rng, exchanges=199).p_value < 0.05
    assert alarms <= 2


def test_traces_are_tolerated() -> None:
    """4 % of pairs side by side and the others anywhere: significant, and let pass."""
    rng = np.random.default_rng(2)
    first = np.arange(0, 2000)
    second = np.where(first < 80, first + 1, (first + rng.integers(100, 1900, size=2000)) % 2000)
    found = side_by_side(np.stack([first, second], axis=1), rng, exchanges=199)
    assert found.observed > found.expected + 50
    assert found.p_value > 0.5


def test_without_pairs_there_is_nothing_to_see() -> None:
    assert side_by_side(np.empty((0, 2), dtype=np.int64), np.random.default_rng(0), exchanges=99).p_value == 1.0
