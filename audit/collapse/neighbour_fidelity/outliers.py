"""The share of strays as an estimate."""

from ...finding import Better, Estimate, Perfect
from ...statistics.intervals import curve
from ...statistics.neighbours.outliers import Strays


def stray_estimate(found: Strays) -> Estimate:
    """How many generated records lie beyond all but a few real ones, beside what a perfect generator shows."""
    low, high = found.perfect_band()
    return Estimate(
        name="stray_share",
        value=found.share,
        curve=curve(found.limits),
        n=found.drawn,
        method="exact binomial limits, given the reference and the limit that it sets",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(found.expected, min(low, found.expected), max(high, found.expected)),
        p_value=found.p_value(),
        minimum_detectable=found.minimum_detectable(),
        from_draws=1.0,
    )
