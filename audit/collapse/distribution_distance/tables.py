"""Tables of GA303: distances as usually reported, by group, and of held-out real data as a control."""

import numpy as np
from numpy.typing import NDArray

from ...finding import NOMINAL, Column, Kind, Table
from ...statistics.distances.frechet import frechet_distance
from ...statistics.distances.frechet_splits import measure_frechet
from ...statistics.distances.kernel_sums import gaussian_kernel
from ...statistics.distances.mmd import Discrepancies, measure_mmd, median_distance
from ...statistics.neighbours.graph import origin
from ..shared.compared import FEWEST, Indices, by_group
from .estimates import distance_estimates

Values = NDArray[np.float64]

PLAIN = 2000
"""Records of either kind whose cubic kernel distance is printed."""


def plain_table(discrepancies: Discrepancies, *, generated: Values, reference: Values) -> tuple[Table, ...]:
    """The numbers that papers print, from all dimensions and without correction, for comparison with them.

    Args:
        discrepancies: with that of the first `PLAIN` records by KID's kernel.
        generated: (n, d), features of all records, those that vary.
        reference: (m, d), likewise.
    """
    columns = (Column("measure", "Measure", Kind.TEXT), Column("value", "Value"))
    y, x = (min(PLAIN, len(each)) for each in (generated, reference))
    rows = (
        (
            "Fréchet distance, all dimensions, biased upwards",
            frechet_distance(generated=generated, reference=reference),
        ),
        (
            f"Kernel distance (KID's cubic kernel, all pairs of {y:,} and {x:,})",
            discrepancies.plain,
        ),
    )
    caption = (
        f"As usually reported, from {len(generated):,} generated and {len(reference):,} real samples; these numbers "
        "depend on the sample sizes and mean nothing without them"
    )
    return (Table("plain", caption, columns, rows),)


def group_table(groups: tuple[tuple[str, Indices, Indices], ...], discrepancies: Discrepancies) -> tuple[Table, ...]:
    """The kernel discrepancy within each group.

    Args:
        groups: from `group_rows`.
        discrepancies: with those of each group, by the kernel of the whole.
    """
    measured = {id(own): each for (_, own, _), each in zip(groups, discrepancies.groups, strict=True)}
    columns = (
        Column("mmd2", "Kernel discrepancy"),
        Column("mmd2_low", "low"),
        Column("mmd2_high", "high"),
        Column("perfect_high", "Highest usual value of a perfect generator"),
        Column("p_value", "p", Kind.P_VALUE),
    )

    def measure(own: Indices, real: Indices) -> tuple[float | None, ...]:
        found = measured[id(own)]
        if found is None:
            return (None,) * 5
        distance, interval = found.distance, found.distance.limits(NOMINAL)
        return distance.value, interval.low, interval.high, distance.perfect_band()[1], distance.p_value()

    caption = "By group, with 95 % intervals: how far its generated samples are from its real ones, as `mmd2`"
    return by_group(groups, caption, columns, measure)


def control_table(
    *,
    holdout: Values,
    reference: Values,
    rng: np.random.Generator,
    splits: int,
    dimensions: int,
    halvings: int,
) -> tuple[Table, ...]:
    """The three estimates of held-out real data; nothing without enough of them. Both are cut to the smaller size.

    Args:
        holdout: (h, d), features of the held-out records, which take the place of the generated ones.
        reference: (n, d).
        rng: draws the parts that are compared, and the halves.
        splits: cuts into halves for the Fréchet distance.
        dimensions: components that the Fréchet distance sees at most.
        halvings: narrower kernels that are averaged in, each half as wide as the one before.
    """
    if len(holdout) < FEWEST or not np.isfinite(holdout).all():
        return ()
    size = min(len(holdout), len(reference))
    parts = [each[rng.permutation(len(each))[:size]] for each in (holdout, reference)]
    y, x = (each - origin(parts[1]) for each in parts)
    if (x == x[0]).all():
        return ()
    frechet = measure_frechet(generated=y, reference=x, rng=rng, splits=splits, dimensions=dimensions)
    kernel = gaussian_kernel(median_distance(generated=y, reference=x, rng=rng), halvings=halvings)
    measurement = measure_mmd(generated=y, reference=x, kernel=kernel)
    rows = []
    for each in distance_estimates(frechet, measurement.distance):
        interval = each.interval()
        rows.append((each.name, each.value, interval.low, interval.high, each.p_value))
    columns = (
        Column("measure", "Measure", Kind.TEXT),
        Column("value", "Value"),
        Column("low", "low"),
        Column("high", "high"),
        Column("p_value", "p", Kind.P_VALUE),
    )
    caption = f"Control: {size:,} held-out real samples in the place of the generated ones, with 95 % intervals"
    return (Table("control", caption, columns, tuple(rows)),)
