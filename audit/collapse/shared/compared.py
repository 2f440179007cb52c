"""Which records of the evidence are compared, for auditors that compare feature vectors of both kinds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence, Features
from ...finding import Column, Inconclusive, Kind, NotApplicable, Table
from ...statistics.neighbours.graph import origin

FEWEST = 50
"""With fewer records on either side an interval says nothing."""

FEWEST_OF_GROUP = 25
"""Groups with fewer records on either side are left out of the tables by group."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows of the evidence and their features.

    Args:
        features: of all records.
        generated_rows: which generated records are compared, in random order.
        reference_rows: which reference records are, in random order.
        all_generated: whether every generated record is compared.
        centre: (d,), a central point of the reference; around it squared distances lose few digits.
    """

    features: Features
    generated_rows: Indices
    reference_rows: Indices
    all_generated: bool
    centre: NDArray[np.float64]

    @property
    def generated(self) -> NDArray[np.float64]:
        """Features of the compared generated records around the centre, (n, d)."""
        return _about(self.features.generated, self.generated_rows, self.centre)

    @property
    def reference(self) -> NDArray[np.float64]:
        """Features of the compared reference records around the centre, (m, d)."""
        return _about(self.features.reference, self.reference_rows, self.centre)


def _about(points: NDArray[np.float64], rows: Indices, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    chosen = points[rows]
    # In place: fresh memory for so many features costs more than the difference.
    chosen -= centre
    return chosen


def compared(evidence: Evidence, rng: np.random.Generator, *, max_generated: int, max_reference: int) -> Compared:
    """A random part of both sides where they are larger than asked for; never more real than generated records.

    Args:
        evidence: what was collected.
        rng: chooses the records.
        max_generated: generated records at most.
        max_reference: reference records at most.

    Raises:
        NotApplicable: if there are no features.
        Inconclusive: if they are too few, not finite, or all equal in the reference.
    """
    features = sound_features(evidence)
    require_variety(features)
    drawn = len(features.generated)
    generated = rng.permutation(drawn)[:max_generated]
    reference = rng.permutation(len(features.reference))[: min(max_reference, len(generated))]
    return Compared(features, generated, reference, len(generated) == drawn, origin(features.reference[reference]))


def sound_features(evidence: Evidence, *, reference: int = FEWEST, generated: int = FEWEST, why: str = "") -> Features:
    """The features of all records, if there are enough of them and all are finite.

    Args:
        evidence: what was collected.
        reference: how many reference records are needed.
        generated: how many generated records are.
        why: what fewer are too few for, e.g. ` for k = 5`.

    Raises:
        NotApplicable: if there are no features.
        Inconclusive: if they are too few or not finite.
    """
    if evidence.features is None:
        raise NotApplicable(evidence.absent.get("features", "no features were collected"))
    for name, fewest in (("reference", reference), ("generated", generated)):
        count = len(getattr(evidence.features, name))
        if count < fewest:
            raise Inconclusive(f"{count} {name} samples are too few{why}: at least {fewest} are needed")
        require_finite(evidence.features, name)
    return evidence.features


def require_finite(features: Features, name: str) -> None:
    """Be inconclusive where a record of that set has a feature that is NaN or infinite."""
    values: NDArray[np.float64] = getattr(features, name)
    broken = int((~np.isfinite(values).all(axis=1)).sum())
    if broken:
        raise Inconclusive(f"{broken} of {len(values)} {name} samples have features that are not finite")


def require_variety(features: Features) -> None:
    """Be inconclusive where all reference records look alike."""
    if (features.reference == features.reference[0]).all():
        raise Inconclusive("all reference features are equal, so there is nothing to compare with; use other features")


def group_rows(evidence: Evidence, chosen: Compared) -> tuple[tuple[str, Indices, Indices], ...]:
    """Name, generated and reference positions among the compared records, for each group of the first attribute."""
    if not evidence.groups:
        return ()
    first = evidence.groups[0]
    generated, reference = first.predicted[chosen.generated_rows], first.reference[chosen.reference_rows]
    parts = (
        (name, np.flatnonzero(generated == at), np.flatnonzero(reference == at)) for at, name in enumerate(first.names)
    )
    return tuple(parts)


def by_group(
    groups: tuple[tuple[str, Indices, Indices], ...],
    caption: str,
    columns: tuple[Column, ...],
    measure: Callable[[Indices, Indices], tuple[float | None, ...]],
) -> tuple[Table, ...]:
    """A table with a row for each group, its cells empty where it has too few records; nothing without groups.

    Args:
        groups: from `group_rows`.
        caption: of the table.
        columns: those that `measure` fills.
        measure: the cells of a group, from the positions of its generated and of its reference records.
    """
    if not groups:
        return ()
    nothing = (None,) * len(columns)
    rows = tuple(
        (
            name,
            len(reference),
            len(generated),
            *(measure(generated, reference) if min(len(generated), len(reference)) >= FEWEST_OF_GROUP else nothing),
        )
        for name, generated, reference in groups
    )
    sizes = (
        Column("group", "Group", Kind.TEXT),
        Column("reference_n", "Real samples", Kind.COUNT),
        Column("generated_n", "Generated samples assigned to it", Kind.COUNT),
    )
    return (Table("groups", caption, (*sizes, *columns), rows),)
