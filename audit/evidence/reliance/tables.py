"""Which columns of the generated table carry each outcome's gap between the two largest groups of each attribute."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import Attribute, table_attribute, take
from ..bundle import DECLARED, Evidence, Groups, Outcomes
from ..plan import Plan, stream
from ..samples.given import reference_labels, reference_outcomes
from ..unavailable import Unavailable, Unmeasured, needed
from .columns import coded, column_rows, matched
from .kind import MATCHED, REGENERATED, ColumnReliance

MOST_ROWS = 5_000
"""Rows of each set that are looked at, at most."""

FEWEST = 100
"""Rows of each group that are needed."""

MOST_PAIRS = 4
"""Outcomes times attributes that are looked at, at most, in the order in which they were named."""

ASKED = 1_000
"""Rows that a model is asked for of each group."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One outcome and one attribute: the two sides as groups, the level, and the columns that each is read from."""

    groups: Groups
    label: Attribute
    sides: tuple[int, int]
    outcome: Outcomes
    outcome_label: Attribute
    level: int

    @property
    def name(self) -> str:
        return f"{self.outcome.levels.attribute} by {self.groups.attribute}"


def of_columns(
    plan: Plan, so_far: Evidence, progress: Callable[[float], None]
) -> tuple[tuple[ColumnReliance, ...], Mapping[str, Unavailable | Unmeasured]]:
    """One entry for each outcome and attribute that stand in columns, and why others are missing.

    Raises:
        Unavailable: if no outcome was named, or there are no groups.
        Unmeasured: if there are too few rows.
    """
    from threadpoolctl import threadpool_limits

    outcomes, groups = needed(so_far, "outcomes"), needed(so_far, "groups")
    labels = {name: each.attribute for name, each in reference_labels(plan).items()}
    told = {name: each.attribute for name, each in reference_outcomes(plan).items()}
    pairs = list(product(outcomes, [each for each in groups if each.classifier == DECLARED]))[:MOST_PAIRS]
    found: list[ColumnReliance] = []
    missing: dict[str, Unavailable | Unmeasured] = {}
    for at, (outcome, group) in enumerate(pairs):
        progress(at / len(pairs))
        name = f"{outcome.levels.attribute} by {group.attribute}"
        try:
            asked = _asked(group, labels[group.attribute], outcome, told[outcome.levels.attribute])
            with threadpool_limits(1):  # a sum must not hang on how many threads there are
                found.append(_measured(plan, so_far, asked))
        except Unmeasured as reason:
            missing[f"reliance of {name}"] = reason
    if not found:
        raise next(iter(missing.values()), Unavailable("no attribute stands in a column beside the outcome"))
    return tuple(found), missing


def _asked(groups: Groups, label: Attribute, outcome: Outcomes, outcome_label: Attribute) -> _Asked:
    if label.column == outcome_label.column:
        raise Unmeasured(f"{groups.attribute} is read from the column of the outcome itself")
    # The two largest groups of the reference: chosen without a look at the outcome.
    order = np.argsort(-groups.reference_counts, kind="stable")[:2]
    first, second = sorted(int(each) for each in order)
    levels = outcome.levels
    counts = levels.reference_counts
    level = len(counts) - 1 if outcome.edges or len(counts) == 2 else int(counts.argmax())
    return _Asked(groups, label, (first, second), outcome, outcome_label, level)


def _measured(plan: Plan, so_far: Evidence, asked: _Asked) -> ColumnReliance:
    assert so_far.reference is not None
    rng = stream(plan.seed, f"reliance {asked.name}")
    frames = [so_far.generated.samples, so_far.reference.samples]
    members = [asked.groups.predicted, asked.groups.reference]
    levels = [asked.outcome.levels.predicted, asked.outcome.levels.reference]
    kept, sides, happened = [], [], []
    for frame, member, level in zip(frames, members, levels, strict=True):
        rows = np.flatnonzero(np.isin(member, asked.sides))
        rows = np.sort(rng.permutation(rows)[:MOST_ROWS])
        kept.append(take(frame, rows))
        sides.append((member[rows] == asked.sides[1]).astype(np.int64))
        happened.append((level[rows] == asked.level).astype(np.float64))
    names = tuple(asked.groups.names[each] for each in asked.sides)
    _check(names, sides[0])
    columns = [each for each in frames[0].columns if each not in (asked.label.column, asked.outcome_label.column)]
    generated, real = coded(kept, columns, sides)
    enough = min(np.bincount(sides[1], minlength=2)) >= FEWEST
    by, intervened = _intervened(plan, asked, happened[0], generated, rng)
    return ColumnReliance(
        outcome=f"{asked.outcome.levels.attribute}: {asked.outcome.levels.names[asked.level]}",
        attribute=asked.groups.attribute,
        sides=(names[0], names[1]),
        columns=tuple(str(each) for each in (asked.label.column, *columns)),
        generated=column_rows(generated, happened[0], rng),
        real=column_rows(real, happened[1], rng) if enough else None,
        intervention=by,
        intervened=intervened,
    )


def _check(names: tuple[str, ...], side: Ints) -> None:
    counts = np.bincount(side, minlength=2)
    if counts.min() < FEWEST:
        few = names[int(counts.argmin())]
        raise Unmeasured(f"{counts.min()} generated rows are of {few}, and {FEWEST} are needed; draw more samples")


def _intervened(
    plan: Plan, asked: _Asked, outcome: Any, rows: Any, rng: np.random.Generator
) -> tuple[str, NDArray[np.float64]]:
    """How the group was set, and by side the scores whose mean is the outcome then, (2, m)."""
    values = _conditions(plan.model, asked)
    if values is None:
        return MATCHED, matched(rows, outcome, rng)
    import torch

    found = []
    for value in values:
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        with torch.no_grad():
            made = plan.model.sample(ASKED, generator=generator, condition={asked.label.column: value})
        levels = asked.outcome.levels
        column = asked.outcome_label.column
        assert column is not None
        read = table_attribute(
            plan.conform(made), column, names=asked.outcome_label.names, edges=asked.outcome_label.edges
        )
        share = np.array([each == levels.names[asked.level] for each in read.names])[read.values].astype(np.float64)
        found.append(share)
    return REGENERATED, np.stack(found)


def _conditions(model: Any, asked: _Asked) -> list[Any] | None:
    """The values of the group's column to ask the model for, one a side; None where it cannot be asked."""
    import pandas as pd

    column = asked.label.column
    values = list((getattr(model, "conditions", None) or {}).get(column, ())) if model is not None else []
    if column is None or asked.label.edges or not values:
        return None
    read = table_attribute(pd.DataFrame({column: values}), column, names=asked.groups.names)
    places = [np.flatnonzero(read.values == side) for side in asked.sides]
    return [values[int(each[0])] for each in places] if all(len(each) for each in places) else None
