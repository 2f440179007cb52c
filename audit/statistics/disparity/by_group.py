"""Rates of predictions within groups as fairlearn disaggregates them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .predicted import Floats

METRICS = ("selected", "true_positives", "false_positives", "accuracy")


def by_group(
    *, positive: NDArray[np.bool_], selected: Floats, right: Floats, members: NDArray[np.int64], groups: int
) -> dict[str, Floats]:
    """The rates of every group, (K,) by the names of `METRICS`; NaN where nobody is counted.

    Args:
        positive: (t,), who truly has the outcome.
        selected: (t,), the share of trainings after which the outcome was predicted.
        right: (t,), the share of trainings after which the prediction was right.
        members: (t,), the group of each, from 0.
        groups: K, how many there are.

    Reference: Bird et al. 2020, Fairlearn: a toolkit for assessing and improving fairness in AI, MSR-TR-2020-32;
    Hardt, Price and Srebro 2016, arXiv:1610.02413, for equalised odds.
    """
    from fairlearn.metrics import MetricFrame

    def mean(values: Any) -> float:
        return float(np.mean(values)) if len(values) else float("nan")

    frame = MetricFrame(
        metrics={
            "selected": lambda true, told: mean(told[:, 0]),
            "true_positives": lambda true, told: mean(told[true == 1, 0]),
            "false_positives": lambda true, told: mean(told[true == 0, 0]),
            "accuracy": lambda true, told: mean(told[:, 1]),
        },
        y_true=positive.astype(np.int64),
        y_pred=np.stack([selected, right], axis=1),
        sensitive_features=members,
    )
    at = frame.by_group.index.to_numpy(dtype=np.int64)
    rates = {}
    for name in METRICS:
        rates[name] = np.full(groups, np.nan)
        rates[name][at] = frame.by_group[name].to_numpy(dtype=np.float64)
    return rates
