"""Records of GA502 to look at: some of the groups that independence does not explain."""

from collections.abc import Sequence

import numpy as np

from ...finding import Exhibit, Pictures
from .estimates import Tested


def group_exhibits(tests: Sequence[Tested], *, alarm: float, shown: int) -> tuple[Exhibit, ...]:
    """The first `shown` groups of each set whose sizes alarm."""
    exhibits = []
    for each in tests:
        if each.near.p_value >= alarm or not shown:
            continue
        sizes = np.bincount(each.near.group)
        groups = np.flatnonzero(sizes == each.near.excess.members)[:shown]
        pictures = tuple(
            Pictures(
                f"{each.name}, group {number}",
                each.name,
                tuple(int(row) for row in each.rows[each.near.group == group][:shown]),
            )
            for number, group in enumerate(groups, 1)
        )
        caption = f"Groups of {each.near.excess.members} near-equal records ({each.name}): do they belong together?"
        exhibits.append(Exhibit(f"{each.name}_groups", caption, "grid", pictures))
    return tuple(exhibits)
