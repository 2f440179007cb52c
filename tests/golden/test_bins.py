"""Known answers for numbers of statistically different bins, on the bundled pictures of digits."""

import numpy as np
import pytest

from genai_audit.models.data.datasets import load_data
from golden.unaudited.bins import Bins, different_bins

BINS, RUNS = 40, 6
LEVEL = 0.0027
"""Two-sided, beyond three standard errors."""


@pytest.fixture(scope="module")
def found() -> dict[str, list[Bins]]:
    """Over random cuts of the digits: 1,000 as the reference; the others as they are, and without the nines."""
    data = load_data("digits")
    pixels, labels = np.asarray(data.samples).reshape(len(data), -1), data.labels
    compared: dict[str, list[Bins]] = {"validation": [], "without nines": []}
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(data))
        real, other = order[:1000], order[1000:]
        for name, rows in (("validation", other), ("without nines", other[labels[other] != 9])):
            compared[name].append(
                different_bins(generated=pixels[rows], reference=pixels[real], bins=BINS, rng=rng, level=LEVEL)
            )
    return compared


def different(runs: list[Bins]) -> int:
    return sum(each.different for each in runs)


def test_real_digits_hardly_differ_from_real_digits(found: dict[str, list[Bins]]) -> None:
    """K30's pattern (0 of 100 bins of validation data, 4 of test data): by chance alone 0.27 % of all bins differ."""
    # Of 240 bins 0.65 on average; more than three in 0.4 % of all cases.
    assert different(found["validation"]) <= 3
    assert np.median([each.p_value for each in found["validation"]]) > 0.05


def test_a_removed_digit_leaves_bins_empty(found: dict[str, list[Bins]]) -> None:
    """K30's pattern (11 of 100 bins, divergence .016 instead of .0014): what differs most is where the nines were."""
    assert different(found["without nines"]) >= RUNS + 3 > 3 * different(found["validation"])
    for lost, kept in zip(found["without nines"], found["validation"], strict=True):
        assert lost.different >= 1
        assert lost.z.min() < -3
        assert lost.z.max() < -lost.z.min()
        assert lost.p_value < 1e-3
        assert lost.divergence > 1.3 * kept.divergence
