"""What the scores of the three sets say: how well members are told, who passes a threshold, and in which groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.membership.kind import Membership, MembershipScore
from ...statistics.classifiers.detection import Auc
from ...statistics.membership.by_group import GroupArea, areas_by_group
from ...statistics.membership.pairs import Guesses, guess_pairs
from ...statistics.membership.separation import permutation_p, separation
from ...statistics.membership.thresholds import Threshold, certified, needed
from ..shared.calibration import Base, base_of
from ..shared.split_check import Blind

Floats = NDArray[np.float64]

FEWEST = 25
"""Training records, and holdout records, below which a group is not looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """How well one score tells members.

    Args:
        name: of the score.
        area: under the ROC curve.
        p_value: by permutation, one-sided.
        sizes: training and holdout records.
    """

    name: str
    area: Auc
    p_value: float
    sizes: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Passing:
    """Who passes a threshold that few non-members do.

    Args:
        rate: the rate of false positives asked for.
        threshold: None where the holdout is too small to certify it.
        checked: holdout records that did not set it and pass it, and how many there are.
        training: training records that pass it, and how many there are.
        generated: generated records that do, and how many there are.
    """

    rate: float
    threshold: Threshold | None
    checked: tuple[int, int] = (0, 0)
    training: tuple[int, int] = (0, 0)
    generated: tuple[int, int] = (0, 0)

    @property
    def refusal(self) -> str:
        """Why there is none."""
        return f"certifying {self.rate:g} takes {needed(self.rate):,} holdout records"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One group: how many records there are of it, and how well members of it are told; None where they are too few."""

    name: str
    sizes: tuple[int, int]
    area: GroupArea | None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All that is reported.

    Args:
        main: the score that conclusions rest on.
        pairs: guesses of the member of random pairs, by that score.
        passing: thresholds, the main one first.
        others: further scores.
        groups: each group.
        base: what a base model makes of the split; None without one.
        calibrated: the score with the base model's taken off; None without one, or where it is refused.
        blind: what a classifier that never saw the model makes of the split; None where that was not checked.
        whole: whether every training record was scored.
    """

    main: Score
    pairs: Guesses
    passing: tuple[Passing, ...]
    others: tuple[Score, ...]
    groups: tuple[Group, ...]
    base: Base | None
    calibrated: Score | None
    blind: Blind | None
    whole: bool

    @property
    def confounded(self) -> bool:
        """Whether the split itself can be told, so that no score says what the model learned from."""
        return self.blind is not None and self.blind.confounded


def measured(evidence: Membership, blind: Blind | None, rates: Sequence[float], rng: np.random.Generator) -> Measured:
    """All numbers.

    Args:
        evidence: scores.
        blind: the check of the split.
        rates: of false positives, the main one first.
        rng: pairs records, halves the holdout and assigns scores anew.
    """
    main = evidence.scores[0]
    base = base_of(main)
    calibrated = None
    if base is not None and base.symmetric:
        calibrated = _score(f"{main.name}, less that of the base model", base.training, base.holdout)
    training, holdout = main.training.values, main.holdout.values
    return Measured(
        main=_score(main.name, training, holdout),
        pairs=guess_pairs(members=training, others=holdout, rng=rng),
        passing=tuple(_passing(main, rate, rng) for rate in rates),
        others=tuple(_score(each.name, each.training.values, each.holdout.values) for each in evidence.scores[1:]),
        groups=_groups(evidence, main, rng),
        base=base,
        calibrated=calibrated,
        blind=blind,
        whole=len(training) == evidence.training_total,
    )


def _score(name: str, training: Floats, holdout: Floats) -> Score:
    return Score(
        name,
        separation(members=training, others=holdout),
        permutation_p(members=training, others=holdout),
        (len(training), len(holdout)),
    )


def _passing(score: MembershipScore, rate: float, rng: np.random.Generator) -> Passing:
    """Half of the holdout sets the threshold and the rest checks it; all of it sets it where a half is too small."""
    mixed = rng.permutation(score.holdout.values)
    half = len(mixed) // 2
    setting = mixed[:half] if half >= needed(rate) else mixed
    threshold = certified(setting, rate)
    if threshold is None:
        return Passing(rate, None)
    rest = mixed[len(setting) :]
    return Passing(
        rate,
        threshold,
        (threshold.passing(rest), len(rest)),
        (threshold.passing(score.training.values), len(score.training.values)),
        (threshold.passing(score.generated.values), len(score.generated.values)),
    )


def _groups(evidence: Membership, score: MembershipScore, rng: np.random.Generator) -> tuple[Group, ...]:
    told = evidence.training_members[score.training.rows], evidence.holdout_members[score.holdout.rows]
    parts = [
        (score.training.values[told[0] == at], score.holdout.values[told[1] == at])
        for at in range(len(evidence.groups))
    ]
    enough = [at for at, part in enumerate(parts) if min(map(len, part)) >= FEWEST]
    # One group of all records would only repeat the whole.
    if len(enough) < 2:
        enough = []
    areas = areas_by_group([parts[at][0] for at in enough], [parts[at][1] for at in enough], rng)
    found = dict(zip(enough, areas, strict=True))
    return tuple(
        Group(name, (len(parts[at][0]), len(parts[at][1])), found.get(at)) for at, name in enumerate(evidence.groups)
    )
