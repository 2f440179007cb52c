"""What is computed in fewer steps equals the plain formula."""

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.statistics.distances.frechet import cross_trace, moments, root
from genai_audit.audit.statistics.distances.half_moments import half_moments
from genai_audit.audit.statistics.distances.kernel_sums import Kernel, cubic_kernel, gaussian_kernel, pair_sums
from genai_audit.audit.statistics.distances.mmd import measure_mmd
from genai_audit.audit.statistics.modes.discovery import _Tree
from genai_audit.audit.statistics.shares.total_variation import pearson, pearson_at

Matrix = NDArray[np.float64]


@pytest.mark.parametrize("n", [40, 41, 60])
@pytest.mark.parametrize("cuts", [1, 4, 6])
def test_halves_have_the_moments_of_their_records(n: int, cuts: int) -> None:
    rng = np.random.default_rng(n)
    points, half = 100 + rng.normal(size=(n, 5)) * [1, 1, 1e-3, 10, 0], 20
    orders = [rng.permutation(n)[: 2 * half] for _ in range(cuts)]
    found = list(half_moments(points, orders, half))
    assert len(found) == cuts
    for order, pair in zip(orders, found, strict=True):
        for rows, seen in zip((order[:half], order[half:]), pair, strict=True):
            plain = moments(points[rows])
            assert seen.n == plain.n == half
            assert seen.mean == pytest.approx(plain.mean, rel=1e-13)
            assert np.tril(seen.covariance) == pytest.approx(np.tril(plain.covariance), rel=1e-10, abs=1e-13)


def test_halves_of_equal_records_do_not_vary() -> None:
    points = np.full((30, 3), 1e6 / 3)
    for each in next(half_moments(points, [np.random.default_rng(0).permutation(30)], 15)):
        assert np.abs(each.covariance).max() < 1e-18


@pytest.mark.parametrize("records", [50, 4], ids=["full rank", "rank 3 of 6"])
def test_the_trace_of_a_root_is_that_of_all_eigenvalues(records: int) -> None:
    """Tr √(AB) is the sum of the roots of the eigenvalues of AB, which is no symmetric matrix."""
    rng = np.random.default_rng(records)
    a, b = (moments(rng.normal(size=(records, 6)) * np.arange(1, 7)).covariance for _ in range(2))
    lower = root(a)
    assert np.abs(np.triu(lower, 1)).max() == 0
    assert lower @ lower.T == pytest.approx(a, rel=1e-10, abs=1e-10)
    plain = np.sqrt(np.maximum(np.linalg.eigvals(a @ b).real, 0)).sum()
    assert cross_trace(lower, b) == pytest.approx(plain, rel=1e-6 if records < 6 else 1e-10)


@pytest.mark.parametrize("tile", [7, 16, 256])
@pytest.mark.parametrize("kernel", [gaussian_kernel(1.5, halvings=2), cubic_kernel(3)], ids=["Gaussian", "cubic"])
def test_sums_over_tiles_are_those_of_the_whole_matrix(
    tile: int, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr("genai_audit.audit.statistics.distances.kernel_sums._TILE", tile)
    rng = np.random.default_rng(tile)
    x, y = rng.normal(size=(45, 3)), rng.normal(size=(33, 3))
    for other in (y, None):
        right = x if other is None else other
        plain = kernel(torch.as_tensor(x), torch.as_tensor(right)).numpy()
        if other is None:
            np.fill_diagonal(plain, 0)
        found = pair_sums(x, other, kernel)
        assert found.rows == pytest.approx(plain.sum(1), rel=1e-12)
        assert found.columns == pytest.approx(plain.sum(0), rel=1e-12)
        assert found.squares == pytest.approx((plain**2).sum(), rel=1e-12)


@pytest.mark.parametrize("kind", ["apart", "on a grid", "in fours", "all equal"])
def test_a_tree_is_cut_as_scipy_cuts_it(kind: str) -> None:
    """Ties are where two ways to cut could part."""
    from scipy.cluster.hierarchy import cut_tree

    rng = np.random.default_rng(4)
    for n in (2, 3, 30, 61):
        points: Matrix = {
            "apart": rng.normal(size=(n, 3)),
            "on a grid": rng.integers(3, size=(n, 2)).astype(float),
            "in fours": np.repeat(rng.normal(size=(n, 2)), 4, axis=0)[:n],
            "all equal": np.ones((n, 2)),
        }[kind]
        tree = _Tree(points)
        for clusters in range(1, n + 1):
            assert (tree.labels(clusters) == cut_tree(tree.merges, n_clusters=clusters)[:, 0]).all()


@pytest.mark.parametrize("constant", [1, 20])
def test_features_that_all_records_share_change_no_discrepancy(constant: int) -> None:
    rng = np.random.default_rng(constant)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(40, 3))
    plain = measure_mmd(generated=y, reference=x, kernel=gaussian_kernel(1.5, halvings=2))
    padded = [np.hstack([each, np.full((len(each), constant), 0.7)]) for each in (y, x)]
    found = measure_mmd(generated=padded[0], reference=padded[1], kernel=gaussian_kernel(1.5, halvings=2))
    for name in ("value", "both_generated", "both_reference", "crossed", "skewness"):
        assert getattr(found.distance, name) == pytest.approx(getattr(plain.distance, name), rel=1e-11), name
    assert found.witness_generated == pytest.approx(plain.witness_generated, abs=1e-13)


def test_records_that_are_all_equal_are_at_no_distance() -> None:
    same = np.full((30, 4), 0.3)
    found = measure_mmd(generated=same, reference=same[:20], kernel=gaussian_kernel(1.0)).distance
    assert found.value == 0
    assert found.null_variance == pytest.approx(0, abs=1e-15)


def test_the_distribution_at_one_place_is_that_of_arrays() -> None:
    for z in (-8.0, -1.0, 0.0, 0.3, 2.0, 40.0):
        for skewness in (-2.8, -0.01, -1e-4, 0.0, 1e-4, 0.01, 1.0, 2.8):
            assert pearson_at(z, skewness) == float(pearson(np.array(z), np.array(skewness)))
