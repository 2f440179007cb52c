"""The modes that GA301 and GA305 look at: learned on real samples that are counted nowhere else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence, Features
from ...finding import Inconclusive
from ...statistics.modes.discovery import OUTSIDE, Modes, find_modes, place
from .compared import require_finite, require_variety, sound_features

Ints = NDArray[np.int64]

FEWEST = 100
"""Real samples, and half as many generated ones, without which modes cannot be learned and counted."""

_HOLDOUT = 500
"""So many held-out samples are enough to learn from; with fewer, a part of the reference is given up for it."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Which mode each counted sample lies in.

    Args:
        modes: the cells.
        rows: rows of the reference that are counted.
        reference: the mode of each of these, `OUTSIDE` for none.
        generated: the mode of each generated sample, `OUTSIDE` for none.
        names: of the modes.
        learned_on: which real samples the modes were learned on, in words.
        majority: for each mode, the group of the first attribute that most of its real samples belong to; −1 without.
    """

    modes: Modes
    rows: Ints
    reference: Ints
    generated: Ints
    names: tuple[str, ...]
    learned_on: str
    majority: Ints


def mode_cells(
    evidence: Evidence,
    rng: np.random.Generator,
    *,
    most: int,
    cells: int,
    number: int | None,
    learning_share: float,
) -> Cells:
    """Learn modes on the holdout, or on a part of the reference, and place all other samples in them.

    Raises:
        NotApplicable: if there are no features.
        Inconclusive: if the features are too few, constant or not finite.
    """
    features = sound_features(evidence, reference=FEWEST, generated=FEWEST // 2, why=" to look for modes")
    require_finite(features, "holdout")
    require_variety(features)
    learning, rows, learned_on = _divide(features, rng, learning_share)
    modes = find_modes(learning=learning, rng=rng, most=most, cells=cells, number=number)
    modes, reference = _with_real_samples(modes, features.reference[rows])
    generated = place(modes, features.generated).labels
    names, majority = _named(evidence, rows, reference, len(modes.centres))
    return Cells(modes, rows, reference, generated, names, learned_on, majority)


def counted(cells: Cells) -> tuple[Ints, Ints]:
    """Generated and real counts of each mode and, last, outside: (K + 1,) each."""
    k = len(cells.modes.centres)
    generated, reference = (
        np.bincount(np.where(each == OUTSIDE, k, each), minlength=k + 1) for each in (cells.generated, cells.reference)
    )
    return generated, reference


def _divide(
    features: Features, rng: np.random.Generator, learning_share: float
) -> tuple[NDArray[np.float64], Ints, str]:
    """What modes are learned on, and the rows of the reference that are left to be counted."""
    total = len(features.reference)
    if len(features.holdout) >= _HOLDOUT:
        return features.holdout, np.arange(total), f"{len(features.holdout)} held-out samples"
    order = rng.permutation(total)
    cut = round(learning_share * total)
    chosen = features.reference[np.sort(order[:cut])]
    return chosen, np.sort(order[cut:]), f"{cut} of {total} reference samples, chosen at random and counted nowhere"


def _with_real_samples(modes: Modes, counted: NDArray[np.float64]) -> tuple[Modes, Ints]:
    """Modes that hold a counted real sample, and the labels of these; others have no share to compare with."""
    labels = place(modes, counted).labels
    found = np.bincount(labels[labels != OUTSIDE], minlength=len(modes.centres)) > 0
    if not found.any():
        raise Inconclusive("the real samples that were counted lie in none of the modes learned from the others")
    if found.all():
        return modes, labels
    fewer = Modes(
        modes.origin, modes.axes, modes.centres[found], modes.radii[found], modes.sizes[found], modes.separated
    )
    return _with_real_samples(fewer, counted)


def _named(evidence: Evidence, rows: Ints, labels: Ints, modes: int) -> tuple[tuple[str, ...], Ints]:
    """Names such as `mode 3` or `mode 3 (mostly class 7)`, and the group of most of each mode's real samples."""
    majority = np.full(modes, -1, dtype=np.int64)
    names = [f"mode {k + 1}" for k in range(modes)]
    if not evidence.groups or len(evidence.groups[0].reference) <= rows.max():
        return tuple(names), majority
    first = evidence.groups[0]
    own = first.reference[rows]
    for k in range(modes):
        # A negative label says that a record's group is not known.
        shares = np.bincount(own[(labels == k) & (own >= 0)], minlength=len(first.names))
        if 2 * shares.max() > shares.sum():
            majority[k] = int(shares.argmax())
            names[k] += f" (mostly {first.attribute} {first.names[majority[k]]})"
    return tuple(names), majority
