"""The estimates of GA102: the worst cell, each cell, and how far all are off together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import POWER, nested
from ...statistics.multiplicity import holm
from ...statistics.shares.binomial import Limits, normal_quantile
from ...statistics.shares.confusion import drawn_truths, share_covariance
from ...statistics.shares.homogeneity import redrawn_reference
from ...statistics.shares.ratios import detectable_fall, simultaneous_levels, worst_ratio_limits
from ...statistics.shares.total_variation import total_variation, total_variation_limits
from .cells import Cells

Floats = NDArray[np.float64]

ERROR = 0.05
"""Level of the test for which the smallest departure is given."""

_DRAWN = 1_000  # references of a perfect generator, drawn exactly


@dataclass(frozen=True, slots=True)
class Compared:
    """Cells with the limits of their ratios, (levels, C), and what perfect generators show of these, (repeats, C).

    Args:
        cells: what is compared.
        each: limits of each ratio by itself.
        together: limits that hold for all cells of all combinations.
        p_values: two-sided, (C,).
        adjusted: the same after Holm's procedure over all cells of all combinations.
        perfect: ratios of a generator with the real shares, the reference drawn anew; infinity where that has none.
    """

    cells: Cells
    each: Limits
    together: Limits
    p_values: Floats
    adjusted: Floats
    perfect: Floats


def compare(parts: Sequence[Cells], *, repeats: int, rng: np.random.Generator) -> list[Compared]:
    """Limits and p-values of all cells of all combinations, looked at together."""
    number = sum(len(part.judged) for part in parts)
    p_values = [part.quotients.tails().two_sided[:-1] for part in parts]
    steps = holm([float(p) for each in p_values for p in each], alpha=ERROR)
    adjusted = np.split(np.array([step.adjusted for step in steps]), np.cumsum([len(each) for each in p_values])[:-1])
    return [
        Compared(
            part,
            _judged(part.quotients.limits(LEVELS)),
            _judged(part.quotients.limits(simultaneous_levels(LEVELS, number))),
            p,
            after,
            _perfect_ratios(part, repeats, rng),
        )
        for part, p, after in zip(parts, p_values, adjusted, strict=True)
    ]


def worst_cell(parts: Sequence[Compared], *, group: str | None = None) -> Estimate:
    """The least ratio of any judged cell of all combinations given."""
    part = min(parts, key=lambda one: float(one.cells.ratios.min()))
    worst = int(part.cells.ratios.argmin())
    number = sum(len(one.adjusted) for one in parts)
    limits = worst_ratio_limits(
        pointwise=_side_by_side([one.each for one in parts]),
        simultaneous=_side_by_side([one.together for one in parts]),
    )
    # Combinations are simulated apart, so a perfect generator's worst is that of independent ones.
    lowest = np.hstack([one.perfect for one in parts]).min(axis=1)
    low, median, high = np.quantile(lowest, [0.025, 0.5, 0.975])
    falls = [_fall(one.cells, k, tests=number) for one in parts for k in range(len(one.cells.judged))]
    thin = min(float(one.cells.quotients.tails().thin[:-1].min()) for one in parts)
    return Estimate(
        name="worst_cell_ratio",
        value=float(part.cells.ratios[worst]),
        curve=nested(low=limits.low, high=limits.high),
        n=part.cells.n,
        method=f"least of {number} ratios: lower end by intersection–union, upper end by Bonferroni; " + _method(part),
        unit="ratio",
        better=Better.HIGHER,
        group=group,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=min(1.0, 2 * number * thin),
        # The fall of any one cell that would be found; none where the absence of some cell would not be.
        minimum_detectable=max(each for each in falls if each is not None) if None not in falls else None,
        from_draws=_from_draws(part.cells, worst),
    )


def cell_ratios(part: Compared, *, most: int) -> Iterator[Estimate]:
    """The cells with the smallest p-values, those first, and the rarest in any case."""
    cells = part.cells
    order = np.argsort(part.p_values, kind="stable").tolist()
    for k in list(dict.fromkeys([*order[: most - 1], int(cells.ratios.argmin()), *order]))[:most]:
        simulated = part.perfect[:, k]
        low, high = np.quantile(simulated[np.isfinite(simulated)], [0.025, 0.975])
        yield Estimate(
            name="cell_ratio",
            value=float(cells.ratios[k]),
            curve=nested(low=part.each.low[:, k], high=part.each.high[:, k]),
            n=cells.n,
            method="for this cell alone; " + _method(part),
            unit="ratio",
            better=Better.NEITHER,
            group=f"{cells.title}: {cells.name(cells.judged[k])}",
            perfect=Perfect(1.0, min(1.0, float(low)), max(1.0, float(high))),
            p_value=float(part.p_values[k]),
            p_adjusted=float(part.adjusted[k]),
            minimum_detectable=_fall(cells, k, tests=1),
            from_draws=_from_draws(cells, k),
        )


def cell_distance(part: Compared, rng: np.random.Generator) -> Estimate:
    """The share of samples that would have to be of another cell; cells that are not judged count as one."""
    cells = part.cells
    rates, labelled = cells.errors
    limits = total_variation_limits(
        shares=cells.shares,
        targets=cells.targets,
        rates=rates,
        labelled=labelled,
        n=cells.n,
        levels=LEVELS,
        rng=rng,
        reference=None if cells.population else cells.reference,
    )
    value = float(total_variation(shares=cells.shares, targets=cells.targets))
    perfect = _perfect_distances(cells, len(part.perfect), rng)
    low, median, high, alarm = np.quantile(perfect, [0.025, 0.5, 0.975, 1 - ERROR])
    # Rounding must not tell what was seen from its equals.
    p_value, p_floor = float((1 + (perfect >= value - 1e-12).sum()) / (1 + len(perfect))), 1 / (1 + len(perfect))
    # What the test leaves possible, the interval must, too.
    explained = (p_value > (1 - np.array(LEVELS)) / 2) & (p_value > p_floor)
    return Estimate(
        name="cell_total_variation",
        value=value,
        curve=nested(low=np.where(explained, 0.0, limits.low), high=limits.high),
        n=cells.n,
        method="inversion of a simulated distribution that knows the upward bias of distances; " + _method(part),
        unit="share",
        better=Better.LOWER,
        group=cells.title,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=p_value,
        p_floor=p_floor,
        minimum_detectable=float(alarm - median + POWER * perfect.std()),
    )


def _judged(limits: Limits) -> Limits:
    return Limits(limits.low[:, :-1], limits.high[:, :-1])


def _side_by_side(limits: Sequence[Limits]) -> Limits:
    return Limits(np.hstack([each.low for each in limits]), np.hstack([each.high for each in limits]))


def _perfect_ratios(cells: Cells, repeats: int, rng: np.random.Generator) -> Floats:
    shares = cells.simulated(shares=cells.targets, repeats=repeats, rng=rng)[:, :-1]
    size = int(cells.reference.sum())
    wanted = cells.targets if cells.population else rng.multinomial(size, cells.targets, size=repeats) / size
    wanted = np.broadcast_to(wanted[..., :-1], shares.shape)
    quotients: Floats = np.full(shares.shape, np.inf)
    np.divide(shares, wanted, out=quotients, where=wanted > 0)
    return quotients


def _perfect_distances(cells: Cells, repeats: int, rng: np.random.Generator) -> Floats:
    """Total variations that a perfect generator shows; of cells that were read, had any of both records been real."""
    kept = cells.reference > 0
    if cells.confusion is None and not cells.population:
        own, real = cells.counts[kept], cells.reference[kept]
        drawn = redrawn_reference(generated=own, reference=real, repeats=min(repeats, _DRAWN), rng=rng)
        if drawn is not None:
            known = np.abs((own + real - drawn) / cells.n - drawn / int(real.sum())).sum(axis=-1)
            distances: Floats = 0.5 * (known + float(cells.counts[~kept].sum()) / cells.n)
            return distances
    truths = cells.targets if cells.population else drawn_truths(cells.reference, repeats=repeats, rng=rng)
    shares = cells.simulated(shares=truths, repeats=repeats, rng=rng)
    return total_variation(shares=shares, targets=cells.targets)


def _variance(cells: Cells, shares: Floats, k: int) -> tuple[float, float]:
    """Of the share of cell k: from the draws, and from the classifiers."""
    if cells.confusion is None:
        return float(shares[k] * (1 - shares[k]) / cells.n), 0.0
    rates, labelled = cells.errors
    both = share_covariance(shares=shares, rates=rates, labelled=labelled, n=cells.n)
    return float(both.draws[k, k]), float(both.classifier[k, k])


def _reference_variance(cells: Cells, k: int) -> float:
    target = float(cells.targets[k])
    return 0.0 if cells.population else target * (1 - target) / float(cells.reference.sum())


def _fall(cells: Cells, k: int, *, tests: int) -> float | None:
    """How far the ratio of cell k must fall to be found by one of so many tests; None if its absence would not be."""
    target, without = float(cells.targets[k]), cells.targets.copy()
    without[k] = 0.0
    if without.sum() == 0:
        return None
    at_target, at_zero = (
        np.sqrt(sum(_variance(cells, shares, k))) / target for shares in (cells.targets, without / without.sum())
    )
    fall = detectable_fall(
        at_target=float(at_target),
        at_zero=float(at_zero),
        reference=float(np.sqrt(_reference_variance(cells, k))) / target,
        quantile=normal_quantile(1 - ERROR / tests),
        power=POWER,
    )
    return None if np.isnan(fall) else fall


def _from_draws(cells: Cells, k: int) -> float | None:
    """The part that the generated draws have in the variance of the ratio of cell k."""
    draws, classifier = _variance(cells, cells.shares, k)
    ratio = float(cells.ratios[k])
    whole = draws + classifier + ratio**2 * _reference_variance(cells, k)
    return None if whole <= 0 else min(1.0, max(0.0, draws / whole))


def _method(part: Compared) -> str:
    cells = part.cells
    told = "groups read from the records" if cells.confusion is None else "corrected for the classifiers' joint errors"
    if cells.population:
        return told
    return f"{told}, with the sampling error of the reference's {int(cells.reference.sum()):,} records"
