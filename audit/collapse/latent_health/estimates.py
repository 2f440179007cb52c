"""The numbers of GA306, from what was seen of the latent space."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...evidence.latents.kind import Latents
from ...finding import NOMINAL, Better, Estimate, Interval, Perfect
from ...statistics.distances.normal_discrepancy import expected_similarity, normal_discrepancy
from ...statistics.distances.squared_distance import curve_limits
from ...statistics.intervals import ONE_SIDED_DETECTION, Share, curve
from ...statistics.latents.coincidences import NEAR
from ...statistics.latents.spectra import (
    MOST_DECADES,
    Units,
    count_above,
    effective_rank,
    log_condition,
    mean_curve,
    median_curve,
    posterior_divergence,
    relative_strength,
    resolved,
    variances,
)
from ...statistics.neighbours.measure import measure
from ..shared.coverage import coverage_estimates

Matrix = NDArray[np.float64]

MOST_LISTED = 64
"""Latent dimensions with a row, and an estimate, of their own; the most active come first."""

_HALVINGS = 2
# Two draws that coincide are counted twice, so there are half as many independent ones.
_CLUSTER = 2
_FREE = 1e9


@dataclass(frozen=True)
class Use:
    """Which latent dimensions are in use: `units` exceed `limit` where they are; `encoder` says who tells."""

    units: Units
    limit: float
    encoder: bool
    strength: Units
    divergence: Matrix

    @property
    def order(self) -> NDArray[np.int64]:
        """Dimensions, the most active first."""
        return np.argsort(-self.units.values, kind="stable")

    @property
    def states(self) -> list[str]:
        """Of every dimension, whether it is surely active, surely inactive, or open."""
        low, high = self.units.bounds(NOMINAL)
        return [
            "active" if below > self.limit else "inactive" if above <= self.limit else "open"
            for below, above in zip(low, high, strict=True)
        ]


def use_of(latents: Latents, *, active_above: float, idle_below: float) -> Use:
    """Use by the encoder's means where there is an encoder, else by what each dimension moves."""
    norms = np.where(latents.column_norms > latents.resolution, latents.column_norms, 0.0).astype(np.float64)
    # Dimensions of this strength each, in a linear decoder, would together give the variance of the data.
    least = math.sqrt(latents.reference_variance * norms.shape[1])
    strength = relative_strength(norms, least=least)
    means, log_variances = posterior(latents)
    divergence = posterior_divergence(means, log_variances)
    if len(means):
        return Use(variances(means), active_above, True, strength, divergence)
    return Use(strength, idle_below, False, strength, divergence)


def posterior(latents: Latents) -> tuple[Matrix, Matrix]:
    """Means and log-variances (r, L) of the encoder in double precision."""
    return latents.posterior_means.astype(np.float64), latents.posterior_log_variances.astype(np.float64)


def use_estimates(use: Use, n: int) -> Iterator[Estimate]:
    """`active_units`, `active_unit_share`, and of an encoder `posterior_kl_per_unit`."""
    count, intervals = count_above(use.units, use.limit)
    size = len(use.units.values)
    source = "variance of the encoder's mean" if use.encoder else "mean change of the output"
    units = Estimate(
        name="active_units",
        value=float(count),
        curve=intervals,
        n=n,
        method=f"dimensions whose {source} is surely, and possibly, above the limit; log scale, Bonferroni",
        unit="count",
        better=Better.HIGHER,
        from_draws=0.0,
    )
    yield units
    shares = tuple(Interval(each.level, each.low / size, each.high / size) for each in intervals)
    yield replace(units, name="active_unit_share", value=count / size, curve=shares, unit="share")
    if use.encoder:
        for dimension in use.order[:MOST_LISTED]:
            values = use.divergence[:, dimension]
            yield Estimate(
                name="posterior_kl_per_unit",
                value=float(values.mean()),
                curve=mean_curve(values, least=0.0, most=math.inf),
                n=len(values),
                method="Student t over real records, corrected for their skewness",
                unit="nats",
                better=Better.NEITHER,
                group=f"z{dimension}",
                from_draws=0.0,
            )


