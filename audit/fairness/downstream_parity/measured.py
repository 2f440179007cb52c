"""The changes of all gaps and of accuracy, with their errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.downstream.kind import Downstream
from ...finding import Inconclusive
from ...statistics.disparity.gap_changes import Gap, GapChange, Together, gap_change, together
from ...statistics.disparity.predicted import (
    Rates,
    Spread,
    group_rates,
    resampled_counts,
    spread_of_parts,
    spread_of_people,
)
from .cells import FEWEST, Cell, NamedGap, cells, gaps, rates


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one gap, and what it is about.

    Args:
        outcome: what was predicted, with its level where there are several.
        learner: by what.
        named: the gap.
        cells: that its pairs compare.
        change: how much wider it is.
    """

    outcome: str
    learner: str
    named: NamedGap
    cells: tuple[Cell, ...]
    change: GapChange


@dataclass(frozen=True, slots=True)
class AccuracyChange:
    """How much more often a learner is right for all people together; `change` of a single pair."""

    outcome: str
    learner: str
    generated: float
    real: float
    change: GapChange


@dataclass(frozen=True, slots=True)
class Measured:
    """All that GA105 measures; `small` are cells too small to be compared, with the outcome."""

    people: int
    changes: tuple[Change, ...]
    together: Together
    accuracies: tuple[AccuracyChange, ...]
    small: tuple[tuple[str, Cell], ...]


def measure(evidence: Sequence[Downstream], *, repeats: int, rng: np.random.Generator) -> Measured:
    """Every change, of all outcomes together.

    Raises:
        Inconclusive: if no two groups are large enough to be compared.
    """
    joint: list[tuple[Gap, Rates, Rates, GapChange]] = []
    changes: list[Change] = []
    accuracies: list[AccuracyChange] = []
    small: dict[tuple[str, Cell], None] = {}
    for each in evidence:
        counts = resampled_counts(len(each.truth), repeats, rng)
        for order, level in enumerate(_levels(each)):
            parts, name = cells(each, level), _outcome(each, level)
            small |= dict.fromkeys((name, cell) for cell in parts.small)
            found = gaps(parts, accuracy=order == 0)
            for learner, told, known in zip(each.learners, each.generated, each.real, strict=True):
                if found:
                    own, real = (rates(each, predicted, parts, counts) for predicted in (told, known))
                for named in found:
                    change = gap_change(named.gap, generated=own, real=real)
                    joint.append((named.gap, own, real, change))
                    changes.append(Change(name, learner, named, parts.cells, change))
        accuracies += _accuracies(each, counts)
    if not changes:
        raise Inconclusive(
            f"no two groups have {FEWEST} people each to test on, so no gap between groups can be measured; give a "
            "larger holdout or reference"
        )
    return Measured(
        people=max(len(each.truth) for each in evidence),
        changes=tuple(changes),
        together=together(joint, rng=rng),
        accuracies=tuple(accuracies),
        small=tuple(small),
    )


def _levels(each: Downstream) -> list[int]:
    """The levels whose rates are looked at: of two the last one, as the other's rates are the rest to 1."""
    number = len(each.levels)
    return [1] if number == 2 else list(range(number))


def _outcome(each: Downstream, level: int) -> str:
    return f"{each.outcome} = {each.levels[level]}"


def _accuracies(each: Downstream, counts: NDArray[np.float32]) -> list[AccuracyChange]:
    everybody = np.ones((1, len(each.truth)), dtype=bool)
    # A rate by itself is a pair with one that is never anything but 0.
    alone = Gap(np.array([[0, 1]]), np.array([len(each.truth)]))
    found = []
    for learner, told, known in zip(each.learners, each.generated, each.real, strict=True):
        both = []
        for predicted in (told, known):
            right = predicted == each.truth
            rate = group_rates(events=right, members=everybody)
            part, seed = spread_of_parts(rate)
            mean = right.mean(axis=(0, 1), dtype=np.float64)
            people = spread_of_people(mean_events=mean, members=everybody, counts=counts)
            zero = [np.pad(each_, [(0, 0)] * (each_.ndim - 1) + [(0, 1)]) for each_ in (people, part, seed)]
            both.append(Rates(np.append(rate.mean(), 0.0), Spread(*zero)))
        change = gap_change(alone, generated=both[0], real=both[1])
        found.append(AccuracyChange(each.outcome, learner, change.generated, change.real, change))
    return found
