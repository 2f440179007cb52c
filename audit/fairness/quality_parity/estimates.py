"""The estimates of GA103: the worst gap in each measure, and the measure of every group."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...finding import Better, Estimate, Perfect
from ...statistics.intervals import BAND, DETECTION, curve, nested, p_value
from .measures import Measure

GAPS = {
    "fidelity": "worst_fidelity_gap",
    "coverage": "worst_coverage_gap",
    "likelihood": "likelihood_gap",
    "reconstruction": "reconstruction_gap",
}
"""The estimate of each measure's worst gap."""

_METHODS = {
    "fidelity": "halves of each group's records, limits of both shares and their correlation",
    "coverage": "halves of each group's records, exact binomial limits at the effective sample size",
    "likelihood": "Welch's t of real and generated records",
    "reconstruction": "Welch's t of real and generated records",
}


def gap_estimates(measures: Sequence[Measure]) -> Iterator[Estimate]:
    """The largest gap in each measure over all attributes, and that of each attribute where there are several."""
    for name in GAPS:
        mine = [each for each in measures if each.name == name]
        if mine:
            yield _largest(mine)
        if len(mine) > 1:
            yield from (_largest([each], group=each.attribute) for each in mine)


def _largest(measures: Sequence[Measure], *, group: str | None = None) -> Estimate:
    worst = max(measures, key=lambda each: each.gaps.worst)
    gaps, number = worst.gaps, sum(len(each.groups) for each in measures)
    value = gaps.worst
    low = np.max([[one.low for one in each.gaps.curve] for each in measures], axis=0)
    high = np.max([[one.high for one in each.gaps.curve] for each in measures], axis=0)
    perfect = np.max([each.gaps.perfect for each in measures], axis=0)
    return Estimate(
        name=GAPS[worst.name],
        value=value,
        curve=nested(low=np.minimum(low, value), high=np.maximum(high, value)),
        n=min(min(each.real) for each in measures),
        method=f"largest of {number} gaps: lower end by Bonferroni, upper end by intersection–union; "
        + _METHODS[worst.name],
        unit=worst.unit,
        better=Better.LOWER,
        group=group,
        perfect=Perfect(float(perfect[0]), float(perfect[1]), float(perfect[2])),
        p_value=min(each.gaps.p_value for each in measures),
        minimum_detectable=max(each.gaps.minimum_detectable for each in measures),
        from_draws=worst.from_draws[gaps.group],
        p_floor=max(each.gaps.p_floor for each in measures),
    )


def group_estimates(measure: Measure, *, several: bool) -> Iterator[Estimate]:
    """The measure of each group, beside what a perfect generator has."""
    for at, name in enumerate(measure.groups):
        limits, error = measure.limits[at], measure.errors[at]
        yield Estimate(
            name=f"group_{measure.name}",
            value=measure.values[at],
            curve=curve(limits),
            n=measure.real[at],
            method=_METHODS[measure.name],
            unit=measure.unit,
            better=Better.HIGHER,
            group=f"{measure.attribute}: {name}" if several else name,
            perfect=Perfect(measure.perfect, measure.perfect - BAND * error, measure.perfect + BAND * error),
            p_value=p_value(limits, measure.perfect),
            minimum_detectable=DETECTION * error,
            from_draws=measure.from_draws[at],
        )
