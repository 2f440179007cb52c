"""What GA101 shows to the eye: real and generated samples of the same group, side by side."""

import numpy as np

from ..evidence.bundle import Groups, Real
from ..finding import LEVELS, NOMINAL, Exhibit, Pictures
from .group_shares import DECLARED, GroupShares

SIDE_BY_SIDE = 16
"""Pictures of each kind for a group in question."""

WORST = 3
"""Groups in question at most."""

EACH = 8
"""Generated pictures of every group; half as many where there are more than `MANY` groups."""

MANY = 12


def exhibits(measured: GroupShares, groups: Groups, reference: Real | None) -> tuple[Exhibit, ...]:
    """The worst group, others surely below their target, and a few samples of every group.

    Pictures are the first of their group, never picked: sample i is as random as any other.
    """
    shown = [
        _in_question(rank, k, measured, groups, reference) for rank, k in enumerate(_questioned(measured), start=1)
    ]
    return (*(each for each in shown if each.pictures), _every_group(groups))


def _questioned(measured: GroupShares) -> list[int]:
    upper = measured.relative(measured.together.high[LEVELS.index(NOMINAL)])
    order = [int(k) for k in np.argsort(measured.ratios, kind="stable")[:WORST] if measured.wanted[k]]
    return [k for rank, k in enumerate(order) if rank == 0 or upper[k] < 1]


def _in_question(rank: int, k: int, measured: GroupShares, groups: Groups, reference: Real | None) -> Exhibit:
    name = groups.names[k]
    real = () if reference is None else _first(reference.labels, k, SIDE_BY_SIDE)
    made = _first(groups.predicted, k, SIDE_BY_SIDE)
    pictures = (
        Pictures(f"{name}, real", "reference", real),
        Pictures(f"{name}, generated{_as_judged(groups)}", "generated", made),
    )
    none = "" if made else f" No generated sample was {'declared' if groups.judge == DECLARED else 'judged'} so."
    caption = f"Group {name}: {measured.ratios[k]:.2f} of its target share.{none}"
    return Exhibit(f"group_in_question_{rank}", caption, "grid", tuple(each for each in pictures if each.indices))


def _every_group(groups: Groups) -> Exhibit:
    number = EACH if len(groups.names) <= MANY else EACH // 2
    pictures = (
        Pictures(f"{name}, generated{_as_judged(groups)}", "generated", _first(groups.predicted, k, number))
        for k, name in enumerate(groups.names)
    )
    caption = "The first generated samples of every group, not picked by hand"
    return Exhibit("every_group", caption, "grid", tuple(each for each in pictures if each.indices))


def _first(labels: np.ndarray, k: int, number: int) -> tuple[int, ...]:
    return tuple(int(index) for index in np.flatnonzero(labels == k)[:number])


def _as_judged(groups: Groups) -> str:
    return "" if groups.judge == DECLARED else " (as judged)"
