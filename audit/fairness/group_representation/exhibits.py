"""What GA101 shows to the eye: real and generated samples of the same group, side by side."""

from collections.abc import Sequence

import numpy as np

from ...evidence.bundle import DECLARED, Groups
from ...finding import LEVELS, NOMINAL, Exhibit, Pictures
from .group_shares import GroupShares

SIDE_BY_SIDE = 16
"""Pictures of each kind for a group in question."""

WORST = 3
"""Groups in question at most."""

EACH = 8
"""Generated pictures of every group; half as many where there are more than `MANY` groups."""

MANY = 12


def exhibits(parts: Sequence[tuple[GroupShares, Groups]], *, several: bool = False) -> tuple[Exhibit, ...]:
    """For each attribute: the worst group, others surely below their target, and a few samples of every group.

    Pictures are the first of their group, never picked: sample i is as random as any other.
    """
    made = []
    for measured, groups in parts:
        end, whose = (f"_{groups.attribute}", f"{groups.attribute}: ") if several else ("", "")
        shown = [
            _in_question(f"group_in_question_{rank}{end}", whose, k, measured, groups)
            for rank, k in enumerate(_questioned(measured), start=1)
        ]
        made += [*(each for each in shown if each.pictures), _every_group(f"every_group{end}", whose, groups)]
    return tuple(made)


def _questioned(measured: GroupShares) -> list[int]:
    upper = measured.ratio_together.high[LEVELS.index(NOMINAL)]
    order = [int(k) for k in np.argsort(measured.ratios, kind="stable")[:WORST] if measured.wanted[k]]
    return [k for rank, k in enumerate(order) if rank == 0 or upper[k] < 1]


def _in_question(name: str, whose: str, k: int, measured: GroupShares, groups: Groups) -> Exhibit:
    group = groups.names[k]
    made = _first(groups.predicted, k, SIDE_BY_SIDE)
    pictures = (
        Pictures(f"{group}, real", "reference", _first(groups.reference, k, SIDE_BY_SIDE)),
        Pictures(f"{group}, generated{_as_classified(groups)}", "generated", made),
    )
    none = (
        "" if made else f" No generated sample was {'declared' if groups.classifier == DECLARED else 'classified'} so."
    )
    caption = f"Group {whose}{group}: {measured.ratios[k]:.2f} of its target share.{none}"
    return Exhibit(name, caption, "grid", tuple(each for each in pictures if each.indices))


def _every_group(exhibit: str, whose: str, groups: Groups) -> Exhibit:
    number = EACH if len(groups.names) <= MANY else EACH // 2
    pictures = (
        Pictures(f"{name}, generated{_as_classified(groups)}", "generated", _first(groups.predicted, k, number))
        for k, name in enumerate(groups.names)
    )
    caption = f"{whose}the first generated samples of every group, not picked by hand"
    return Exhibit(exhibit, caption[0].upper() + caption[1:], "grid", tuple(each for each in pictures if each.indices))


def _first(labels: np.ndarray, k: int, number: int) -> tuple[int, ...]:
    return tuple(int(index) for index in np.flatnonzero(labels == k)[:number])


def _as_classified(groups: Groups) -> str:
    return "" if groups.classifier == DECLARED else " (as classified)"
