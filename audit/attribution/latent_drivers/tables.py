"""The tables and pictures of GA201."""

import numpy as np
from numpy.typing import NDArray

from ...evidence.attributions.kind import QUANTILES
from ...finding import NOMINAL, Column, Exhibit, Kind, Pictures, Table
from .effects import Effects, facts_of
from .shares import Array, bounds

MOST_WALKED = 3
"""Readouts shown along each leading dimension."""

Cell = str | int | float | None
Indices = NDArray[np.int64]


def dimensions_table(effects: Effects, listed: Indices, limit: float) -> Table:
    """The listed dimensions with their shares, and the readout in which each has its largest share."""
    shares = effects.overall
    low, high = bounds(shares, NOMINAL, family=len(shares.values))
    rows: list[tuple[Cell, ...]] = []
    for dimension in listed:
        best = max(effects.explained, key=lambda readout: effects.shares[readout].values[dimension])
        use = "unused" if high[dimension] < limit else "used" if low[dimension] >= limit else "open"
        rows.append(
            (
                f"z{dimension}",
                float(shares.values[dimension]),
                float(low[dimension]),
                float(high[dimension]),
                effects.evidence.readouts[best],
                float(effects.shares[best].values[dimension]),
                use,
            )
        )
    count = len(shares.values)
    part = "" if len(rows) == count else f"the leading {len(rows)} of {count} dimensions; "
    return Table(
        name="dimensions",
        caption=f"Share of each latent dimension in the effect ({part}an equal share would be {1 / count:.1%}; "
        f"intervals hold for all dimensions together at {NOMINAL:.0%})",
        columns=(
            Column("dimension", "Dimension", Kind.TEXT),
            Column("share", "Share of effect", Kind.SHARE),
            Column("low", "From", Kind.SHARE),
            Column("high", "To", Kind.SHARE),
            Column("readout", "Strongest in", Kind.TEXT),
            Column("readout_share", "Share there", Kind.SHARE),
            Column("use", "Use", Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def readouts_table(effects: Effects) -> Table:
    """Each readout: how far it moves, how exact its attributions are, and what moves it most."""
    evidence = effects.evidence
    rows: list[tuple[Cell, ...]] = []
    for readout, name in enumerate(evidence.readouts):
        unit, material = facts_of(evidence, readout)
        error = float(evidence.completeness_error[readout].max())
        leading: tuple[Cell, ...] = (None, None)
        if readout in effects.shares:
            values = effects.shares[readout].values
            leading = (f"z{values.argmax()}", float(values.max()))
        rows.append(
            (
                name,
                unit or None,
                float(effects.sizes[readout]),
                material,
                int(evidence.steps[readout]),
                float(evidence.missed[readout].max()) if len(evidence.missed) else None,
                error if np.isfinite(error) else None,
                float(evidence.tolerance[readout]),
                *leading,
                effects.status[readout].value,
            )
        )
    return Table(
        name="readouts",
        caption="What was explained: the typical difference between two outputs, the smallest that counts as material, "
        "and how closely the attributions of every draw add up to its difference",
        columns=(
            Column("readout", "Readout", Kind.TEXT),
            Column("unit", "Unit", Kind.TEXT),
            Column("effect", "Effect size", Kind.NUMBER),
            Column("material", "Material from", Kind.NUMBER),
            Column("steps", "Most steps", Kind.COUNT),
            Column("shared_out", "Shared out at most", Kind.NUMBER),
            Column("error", "Largest error left", Kind.NUMBER),
            Column("tolerance", "Tolerance", Kind.NUMBER),
            Column("dimension", "Leading dimension", Kind.TEXT),
            Column("share", "Its share", Kind.SHARE),
            Column("status", "Result", Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def walks_table(effects: Effects) -> Table:
    """What readouts become along the leading dimensions: of each, those that change most for their unit."""
    evidence, steps = effects.evidence, len(QUANTILES)
    rows: list[tuple[Cell, ...]] = []
    for place, dimension in enumerate(evidence.traversed.tolist()):
        along = evidence.walked[:, place * steps : (place + 1) * steps]
        change = {each: float(np.ptp(along[each]) / max(effects.sizes[each], 1e-300)) for each in effects.explained}
        for readout in sorted(change, key=lambda each: -change[each])[:MOST_WALKED]:
            unit = facts_of(evidence, readout)[0] or None
            rows.append((f"z{dimension}", evidence.readouts[readout], unit, *(float(each) for each in along[readout])))
    return Table(
        name="walks",
        caption="One draw, of which a leading dimension is moved to fixed quantiles of the prior while all others stay",
        columns=(
            Column("dimension", "Dimension", Kind.TEXT),
            Column("readout", "Readout", Kind.TEXT),
            Column("unit", "Unit", Kind.TEXT),
            *(Column(f"at_{100 * each:.0f}", f"At {each:.0%}", Kind.NUMBER) for each in QUANTILES),
        ),
        rows=tuple(rows),
    )


def turned_table(effects: Effects, largest: Array, effective_numbers: Array) -> Table:
    """The observed concentration beside that of the same generator with its latent axes turned at random."""
    observed = float(effects.overall.values.max())
    # Computed as for the turned axes, so without the correction for sampling noise that the estimate has.
    number = float(1 / (effects.overall.values**2).sum())
    size = len(effects.overall.values)
    rows = (
        _turned("Largest share of one dimension", observed, largest, (largest >= observed).sum()),
        _turned(
            "Effective dimensions, as a share of all",
            number / size,
            effective_numbers / size,
            (effective_numbers <= number).sum(),
        ),
    )
    return Table(
        name="turned_axes",
        caption=f"Do single dimensions mean anything? Beside this model, the same model with its latent axes turned at "
        f"random, {len(largest)} times: it gives the same outputs, but no dimension has a role of its own",
        columns=(
            Column("quantity", "Quantity", Kind.TEXT),
            Column("observed", "This model", Kind.SHARE),
            Column("low", "Turned, 2.5 %", Kind.SHARE),
            Column("middle", "Turned, median", Kind.SHARE),
            Column("high", "Turned, 97.5 %", Kind.SHARE),
            Column("p_value", "Turned axes at least as concentrated, p", Kind.P_VALUE, 1 / (1 + len(largest))),
        ),
        rows=rows,
    )


def _turned(name: str, observed: float, turned: Array, as_extreme: int) -> tuple[Cell, ...]:
    low, middle, high = (float(each) for each in np.quantile(turned, [0.025, 0.5, 0.975]))
    # The observed axes are one more arrangement under the null, so the share is never zero.
    return name, observed, low, middle, high, float((1 + as_extreme) / (1 + len(turned)))


def exhibits(effects: Effects, leading: Indices) -> tuple[Exhibit, ...]:
    """Where the leading dimensions change the output, beside random directions, and the decoded mean latent.

    None where outputs are no images.
    """
    if not len(effects.evidence.sample):
        return ()
    shares = effects.overall.values
    maps = [
        Pictures(f"z{dimension}, {shares[dimension]:.1%} of the effect", "attributions.maps", (int(dimension),))
        for dimension in leading
    ]
    null = tuple(range(len(effects.evidence.null_maps)))
    steps = len(QUANTILES)
    strips = tuple(
        Pictures(f"z{dimension}", "attributions.traversals", tuple(range(row * steps, (row + 1) * steps)))
        for row, dimension in enumerate(effects.evidence.traversed.tolist())
    )
    said = ", ".join(f"{each:g}" for each in QUANTILES)
    traversal = Exhibit(
        "traversals",
        f"One draw, of which a leading dimension is moved to the quantiles {said} of the prior while all others stay",
        "grid",
        strips,
    )
    maps.append(Pictures("random directions, for comparison", "attributions.null_maps", null))
    return (
        Exhibit(
            "saliency",
            "Mean change of each output value per unit of a latent dimension. Where a dimension brightens some outputs "
            "and darkens others, the mean cancels and the map is fainter than the effect.",
            "signed_maps",
            tuple(maps),
        ),
        Exhibit(
            "centre",
            "The output at the mean latent, to lay the maps over; it need not look like a sample.",
            "grid",
            (Pictures("mean latent", "attributions.sample", (0,)),),
        ),
        *((traversal,) if strips else ()),
    )
