import numpy as np

from genai_audit.audit.statistics.disaggregate import mean_by_group


def test_each_group_has_the_mean_of_its_members() -> None:
    means = mean_by_group(np.array([1.0, 0.0, 1.0, 1.0]), np.array([0, 0, 2, 2]), 4)
    np.testing.assert_array_equal(means, [0.5, np.nan, 1.0, np.nan])


def test_nobody_has_no_mean() -> None:
    assert np.isnan(mean_by_group(np.empty(0), np.empty(0, np.int64), 3)).all()
