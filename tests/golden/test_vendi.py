"""Known answers for Vendi scores and effective numbers, with where they come from."""

import numpy as np
import pytest

from genai_audit.audit.statistics.distances.effective_number import mean_similarity, similarity_matrix, similarity_width
from genai_audit.audit.statistics.distances.vendi import hill_number, vendi_from_features, vendi_from_kernel


def test_three_pairs_of_equal_numbers() -> None:
    """K16: similarity e^{−|a − b|} of 0, 0, 10, 10, 20, 20: three kinds, all but unlike (documented: 2.9999)."""
    values = np.array([0, 0, 10, 10, 20, 20.0])
    kernel = np.exp(-np.abs(values[:, None] - values[None, :]))
    assert vendi_from_kernel(kernel) == pytest.approx(2.9999, abs=1e-4)


def test_two_alike_and_one_apart() -> None:
    """K16: eigenvalues 1.9, 1 and 0.1 over 3, so exp of their entropy (documented: 2.1573)."""
    shares = np.array([1.9, 1.0, 0.1]) / 3
    found = vendi_from_kernel([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])
    assert found == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-12)
    assert found == pytest.approx(2.1573, abs=1e-4)


@pytest.mark.parametrize(("order", "expected"), [(0, 3.0), (1, 2.8284), (2, 2.6667), (np.inf, 2.0)])
def test_orthogonal_clusters(order: float, expected: float) -> None:
    """K17: the eigenvalues are the clusters' weights ½, ¼, ¼; exp H₁ = 2^{3/2}, 1/Σp² = 8/3, 1/max p = 2."""
    rows = np.eye(5)[[0, 0, 1, 2]]
    assert vendi_from_features(rows, order=order) == pytest.approx(expected, abs=1e-4)
    assert vendi_from_kernel(rows @ rows.T, order=order) == pytest.approx(expected, abs=1e-4)


def test_the_identity_has_as_many_kinds_as_rows() -> None:
    """Also where only a few eigenvalues would be computed (K17): 100, not 1.3."""
    assert vendi_from_kernel(np.eye(100)) == pytest.approx(100)
    assert vendi_from_features(np.eye(100)) == pytest.approx(100)


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 4.0, np.inf])
def test_the_dual_gives_what_the_kernel_gives(order: float) -> None:
    """Equal nonzero eigenvalues of XXᵀ and XᵀX, with more rows than columns and fewer."""
    rng = np.random.default_rng(0)
    for n, d in ((60, 8), (8, 60)):
        rows = rng.normal(size=(n, d))
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        expected = vendi_from_kernel(unit @ unit.T, order=order)
        assert vendi_from_features(rows, order=order) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("order", [0.0, 1.0, 2.0, np.inf])
def test_one_kind_and_equal_kinds(order: float) -> None:
    """K32's pattern: all equal gives 1, k equally frequent kinds give k, at every order."""
    assert vendi_from_features(np.ones((20, 3)), order=order) == pytest.approx(1)
    assert hill_number(np.full(7, 3.0), order=order) == pytest.approx(7)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="square kernel matrix"):
        vendi_from_kernel(np.ones((2, 3)))
    with pytest.raises(ValueError, match="at least one row that is not zero"):
        vendi_from_features(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="order of at least 0"):
        hill_number([1.0], order=-1)


def test_the_effective_number_is_the_score_of_order_two() -> None:
    """Kinds of weight ½, ¼, ¼ far apart: mean similarity with replacement Σp² = 3/8."""
    points = np.array([[0.0], [0.0], [50.0], [100.0]])
    assert mean_similarity(points, width=1.0).effective_number(4) == pytest.approx(8 / 3)
    rng = np.random.default_rng(1)
    many = rng.normal(size=(80, 3))
    kernel = similarity_matrix(many, width=0.8)
    assert mean_similarity(many, width=0.8).effective_number(80) == pytest.approx(
        vendi_from_kernel(kernel, order=2), rel=1e-9
    )


def test_the_width_gives_the_reference_the_kinds_asked_for() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(600, 5))
    width = similarity_width(reference=x, kinds=20, rng=rng)
    assert 1 / mean_similarity(x, width=width).mean == pytest.approx(20, rel=1e-6)


def test_few_different_records_are_told_apart_exactly() -> None:
    """Eight equally frequent categories, whatever the kinds asked for: 1/Σp̂² = n²/Σc²."""
    rng = np.random.default_rng(3)
    codes = rng.integers(8, size=400)
    x = np.eye(8)[codes]
    width = similarity_width(reference=x, kinds=32, rng=rng)
    expected = 400**2 / np.square(np.bincount(codes)).sum()
    assert mean_similarity(x, width=width).effective_number(400) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(ValueError, match="records that differ"):
        similarity_width(reference=np.ones((10, 2)), kinds=32, rng=rng)


def test_the_variance_of_the_logarithm_is_that_of_fresh_samples() -> None:
    rng = np.random.default_rng(4)
    found = [mean_similarity(rng.normal(size=(150, 2)), width=0.4) for _ in range(300)]
    spread = np.std([np.log(each.effective_number(150)) for each in found])
    assert np.sqrt(np.mean([each.log_variance(150) for each in found])) == pytest.approx(spread, rel=0.12)
