"""From differences of correlations to estimates."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.dependence.gap import Gap
from ...statistics.dependence.typical import Typical
from ...statistics.intervals import BAND, POWER, Limits, curve
from ...statistics.multiplicity import holm

_UNIT = "correlation"


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """What each of P compared pairs of scores is.

    Args:
        columns: names of the columns.
        labels: what each score is called.
        column: the column of each score.
        first: one score of each pair.
        second: the other.
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    column: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def name(self, pair: int) -> str:
        """The pair as a reader knows it: `age × sex = Male`."""
        return f"{self.labels[self.first[pair]]} × {self.labels[self.second[pair]]}"

    def furthest(self, gap: Gap, most: int) -> list[int]:
        """The pair of scores that differs most for each pair of columns, the largest difference first."""
        largest: dict[tuple[int, int], int] = {}
        for pair in np.argsort(-np.abs(gap.differences), kind="stable").tolist():
            largest.setdefault((int(self.column[self.first[pair]]), int(self.column[self.second[pair]])), pair)
            if len(largest) == most:
                break
        return list(largest.values())


def estimated(
    gap: Gap, error: Typical, pairs: Pairs, *, sizes: tuple[int, int], shown: int, more_draws_help: bool
) -> tuple[Estimate, ...]:
    """The largest and the typical difference, and the difference of the pairs of columns that are furthest off.

    Args:
        gap: from `compare`.
        error: from `typical`.
        pairs: what was compared.
        sizes: generated and real records.
        shown: pairs of columns at most.
        more_draws_help: whether further generated samples would be used at all.
    """
    helped = 1.0 if more_draws_help else 0.0
    part = float(np.average(gap.from_draws, weights=gap.errors**2)) if gap.errors.any() else 0.0
    largest = _estimate(
        "association_gap",
        gap.value(),
        gap.limits,
        sizes,
        "largest of all upper limits; lower limits of all pairs together (multiplier bootstrap)",
        Perfect(0.0, *gap.perfect()),
        gap.p_value(),
        gap.detectable(),
        helped * float(gap.from_draws[gap.worst]),
    )
    middle, high = error.perfect()
    mean = _estimate(
        "association_error",
        error.value(),
        error.limits,
        sizes,
        "squared length less its noise, scaled noncentral chi-square",
        Perfect(middle, 0.0, max(middle, high)),
        error.p_value(),
        error.detectable(),
        helped * part,
    )
    return (largest, mean, *_each(gap, pairs, sizes, shown, helped))


def _each(gap: Gap, pairs: Pairs, sizes: tuple[int, int], shown: int, helped: float) -> Iterator[Estimate]:
    p_values = gap.pair_p_values()
    steps = holm(p_values.tolist(), alpha=0.05)
    for pair in pairs.furthest(gap, shown):
        value, error = float(gap.differences[pair]), float(gap.errors[pair])
        yield Estimate(
            name="association_difference",
            group=pairs.name(pair),
            value=value,
            curve=curve(lambda level, at=pair: pair_limits(gap, at, level)),  # type: ignore[misc] # `at` is bound here
            n=sum(sizes),
            method="all pairs together (multiplier bootstrap)",
            unit=_UNIT,
            better=Better.NEITHER,
            perfect=Perfect(0.0, -BAND * error, BAND * error),
            p_value=float(p_values[pair]),
            p_adjusted=steps[pair].adjusted,
            minimum_detectable=(gap.critical(0.05) + POWER) * error,
            from_draws=helped * float(gap.from_draws[pair]),
        )


def pair_limits(gap: Gap, pair: int, level: float) -> Interval:
    """The interval of one difference, as wide as all pairs together need it, in [−2, 2]."""
    value, reach = float(gap.differences[pair]), float(gap.reach(gap.critical(1 - level), slice(pair, pair + 1))[0])
    return Interval(level, max(-2.0, value - reach), min(2.0, value + reach))


def _estimate(
    name: str,
    value: float,
    limits: Limits,
    sizes: tuple[int, int],
    method: str,
    perfect: Perfect,
    p_value: float,
    detectable: float,
    from_draws: float,
) -> Estimate:
    """An estimate of the whole table.

    Args:
        name: of the estimate.
        value: shrunk into its narrowest interval, if need be.
        limits: at each level.
        sizes: generated and real records.
        method: of the interval.
        perfect: what a perfect generator scores.
        p_value: that it is one.
        detectable: the smallest departure that would have been seen.
        from_draws: share of the variance that more draws would shrink.
    """
    known = curve(limits)
    return Estimate(
        name=name,
        value=min(max(value, known[0].low), known[0].high),
        curve=known,
        n=sum(sizes),
        method=method,
        unit=_UNIT,
        better=Better.LOWER,
        perfect=perfect,
        p_value=p_value,
        minimum_detectable=detectable,
        from_draws=from_draws,
    )
