"""Tables of GA309: the pairs of columns whose dependence is furthest off, and the columns that were not compared."""

from collections.abc import Mapping

from ...finding import Column, Kind, Table
from ...statistics.dependence.association import Associations
from ...statistics.dependence.gap import Gap
from ...statistics.multiplicity import holm
from .estimates import Pairs, pair_limits


def pair_table(gap: Gap, pairs: Pairs, generated: Associations, reference: Associations, most: int) -> Table:
    """A row for each of the pairs of columns that differ most, by the scores in which they do.

    Args:
        gap: between the dependence of both sides.
        pairs: names of the pairs of scores.
        generated: how the scores go together among generated records.
        reference: likewise among real ones.
        most: rows at most.
    """
    adjusted = [step.adjusted for step in holm(gap.pair_p_values().tolist(), alpha=0.05)]
    rows = []
    for pair in pairs.furthest(gap, most):
        between = pair_limits(gap, pair, 0.95)
        rows.append(
            (
                pairs.labels[pairs.first[pair]],
                pairs.labels[pairs.second[pair]],
                float(reference.values[pair]),
                float(generated.values[pair]),
                float(gap.differences[pair]),
                between.low,
                between.high,
                adjusted[pair],
            )
        )
    columns = (
        Column("one", "Column", Kind.TEXT),
        Column("other", "and column", Kind.TEXT),
        Column("reference", "Correlation, real"),
        Column("generated", "Correlation, generated"),
        Column("difference", "Difference"),
        Column("low", "low"),
        Column("high", "high"),
        Column("p_adjusted", "p, adjusted for all pairs", Kind.P_VALUE),
    )
    caption = (
        "Pairs of columns whose dependence is furthest from the real one, by ranks and categories; the 95 % intervals "
        "hold for all pairs together"
    )
    return Table("pairs", caption, columns, tuple(rows))


def left_out_table(left_out: Mapping[str, str]) -> tuple[Table, ...]:
    """Columns that were not compared, and why; nothing where all were."""
    if not left_out:
        return ()
    columns = (Column("column", "Column", Kind.TEXT), Column("reason", "What it has", Kind.TEXT))
    return (Table("left_out", "Columns that were not compared", columns, tuple(left_out.items())),)
