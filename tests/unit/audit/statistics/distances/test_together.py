"""Discrepancies from one pass over the pairs equal those of separate passes."""

import numpy as np
import pytest

from genai_audit.audit.statistics.distances import mmd
from genai_audit.audit.statistics.distances.kernel_sums import cubic_kernel, gaussian_kernel
from genai_audit.audit.statistics.distances.mmd import kernel_distance, measure_mmd, measure_together, median_distance

PARTS = ("value", "both_generated", "both_reference", "crossed", "linear_generated", "linear_reference", "skewness")


@pytest.mark.parametrize("tile", [7, 64, 256])
def test_groups_and_the_other_kernel_come_from_the_same_products(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_audit.audit.statistics.distances.kernel_sums._TILE", tile)
    rng = np.random.default_rng(tile)
    y, x = rng.normal(size=(90, 3)), rng.normal(size=(70, 3))
    # The last group is too small, and some records are of none.
    labels = [rng.choice([0, 1, 2, 9], len(each), p=[0.5, 0.3, 0.1, 0.1]) for each in (y, x)]
    groups = [tuple(np.flatnonzero(each == group) for each in labels) for group in range(3)]
    groups.append((np.arange(0), np.arange(0)))
    kernel, cubic = gaussian_kernel(1.5, halvings=2), cubic_kernel(5)
    found = measure_together(generated=y, reference=x, kernel=kernel, groups=groups, plain=(cubic, 40))
    assert found.plain == pytest.approx(kernel_distance(generated=y[:40], reference=x[:40], kernel=cubic), rel=1e-10)
    assert found.groups[3] is None
    wanted = [measure_mmd(generated=y, reference=x, kernel=kernel)]
    wanted += [measure_mmd(generated=y[own], reference=x[real], kernel=kernel) for own, real in groups[:3]]
    for ours, plain in zip((found.whole, *found.groups[:3]), wanted, strict=True):
        assert ours is not None
        for part in PARTS:
            assert getattr(ours.distance, part) == pytest.approx(getattr(plain.distance, part), rel=1e-9, abs=1e-15)
    # In the order in which the records came.
    assert found.whole.witness_generated == pytest.approx(wanted[0].witness_generated, abs=1e-13)
    assert found.whole.witness_reference == pytest.approx(wanted[0].witness_reference, abs=1e-13)


@pytest.mark.parametrize("copies", [1, 30])
def test_the_median_of_a_product_is_that_of_all_distances(copies: int) -> None:
    """With many equal records a product would leave roundings where the distance is 0."""
    from scipy.spatial.distance import pdist

    rng = np.random.default_rng(copies)
    points = 1e3 + np.repeat(rng.normal(size=(60 // copies, 4)), copies, axis=0)
    seen = mmd._distances(points)
    assert seen == pytest.approx(pdist(points), rel=1e-9)
    assert median_distance(generated=points, reference=points, rng=rng) > 0
