"""The tables of GA105."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...evidence.downstream.kind import Downstream
from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from ...statistics.disparity.by_group import by_group
from .cells import Cell
from .estimates import label
from .measured import Change, Measured

SHOWN = 20
"""Changes of gaps in the tables at most, the widest."""


def tables(measured: Measured, evidence: Sequence[Downstream], *, several: bool) -> Iterator[Table]:
    """Gaps with their changes, where the uncertainty comes from, rates of every group, and cells too small."""
    order = sorted(measured.changes, key=lambda each: -each.change.value)[:SHOWN]
    yield _gaps(order, several=several)
    yield _accuracies(measured)
    yield _components(order, several=several)
    yield from (_rates(each, several=several) for each in evidence)
    if measured.small:
        yield _small(measured.small)


def _gaps(order: Sequence[Change], *, several: bool) -> Table:
    columns = (
        Column("gap", "Gap between groups", Kind.TEXT),
        Column("generated", "trained on generated records", Kind.DIFFERENCE),
        Column("real", "trained on real records", Kind.DIFFERENCE),
        Column("change", "Change", Kind.DIFFERENCE),
        Column("change_low", "from (95 %)", Kind.DIFFERENCE),
        Column("change_high", "to (95 %)", Kind.DIFFERENCE),
        Column("pair", "Furthest apart after generated records", Kind.TEXT),
    )
    rows = []
    at = LEVELS.index(NOMINAL)
    for each in order:
        limits = each.change.limits(LEVELS)
        ends = float(limits.low[at]), float(limits.high[at])
        rows.append(
            (
                label(each, several=several),
                each.change.generated,
                each.change.real,
                each.change.value,
                *ends,
                _pair(each),
            )
        )
    caption = (
        "Gaps between groups in what learners predict for the same real people, the widest change first; each interval "
        "holds for its gap alone"
    )
    return Table("gaps", caption, columns, tuple(rows))


def _pair(each: Change) -> str:
    """The groups that are furthest apart after training on generated records, that with the higher rate first."""
    first, second = each.named.gap.pairs[each.change.furthest]
    rate = f" ({each.cells[first].rate})" if each.named.metric == "equalised odds" else ""
    return f"{each.cells[first].group} above {each.cells[second].group}{rate}"


def _accuracies(measured: Measured) -> Table:
    columns = (
        Column("outcome", "Outcome", Kind.TEXT),
        Column("learner", "Learner", Kind.TEXT),
        Column("generated", "Accuracy, trained on generated records", Kind.SHARE),
        Column("real", "trained on real records", Kind.SHARE),
    )
    rows = tuple((each.outcome, each.learner, each.generated, each.real) for each in measured.accuracies)
    return Table("accuracies", "How often predictions are right for all people together", columns, rows)


def _components(order: Sequence[Change], *, several: bool) -> Table:
    columns = (
        Column("gap", "Gap between groups", Kind.TEXT),
        Column("error", "Standard error of its change", Kind.DIFFERENCE),
        Column("people", "Variance: people tested on", Kind.SHARE),
        Column("generated", "generated records met", Kind.SHARE),
        Column("real", "real records met", Kind.SHARE),
        Column("seeds", "seeds", Kind.SHARE),
    )
    rows = []
    for each in order:
        parts, at = each.change.upper.components, each.change.shown
        total = float(parts.total[at])
        seeds = min(float(parts.seeds[at]), float(parts.generated[at] + parts.real[at]))
        met = float(parts.generated[at] + parts.real[at])
        # Seeds are nested in the parts, whose variance holds theirs: told apart here, so that the four sum to 1.
        rest = (met - seeds) / met if met > 0 else 0.0
        rows.append(
            (
                label(each, several=several),
                float(np.sqrt(total)),
                float(parts.people[at]) / total,
                float(parts.generated[at]) * rest / total,
                float(parts.real[at]) * rest / total,
                seeds / total,
            )
        )
    caption = "Where the uncertainty of each change comes from, as shares of its variance"
    return Table("variance_components", caption, columns, tuple(rows))


def _rates(each: Downstream, *, several: bool) -> Table:
    columns = (
        Column("attribute", "Attribute", Kind.TEXT),
        Column("group", "Group", Kind.TEXT),
        Column("people", "People", Kind.COUNT),
        Column("level", "Outcome", Kind.TEXT),
        Column("actual", "truly so", Kind.SHARE),
        Column("learner", "Learner", Kind.TEXT),
        Column("source", "trained on", Kind.TEXT),
        Column("selected", "predicted so", Kind.SHARE),
        Column("true_positives", "of those truly so", Kind.SHARE),
        Column("false_positives", "of the others", Kind.SHARE),
        Column("accuracy", "predicted rightly", Kind.SHARE),
    )
    levels = [1] if len(each.levels) == 2 else list(range(len(each.levels)))
    rows = [
        row
        for a, attribute in enumerate(each.attributes)
        for level in levels
        for row in _attribute_rows(each, a, attribute, level)
    ]
    name = f"rates_{each.outcome}" if several else "rates"
    caption = f"What is predicted of {each.outcome} for the people of every group, on {each.tested_on}"
    return Table(name, caption, columns, tuple(rows))


def _attribute_rows(
    each: Downstream, a: int, attribute: str, level: int
) -> Iterator[tuple[str | int | float | None, ...]]:
    known = each.members[a] >= 0
    members, positive = each.members[a][known], (each.truth == level)[known]
    names = each.groups[a]
    sizes = np.bincount(members, minlength=len(names))
    frames = []
    for learner in range(len(each.learners)):
        for source, told in (("generated", each.generated), ("real", each.real)):
            predicted = told[learner][..., known]
            selected = (predicted == level).mean(axis=(0, 1), dtype=np.float64)
            right = (predicted == each.truth[known]).mean(axis=(0, 1), dtype=np.float64)
            rates = by_group(positive=positive, selected=selected, right=right, members=members, groups=len(names))
            frames.append((each.learners[learner], source, rates))
    for k, name in enumerate(names):
        if not sizes[k]:
            continue
        actual = float(positive[members == k].mean())
        for named, source, rates in frames:
            numbers = [None if np.isnan(rates[key][k]) else float(rates[key][k]) for key in rates]
            yield attribute, name, int(sizes[k]), each.levels[level], actual, named, source, *numbers


def _small(small: Sequence[tuple[str, Cell]]) -> Table:
    columns = (
        Column("outcome", "Outcome", Kind.TEXT),
        Column("rate", "Rate", Kind.TEXT),
        Column("group", "Group", Kind.TEXT),
        Column("people", "People", Kind.COUNT),
    )
    rows = tuple((outcome, cell.rate, f"{cell.attribute}: {cell.group}", cell.people) for outcome, cell in small)
    return Table("too_small", "Groups with too few people to test on for their rate to be compared", columns, rows)
