"""The tables and pictures of GA306: which dimensions, and which parts of the latent space."""

import numpy as np
from numpy.typing import NDArray

from ...evidence.latents.kind import Latents
from ...finding import NOMINAL, Column, Exhibit, Kind, Pictures, Table
from ...statistics.latents.coincidences import NEAR
from ...statistics.latents.spectra import marginal_divergence, resolved
from ...statistics.shares.binomial import clopper_pearson
from .estimates import MOST_LISTED, Use, posterior

Cell = str | int | float | None

_STANDARD_ERRORS = 4.0
_NAMED = 3
_SLOW = (0.1, 0.01)


_ENCODER_COLUMNS = (
    Column("strength", "Effect in the decoder, 1 is an equal part"),
    Column("divergence", "KL of the posterior, nats"),
    Column("mean", "Mean over real records"),
    Column("variance", "Variance over real records"),
    Column("marginal", "KL of that to the prior, nats"),
)


def dimensions_table(latents: Latents, use: Use) -> Table:
    """Each dimension: whether it is in use, what it moves, and what the encoder does with it."""
    low, high = use.units.bounds(NOMINAL)
    states = use.states
    encoder = _encoder_cells(latents, use) if use.encoder else None
    rows: list[tuple[Cell, ...]] = []
    for dimension in use.order[:MOST_LISTED]:
        row: tuple[Cell, ...] = (
            f"z{dimension}",
            states[dimension],
            float(use.units.values[dimension]),
            float(low[dimension]),
            float(high[dimension]),
        )
        if encoder is None:
            row += (float(latents.column_norms[:, dimension].mean(dtype=np.float64)),)
        else:
            row += (float(use.strength.values[dimension]), *(float(each[dimension]) for each in encoder))
        rows.append(row)
    size = len(use.units.values)
    part = "" if len(rows) == size else f"the {len(rows)} most active of {size} dimensions; "
    what = "Variance of the encoder's mean" if use.encoder else "Effect, 1 is an equal part"
    columns = (
        Column("dimension", "Dimension", Kind.TEXT),
        Column("use", "Use", Kind.TEXT),
        Column("measure", what),
        Column("low", "From"),
        Column("high", "To"),
        *((Column("norm", "Mean change of the output per unit"),) if encoder is None else _ENCODER_COLUMNS),
    )
    caption = (
        f"Latent dimensions ({part}active above {use.limit:g}; "
        f"intervals hold for all dimensions together at {NOMINAL:.0%})"
    )
    return Table("dimensions", caption, columns, tuple(rows))


def _encoder_cells(latents: Latents, use: Use) -> tuple[NDArray[np.float64], ...]:
    means, log_variances = posterior(latents)
    spread = means.var(axis=0) + np.exp(log_variances).mean(axis=0)
    return use.divergence.mean(axis=0), means.mean(axis=0), spread, marginal_divergence(means, log_variances)


def spectrum_table(latents: Latents) -> Table:
    """The singular values of the Jacobian, from large to small."""
    values = resolved(latents.singular_values, floor=latents.resolution)
    energy = np.square(values)
    total = float(energy.sum())
    kept = range(min(values.shape[1], MOST_LISTED))
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0)
    rows = tuple(
        (
            each + 1,
            float(middle[each]),
            float(low[each]),
            float(high[each]),
            float(energy[:, each].sum() / total) if total > 0 else None,
        )
        for each in kept
    )
    columns = (
        Column("rank", "Rank", Kind.COUNT),
        Column("median", "Singular value, median"),
        Column("low", "10 %"),
        Column("high", "90 %"),
        Column("energy", "Share of the energy", Kind.SHARE),
    )
    return Table(
        "spectrum", f"Singular values of the decoder's Jacobian at {len(values)} draws from the prior", columns, rows
    )


def speed_table(latents: Latents) -> Table:
    """How much of the prior lies where the output hardly changes."""
    n, size = latents.draws.shape
    # A linear decoder of the same variance would change by this everywhere; a mean would be ruled by a few jumps.
    typical = float(np.sqrt(latents.variance / size))
    floor = latents.resolution / np.sqrt(size)
    rows = []
    for limit in _SLOW:
        slow = int((latents.speed <= max(limit * typical, floor)).sum())
        interval = clopper_pearson(successes=slow, trials=n, level=NOMINAL)
        rows.append((f"below {limit:.0%} of it", slow / n, float(interval.low), float(interval.high)))
    columns = (
        Column("speed", "Change of the output along a random direction", Kind.TEXT),
        Column("share", "Share of the prior", Kind.SHARE),
        Column("low", "From", Kind.SHARE),
        Column("high", "To", Kind.SHARE),
    )
    caption = (
        f"Where the output stands still: change per unit of latent against {typical:.3g}, that of a "
        "linear decoder of the same variance"
    )
    return Table("still", caption, columns, tuple(rows))


