"""Further known answers for neighbour statistics: sizes, precision of the products, and how the scores move."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from genai_audit.audit.statistics.neighbours.cloud import checked, cloud, lower_bounds, settled
from genai_audit.audit.statistics.neighbours.graph import balls
from genai_audit.audit.statistics.neighbours.prdc import expected_coverage, prdc

Matrix = NDArray[np.float64]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("n", "m", "k", "coverage"), [(200, 200, 5, 0.9699), (300, 100, 3, 0.5802), (100, 300, 3, 0.9851)]
)
@pytest.mark.parametrize("d", [2, 64])
def test_the_documented_coverages_of_a_perfect_generator(n: int, m: int, k: int, coverage: float, d: int) -> None:
    """K1, with the documented values of the formula 1 − Π_{j=1..k} (n − j) / (n + m − j)."""
    rng, repeats = seeded(n + d), 60
    found = np.array(
        [
            prdc(generated=rng.normal(size=(m, d)), reference=rng.normal(size=(n, d)), k=k, rng=rng)
            for _ in range(repeats)
        ]
    )
    assert expected_coverage(reference=n, generated=m, k=k) == pytest.approx(coverage, abs=2e-4)
    error = found.std(axis=0, ddof=1) / np.sqrt(repeats)
    assert abs(found[:, 3].mean() - coverage) < 4 * error[3]
    assert abs(found[:, 2].mean() - 1) < 4 * error[2]


def test_recall_stays_where_the_generator_spreads_and_falls_where_it_shrinks() -> None:
    """K33 both ways round: exchanging the sets exchanges precision and recall, so a mix-up of the two would show."""
    rng = seeded(1)
    narrow, wide = 0.1 * rng.normal(size=(200, 16)), 3 * rng.normal(size=(200, 16))
    collapsed = prdc(generated=narrow, reference=wide, k=5, rng=rng)
    blown_up = prdc(generated=wide, reference=narrow, k=5, rng=rng)
    assert collapsed.precision > 0.8 > 0.3 > collapsed.recall
    assert (blown_up.precision, blown_up.recall) == (collapsed.recall, collapsed.precision)


# Single precision rules out, double precision decides


def awkward(kind: str, rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    x, y = rng.normal(size=(2, 120, 40))
    if kind == "outliers":
        x[3], y[5] = 1e9, -1e7
    elif kind == "nearly equal":
        x, y = 1 + 1e-9 * x, 1 + 1e-9 * y
    elif kind == "clusters within clusters":
        x[:60] = 1e-7 * x[:60]
        y[:60] = 1e-7 * y[:60]
    elif kind == "tiny":
        x, y = 1e-18 * x, 1e-18 * y
    elif kind == "huge":
        x, y = 1e25 * x, 1e25 * y
    return x, y


KINDS = ("plain", "outliers", "nearly equal", "clusters within clusters", "tiny", "huge")


@pytest.mark.parametrize("kind", KINDS)
def test_no_neighbour_is_ruled_out_by_rounding(kind: str) -> None:
    x, y = awkward(kind, seeded(2))
    own, other = (cloud(each, np.median(x, axis=0)) for each in (x, y))
    exact = np.square(x[:, None] - y[None, :]).sum(axis=2)
    bounds, slack = lower_bounds(own, slice(0, len(x)), other)
    assert (bounds.double().numpy() <= exact).all()
    norms = own.norms.numpy()[:, None] + other.norms.numpy()[None, :]
    assert (bounds.double().numpy() + 2 * slack * norms + 2.0**-119 >= exact).all()
    row, column, distance = settled(own, slice(0, len(x)), other, bounds <= bounds.median())
    assert distance == pytest.approx(exact[row, column], rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_are_those_of_double_precision(kind: str) -> None:
    x, _ = awkward(kind, seeded(3))
    exact = np.square(x[:, None] - x[None, :]).sum(axis=2)
    np.fill_diagonal(exact, np.inf)
    found = balls(x, depth=7, first=0, seed=1, centre=np.median(x, axis=0))
    # Keys spread equal distances by 6e-11 of the squared norms; what is closer than that counts as tied.
    apart = np.abs(np.take_along_axis(exact, found.nearest, axis=1) - np.sort(exact, axis=1)[:, :7])
    assert (apart <= 2 * found.spread[:, None]).all()
    if kind not in ("nearly equal", "outliers", "clusters within clusters"):
        assert (found.nearest == np.argsort(exact, axis=1)[:, :7]).all()


def test_the_equal_distances_of_many_copies_cost_no_more_than_products() -> None:
    """All pairs of a collapsed set are near; then double precision multiplies instead of taking pairs one by one."""
    rng = seeded(4)
    x, y = rng.normal(size=(2, 300, 64))
    y[:] = y[:1] + 1e-3 * rng.normal(size=y.shape)
    package = pytest.importorskip("prdc")
    theirs = package.compute_prdc(real_features=x, fake_features=y, nearest_k=5)
    assert prdc(generated=y, reference=x, k=5, rng=rng)._asdict() == pytest.approx(theirs, abs=1e-6)


def test_products_of_reduced_precision_are_not_trusted() -> None:
    points = seeded(5).normal(size=(50, 8))
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        assert cloud(points, np.zeros(8)).rough is None
    finally:
        torch.set_float32_matmul_precision(before)
    rough = cloud(points, np.zeros(8)).rough
    assert rough is not None
    np.testing.assert_allclose(rough.numpy(), points, rtol=1e-6, atol=1e-6)


def test_views_and_locked_memory_are_read_all_the_same() -> None:
    rng = seeded(6)
    x, y = rng.normal(size=(2, 60, 4))
    plain = prdc(generated=y, reference=x, k=3, rng=seeded(1))
    backwards, locked = x[::-1], y.copy()
    locked.setflags(write=False)
    assert prdc(generated=locked, reference=backwards[::-1], k=3, rng=seeded(1)) == plain
    assert checked(x, "x") is x
    assert checked(x.astype(np.float32), "x").dtype == np.float64
