"""Held-out real data in the place of generated samples."""

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.collapse.neighbour_fidelity.control import control_table
from genai_audit.audit.finding import Table


def control(holdout: NDArray[np.float64], seed: int = 0) -> tuple[Table, ...]:
    reference = np.random.default_rng(1).normal(size=(600, 4))
    return control_table(
        holdout=holdout, reference=reference, k=5, rng=np.random.default_rng(seed), splits=128, fewest=50
    )


def test_data_of_the_same_kind_score_near_one() -> None:
    (table,) = control(np.random.default_rng(2).normal(size=(300, 4)))
    assert [row[0] for row in table.rows] == ["Precision", "Recall", "Coverage"]
    assert "300 held-out" in table.caption
    for _, value, low, high in table.rows:
        assert isinstance(value, float)
        assert isinstance(low, float)
        assert isinstance(high, float)
        assert low < 1.02
        assert high > 0.98
        assert 0.9 < value < 1.1


def test_data_of_another_kind_do_not() -> None:
    (table,) = control(np.random.default_rng(2).normal(size=(300, 4)) + 3)
    assert all(isinstance(row[3], float) and row[3] < 0.8 for row in table.rows)


def test_without_enough_held_out_data_there_is_no_control() -> None:
    assert control(np.empty((0, 4))) == ()
    assert control(np.full((100, 4), np.nan)) == ()
