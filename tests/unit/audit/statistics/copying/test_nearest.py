"""The nearest record of another set: as a search of all pairs finds it, ties counted and broken at random."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from genai_audit.audit.statistics.copying import nearest as module
from genai_audit.audit.statistics.copying.mixed import mixed_rows, nearest_rows
from genai_audit.audit.statistics.copying.nearest import nearest_points
from genai_audit.audit.statistics.copying.runs import nearest_sequences, run_sets
from genai_audit.audit.statistics.neighbours.cloud import cloud, origin


@pytest.mark.parametrize("d", [1, 8, 300])
def test_points_are_those_of_a_search_of_all_pairs(d: int) -> None:
    rng = np.random.default_rng(d)
    # A far outlier, and points so near to each other that single precision cannot tell them apart.
    own, other = rng.normal(size=(60, d)), rng.normal(size=(90, d))
    other[0], other[1:4] = 20, other[5:8] + 1e-3
    clouds = [cloud(each, origin(other)) for each in (own, other)]
    found, expected = nearest_points(*clouds, itself=False, rng=rng), cdist(own, other)
    assert found.distance == pytest.approx(expected.min(1), rel=1e-9)
    assert (expected[np.arange(60), found.row] <= expected.min(1) * (1 + 1e-9)).all()
    own_found, all_pairs = nearest_points(clouds[1], clouds[1], itself=True, rng=rng), cdist(other, other)
    np.fill_diagonal(all_pairs, np.inf)
    assert own_found.distance == pytest.approx(all_pairs.min(1), rel=1e-6, abs=1e-6)
    assert (own_found.row != np.arange(90)).all()


def test_ties_are_counted_and_each_is_drawn() -> None:
    own, other = np.zeros((400, 3)), np.array([[1.0, 0, 0], [5, 5, 5], [0, 1, 0], [0, 0, -1]])
    clouds = [cloud(each, np.zeros(3)) for each in (own, other)]
    found = nearest_points(*clouds, itself=False, rng=np.random.default_rng(0))
    assert (found.ties == 3).all()
    assert np.bincount(found.row, minlength=4)[[0, 2, 3]] == pytest.approx(400 / 3, abs=40)
    assert not (found.row == 1).any()


def test_rows_of_mixed_columns_by_hand() -> None:
    # Numbers over a range of 10 in the real sets; the second column has gaps, the third is a category.
    numbers = [np.array([[0.0, np.nan], [2.0, 5.0]]), np.array([[10.0, 0.0], [0.0, np.nan]]), np.array([[5.0, 10.0]])]
    kinds = [np.array([[1], [1]]), np.array([[1], [2]]), np.array([[1]])]
    rows = mixed_rows(numbers, kinds, scale_by=(1, 2))
    found = nearest_rows(rows[0], rows[1], itself=False, rng=np.random.default_rng(0))
    # First row: (1 + 1 + 0) / 3 to the one, (0 + 0 + 1) / 3 to the other, since two gaps agree.
    # Second row: (0.8 + 0.5 + 0) / 3 to the one, (0.2 + 1 + 1) / 3 to the other, since a gap is as far as can be.
    assert found.distance == pytest.approx([1 / 3, 1.3 / 3])
    assert found.row.tolist() == [1, 0]
    single = mixed_rows([np.array([[3.0], [4.0]])] * 2, [np.zeros((2, 0))] * 2, scale_by=(1,))
    assert nearest_rows(single[0], single[1], itself=True, rng=np.random.default_rng(0)).distance.tolist() == [1, 1]


def test_a_constant_is_a_category_and_no_column_is_refused() -> None:
    sets = [np.array([[7.0], [8.0]]), np.array([[7.0]])]
    rows = mixed_rows(sets, [np.zeros((len(each), 0)) for each in sets], scale_by=(1,))
    assert nearest_rows(*rows, itself=False, rng=np.random.default_rng(0)).distance.tolist() == [0, 1]
    with pytest.raises(ValueError, match="at least one column"):
        mixed_rows([np.empty((2, 0))], [np.empty((2, 0))], scale_by=(0,))


def test_sequences_by_hand() -> None:
    texts = [["abcd", "ab", ""], ["bcde", "ab", "xyz", ""]]
    sets = run_sets([[list(map(ord, each)) for each in one] for one in texts], length=3)
    found = nearest_sequences(*sets, itself=False, rng=np.random.default_rng(0))
    # abc, bcd against bcd, cde: one of three; what is shorter than a run is compared as a whole.
    assert found.distance == pytest.approx([2 / 3, 0, 0])
    assert found.row.tolist() == [0, 1, 3]
    with pytest.raises(ValueError, match="at least one symbol"):
        run_sets([[[1]]], length=0)


def test_rests_and_repeats_are_symbols_and_order_counts() -> None:
    sets = run_sets([[[-1, 60, 60]], [[60, 60, -1], [-1, 60, 60, 60]]], length=2)
    found = nearest_sequences(*sets, itself=False, rng=np.random.default_rng(0))
    # (−1, 60), (60, 60) are all different runs of the second.
    assert (found.row[0], found.distance[0]) == (1, 0)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    kinds = [rng.integers(0, 2, (50, 4)) for _ in range(2)]
    rows = mixed_rows([np.empty((50, 0))] * 2, kinds, scale_by=(1,))
    whole = nearest_rows(*rows, itself=False, rng=np.random.default_rng(0))
    monkeypatch.setattr(module, "CELLS", 60)
    pieces = nearest_rows(*rows, itself=False, rng=np.random.default_rng(0))
    assert all(np.array_equal(one, other) for one, other in zip(whole, pieces, strict=True))
    assert whole.ties.max() > 1
