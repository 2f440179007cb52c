"""Wild cluster bootstrap of a mean under the null, inverted to an interval.

Each cluster's total of residuals under the null is multiplied by one random weight. Numerator and squared denominator
of the bootstrap's t are quadratic in the null, so one table of weights serves all nulls, and the interval is searched
for without drawing again. The weights are a fixed design, the same for all data: equal data have equal intervals.

Reference: Webb 2023, Reworking wild bootstrap-based inference for clustered errors, doi:10.1111/caje.12661 (weights);
MacKinnon & Webb 2018, doi:10.1111/ectj.12107 (under the null); Hansen 1999, doi:10.1111/1467-9469.00164 (inversion).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 9_999
_ALL = 6  # clusters up to which all 6^G tables of weights are gone through
_SEED = 20_231_108
_FEWEST_BEYOND = 20  # draws beyond a quantile below which it is not counted but continued by Student's t
_GRID = 64
_WEIGHTS = np.sqrt([0.5, 1.0, 1.5])
_SAME = 1 - 1e-9  # the table of equal weights gives the observed t itself, but for rounding


@dataclass(frozen=True, slots=True, eq=False)
class _Wild:
    """Per draw, of t*² as a function of the null's distance s from the mean: (a − b s)² / (c − 2 d s + e s²)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats
    e: Floats
    scale: float
    counted: bool

    def p(self, shift: float) -> float:
        """Share of draws with a t* as large as the t of a mean that is `shift` below the null."""
        top = np.square(self.a - self.b * shift)
        bottom = np.maximum(self.c - shift * (2 * self.d - self.e * shift), 0.0)
        beyond = int((top >= _SAME * (shift / self.scale) ** 2 * bottom).sum())
        return beyond / len(top) if self.counted else (1 + beyond) / (1 + len(top))


def wild_p(*, totals: Floats, sizes: Floats, shift: float) -> float:
    """Two-sided p-value of a mean `shift` away from the observed one.

    Args:
        totals: (G,), sums of deviations from the mean in each cluster; not all 0.
        sizes: (G,), values in each.
        shift: the null minus the observed mean.
    """
    return _prepared(totals, sizes).p(shift)


def wild_reach(*, totals: Floats, sizes: Floats, levels: Floats, freedom: float) -> tuple[Floats, Floats]:
    """How far the limits at these levels, (L,), lie below and above the mean: nulls beyond them are rejected.

    Levels that too few draws lie beyond are continued in proportion to the quantiles of Student's t with `freedom`
    degrees of freedom.

    Args:
        totals: as for `wild_p`.
        sizes: as for `wild_p`.
        levels: ascending.
        freedom: of the observed t.
    """
    from scipy.special import stdtrit

    wild = _prepared(totals, sizes)
    quantiles = stdtrit(freedom, 0.5 + levels / 2)
    most = 4 * max(float(quantiles[-1]), 10.0)
    steps = most * np.linspace(0, 1, _GRID) ** 2
    fewest = _FEWEST_BEYOND / len(wild.a)
    below, above = (
        wild.scale * _found(steps, np.array([wild.p(side * step * wild.scale) for step in steps]), levels, fewest)
        for side in (-1, 1)
    )
    return _continued(below, quantiles), _continued(above, quantiles)


def _found(steps: Floats, p_values: Floats, levels: Floats, fewest: float) -> Floats:
    """The largest steps, (L,), whose p-value exceeds 1 − level; NaN where p never falls so low or is not counted."""
    from scipy.special import ndtri

    # Not rejected is what lies inside a null that is not rejected: the interval has no holes.
    falling = np.maximum.accumulate(p_values[::-1])[::-1]
    scores = -ndtri(np.clip(falling, 1e-12, 1 - 1e-12) / 2) + 1e-12 * np.arange(len(steps))
    wanted = -ndtri((1 - levels) / 2)
    found: Floats = np.interp(wanted, scores, steps)
    found[(1 - levels < max(float(falling[-1]), fewest)) | (wanted > scores[-1])] = np.nan
    return found


def _continued(reach: Floats, quantiles: Floats) -> Floats:
    known = np.flatnonzero(np.isfinite(reach))
    if not len(known):
        return np.zeros_like(reach)  # says nothing: the t interval stands alone
    last = known[-1]
    continued: Floats = np.where(np.isfinite(reach), reach, reach[last] * quantiles / quantiles[last])
    return continued


def _prepared(totals: Floats, sizes: Floats) -> _Wild:
    weights = _table(len(sizes))
    part, leverage = sizes / sizes.sum(), 1 - sizes / sizes.sum()
    a, b = weights @ totals, weights @ sizes
    fixed = (weights * totals - np.outer(a, part)) / leverage
    moving = (weights * sizes - np.outer(b, part)) / leverage
    scale = float(np.sqrt(np.square(totals / leverage).sum()) / sizes.sum())
    c, d, e = (np.einsum("wg,wg->w", one, other) for one, other in ((fixed, fixed), (fixed, moving), (moving, moving)))
    return _Wild(a, b, c, d, e, scale, counted=len(sizes) <= _ALL)


def _table(clusters: int) -> Floats:
    """Weights of mean 0 and variance 1, (draws, clusters); the first is positive: −w gives the same |t*| as w."""
    values = np.concatenate([-_WEIGHTS, _WEIGHTS])
    if clusters <= _ALL:
        grids = np.meshgrid(_WEIGHTS, *[values] * (clusters - 1), indexing="ij")
        return np.stack([grid.ravel() for grid in grids], axis=1)
    return values[np.random.default_rng(_SEED).integers(0, 6, (DRAWS, clusters))]
