"""The estimates of GA402."""

import math
from collections.abc import Iterator

from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.copying.near import RateDifference
from ...statistics.intervals import BAND, DETECTION, ONE_SIDED_DETECTION, Share, curve, p_value
from .measure import Compared


def estimates(found: Compared) -> Iterator[Estimate]:
    """What needs a holdout, by the modality's own distance."""
    yield copy_excess(found)
    yield rate_excess("near_copy_excess", found.near, "held-out records' rate")
    yield _authentic(found)
    yield _nearer(found)
    if found.regions is not None:
        yield _regions(found)


def copy_excess(found: Compared, group: str | None = None) -> Estimate:
    """The share of generated records that match training records beyond chance."""
    first = found.first
    # What as many records would scatter by if the split alone decided.
    error = first.count / first.total * math.sqrt(first.chance / (1 - first.chance) / first.effective)
    return Estimate(
        name="copy_excess",
        value=found.found.excess,
        curve=curve(found.found.limits),
        n=first.total,
        method=f"training records among the nearest of the closest {found.found.share:.0%}; binomial limits at the "
        "effective number of matches; p-value by dealing out the labels of training and holdout",
        unit="share difference",
        better=Better.LOWER,
        group=group,
        perfect=Perfect(0.0, -BAND * error, BAND * error),
        p_value=found.p_value,
        minimum_detectable=ONE_SIDED_DETECTION * error,
        p_floor=found.p_floor,
    )


def rate_excess(name: str, rates: RateDifference, null: str) -> Estimate:
    """Copies among generated records less those among real ones."""
    share = rates.real_hits / rates.m
    error = math.sqrt(share * (1 - share) * (1 / rates.n + 1 / rates.m))
    return Estimate(
        name=name,
        value=rates.value,
        curve=curve(rates.limits),
        n=rates.n,
        method=f"less {null}; Newcombe's interval and Fisher's exact test",
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(0.0, -BAND * error, BAND * error),
        p_value=rates.p_value(),
        # Where no real record is a copy, five among the generated ones are what a test at the 5 % level finds.
        minimum_detectable=max(ONE_SIDED_DETECTION * error, 5 / rates.n),
    )


def _authentic(found: Compared) -> Estimate:
    value, held = found.authentic
    n, m = found.near.n, found.near.m
    error, null = (math.sqrt(each * (1 - each) / size) for each, size in ((value, n), (held, m)))
    spread = math.sqrt(held * (1 - held) / n + null**2)
    return Estimate(
        name="authentic_share",
        value=value,
        curve=curve(Share(value, 1 / (4 * n), n, math.inf).limits),
        n=n,
        method="binomial limits given the training data; null by held-out records",
        unit="share",
        better=Better.HIGHER,
        perfect=Perfect(held, max(0.0, held - BAND * spread), min(1.0, held + BAND * spread)),
        minimum_detectable=min(1.0, DETECTION * math.hypot(error, null)),
    )


def _nearer(found: Compared) -> Estimate:
    whole, value = found.whole, found.nearer
    error = math.sqrt(whole.chance * (1 - whole.chance) / whole.effective)
    return Estimate(
        name="nearer_training_share",
        value=value,
        curve=curve(Share(value, 1 / (4 * whole.effective), whole.count, math.inf).limits),
        n=whole.total,
        method="binomial limits at the effective number of matches",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(whole.chance, max(0.0, whole.chance - BAND * error), min(1.0, whole.chance + BAND * error)),
        minimum_detectable=min(1.0, DETECTION * error),
    )


def _regions(found: Compared) -> Estimate:
    regions = found.regions
    assert regions is not None

    def limits(level: float) -> Interval:
        return regions.limits(level)

    return Estimate(
        name="data_copying",
        value=regions.standardised,
        curve=curve(limits),
        n=sum(each.generated for each in regions.cells),
        method=f"Mann–Whitney statistics of {len(regions.cells)} regions, ties corrected, over their joint error",
        unit="standard deviations",
        better=Better.HIGHER,
        perfect=Perfect(0.0, -BAND, BAND),
        p_value=p_value(limits, 0.0),
        minimum_detectable=DETECTION,
    )
