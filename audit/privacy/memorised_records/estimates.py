"""The estimates of GA403."""

import numpy as np

from ...finding import Better, Estimate, EstimateFacts, Interval, Perfect
from ...statistics.intervals import curve
from .measure import Measured

ESTIMATES = (
    EstimateFacts(
        "memorised_count",
        "training records that stand out from all unseen ones",
        "count",
        Better.LOWER,
        "How many training records are named as memorised, and how many of these rightly so at least.",
        rests_on=("reference", "holdout"),
    ),
)


def count_estimate(measure: Measured) -> Estimate:
    """How many records are named; the lower end is how many of them are rightly named, at least."""
    found = measure.found

    def limits(level: float) -> Interval:
        # No more can be rightly named than are named, so all of the error is left to the lower end.
        return Interval(level, float(min(found.surely(level), found.count)), float(found.count))

    return Estimate(
        name="memorised_count",
        value=float(found.count),
        curve=curve(limits),
        n=len(found.p_values),
        method=f"conformal p-values, Benjamini–Hochberg at {found.q:g}; lower end by the law of unseen records",
        unit="count",
        better=Better.LOWER,
        perfect=Perfect(0.0, 0.0, float(np.quantile(measure.by_chance, 0.95, method="higher"))),
        p_value=found.p_value,
        minimum_detectable=float(found.fewest_nameable),
    )
