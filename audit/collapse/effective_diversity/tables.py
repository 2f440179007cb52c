"""Tables of GA304: every measure of variety for generated, real and held-out records, and the ratio by group."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...finding import Column, Kind, Table
from ...statistics.distances.effective_number import mean_similarity, similarity_matrix
from ...statistics.distances.vendi import vendi_from_kernel
from ...statistics.neighbours.duplicates import collision_support
from ..shared.compared import Indices, by_group
from .estimates import Copies, copied, number_row

Values = NDArray[np.float64]

_MOST = 1000
"""Records whose whole similarity matrix is taken apart."""


class Held(NamedTuple):
    """Held-out real records: features around the same centre, and numbers that are equal for equal records."""

    features: Values
    codes: Indices


def diversity_table(*, generated: Values, reference: Values, held: Held | None, copies: Copies, width: float) -> Table:
    """Each measure at one number of records, the same for all columns; held-out records are the control.

    Args:
        generated: (m, d), features of the generated records.
        reference: (n, d).
        held: the held-out records; None without enough of them.
        copies: which records are equal.
        width: of the Gaussian similarity.
    """
    size = min(len(generated), len(reference), *(() if held is None else (len(held.features),)))
    sets = [
        (generated, copies.generated[copies.sets[0]]),
        (reference, copies.reference),
        *(() if held is None else (held,)),
    ]
    columns = [_measures(features[:size], codes[:size], width) for features, codes in sets]
    names = (
        "Effective number (order 2)",
        f"Vendi score (order 1), of {min(size, _MOST):,}",
        "Largest kind: one over its share, of the same",
        "Share of records with an exact copy",
        "Different records that as many equal pairs would suggest",
    )
    rows = tuple((name, *values) for name, values in zip(names, zip(*columns, strict=True), strict=True))
    heads = [Column("generated", "Generated"), Column("real", "Real"), Column("holdout", "Held-out real")]
    caption = f"Measures of variety, each from {size:,} records of either kind; records alike under one common width"
    return Table("diversity", caption, (Column("measure", "Measure", Kind.TEXT), *heads[: len(sets)]), rows)


def group_table(
    groups: tuple[tuple[str, Indices, Indices], ...],
    *,
    generated: Values,
    reference: Values,
    width: float,
) -> tuple[Table, ...]:
    """The ratio of effective numbers within each group.

    Args:
        groups: from `group_rows`.
        generated: (m, d), features of all generated records.
        reference: (n, d), of all reference records.
        width: of the Gaussian similarity.
    """
    columns = (
        Column("ratio", "Effective number, relative to real", Kind.RATIO),
        Column("ratio_low", "low", Kind.RATIO),
        Column("ratio_high", "high", Kind.RATIO),
    )

    def measure(own: Indices, real: Indices) -> tuple[float, ...]:
        sides = generated[own], reference[real]
        drawn, kept = (mean_similarity(each, width=width) for each in sides)
        return number_row(generated=drawn, reference=kept)

    caption = "By group, with 95 % intervals: the effective number of its generated records relative to its real ones"
    return by_group(groups, caption, columns, measure)


def _measures(features: Values, codes: Indices, width: float) -> tuple[float | None, ...]:
    part = features[:_MOST]
    matrix = similarity_matrix(part, width=width)
    support = collision_support(codes)
    return (
        mean_similarity(features, width=width).effective_number(len(features)),
        vendi_from_kernel(matrix),
        vendi_from_kernel(matrix, order=np.inf),
        copied(codes).value,
        support if np.isfinite(support) else None,
    )
