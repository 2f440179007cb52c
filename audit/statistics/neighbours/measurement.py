"""The result of `measure`: neighbour statistics, and what their uncertainty is computed from."""

from dataclasses import dataclass

from .graph import Indices
from .outliers import Outliers
from .splits import Values


@dataclass(frozen=True, slots=True)
class Spread:
    """Variance of the shares on the half-angle scale, asin √share, in the order of `SHARES`.

    Args:
        covariance: (4, 4), over fresh reference and generated sets.
        draws: (4,), the part of its diagonal that is due to the generated sets.
    """

    covariance: Values
    draws: Values


@dataclass(frozen=True, slots=True)
class Grouped:
    """Coverage of each group of reference points, and precision of each group of generated points.

    Args:
        coverage: (groups,), NaN where the group is absent.
        coverage_variance: (groups,), on the half-angle scale, NaN where unknown.
        reference_sizes: (groups,), reference points.
        precision: (groups,), NaN where the group is absent.
        precision_variance: (groups,), on the half-angle scale, NaN where unknown.
        generated_sizes: (groups,), generated points in all sets.
    """

    coverage: Values
    coverage_variance: Values
    reference_sizes: Indices
    precision: Values
    precision_variance: Values
    generated_sizes: Indices


@dataclass(frozen=True, slots=True)
class Limited:
    """Mean contributions, each limited to 1, with their variances.

    Args:
        shares: the values of `CLIPPED` or of `SUPPORTS`.
        spread: their variance for this generator, in that order.
        perfect_spread: the same for a perfect generator.
        splits: the cuts from which it comes.
    """

    shares: dict[str, float]
    spread: Spread
    perfect_spread: Spread
    splits: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """Statistics averaged over the generated sets, with what their uncertainty is computed from.

    Args:
        size: points in the reference and in each generated set.
        sets: generated sets.
        k: neighbours.
        shares: the values of `SHARES`.
        density: its value.
        spread: variance of the shares for this generator.
        perfect_spread: the same for a perfect generator.
        density_from_reference: variance of the density over fresh references.
        density_from_draws: its variance over fresh generated sets.
        perfect_density_variance: its variance for a perfect generator.
        reference_reach: (size,), distance of the nearest generated point, as a multiple of the ball's radius.
        generated_reach: (sets, size), smallest multiple of a reference ball's radius that would include the point.
        clipped: contributions to clipped density and coverage.
        supported: contributions to the shares of the supports; None if k is 1.
        outliers: generated points beyond all but a few real ones.
        groups: by group, if groups were given.
    """

    size: int
    sets: int
    k: int
    shares: dict[str, float]
    density: float
    spread: Spread
    perfect_spread: Spread
    density_from_reference: float
    density_from_draws: float
    perfect_density_variance: float
    reference_reach: Values
    generated_reach: Values
    clipped: Limited
    supported: Limited | None
    outliers: Outliers
    groups: Grouped | None
