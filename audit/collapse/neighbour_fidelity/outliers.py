"""The share of outliers as an estimate."""

from ...finding import Better, Estimate, Perfect
from ...statistics.intervals import curve
from ...statistics.neighbours.outliers import Outliers


def outlier_estimate(outliers: Outliers) -> Estimate:
    """How many generated records lie beyond all but a few real ones, beside what a perfect generator shows."""
    low, high = outliers.perfect_band()
    return Estimate(
        name="stray_share",
        value=outliers.share,
        curve=curve(outliers.limits),
        n=outliers.drawn,
        method="exact binomial limits, given the reference and the limit that it sets",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(outliers.expected, min(low, outliers.expected), max(high, outliers.expected)),
        p_value=outliers.p_value(),
        minimum_detectable=outliers.minimum_detectable(),
        from_draws=1.0,
    )
