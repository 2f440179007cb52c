"""From counts in modes to the estimates of GA301."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import nested
from ...statistics.modes.lost_mass import lost_mass
from ...statistics.modes.shares import (
    Counts,
    Thin,
    detectable_ratio,
    likelihood_ratio,
    rank_p_value,
    redrawn,
    thin_modes,
    thinnest_limits,
)
from ...statistics.shares.binomial import Limits
from ...statistics.shares.ratio_curves import ratio_curves, ratio_p_values
from ...statistics.shares.ratios import simultaneous_levels
from ..shared.mode_cells import Cells, counted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MISSING = 0.1
"""A mode with less than this part of its real share counts as missing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts in modes with their limits and tests.

    Args:
        cells: the modes.
        counts: in each mode and outside.
        each: (L, K) limits of each ratio by itself, at `LEVELS`.
        together: (L, K) limits that hold for all modes together.
        thinnest: (L,) limits of the least ratio.
        simulated: (repeats, K + 1) generated counts of perfect generators.
        thin: tests of every mode for being thin.
        p_values: (K,) two-sided, of each mode by itself.
        global_p_value: of all shares being equal.
    """

    cells: Cells
    counts: Counts
    each: Limits
    together: Limits
    thinnest: Limits
    simulated: Ints
    thin: Thin
    p_values: Floats
    global_p_value: float

    @property
    def ratios(self) -> Floats:
        """Generated over real share of each mode."""
        return self.counts.ratios

    @property
    def p_floor(self) -> float:
        """The smallest p-value that counting among perfect generators can give."""
        return 1 / (1 + len(self.simulated))

    @property
    def perfect_ratios(self) -> Floats:
        """(repeats, K), of perfect generators."""
        reference = (self.counts.generated + self.counts.reference - self.simulated)[:, :-1]
        # A redrawn mode may hold no real sample; half of one keeps its ratio finite.
        ratios: Floats = (self.simulated[:, :-1] / self.counts.m) / (np.maximum(reference, 0.5) / self.counts.n)
        return ratios


def measured(cells: Cells, *, repeats: int, rng: np.random.Generator) -> Measured:
    """Count, and test every mode and all of them together."""
    counts = Counts(*counted(cells))
    modes = len(cells.names)
    simulated = redrawn(counts, repeats=repeats, rng=rng)
    generated, reference = counts.generated[:-1], counts.reference[:-1]
    curves = ratio_curves(generated=generated, m=counts.m, reference=reference, n=counts.n)
    return Measured(
        cells=cells,
        counts=counts,
        each=curves.limits(LEVELS),
        together=curves.limits(simultaneous_levels(LEVELS, modes)),
        thinnest=thinnest_limits(curves, levels=LEVELS),
        simulated=simulated,
        thin=thin_modes(counts, simulated),
        p_values=ratio_p_values(generated=generated, m=counts.m, reference=reference, n=counts.n),
        global_p_value=rank_p_value(
            float(likelihood_ratio(counts, counts.generated)), likelihood_ratio(counts, simulated)
        ),
    )


def estimates(coverage: Measured, rng: np.random.Generator, *, smallest: float | None) -> tuple[Estimate, ...]:
    """The thinnest mode, the missing ones, the mass lost in all, and the ratio of each mode.

    Args:
        coverage: counts in modes.
        rng: for the simulations of lost mass.
        smallest: the weight of the smallest mode that would be found missing; None if none would be.
    """
    return (_thinnest(coverage), _missing(coverage, smallest), _lost(coverage, rng), *_each(coverage))


def from_draws(coverage: Measured, k: int) -> float:
    """The part of the variance of log ratio that comes from the generated samples of mode k."""
    generated, reference = coverage.counts.generated[k] + 0.5, coverage.counts.reference[k]
    return float((1 / generated) / (1 / generated + 1 / reference))


def detectable(coverage: Measured, *, tests: int) -> list[float | None]:
    """For each mode, how far its ratio must fall below 1 to be found; None where not even a loss of all would be."""
    reference = coverage.counts.reference[:-1]
    ratios = detectable_ratio(reference=reference, n=coverage.counts.n, m=coverage.counts.m, tests=tests)
    return [None if np.isnan(each) else float(1 - each) for each in ratios]


def _thinnest(coverage: Measured) -> Estimate:
    at = int(coverage.ratios.argmin())
    lowest = coverage.perfect_ratios.min(axis=1)
    low, median, high = np.quantile(lowest, [0.025, 0.5, 0.975])
    modes = len(coverage.ratios)
    visible = sorted(each for each in detectable(coverage, tests=modes) if each is not None)
    return Estimate(
        name="thinnest_mode_ratio",
        value=float(coverage.ratios[at]),
        curve=nested(low=coverage.thinnest.low, high=coverage.thinnest.high),
        n=coverage.counts.m,
        method=f"least of {modes} ratios: lower end by intersection–union, upper end by Bonferroni over those "
        "that may be the thinnest; p by redrawing which samples are the generated ones",
        unit="ratio",
        better=Better.HIGHER,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=float(coverage.thin.joint.min()),
        minimum_detectable=visible[len(visible) // 2] if len(visible) > modes / 2 else None,
        from_draws=from_draws(coverage, at),
        p_floor=coverage.p_floor,
    )


def _missing(coverage: Measured, smallest: float | None) -> Estimate:
    """How many modes are missing: for the lower end those surely below the bound, for the upper those not surely above.

    Both hold together, by limits for all modes at once.
    """
    value = int((coverage.ratios < MISSING).sum())
    low, high = (coverage.together.high < MISSING).sum(axis=1), (coverage.together.low < MISSING).sum(axis=1)
    perfect = (coverage.perfect_ratios < MISSING).sum(axis=1)
    least, most = np.quantile(perfect, [0.025, 0.975])
    return Estimate(
        name="missing_modes",
        value=float(value),
        curve=nested(low=low.astype(np.float64), high=high.astype(np.float64)),
        n=coverage.counts.m,
        method=f"modes with less than {MISSING:g} of their real share; limits by Bonferroni over all modes; "
        + (
            "no planted mode"
            if smallest is None
            else f"only a planted mode of at least {100 * smallest:g} % of the data"
        )
        + " would have been found missing",
        unit="count",
        better=Better.LOWER,
        perfect=Perfect(float(np.median(perfect)), float(least), float(most)),
        p_value=rank_p_value(float(value), perfect.astype(np.float64)),
        minimum_detectable=None if smallest is None else 1.0,
        from_draws=coverage.counts.n / (coverage.counts.n + coverage.counts.m),
        p_floor=coverage.p_floor,
    )


def _lost(coverage: Measured, rng: np.random.Generator) -> Estimate:
    lost = lost_mass(coverage.counts, levels=LEVELS, simulated=coverage.simulated, rng=rng)
    return Estimate(
        name="lost_mass",
        value=lost.value,
        curve=nested(low=lost.limits.low, high=lost.limits.high),
        n=coverage.counts.m,
        method="inversion of a simulated distribution that knows the upward bias; "
        "p by the likelihood ratio of all shares",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(0.0, *lost.perfect),
        p_value=coverage.global_p_value,
        minimum_detectable=lost.detectable,
        from_draws=coverage.counts.n / (coverage.counts.n + coverage.counts.m),
        p_floor=coverage.p_floor,
    )


def _each(coverage: Measured) -> Iterator[Estimate]:
    low, high = np.quantile(coverage.perfect_ratios, [0.025, 0.975], axis=0)
    visible = detectable(coverage, tests=1)
    for k, name in enumerate(coverage.cells.names):
        yield Estimate(
            name="mode_share_ratio",
            value=float(coverage.ratios[k]),
            curve=nested(low=coverage.each.low[:, k], high=coverage.each.high[:, k]),
            n=coverage.counts.m,
            method="confidence distributions of both shares, between exact and mid-p; this mode by itself",
            unit="ratio",
            better=Better.NEITHER,
            group=name,
            perfect=Perfect(1.0, min(float(low[k]), 1.0), max(float(high[k]), 1.0)),
            p_value=float(coverage.p_values[k]),
            minimum_detectable=visible[k],
            from_draws=from_draws(coverage, k),
        )