def regions_table(latents: Latents) -> tuple[Table, ...]:
    """Where in the latent space the sets of nearly equal outputs lie; nothing without any."""
    rows: list[tuple[Cell, ...]] = []
    n = len(latents.region)
    for index in range(int(latents.region.max(initial=-1)) + 1):
        inside = latents.region == index
        count = int(inside.sum())
        interval = clopper_pearson(successes=count, trials=n, level=NOMINAL)
        centre = latents.plane[inside].mean(axis=0, dtype=np.float64)
        rows.append(
            (
                f"{index + 1}",
                count / n,
                float(interval.low),
                float(interval.high),
                _place(latents.draws[inside]),
                float(centre[0]),
                float(centre[1]),
            )
        )
    if not rows:
        return ()
    columns = (
        Column("region", "Region", Kind.TEXT),
        Column("share", "Share of the prior", Kind.SHARE),
        Column("low", "From", Kind.SHARE),
        Column("high", "To", Kind.SHARE),
        Column("place", "Lies towards (mean latent)", Kind.TEXT),
        Column("across", "Across on the map"),
        Column("up", "Up on the map"),
    )
    caption = "Sets of draws with nearly the same output although some of them are far apart, largest first"
    return (Table("regions", caption, columns, tuple(rows)),)


def _place(draws: NDArray[np.float32]) -> str:
    """The dimensions in which the draws' mean is surely not that of the prior, the furthest first."""
    mean = draws.mean(axis=0, dtype=np.float64)
    leading = np.argsort(-np.abs(mean), kind="stable")[:_NAMED]
    named = [f"z{at} {mean[at]:+.2f}" for at in leading if abs(mean[at]) * np.sqrt(len(draws)) > _STANDARD_ERRORS]
    return ", ".join(named) or "all over the prior"


def exhibits(latents: Latents) -> tuple[Exhibit, ...]:
    """Outputs that coincide, or the nearest pairs where none do, and the maps of the latent space."""
    horizontal, vertical = ("z0", "z1") if latents.draws.shape[1] <= 2 else ("the first", "the second")
    plane = f"across: {horizontal}" + (f", up: {vertical}" if latents.draws.shape[1] > 1 else "")
    if latents.draws.shape[1] > 2:
        plane += " of the two directions that move the output most on average"
    maps = (
        Exhibit(
            "map_of_coincidences",
            f"Where far-apart draws have nearly the same output: their share in each cell of the latent space, from −3 "
            f"to 3 ({plane})",
            "magnitudes",
            (Pictures("share of draws", "latents.maps", (0,)),),
        ),
        Exhibit(
            "map_of_speed",
            f"Where the output moves: its change per unit of latent, 1 for a linear decoder of the "
            f"same variance, at most 3 ({plane})",
            "magnitudes",
            (Pictures("relative change", "latents.maps", (1,)),),
        ),
    )
    pictures = (_coinciding(latents),) if len(latents.shown) else ()
    # A map on which nothing is to be seen is left out.
    return pictures + tuple(each for index, each in enumerate(maps) if latents.maps[index].any())


def _coinciding(latents: Latents) -> Exhibit:
    region = latents.region[latents.shown_draws]
    n = len(latents.region)
    if (region >= 0).any():
        pictures = tuple(
            Pictures(
                f"region {index + 1}, {(latents.region == index).sum() / n:.1%} of the prior",
                "latents.shown",
                tuple(int(each) for each in np.flatnonzero(region == index)),
            )
            for index in sorted(set(region.tolist()) - {-1})
        )
        caption = "Outputs of draws that lie in one region: nearly the same, although some of the draws are far apart"
        return Exhibit("many_to_one", caption, "grid", pictures)
    pictures = tuple(
        Pictures(
            f"{latents.gap[latents.shown_draws[first]]:.0%} of a typical distance apart",
            "latents.shown",
            (first, first + 1),
        )
        for first in range(0, len(latents.shown), 2)
    )
    caption = f"No far-apart draws have nearly the same output (below {NEAR:.0%}); these pairs come nearest to it"
    return Exhibit("many_to_one", caption, "grid", pictures)
