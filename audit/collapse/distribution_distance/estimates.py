"""From measured distances to estimates: values, intervals, and what a perfect generator scores."""

from dataclasses import replace

from ...finding import Better, Estimate, Perfect
from ...statistics.distances.frechet_splits import FrechetMeasurement
from ...statistics.distances.squared_distance import SquaredDistance, curve_limits
from ...statistics.intervals import curve

_LEAST_FLOOR = 1e-9
_FRECHET = "distances of random halves, inverted for the noncentral distribution of a squared distance"
_MMD = "closed-form variance over all pairs, inverted for the noncentral distribution of a squared distance"


def distance_estimates(
    frechet: FrechetMeasurement, discrepancy: SquaredDistance, *, more_draws_help: bool = True
) -> tuple[Estimate, ...]:
    """All estimates; `more_draws_help` says whether further generated samples would be used at all."""
    units = frechet.reference
    estimates = (
        scaled_estimate("frechet_distance", frechet.distance, units, method=_FRECHET, unit="squared feature units"),
        ratio_estimate(frechet),
        scaled_estimate("mmd2", discrepancy, units, method=_MMD, unit="squared kernel units"),
    )
    return tuple(each if more_draws_help else replace(each, from_draws=0.0) for each in estimates)


def ratio_estimate(frechet: FrechetMeasurement) -> Estimate:
    """One, and the distance in units of what two real halves are apart by chance."""
    # Junk on another scale can leave nothing of the reference's own variety in the leading components.
    scale = 1 / max(frechet.floor, _LEAST_FLOOR * frechet.between)
    return scaled_estimate(
        "frechet_ratio", frechet.distance, frechet.reference, method=_FRECHET, unit="ratio", scale=scale, shift=1.0
    )


def scaled_estimate(
    name: str,
    distance: SquaredDistance,
    n: int,
    *,
    method: str,
    unit: str,
    scale: float = 1.0,
    shift: float = 0.0,
) -> Estimate:
    """The estimate of `shift + scale · distance`; a perfect generator's distance is 0 at every sample size.

    Args:
        name: of the estimate.
        distance: as measured.
        n: records that the interval rests on.
        method: of the interval, in words.
        unit: of the scaled distance.
        scale: what the distance is multiplied by, positive.
        shift: what is added then.
    """
    low, high = distance.perfect_band()
    return Estimate(
        name=name,
        value=shift + scale * distance.value,
        curve=curve(curve_limits(distance, scale=scale, shift=shift)),
        n=n,
        method=method,
        unit=unit,
        better=Better.LOWER,
        perfect=Perfect(shift, shift + scale * low, shift + scale * high),
        p_value=distance.p_value(),
        minimum_detectable=scale * distance.minimum_detectable(),
        from_draws=distance.from_draws,
    )
