"""Known answers for tests of two samples: nearest neighbours and bins, with where they come from."""

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.unaudited.bins import compare_counts, different_bins
from golden.unaudited.two_sample import nearest_neighbour_test


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_accuracy_under_one_law() -> None:
    """K28: of the 2n − 1 others, n − 1 share the label, and the neighbour is any of them: (n − 1)/(2n − 1)."""
    rng = seeded()
    found = [
        nearest_neighbour_test(generated=rng.normal(size=(60, 4)), reference=rng.normal(size=(60, 4)), rng=rng)
        for _ in range(300)
    ]
    assert found[0].null == pytest.approx(59 / 119)
    accuracy = np.array([each.accuracy for each in found])
    assert abs(accuracy.mean() - 59 / 119) < 4 * accuracy.std() / np.sqrt(300)
    assert np.mean([each.p_value < 0.05 for each in found]) == pytest.approx(0.05, abs=0.035)


def test_discrete_records_keep_the_null() -> None:
    """Equal distances in random order: own and foreign records stay exchangeable."""
    rng = seeded(1)
    accuracy = [
        nearest_neighbour_test(
            generated=rng.integers(3, size=(40, 1)), reference=rng.integers(3, size=(60, 1)), rng=rng
        ).accuracy
        for _ in range(300)
    ]
    expected = (40 * 39 + 60 * 59) / (100 * 99)
    assert abs(np.mean(accuracy) - expected) < 4 * np.std(accuracy) / np.sqrt(300)


def test_the_variance_over_all_relabellings() -> None:
    """Against 4,000 relabellings of 12 records: same neighbours, other labels."""
    from golden.unaudited.two_sample import _variance

    rng = seeded(2)
    points = rng.normal(size=(12, 2))
    distances = np.square(points[:, None] - points[None]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest: NDArray[np.int64] = distances.argmin(axis=1)
    labels = np.arange(12) < 5
    shares = []
    for _ in range(4000):
        mixed = rng.permutation(labels)
        shares.append((mixed == mixed[nearest]).mean())
    assert _variance(nearest, 5, 7) == pytest.approx(np.var(shares), rel=0.08)


def test_separate_laws_and_copies_lie_on_either_side() -> None:
    rng = seeded(3)
    x = rng.normal(size=(100, 3))
    apart = nearest_neighbour_test(generated=x + 50, reference=x, rng=rng)
    assert (apart.accuracy, apart.generated, apart.reference) == (1, 1, 1)
    assert apart.p_value == pytest.approx(1e-6)
    copied = nearest_neighbour_test(generated=x, reference=x, rng=rng)
    assert copied.accuracy == 0
    assert copied.p_value == pytest.approx(1e-6)


def test_held_out_bins_keep_their_level() -> None:
    """K29: .047–.052 of the bins differ at the 5 % level in 32 dimensions, where bins fitted on the compared records
    are conservative (.032).
    """
    rng = seeded(4)
    shares = []
    for _ in range(25):
        found = different_bins(
            generated=rng.normal(size=(1000, 32)), reference=rng.normal(size=(2000, 32)), bins=20, rng=rng
        )
        shares.append(found.different / found.bins)
    assert np.mean(shares) == pytest.approx(0.05, abs=0.04)


def test_a_lost_mode_is_one_different_bin() -> None:
    """K30's pattern: the test flags the bins of what was removed."""
    rng = seeded(5)
    centres = 20 * np.eye(5)
    real = centres[rng.integers(5, size=1000)] + rng.normal(size=(1000, 5))
    fake = centres[rng.integers(1, 5, size=1000)] + rng.normal(size=(1000, 5))
    found = different_bins(generated=fake, reference=real, bins=5, rng=rng, level=0.001)
    assert found.z.min() < -8
    assert found.p_value < 1e-6
    same = different_bins(generated=real, reference=real, bins=5, rng=rng, level=0.001)
    assert same.different == 0
    assert same.p_value > 0.01


def test_counts_by_hand() -> None:
    """Two bins, 30 of 100 against 50 of 100: pooled .4, error √(.24 · .02), z = −.2 / .0693; χ² = z². The empty bin
    neither counts nor divides by 0.
    """
    found = compare_counts(generated=[30, 70, 0], reference=[50, 50, 0])
    z = -0.2 / np.sqrt(0.4 * 0.6 * 0.02)
    assert found.z == pytest.approx([z, -z, 0])
    assert found.different == 2
    assert found.p_value == pytest.approx(0.00389, abs=1e-5)
    middle = np.array([0.4, 0.6])
    parts = [(share * np.log(share / middle)).sum() for share in (np.array([0.3, 0.7]), np.array([0.5, 0.5]))]
    assert found.divergence == pytest.approx(np.mean(parts))


def test_more_bins_than_records_are_refused_and_copies_make_fewer() -> None:
    with pytest.raises(ValueError, match="expected 2 to 5 bins for 10 reference records, got 6"):
        different_bins(generated=np.zeros((10, 1)), reference=np.zeros((10, 1)), bins=6, rng=seeded())
    few = np.eye(3)[np.arange(60) % 3]
    assert different_bins(generated=few, reference=few, bins=10, rng=seeded()).bins == 3
