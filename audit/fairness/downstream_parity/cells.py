"""Which people are counted in which rate, and which rates make up which gap."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from ...evidence.downstream.kind import Downstream
from ...statistics.disparity.gap_changes import Gap
from ...statistics.disparity.predicted import (
    Rates,
    Spread,
    group_rates,
    spread_of_parts,
    spread_of_people,
)

FEWEST = 30
"""People in a cell below which its rate says too little to be compared."""

SELECTED, TRUE, FALSE, RIGHT = "selected", "true positives", "false positives", "accuracy"

RATES = (SELECTED, TRUE, FALSE, RIGHT)

GAPS = {
    "demographic parity": (SELECTED,),
    "true-positive rate": (TRUE,),
    "false-positive rate": (FALSE,),
    "equalised odds": (TRUE, FALSE),
    "accuracy": (RIGHT,),
}
"""The gaps, and the rates in which groups may differ."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cell:
    """The people of one group who are counted in one rate."""

    rate: str
    attribute: str
    group: str
    people: int


@dataclass(frozen=True, slots=True)
class Cells:
    """All cells of one level of an outcome: what is counted, of whom, and which were too small to be compared."""

    level: int
    cells: tuple[Cell, ...]
    members: dict[str, Flags]
    small: tuple[Cell, ...]

    def of_rate(self, rate: str) -> list[int]:
        """Where the cells of a rate stand among all."""
        return [index for index, each in enumerate(self.cells) if each.rate == rate]


@dataclass(frozen=True, slots=True)
class NamedGap:
    """A gap with what it is about."""

    metric: str
    attribute: str
    gap: Gap


def cells(downstream: Downstream, level: int) -> Cells:
    """The cells of one level of the outcome, in the order of `RATES`."""
    positive = downstream.truth == level
    counted = {SELECTED: np.ones_like(positive), TRUE: positive, FALSE: ~positive, RIGHT: np.ones_like(positive)}
    kept: list[Cell] = []
    small: list[Cell] = []
    members: dict[str, Flags] = {}
    for rate in RATES:
        rows = []
        for attribute, names, told in zip(downstream.attributes, downstream.groups, downstream.members, strict=True):
            for k, name in enumerate(names):
                inside = (told == k) & counted[rate]
                cell = Cell(rate, attribute, name, int(inside.sum()))
                if (told == k).any():
                    (kept if cell.people >= FEWEST else small).append(cell)
                if cell.people >= FEWEST:
                    rows.append(inside)
        members[rate] = np.array(rows, dtype=bool).reshape(len(rows), len(positive))
    return Cells(level, tuple(kept), members, tuple(small))


def gaps(parts: Cells, *, accuracy: bool) -> list[NamedGap]:
    """Every gap between at least two cells, of each attribute; that of accuracy only where it is asked for."""
    found = []
    for attribute in dict.fromkeys(each.attribute for each in parts.cells):
        for metric, rates in GAPS.items():
            if metric == "accuracy" and not accuracy:
                continue  # It is the same for every level of the outcome.
            pairs = [
                pair
                for rate in rates
                for pair in permutations(
                    [index for index in parts.of_rate(rate) if parts.cells[index].attribute == attribute], 2
                )
            ]
            if pairs:
                sizes = [min(parts.cells[first].people, parts.cells[second].people) for first, second in pairs]
                gap = Gap(np.array(pairs, dtype=np.int64), np.array(sizes, dtype=np.int64))
                found.append(NamedGap(metric, attribute, gap))
    return found


def events(downstream: Downstream, told: NDArray[np.int8], level: int) -> dict[str, Flags]:
    """Whether what each rate counts happened, (D, S, t)."""
    selected, right = told == level, told == downstream.truth
    return {SELECTED: selected, TRUE: selected, FALSE: selected, RIGHT: right}


def rates(downstream: Downstream, told: NDArray[np.int8], parts: Cells, counts: NDArray[np.float32]) -> Rates:
    """The rates of all cells after one learner's training on one source.

    Args:
        downstream: the evidence.
        told: int8 (D, S, t), predictions.
        parts: the cells.
        counts: (B, t), see `resampled_counts`.
    """
    values, people, between, seeds = [], [], [], []
    for rate, happened in events(downstream, told, parts.level).items():
        members = parts.members[rate]
        if not len(members):
            continue
        each = group_rates(events=happened, members=members)
        part, seed = spread_of_parts(each)
        values.append(each.mean(axis=(0, 1)))
        between.append(part)
        seeds.append(seed)
        mean = happened.mean(axis=(0, 1), dtype=np.float64)
        people.append(spread_of_people(mean_events=mean, members=members, counts=counts))
    spread = Spread(np.hstack(people), np.hstack(between), np.concatenate(seeds))
    return Rates(np.concatenate(values), spread)
