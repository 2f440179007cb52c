"""The numbers of GA201."""

from collections.abc import Iterator

import numpy as np

from ...finding import Better, Estimate
from .effects import Effects, Status, facts_of
from .shares import effective, largest_curve, share_curve, unused

SHARE_METHOD = "Student t on the logit scale over pairs of draws"


def summaries(effects: Effects, limit: float) -> Iterator[Estimate]:
    """How the effect is spread over the dimensions; unused are those whose share is below the limit."""
    shares, n = effects.overall, len(effects.evidence.latents)
    yield Estimate(
        name="largest_share",
        value=float(shares.values.max()),
        curve=largest_curve(shares),
        n=n,
        method=f"{SHARE_METHOD}, all dimensions together (Bonferroni)",
        unit="share",
        better=Better.NEITHER,
    )
    number, curve = effective(shares)
    yield Estimate(
        name="effective_dimensions",
        value=number,
        curve=curve,
        n=n,
        method="delta method to second order on the log scale, over pairs of draws",
        unit="dimensions",
        better=Better.NEITHER,
    )
    count, curve = unused(shares, limit)
    yield Estimate(
        name="unused_dimensions",
        value=float(count),
        curve=curve,
        n=n,
        method=f"dimensions whose share is surely, and possibly, below {limit:.2g}; {SHARE_METHOD}, Bonferroni",
        unit="count",
        better=Better.LOWER,
    )


def share(effects: Effects, dimension: int, readout: int | None = None) -> Estimate:
    """The share of a dimension in one readout, or in all that are explained."""
    shares = effects.overall if readout is None else effects.shares[readout]
    where = "" if readout is None else f" → {effects.evidence.readouts[readout]}"
    return Estimate(
        name="share_of_effect",
        value=float(shares.values[dimension]),
        curve=share_curve(shares, dimension),
        n=len(effects.evidence.latents),
        method=SHARE_METHOD,
        unit="share",
        better=Better.NEITHER,
        group=f"z{dimension}{where}",
    )


def effect_sizes(effects: Effects) -> Iterator[Estimate]:
    """How far each readout moves."""
    named = zip(effects.evidence.readouts, effects.sizes, effects.curves, strict=True)
    for readout, (name, size, curve) in enumerate(named):
        yield Estimate(
            name="effect_size",
            value=float(size),
            curve=curve,
            n=len(effects.evidence.latents),
            method="root mean square over pairs of draws, Student t on the log scale",
            unit=facts_of(effects.evidence, readout)[0],
            better=Better.NEITHER,
            group=name,
        )


def completeness(effects: Effects) -> Estimate:
    """The largest error of any readout with an effect, as a ratio to that effect; also of those that were left out."""
    errors = effects.evidence.completeness_error.max(axis=1)
    worst = max(
        float(error / size)
        for error, size, status in zip(errors, effects.sizes, effects.status, strict=True)
        if status is not Status.NO_EFFECT and np.isfinite(error)
    )
    return Estimate(
        name="completeness_error",
        value=worst,
        curve=(),
        n=len(effects.evidence.latents),
        method="largest |sum of attributions − difference| of any draw, over the readout's effect size; exact",
        unit="ratio",
        better=Better.LOWER,
    )
