"""The modes that GA301 and GA305 look at: learned on real samples that are counted nowhere else."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence, Features
from ...finding import Inconclusive
from ...statistics.modes.discovery import OUTSIDE, Modes, find_modes, place
from .compared import require_finite, require_variety, sound_features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 100
"""Real samples, and half as many generated ones, without which modes cannot be learned and counted."""

_HOLDOUT = 500
"""With so many held-out samples a smaller part of the reference is given up for learning; with fewer, none is used."""

_BESIDE_HOLDOUT = 0.2
"""That part of the reference, and of all that is learned from: a mode that the held-out samples lack is found too."""

_FEWEST_ELSEWHERE = 5
"""Counted real samples outside all modes that make this outside a mode of its own."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Which mode each counted sample lies in.

    Args:
        modes: the cells.
        rows: rows of the reference that are counted.
        reference: the mode of each of these, `OUTSIDE` for none.
        generated: the mode of each generated sample, `OUTSIDE` for none.
        learning: features of the real samples the modes were learned on, (l, d).
        names: of the modes.
        learned_on: which real samples the modes were learned on, in words.
        majority: for each mode, the group of the first attribute that most of its real samples belong to; −1 without.
        elsewhere: whether the last mode is no cell, but all that lies far from every cell.
    """

    modes: Modes
    rows: Ints
    reference: Ints
    generated: Ints
    learning: Floats
    names: tuple[str, ...]
    learned_on: str
    majority: Ints
    elsewhere: bool = False


def mode_cells(
    evidence: Evidence,
    rng: np.random.Generator,
    *,
    most: int,
    cells: int,
    number: int | None,
    learning_share: float,
) -> Cells:
    """Learn modes on a part of the reference, with the holdout if that is large, and place all other samples in them.

    Args:
        evidence: what was collected.
        rng: divides the reference and learns the modes.
        most: real samples at most from which modes are learned.
        cells: into how many a single cloud is divided.
        number: of modes; None to find it.
        learning_share: the part of the reference that modes are learned on.

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
    return Cells(modes, rows, reference, generated, learning, names, learned_on, majority)


def counted(cells: Cells) -> tuple[Ints, Ints]:
    """Generated and real counts of each mode and, last, outside: (K + 1,) each."""
    k = len(cells.names)
    generated, reference = (
        np.bincount(np.where(each == OUTSIDE, k, each), minlength=k + 1) for each in (cells.generated, cells.reference)
    )
    return generated, reference


def with_elsewhere(cells: Cells) -> Cells:
    """The same, where enough counted real samples lie outside all modes with this outside as one more mode.

    What lies there may be a mode that the samples learned from happen to lack.
    """
    if (cells.reference == OUTSIDE).sum() < _FEWEST_ELSEWHERE:
        return cells
    last = len(cells.names)
    reference, generated = (np.where(each == OUTSIDE, last, each) for each in (cells.reference, cells.generated))
    return replace(
        cells,
        reference=reference,
        generated=generated,
        names=(*cells.names, "elsewhere (far from every mode)"),
        majority=np.append(cells.majority, -1),
        elsewhere=True,
    )


def _divide(features: Features, rng: np.random.Generator, learning_share: float) -> tuple[Floats, Ints, str]:
    """What modes are learned on, and the rows of the reference that are left to be counted."""
    total, held = len(features.reference), len(features.holdout)
    share = min(learning_share, _BESIDE_HOLDOUT) if held >= _HOLDOUT else learning_share
    order = rng.permutation(total)
    cut = round(share * total)
    chosen = features.reference[np.sort(order[:cut])]
    learned_on = f"{cut} of {total} reference samples, chosen at random and counted nowhere"
    if held >= _HOLDOUT:
        # The holdout must not outnumber the part of the reference so far that a mode of the latter drowns in it.
        rows = np.sort(rng.permutation(held)[: round(cut / _BESIDE_HOLDOUT) - cut])
        chosen = np.vstack([chosen, features.holdout[rows]])
        learned_on = f"{len(rows)} held-out samples and {learned_on}"
    return chosen, np.sort(order[cut:]), learned_on


def _with_real_samples(modes: Modes, counted: NDArray[np.float64]) -> tuple[Modes, Ints]:
    """Modes that hold a counted real sample, and the labels of these; others have no share to compare with."""
    labels = place(modes, counted).labels
    held = np.bincount(labels[labels != OUTSIDE], minlength=len(modes.centres)) > 0
    if not held.any():
        raise Inconclusive("the real samples that were counted lie in none of the modes learned from the others")
    if held.all():
        return modes, labels
    fewer = Modes(modes.origin, modes.axes, modes.centres[held], modes.radii[held], modes.sizes[held], modes.separated)
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
