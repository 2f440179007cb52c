"""The control arm of GA302: held-out real data measured as if a model had generated them."""

import numpy as np
from numpy.typing import NDArray

from ...finding import Column, Kind, Table
from ...statistics.neighbours.measure import measure
from .estimates import scored

_RATIOS = {"precision_ratio": "Precision", "recall_ratio": "Recall", "coverage_ratio": "Coverage"}


def control_table(
    *,
    holdout: NDArray[np.float64],
    reference: NDArray[np.float64],
    k: int,
    rng: np.random.Generator,
    splits: int,
    fewest: int,
) -> tuple[Table, ...]:
    """The three ratios of held-out real data to a perfect generator; nothing without enough of them.

    Both sets are cut at random to the size of the smaller. Values near 1 say that the measures, these features and the
    reference are sound; values below say that the held-out data themselves differ from the reference.

    Args:
        holdout: (h, d), features of the held-out records.
        reference: (n, d).
        k: neighbours.
        rng: chooses the records, orders equal distances and draws the cuts.
        splits: random cuts, a multiple of 64.
        fewest: held-out records without which nothing is said.
    """
    if len(holdout) < fewest or not np.isfinite(holdout).all():
        return ()
    size = min(len(holdout), len(reference))
    chosen = [each[np.sort(rng.permutation(len(each))[:size])] for each in (holdout, reference)]
    measurement = measure(generated=[chosen[0]], reference=chosen[1], k=k, rng=rng, splits=splits)
    estimates = {estimate.name: estimate for estimate in scored(measurement, freedom=splits)}
    rows = []
    for name, label in _RATIOS.items():
        interval = estimates[name].interval()
        rows.append((label, estimates[name].value, interval.low, interval.high))
    columns = (
        Column("measure", "Measure", Kind.TEXT),
        Column("ratio", "Relative to a perfect generator", Kind.RATIO),
        Column("ratio_low", "low", Kind.RATIO),
        Column("ratio_high", "high", Kind.RATIO),
    )
    caption = f"Control: {size:,} held-out real samples in the place of the generated ones, with 95 % intervals"
    return (Table("control", caption, columns, tuple(rows)),)