def spectrum_estimates(latents: Latents) -> Iterator[Estimate]:
    """`effective_rank` and `log_condition_number` of the Jacobian."""
    values = resolved(latents.singular_values, floor=latents.resolution)
    ranks, decades = effective_rank(values), log_condition(values)
    yield Estimate(
        name="effective_rank",
        value=float(ranks.mean()),
        curve=mean_curve(ranks, least=0.0, most=float(values.shape[1])),
        n=len(ranks),
        method="mean over draws, Student t, corrected for skewness",
        unit="dimensions",
        better=Better.HIGHER,
        from_draws=0.0,
    )
    yield Estimate(
        name="log_condition_number",
        value=float(np.median(decades)),
        curve=median_curve(decades, least=0.0, most=MOST_DECADES),
        n=len(decades),
        method="median over draws, order statistics",
        unit="decades",
        better=Better.LOWER,
        from_draws=0.0,
    )


def coincidence_estimate(latents: Latents) -> Estimate:
    """`many_to_one_share`, beside the share of real records that another real one nearly equals."""
    hits = latents.gap <= NEAR
    share, n = float(hits.mean()), len(hits)
    blocks = hits.reshape(-1, latents.block).mean(axis=1)
    # On the half-angle scale the variance of a share hardly depends on it. Without scatter pairs must be reckoned with.
    some = 0 < share < 1
    spread = float(blocks.var(ddof=1)) / len(blocks) / (4 * share * (1 - share)) if some else 0.0
    limits = Share(share, spread, n if some else n // _CLUSTER, len(blocks) - 1).limits
    perfect, p_value, detectable = _usual(latents, int(hits.sum()), n)
    return Estimate(
        name="many_to_one_share",
        value=share,
        curve=curve(limits),
        n=n,
        method=f"scatter between {len(blocks)} independent blocks, exact binomial limits at the effective sample size",
        unit="share",
        better=Better.LOWER,
        perfect=perfect,
        p_value=p_value,
        minimum_detectable=detectable,
        from_draws=0.0,
    )


def _usual(latents: Latents, hits: int, n: int) -> tuple[Perfect | None, float | None, float | None]:
    """What the data's own near-duplicates would give, the chance of as many hits, and the excess that would show."""
    from scipy.stats import hypergeom

    reference = latents.reference_gap <= NEAR
    if not len(reference):
        return None, None, None
    share, ours, theirs = float(reference.mean()), n // _CLUSTER, len(reference) // _CLUSTER
    noise = 1 / ours + 1 / theirs
    band = Share(share, noise / 4, int(1 / noise), _FREE).limits(NOMINAL)
    half, usual = round(hits / _CLUSTER), round(reference.sum() / _CLUSTER)
    p_value = float(hypergeom.sf(half - 1, ours + theirs, half + usual, ours))
    # Solves excess = reach · its standard error, for a one-sided test at 5 % with power 0.8.
    reach = ONE_SIDED_DETECTION**2
    floor = max(share, 0.5 / theirs)
    detectable = (reach / ours + math.sqrt((reach / ours) ** 2 + 4 * reach * floor * noise)) / 2
    return Perfect(share, band.low, band.high), max(min(p_value, 1.0), 1e-6), min(1.0, detectable)


def prior_estimates(latents: Latents, *, k: int, splits: int, rng: np.random.Generator) -> Iterator[Estimate]:
    """`aggregate_posterior_distance` and `prior_coverage_ratio`: latents of real records against draws of the prior.

    Args:
        latents: with the posteriors of real records.
        k: neighbours.
        splits: random cuts from which the variance is estimated, a multiple of 64.
        rng: draws from posteriors and prior, and cuts.
    """
    means, log_variances = posterior(latents)
    r, size = means.shape
    aggregate = means + np.exp(log_variances / 2) * rng.standard_normal(means.shape)
    bandwidth = math.sqrt(size)
    distance = normal_discrepancy(aggregate, bandwidth=bandwidth, halvings=_HALVINGS)
    scale = 1 / (1 - expected_similarity(size, bandwidth=bandwidth, halvings=_HALVINGS))
    low, high = distance.perfect_band()
    yield Estimate(
        name="aggregate_posterior_distance",
        value=scale * distance.value,
        curve=curve(curve_limits(distance, scale=scale)),
        n=r,
        method="kernel discrepancy from all pairs to the prior itself, inverted over possible distances",
        unit="squared distance",
        better=Better.LOWER,
        perfect=Perfect(0.0, scale * low, scale * high),
        p_value=distance.p_value(),
        minimum_detectable=scale * distance.minimum_detectable(),
        from_draws=0.0,
    )
    covered = measure(generated=[aggregate], reference=rng.standard_normal(means.shape), k=k, rng=rng, splits=splits)
    _, ratio = coverage_estimates(covered, freedom=splits)
    yield replace(ratio, name="prior_coverage_ratio", from_draws=0.0)
