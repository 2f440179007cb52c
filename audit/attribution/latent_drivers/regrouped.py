"""Which dimension moves the group of the output: it alone is redrawn, and the classifier is asked again."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...evidence.attributions.kind import Attributions
from ...evidence.attributions.readouts import SCORE
from ...finding import LEVELS, NOMINAL, Better, Column, Estimate, Kind, Table
from ...statistics.intervals import nested
from ...statistics.shares.binomial import clopper_pearson
from .shares import Array

MOST_LISTED = 8
METHOD = "draws whose group changes when the dimension alone is redrawn; Clopper–Pearson"


def changes(evidence: Attributions) -> Array:
    """Whether the group of each draw changes when one dimension alone is redrawn, 0 or 1: (m, L)."""
    return np.asarray(evidence.told[:, 2:] != evidence.told[:, :1], dtype=np.float64)


def group_estimates(evidence: Attributions) -> Iterator[Estimate]:
    """The share of draws whose group changes, when everything is redrawn and for the dimensions that do most."""
    if not len(evidence.told):
        return
    told, changed = evidence.told, changes(evidence)
    yield _estimate("all dimensions", told[:, 0] != told[:, 1])
    for dimension in _leading(changed):
        yield _estimate(f"z{dimension}", changed[:, dimension] > 0)


def _estimate(group: str, changed: NDArray[np.bool_]) -> Estimate:
    count, n = int(changed.sum()), len(changed)
    limits = clopper_pearson(successes=count, trials=n, level=LEVELS)
    return Estimate(
        name="group_changes",
        value=count / n,
        curve=nested(low=limits.low, high=limits.high),
        n=n,
        method=METHOD,
        unit="share",
        better=Better.NEITHER,
        group=group,
    )


COLUMNS = (
    Column("dimension", "Dimension", Kind.TEXT),
    Column("share", "Group changes", Kind.SHARE),
    Column("low", "From", Kind.SHARE),
    Column("high", "To", Kind.SHARE),
    Column("between", "Most often between", Kind.TEXT),
    Column("of_changes", "Of its changes", Kind.SHARE),
)
"""Of the table of groups that change."""


def groups_table(evidence: Attributions) -> Table:
    """The dimensions that move the group most, and between which groups."""
    changed = changes(evidence)
    rows = []
    for dimension in _leading(changed):
        count = int(changed[:, dimension].sum())
        # For all dimensions together (Bonferroni).
        limits = clopper_pearson(successes=count, trials=len(changed), level=1 - (1 - NOMINAL) / changed.shape[1])
        between, times = _usual(evidence, dimension)
        rows.append(
            (
                f"z{dimension}",
                count / len(changed),
                float(limits[0]),
                float(limits[1]),
                between,
                times / count if count else None,
            )
        )
    told = evidence.told
    whole = float((told[:, 0] != told[:, 1]).mean())
    return Table(
        name="group_changes",
        caption=f"How often the group that the classifier sees changes when one dimension alone is redrawn, over "
        f"{len(told)} draws (intervals hold for all dimensions together at {NOMINAL:.0%}); when all are, {whole:.1%} "
        "of the time",
        columns=COLUMNS,
        rows=tuple(rows),
    )


def _usual(evidence: Attributions, dimension: int) -> tuple[str | None, int]:
    """The two groups between which the dimension moves draws most often, and how often."""
    names = [each.removeprefix(SCORE) for each in evidence.readouts if each.startswith(SCORE)]
    pairs = evidence.told[:, [0, dimension + 2]].tolist()
    moves = Counter((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])
    if not moves:
        return None, 0
    (first, second), times = min(moves.items(), key=lambda each: (-each[1], each[0]))
    return f"{names[first]} and {names[second]}", times


def _leading(changed: Array) -> list[int]:
    return [int(each) for each in np.argsort(-changed.mean(axis=0), kind="stable")[:MOST_LISTED]]
