"""Chances of counts, held to SciPy's."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from genai_audit.audit.statistics.shares.binomial import hypergeometric_cdf


@pytest.mark.parametrize(
    ("total", "m", "n"), [(5, 3, 10), (100, 60, 60), (2000, 20_000, 1258), (30, 1000, 10), (1, 5, 5), (0, 5, 5)]
)
def test_the_hypergeometric_distribution_is_that_of_scipy(total: int, m: int, n: int) -> None:
    expected = hypergeom.cdf(np.arange(total + 1), m + n, total, m)
    np.testing.assert_allclose(hypergeometric_cdf(total, m, n), expected, rtol=1e-9, atol=1e-300)
