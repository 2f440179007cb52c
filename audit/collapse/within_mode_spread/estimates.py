"""From the scatter of samples within modes to the estimates of GA305."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, NOMINAL, Better, Column, Estimate, Kind, Perfect, Table
from ...statistics.intervals import DETECTION, nested
from ...statistics.modes.discovery import REACH
from ...statistics.modes.shares import rank_p_value
from ...statistics.modes.spread import (
    Ratio,
    Scatter,
    perfect_ratios,
    pooled_ratio,
    ratio_of,
    spread_limits,
    spread_p_values,
)
from ...statistics.multiplicity import holm
from ...statistics.shares.ratios import simultaneous_levels
from ..shared.mode_cells import Cells

Floats = NDArray[np.float64]

_METHOD = "F limits of mean squares, with degrees of freedom from how unequal the squared distances are"


@dataclass(frozen=True, slots=True)
class Spreads:
    """What was found in each mode.

    Args:
        cells: the modes.
        reference: scatter of real samples.
        generated: of generated ones.
        usable: which modes hold enough of both.
        permuted: mean squares of generated and of real samples, (repeats, usable) each, were the generator perfect.
    """

    cells: Cells
    reference: Scatter
    generated: Scatter
    usable: NDArray[np.bool_]
    permuted: tuple[Floats, Floats]

    @property
    def usable_reference(self) -> Scatter:
        """Of the usable modes."""
        return _of(self.reference, self.usable)

    @property
    def usable_generated(self) -> Scatter:
        """Of the usable modes."""
        return _of(self.generated, self.usable)

    @property
    def ratio(self) -> Ratio:
        """Of each usable mode."""
        return ratio_of(generated=self.usable_generated, reference=self.usable_reference)

    @property
    def weights(self) -> Floats:
        """A mode counts by its size, in units of its own scale; both are known from samples that are not compared."""
        modes = self.cells.modes
        scale = np.maximum((modes.radii / REACH) ** 2, 1e-300)[self.usable]
        weights: Floats = modes.sizes[self.usable] / scale
        # Where a mode has no width in the learning part, its scale is that of the others.
        wide = scale > 1e-10 * scale.max()
        weights[~wide] = modes.sizes[self.usable][~wide] / scale.max()
        weights /= weights.max()
        return weights


def _of(scatter: Scatter, modes: NDArray[np.bool_]) -> Scatter:
    return Scatter(scatter.sizes[modes], scatter.squares[modes], scatter.freedom[modes])


def estimates(spreads: Spreads, *, repeats: int, rng: np.random.Generator) -> tuple[Estimate, ...]:
    """The spread over all modes together, the smallest and the largest of single modes."""
    perfect = perfect_ratios(
        reference=spreads.usable_reference, generated=spreads.usable_generated.sizes, rng=rng, repeats=repeats
    )
    limits = spread_limits(spreads.ratio, samples=spreads.usable_generated.sizes, levels=LEVELS)
    together = spread_limits(
        spreads.ratio,
        samples=spreads.usable_generated.sizes,
        levels=simultaneous_levels(LEVELS, len(spreads.usable_generated.sizes)),
    )
    small, large = _family_p_values(spreads)
    # The end on the side of the extreme must hold for all modes together, the other only for the extreme one.
    return (
        _pooled(spreads),
        _extreme(
            "smallest", spreads, Better.HIGHER, (limits.low.min(axis=1), together.high.min(axis=1)), small, perfect
        ),
        _extreme("largest", spreads, Better.LOWER, (together.low.max(axis=1), limits.high.max(axis=1)), large, perfect),
    )


def table(spreads: Spreads) -> Table:
    """Every mode: the spread of real and generated samples, their ratio, and a test over all modes."""
    at = LEVELS.index(NOMINAL)
    limits = spread_limits(spreads.ratio, samples=spreads.usable_generated.sizes, levels=LEVELS)
    values = np.sqrt(spreads.ratio.value)
    p_values = np.minimum(1.0, 2 * np.minimum(*spread_p_values(spreads.ratio)))
    # The F distribution gives 0 where generated samples do not spread at all; no smaller p than this is told anywhere.
    adjusted = [step.adjusted for step in holm(np.maximum(p_values, 1e-6).tolist(), alpha=1 - NOMINAL)]
    place = {int(k): row for row, k in enumerate(np.flatnonzero(spreads.usable))}
    order = sorted(
        range(len(spreads.cells.names)), key=lambda k: (k not in place, p_values[place[k]] if k in place else k)
    )
    rows: list[tuple[str | int | float | None, ...]] = []
    for k in order:
        sizes = int(spreads.reference.sizes[k]), int(spreads.generated.sizes[k])
        pair = [
            math.sqrt(each.squares[k]) if each.sizes[k] > 1 else None for each in (spreads.reference, spreads.generated)
        ]
        row = place.get(k)
        compared = (
            (None,) * 4
            if row is None
            else (float(values[row]), float(limits.low[at, row]), float(limits.high[at, row]), adjusted[row])
        )
        rows.append((spreads.cells.names[k], *sizes, *pair, *compared))
    columns = (
        Column("mode", "Mode", Kind.TEXT),
        Column("real_n", "Real samples", Kind.COUNT),
        Column("generated_n", "Generated samples", Kind.COUNT),
        Column("spread_real", "Spread of real samples"),
        Column("spread_generated", "Spread of generated samples"),
        Column("ratio", "Generated / real", Kind.RATIO),
        Column("ratio_low", "from (95 %)", Kind.RATIO),
        Column("ratio_high", "to (95 %)", Kind.RATIO),
        Column("p_holm", "p, Holm", Kind.P_VALUE),
    )
    caption = "Root mean squared distance of samples from their own mean within each mode, the surest departures first"
    return Table("modes", caption, columns, tuple(rows))


def _ratios(generated: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ratios of spreads; infinite over a spread of 0, 1 between two of them: equal records have equal spreads."""
    ratios = np.where(generated > 0, np.inf, 1.0)
    return np.divide(generated, reference, out=ratios, where=reference > 0)


