"""The estimates of GA108: rates, gaps between groups, and how the model moved these."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import DETECTION, nested
from ...statistics.outcomes.gaps import band, detectable, difference_band, wilson_limits, worst_limits
from ...statistics.outcomes.perfect import PerfectRates, perfect_rates, quotients, ranges, two_sided
from ...statistics.outcomes.ratios import lowest_to_highest
from .measure import OutcomeGaps, Together, errors, greatest, side_by_side

Floats = NDArray[np.float64]


def perfect_audits(part: OutcomeGaps, *, repeats: int, rng: np.random.Generator) -> PerfectRates:
    """The rates at the chosen levels that audits of a perfect generator show."""
    drawn = perfect_rates(generated=part.generated, real=part.real, repeats=repeats, rng=rng)
    return PerfectRates(*(each[:, :, part.chosen] for each in drawn))


def worst_change(
    parts: Sequence[OutcomeGaps], together: Together, perfect: Sequence[PerfectRates], *, only: int | None = None
) -> Estimate:
    """The greatest size of a gap's change over all pairs of groups and levels of all parts, or of `only` one of them.

    Limits of that one hold together with those of the others.
    """
    chosen = slice(None) if only is None else slice(only, only + 1)
    parts, perfect = parts[chosen], perfect[chosen]
    ends = greatest(together.pointwise[chosen], together.simultaneous[chosen])
    sizes = [np.abs(part.contrasts.change.value) for part in parts]
    worst = max(range(len(parts)), key=lambda index: float(sizes[index].max()))
    part, at = parts[worst], np.unravel_index(int(sizes[worst].argmax()), sizes[worst].shape)
    number = sum(each.size for each in together.adjusted)
    # Parts are simulated apart, so a perfect generator's worst is that of independent outcomes and attributes.
    middle, low, high = band(np.max([ranges(each.generated - each.real) for each in perfect], axis=0))
    return Estimate(
        name="worst_gap_change",
        value=float(sizes[worst].max()),
        curve=nested(low=ends.low, high=ends.high),
        n=int(part.sizes[:, 0].sum()),
        method=f"greatest of {number} changes: lower end by Bonferroni, upper end by intersection–union; "
        + _method(part),
        unit="share difference",
        better=Better.LOWER,
        group=None if only is None else part.title,
        perfect=Perfect(middle, low, high),
        p_value=float(min(each.min() for each in together.adjusted[chosen])),
        minimum_detectable=max(detectable(each.contrasts.errors, number) for each in parts),
        from_draws=float(part.contrasts.from_draws[at]),
    )


def worst_gap(part: OutcomeGaps, perfect: PerfectRates) -> Estimate:
    """The greatest gap among generated records, at any level."""
    gaps = part.contrasts.generated
    ends = worst_limits(
        pointwise=side_by_side([gaps.limits(errors(1))]),
        simultaneous=side_by_side([gaps.limits(errors(part.comparisons))]),
    )
    value = float(np.abs(gaps.value).max())
    simulated = ranges(perfect.predicted)
    middle, low, high = band(simulated)
    return Estimate(
        name="worst_outcome_gap",
        value=value,
        curve=nested(low=ends.low, high=ends.high),
        n=int(part.sizes[:, 0].sum()),
        method="greatest of all pairs' differences: lower end by Bonferroni, upper end by intersection–union; "
        + _method(part),
        unit="share difference",
        better=Better.NEITHER,
        group=part.title,
        # No p-value: noise in the real rates widens their gaps, so that a sound generator's look too small beside them.
        perfect=Perfect(middle, low, high),
        minimum_detectable=DETECTION * float(simulated.std()),
        from_draws=_drawn(part),
    )


def outcome_ratios(part: OutcomeGaps, perfect: PerfectRates) -> Iterator[Estimate]:
    """Lowest over highest rate at each chosen level that some group has."""
    rates = part.generated.of_levels(part.chosen)
    simulated = quotients(perfect.predicted)
    for index in range(len(part.chosen)):
        values, trials = rates.values[:, index], rates.trials[:, index]
        if values.max() == 0:
            continue  # nobody has it, so no group has it more rarely
        ends = lowest_to_highest(values=values, trials=trials, levels=LEVELS)
        value = float(values.min() / values.max())
        middle, low, high = band(simulated[:, index])
        yield Estimate(
            name="outcome_ratio",
            value=value,
            curve=nested(low=ends.low, high=ends.high),
            n=int(part.sizes[:, 0].sum()),
            method="least of all groups' ratios: lower end by intersection–union, upper end by Bonferroni; "
            + _method(part),
            unit="ratio",
            better=Better.NEITHER,
            group=f"{part.outcome} {part.level(index)} by {part.attribute}",
            perfect=Perfect(middle, low, high),  # and no p-value, as for the greatest gap
            minimum_detectable=DETECTION * float(simulated[:, index].std()),
            from_draws=_drawn(part),
        )


def gap_changes(part: OutcomeGaps, adjusted: Floats, *, most: int) -> Iterator[Estimate]:
    """The changes of gaps with the smallest p-values, those first, and the greatest in any case."""
    change = part.contrasts.change
    ends = change.limits(errors(1))
    reach = difference_band(part.contrasts.errors)
    places, sizes = smallest(part.change_p), np.abs(change.value)
    greatest_at = max(places, key=lambda place: float(sizes[place]))
    for pair, level in list(dict.fromkeys([*places[: most - 1], greatest_at, *places]))[:most]:
        at = (pair, level)
        yield Estimate(
            name="gap_change",
            value=float(change.value[at]),
            curve=nested(low=ends.low[:, pair, level], high=ends.high[:, pair, level]),
            n=int(part.sizes[part.contrasts.pairs[pair], 0].sum()),
            method="square-and-add of four score intervals, for this pair alone; " + _method(part),
            unit="share difference",
            better=Better.NEITHER,
            group=f"{part.outcome} {part.level(level)}, {part.attribute} {part.pair(pair)}",
            perfect=Perfect(0.0, -float(reach[at]), float(reach[at])),
            p_value=float(part.change_p[at]),
            p_adjusted=float(adjusted[at]),
            minimum_detectable=detectable(part.contrasts.errors[at], 1),
            from_draws=float(part.contrasts.from_draws[at]),
        )


def outcome_rates(part: OutcomeGaps, perfect: PerfectRates, *, most: int) -> Iterator[Estimate]:
    """Rates of the chosen levels in the first groups."""
    rates = part.generated.of_levels(part.chosen)
    places = [(k, level) for level in range(len(part.chosen)) for k in range(len(part.groups))]
    for k, level in places[:most]:
        reach = errors(1)[:, 0, 0]
        ends = wilson_limits(
            np.full_like(reach, rates.values[k, level]), np.full_like(reach, rates.trials[k, level]), reach
        )
        simulated = perfect.predicted[:, k, level]
        middle, low, high = band(simulated)
        p_value, floor = two_sided(simulated, float(rates.values[k, level]))
        yield Estimate(
            name="outcome_rate",
            value=float(rates.values[k, level]),
            curve=nested(low=ends.low, high=ends.high),
            n=int(part.sizes[k, 0]),
            method="score interval (Wilson); " + _method(part),
            unit="share",
            better=Better.NEITHER,
            group=f"{part.outcome} {part.level(level)}, {part.attribute} {part.groups[k]}",
            perfect=Perfect(middle, low, high),
            p_value=p_value,
            p_floor=floor,
            minimum_detectable=DETECTION * float(simulated.std()),
            from_draws=float(rates.from_draws[k, level]),
        )


def smallest(p_values: Floats) -> list[tuple[int, int]]:
    """Places (pair, level) of p-values (P, C), the smallest first."""
    order = np.argsort(p_values, axis=None, kind="stable")
    return [(int(pair), int(level)) for pair, level in zip(*np.unravel_index(order, p_values.shape), strict=True)]


def _drawn(part: OutcomeGaps) -> float:
    """The part of the generated rates' variance that more draws would shrink."""
    rates = part.generated.of_levels(part.chosen)
    whole = float(rates.variance.sum())
    return min(1.0, float((rates.variance * rates.from_draws).sum()) / whole) if whole > 0 else 1.0


def _method(part: OutcomeGaps) -> str:
    told = "outcomes read from the records"
    if part.confusion_accuracy is not None:
        told = "groups and outcomes told by classifiers and corrected for their errors, by linearisation"
    known = "" if not np.isinf(part.real.trials).all() else ", real rates taken as exact"
    return told + known
