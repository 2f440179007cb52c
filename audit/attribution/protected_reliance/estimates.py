"""The estimates of GA203."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.attribution.disparity import Gap, resolved, share_of, widest
from ...statistics.intervals import BAND, DETECTION, POWER, nested
from ...statistics.multiplicity import holm
from ...statistics.shares.binomial import normal_quantile
from .carried import Carried, Part, Verdicts
from .facts import ADDED, EACH, SHARE, TOTAL, UNCONFIRMED, WORST

Floats = NDArray[np.float64]

DRAWS = 1_000
"""Perfect generators that are simulated for the largest of many."""


def estimates(found: Sequence[Carried], said: Verdicts, rng: np.random.Generator) -> Iterator[Estimate]:
    """The worst, the totals, every part, and shares where there is something to explain.

    Args:
        found: the gaps.
        said: what is said of their parts.
        rng: for what perfect generators would show.
    """
    yield _worst(found, rng)
    yield from _added(found, rng)
    for each in found:
        yield _total(each, each.name if len(found) > 1 else None)
    # A departure from what a perfect generator shows: for prompts from 0, for tables from the real rows.
    departures = [_departure(part.gap, part.real)[1] for each in found for part in each.parts]
    adjusted = iter(holm(departures, alpha=0.05))
    for each in found:
        for part in each.parts:
            yield _each(each, part, _label(found, each, part), next(adjusted).adjusted)
    for each, explained in zip(found, said.explained, strict=True):
        if explained and resolved(each.total):
            yield from (_share(each, part, _label(found, each, part)) for part in each.parts)
    if said.number:
        yield Estimate(
            name=UNCONFIRMED,
            value=said.unconfirmed / said.number,
            curve=(),
            n=said.number,
            method="counted: flagged by attribution (Holm), and not moved alike by an exchange at the 95 % level",
            unit="share",
            better=Better.LOWER,
        )


def _label(found: Sequence[Carried], each: Carried, part: Part) -> str:
    return part.name if len(found) == 1 else f"{each.name}: {part.name}"


def _departure(gap: Gap, real: Gap | None) -> tuple[Perfect, float]:
    """What a perfect generator would show in place of a gap, and the p-value of this being one."""
    if real is None:
        return Perfect(0.0, -BAND * gap.error, BAND * gap.error), gap.p_value()
    error = float(np.hypot(gap.error, real.error))
    from scipy.special import ndtr

    p_value = float(2 * ndtr(-abs(gap.value - real.value) / error)) if error else float(gap.value == real.value)
    return Perfect(real.value, real.value - BAND * error, real.value + BAND * error), p_value


def _worst(found: Sequence[Carried], rng: np.random.Generator) -> Estimate:
    """The lower end needs the limits of all readings to hold together, the upper end only that of each."""
    readings = [reading for each in found for part in each.parts for reading in part.readings]
    parts = [part for each in found for part in each.parts]
    number = len(readings)
    together = [1 - (1 - level) / number for level in LEVELS]
    low = np.zeros(len(LEVELS))
    for each in sorted(readings, key=lambda each: -abs(each.value)):
        if (low < abs(each.value)).any():  # no lower limit lies beyond the value itself
            low = np.maximum(low, _nearest(each.ends(together)))
    high = np.max([np.abs(each.ends()).max(axis=0) for each in readings], axis=0)
    value = max(abs(each.value) for each in readings)
    centres = np.array([0.0 if part.real is None else part.real.value for part in parts])
    errors = np.array([part.gap.error for part in parts])
    largest = np.abs(centres + errors * rng.standard_normal((DRAWS, len(parts)))).max(axis=1)
    bottom, middle, top = np.quantile(largest, [0.025, 0.5, 0.975])
    p_values = [_departure(part.gap, part.real)[1] for part in parts]
    # A melody should go on as it began, so that a gap of melodies is no defect, and none is known for a perfect model.
    judged = all(each.indifferent for each in found)
    return Estimate(
        name=WORST,
        value=value,
        curve=nested(low=np.minimum(low, value), high=np.maximum(high, value)),
        n=min(len(each.total.units) for each in found),
        method=f"largest of {number}, of every slot and baseline or column: lower end by Bonferroni, upper end by "
        "intersection–union",
        unit=found[0].unit,
        better=Better.LOWER if judged else Better.NEITHER,
        perfect=Perfect(float(middle), float(bottom), float(top)) if judged else None,
        p_value=min(1.0, len(parts) * min(p_values)),
        minimum_detectable=(normal_quantile(1 - 0.05 / number) + POWER) * float(errors.max()) or None,
    )


def _added(found: Sequence[Carried], rng: np.random.Generator) -> Iterator[Estimate]:
    """Where real rows stand beside generated ones, the largest change: two independent samples, normal limits."""
    from scipy.special import ndtri

    pairs = [(part.gap, part.real) for each in found for part in each.parts if part.real is not None]
    if not pairs:
        return
    changes = np.array([gap.value - real.value for gap, real in pairs])
    errors = np.array([np.hypot(gap.error, real.error) for gap, real in pairs])
    levels = np.asarray(LEVELS)[:, None]
    # The lower end needs all limits together (Bonferroni), the upper end only that of each (intersection–union).
    low = (np.abs(changes) - ndtri(1 - (1 - levels) / (2 * len(pairs))) * errors).max(axis=1).clip(0)
    high = (np.abs(changes) + ndtri(0.5 + levels / 2) * errors).max(axis=1)
    bottom, middle, top = np.quantile(
        np.abs(errors * rng.standard_normal((DRAWS, len(pairs)))).max(axis=1), [0.025, 0.5, 0.975]
    )
    p_values = [_departure(gap, real)[1] for gap, real in pairs]
    yield Estimate(
        name=ADDED,
        value=float(np.abs(changes).max()),
        curve=nested(low=low, high=high),
        n=min(len(gap.units) for gap, _ in pairs),
        method=f"largest of {len(pairs)} columns, generated less real: lower end by Bonferroni, upper end by "
        "intersection–union",
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(float(middle), float(bottom), float(top)),
        p_value=min(1.0, len(pairs) * min(p_values)),
        minimum_detectable=(normal_quantile(1 - 0.05 / len(pairs)) + POWER) * float(errors.max()) or None,
    )


def _nearest(ends: Floats) -> Floats:
    """The smallest absolute value between the ends (2, levels), (levels,)."""
    found: Floats = np.maximum(np.maximum(ends[0], -ends[1]), 0.0)
    return found


def _total(each: Carried, group: str | None) -> Estimate:
    perfect, p_value = _departure(each.total, each.real)
    return Estimate(
        name=TOTAL,
        group=group,
        value=each.total.value,
        curve=each.total.limits(),
        n=len(each.total.units),
        method=each.total.method,
        unit=each.unit,
        better=Better.NEITHER,
        perfect=perfect if each.indifferent else None,
        p_value=p_value,
        minimum_detectable=DETECTION * each.total.error or None,
    )


def _each(each: Carried, part: Part, label: str, adjusted: float) -> Estimate:
    furthest, curve = widest(part.readings)
    perfect, p_value = _departure(furthest, part.real)
    several = f"; furthest of {len(part.readings)} baselines, limits of them all" if len(part.readings) > 1 else ""
    return Estimate(
        name=EACH,
        group=label,
        value=furthest.value,
        curve=curve,
        n=len(furthest.units),
        method=f"{furthest.method}{several}",
        unit=each.unit,
        better=Better.NEITHER,
        perfect=perfect if each.indifferent else None,
        p_value=p_value,
        p_adjusted=adjusted,
        minimum_detectable=DETECTION * furthest.error or None,
    )


def _share(each: Carried, part: Part, label: str) -> Estimate:
    shares = [share_of(reading, each.total) for reading in part.readings]
    furthest, curve = widest(shares)
    return Estimate(
        name=SHARE,
        group=label,
        value=furthest.value,
        curve=curve,
        n=len(furthest.units),
        method=f"delta method; {furthest.method}",
        unit="ratio",
        better=Better.NEITHER,
    )
