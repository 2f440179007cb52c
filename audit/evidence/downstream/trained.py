"""Train the learners on parts of generated and of real records, and let them predict for the same real people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....models.records import INVENTED, MISSING, Attribute, table_attribute, take
from ..bundle import Ints
from ..unavailable import Unmeasured
from .kind import Downstream
from .learners import LEARNERS, Learner, Predictions, plain, predictions

DRAWS = 5
"""Disjoint parts of the generated records that are trained on, and as many of the real ones."""

SEEDS = 3
"""Trainings of each part, each with a seed of its own, of learners that have one."""

MOST, FEWEST = 2_000, 50
"""Records of a part at most, and at least."""

LEVELS = 10
"""Levels that an outcome may have."""

NAMELESS = (MISSING, INVENTED)


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Real people on whom the learners are tested: records (t) with their groups, and how they were chosen in words."""

    records: Any
    groups: dict[str, Attribute]
    words: str


class _Part(NamedTuple):
    records: Any
    outcome: NDArray[np.int64]


def trained(
    outcome: str,
    *,
    generated: Any,
    real: Any,
    people: People,
    rng: np.random.Generator,
    progress: Callable[[float], None] = lambda share: None,
) -> Downstream:
    """What both learners predict for the people, trained on generated and on real records.

    How many records a part has hangs on the real ones alone, so that nothing moves with how many were generated.

    Args:
        outcome: the column to predict.
        generated: a `pandas.DataFrame`.
        real: a frame of other people than those tested on.
        people: to test on.
        rng: cuts the parts, and gives the seeds.
        progress: told the share that is done.

    Raises:
        Unmeasured: if the outcome has too many levels or one only, or either side too few records.
    """
    levels = _levels(outcome, real, people)
    truth = table_attribute(people.records, outcome, names=levels).values
    known = np.flatnonzero(truth < len(levels))
    own, theirs = (_usable(each, outcome, levels) for each in (generated, real))
    *both, tested = plain([own.records, theirs.records, take(people.records, known).drop(columns=[outcome])])
    own, theirs = (_Part(frame, each.outcome) for frame, each in zip(both, (own, theirs), strict=True))
    size = min(MOST, len(theirs.outcome) // DRAWS)
    _check_sizes(outcome, size, len(own.outcome), len(theirs.outcome))
    parts = [_parts(each, size, rng) for each in (own, theirs)]
    steps = _Steps(2 * DRAWS * sum(SEEDS if each.seeds else 1 for each in LEARNERS), progress)
    told = [tuple(_predicted(learner, each, tested, rng, steps) for learner in LEARNERS) for each in parts]
    groups = {name: each for name, each in people.groups.items() if each.column != outcome and name != outcome}
    return Downstream(
        outcome=outcome,
        levels=levels,
        truth=truth[known],
        attributes=tuple(groups),
        groups=tuple(each.names for each in groups.values()),
        members=np.array([_members(each)[known] for each in groups.values()], dtype=np.int64).reshape(-1, len(known)),
        learners=tuple(each.name for each in LEARNERS),
        generated=told[0],
        real=told[1],
        size=size,
        tested_on=people.words,
        unusable=len(generated) - len(own.outcome),
    )


def _levels(outcome: str, real: Any, people: People) -> tuple[str, ...]:
    import pandas as pd

    column = pd.concat([real[outcome], people.records[outcome]], ignore_index=True)
    number = column.nunique()
    if number > LEVELS:
        raise Unmeasured(
            f"outcome {outcome}: expected at most {LEVELS} levels, got {number:,} different values; give a column of "
            "classes, or of bands"
        )
    names: tuple[str, ...] = table_attribute(column.to_frame(), outcome).names
    names = tuple(name for name in names if name not in NAMELESS)
    if len(names) < 2:
        raise Unmeasured(
            f"outcome {outcome}: expected at least two levels, got {', '.join(names) or 'no value'} in every real "
            "record; there is nothing to predict"
        )
    return names


def _usable(records: Any, outcome: str, levels: tuple[str, ...]) -> _Part:
    """The records whose outcome is one of the levels."""
    values = table_attribute(records, outcome, names=levels).values
    rows = np.flatnonzero(values < len(levels))
    return _Part(take(records, rows).drop(columns=[outcome]), values[rows])


def _check_sizes(outcome: str, size: int, generated: int, real: int) -> None:
    if size < FEWEST:
        raise Unmeasured(
            f"outcome {outcome}: expected at least {DRAWS * FEWEST} real records to train on ({DRAWS} parts of "
            f"{FEWEST}), got {real:,}; give a larger reference"
        )
    if generated < DRAWS * size:
        raise Unmeasured(
            f"outcome {outcome}: expected at least {DRAWS * size:,} generated records ({DRAWS} parts as large as those "
            f"of the real ones, {size:,}), got {generated:,} with a known outcome; draw more (--samples)"
        )


def _parts(whole: _Part, size: int, rng: np.random.Generator) -> list[_Part]:
    order = rng.permutation(len(whole.outcome))
    rows = [np.sort(order[k * size : (k + 1) * size]) for k in range(DRAWS)]
    return [_Part(take(whole.records, each), whole.outcome[each]) for each in rows]


@dataclass
class _Steps:
    number: int
    progress: Callable[[float], None]
    done: int = 0

    def next(self) -> None:
        self.done += 1
        self.progress(self.done / self.number)


def _predicted(
    learner: Learner, parts: list[_Part], tested: Any, rng: np.random.Generator, steps: _Steps
) -> Predictions:
    """(D, S, t), a row a part and a seed; seeds are never used twice, so that their effects are independent."""
    number = SEEDS if learner.seeds else 1
    seeds = rng.integers(2**31, size=(DRAWS, number))
    told = np.empty((DRAWS, number, len(tested)), dtype=np.int8)
    for draw, part in enumerate(parts):
        for index, seed in enumerate(seeds[draw]):
            told[draw, index] = predictions(learner, part.records, part.outcome, tested, seed=int(seed))
            steps.next()
    return told


def _members(attribute: Attribute) -> Ints:
    """The group of each record; −1 of those without one that the reference names."""
    nobody = [k for k, name in enumerate(attribute.names) if name in NAMELESS]
    return np.where(np.isin(attribute.values, nobody), -1, attribute.values).astype(np.int64)
