"""The estimates of continuations: by measure, the group whose texts differ most from those about the others."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import POWER, nested
from ...statistics.shares.binomial import normal_quantile
from .facts import ESTIMATES
from .gaps import Gap

UNITS: Mapping[str, str] = {each.name: each.unit or "" for each in ESTIMATES}


def gap_estimate(measure: str, found: Sequence[Gap]) -> Estimate:
    """The largest gap of one measure over the groups of all sets.

    Args:
        measure: whose gaps they are.
        found: of every group.
    """
    number, away = len(found), np.array([abs(each.value) for each in found])
    low = [
        max(0.0, max(size - each.reach(1 - (1 - level) / number) for size, each in zip(away, found, strict=True)))
        for level in LEVELS
    ]
    high = [max(size + each.reach(level) for size, each in zip(away, found, strict=True)) for level in LEVELS]
    errors = np.array([each.error for each in found])
    value = float(away.max())
    return Estimate(
        name=measure,
        value=value,
        curve=nested(low=np.minimum(low, value), high=np.maximum(high, value)),
        n=min(each.units for each in found),
        method=f"largest of {number} differences over prompts: lower end by Bonferroni, upper end by "
        "intersection–union; Student",
        unit=UNITS[measure],
        better=Better.LOWER,
        perfect=_perfect(errors),
        p_value=min(1.0, number * min(each.p_value() for each in found)),
        minimum_detectable=(normal_quantile(1 - 0.05 / number) + POWER) * float(errors.max()) or None,
        from_draws=0.0,
    )


def _perfect(errors: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Perfect:
    """Quantiles of the largest of as many distances that chance alone causes, as if they were independent."""
    from scipy.special import erf
    from scipy.stats import norm

    if not errors.any():
        return Perfect(0.0, 0.0, 0.0)
    grid = np.linspace(0, float(norm.ppf(1 - 1e-6)) * float(errors.max()), 2_000)
    scaled = np.divide(grid[:, None], errors, out=np.full((len(grid), len(errors)), np.inf), where=errors > 0)
    below = erf(scaled / 2**0.5).prod(axis=1)
    low, middle, high = (
        float(grid[np.searchsorted(below, share).clip(max=len(grid) - 1)]) for share in (0.025, 0.5, 0.975)
    )
    return Perfect(middle, low, high)
