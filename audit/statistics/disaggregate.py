"""A mean for each group."""

import numpy as np
from numpy.typing import NDArray


def mean_by_group(values: NDArray[np.floating], groups: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Mean of `values` (n,) in each of the groups 0 … count − 1, NaN where a group has no members; returns (count,).

    Disaggregation is fairlearn's; its bootstrap is not used, because it loops over data frames.

    Reference: Bird et al. 2020, Fairlearn: a toolkit for assessing and improving fairness in AI, MSR-TR-2020-32.
    """
    from fairlearn.metrics import MetricFrame

    means = np.full(count, np.nan)
    if len(values):
        frame = MetricFrame(
            metrics=lambda true, _: float(np.mean(true)), y_true=values, y_pred=values, sensitive_features=groups
        )
        means[frame.by_group.index.to_numpy(dtype=np.int64)] = frame.by_group.to_numpy(dtype=np.float64)
    return means