def _pooled(spreads: Spreads) -> Estimate:
    ratio = pooled_ratio(
        generated=spreads.usable_generated, reference=spreads.usable_reference, weights=spreads.weights
    )
    n = int(spreads.usable_generated.sizes.sum())
    limits = spread_limits(ratio, samples=n, levels=LEVELS)
    generated, reference = (each @ spreads.weights for each in spreads.permuted)
    shuffled = _ratios(generated, reference)
    small, large = rank_p_value(-float(ratio.value), -shuffled), rank_p_value(float(ratio.value), shuffled)
    sizes = np.maximum(spreads.usable_generated.sizes - 1, 1) / np.maximum(spreads.usable_reference.sizes - 1, 1)
    sound = pooled_ratio(
        generated=Scatter(
            spreads.usable_generated.sizes, spreads.usable_reference.squares, spreads.usable_reference.freedom * sizes
        ),
        reference=spreads.usable_reference,
        weights=spreads.weights,
    )
    band = spread_limits(Ratio(np.array(1.0), sound.generated, sound.reference), samples=n, levels=[NOMINAL])
    error = _error(sound)
    return Estimate(
        name="spread_ratio",
        value=float(np.sqrt(ratio.value)),
        curve=nested(low=limits.low, high=limits.high),
        n=n,
        method=f"{_METHOD}; {len(spreads.usable_generated.sizes)} modes, each in units of its own scale; "
        "p by permuting samples within modes",
        unit="ratio",
        better=Better.NEITHER,
        # The band of the value: the limits mirrored around 1 on the logarithmic scale.
        perfect=Perfect(1.0, float(1 / band.high[0]), float(1 / band.low[0])),
        p_value=min(1.0, 2 * min(small, large)),
        minimum_detectable=1 - math.exp(-DETECTION * error),
        from_draws=_from_draws(ratio.generated, ratio.reference),
        # Twice the smaller of both tails.
        p_floor=2 / (1 + len(generated)),
    )


def _extreme(
    which: str, spreads: Spreads, better: Better, limits: tuple[Floats, Floats], p_value: float, perfect: Floats
) -> Estimate:
    values = np.sqrt(spreads.ratio.value)
    at = int(values.argmin() if which == "smallest" else values.argmax())
    simulated = perfect.min(axis=1) if which == "smallest" else perfect.max(axis=1)
    low, median, high = np.quantile(simulated, [0.025, 0.5, 0.975])
    modes = len(values)
    error = float(np.median(np.sqrt(0.5 / spreads.usable_reference.freedom + 0.5 / spreads.usable_generated.freedom)))
    steps = DETECTION + (0.0 if modes == 1 else math.sqrt(2 * math.log(modes)))
    return Estimate(
        name=f"{which}_spread_ratio",
        value=float(values[at]),
        curve=nested(low=limits[0], high=limits[1]),
        n=int(spreads.usable_generated.sizes[at]),
        method=f"{which} of {modes} modes: one end by intersection–union, the other by Bonferroni; {_METHOD}; "
        "p by permuting samples within modes",
        unit="ratio",
        better=better,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=p_value,
        minimum_detectable=1 - math.exp(-steps * error) if which == "smallest" else math.exp(steps * error) - 1,
        from_draws=_from_draws(spreads.usable_generated.freedom[at], spreads.usable_reference.freedom[at]),
        p_floor=1 / (1 + len(spreads.permuted[0])),
    )


def _family_p_values(spreads: Spreads) -> tuple[float, float]:
    """How often a perfect generator has a mode as surely too narrow, and one as surely too wide, as the worst here."""
    ratio = spreads.ratio
    generated, reference = spreads.permuted
    chance = Ratio(generated / np.maximum(reference, 1e-300), ratio.generated, ratio.reference)
    small, large = (
        rank_p_value(-float(seen.min()), -each.min(axis=1))
        for seen, each in zip(spread_p_values(ratio), spread_p_values(chance), strict=True)
    )
    return small, large


def _error(ratio: Ratio) -> float:
    """Standard error of the logarithm of a ratio of spreads."""
    return math.sqrt(0.5 / float(ratio.generated) + 0.5 / float(ratio.reference))


def _from_draws(generated: Floats | np.float64, reference: Floats | np.float64) -> float:
    ours, theirs = 1 / float(generated), 1 / float(reference)
    return ours / (ours + theirs)
