"""Collect crossed groups: how many records of the whole reference are of each combination of groups."""

from collections.abc import Callable, Sequence

import numpy as np

from ..bundle import DECLARED, Crossed, Evidence, Groups, Ints
from ..plan import Plan
from ..unavailable import Unavailable, Unmeasured, needed

NEEDS = ("groups",)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Crossed:
    """The combinations that occur.

    Where groups stand in the records all of the reference is counted; where a classifier told them, the records at
    hand, because groups that are too few are put together only there.

    Raises:
        Unavailable: with fewer than two attributes.
        Unmeasured: where one of two attributes could not be measured.
    """
    groups: Sequence[Groups] = needed(so_far, "groups")
    if len(groups) < 2:
        missing = [kind for kind in so_far.unmeasured if kind.startswith("groups of ")]
        if missing:
            raise Unmeasured(f"{missing[0].removeprefix('groups of ')}: {so_far.unmeasured[missing[0]]}")
        raise Unavailable(
            f"groups are told apart by one attribute alone ({groups[0].attribute}): name another with --groups"
        )
    return crossed(groups, [_whole(plan, each) if _declared(groups) else each.reference for each in groups])


def crossed(groups: Sequence[Groups], values: Sequence[Ints]) -> Crossed:
    """The combinations that occur among records whose groups, by attribute, are `values`."""
    cells, counts = np.unique(np.stack(values, axis=1), axis=0, return_counts=True)
    return Crossed(tuple(each.attribute for each in groups), cells.astype(np.int64), counts.astype(np.int64))


def _declared(groups: Sequence[Groups]) -> bool:
    return all(each.classifier == DECLARED for each in groups)


def _whole(plan: Plan, groups: Groups) -> Ints:
    assert plan.reference is not None  # where the groups come from
    # Names that only generated records have come after those of the reference.
    return plan.reference.attributes[groups.attribute].values
