"""The cells of two and more attributes: who is counted, who is judged, and how their shares compare with real ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import DECLARED, Crossed, Groups, Ints
from ...finding import Inconclusive
from ...statistics.shares.confusion import (
    WEAKEST,
    corrected_shares,
    error_rates,
    simulated_shares,
    softened_rates,
    youden,
)
from ...statistics.shares.ratios import Ratios, ratios

Floats = NDArray[np.float64]

LABELLED = 5
"""Labelled records of a cell below which the classifiers' errors on it are not known."""

MOST_TOLD = 60
"""Cells that classifiers may be asked to tell apart: beyond it hardly any has labelled records enough."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one combination of attributes.

    Args:
        attributes: the A attributes.
        groups: names of their groups.
        generated: counts of generated records, (K1, …, KA), as read or as told.
        real: counts of real ones, in the same shape.
        judged: (C, A), the cells with enough real records.
        small: (S, A), those with some, but too few.
        counts: (C + 1,) generated records of the judged cells and, last, of all others together.
        reference: (C + 1,) real ones, likewise.
        confusion: (C + 1, C + 1) of true by told cells; None where groups stand in the records.
        population: whether the real shares are exact.
        quotients: ratios of the shares, of the C + 1.
        shares: (C + 1,) of generated records, corrected where they were told.
    """

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    generated: Ints
    real: Ints
    judged: Ints
    small: Ints
    counts: Ints
    reference: Ints
    confusion: Ints | None
    population: bool
    quotients: Ratios
    shares: Floats

    @property
    def title(self) -> str:
        """The attributes in words."""
        return " × ".join(self.attributes)

    def name(self, cell: Ints) -> str:
        """The groups of a cell in words."""
        return ", ".join(names[place] for names, place in zip(self.groups, cell, strict=True))

    @property
    def n(self) -> int:
        """Generated records."""
        return int(self.counts.sum())

    @property
    def targets(self) -> Floats:
        """Real shares, (C + 1,)."""
        return np.asarray(self.reference / self.reference.sum(), dtype=np.float64)

    @property
    def ratios(self) -> Floats:
        """Generated over real shares of the judged cells, (C,)."""
        values: Floats = self.shares[:-1] / self.targets[:-1]
        return values

    @property
    def errors(self) -> tuple[Floats, Ints]:
        """The classifiers' rates, (C + 1, C + 1), none of them zero without certainty, and labelled records of each."""
        if self.confusion is None:
            return np.eye(len(self.counts)), np.ones(len(self.counts), dtype=np.int64)
        return softened_rates(self.confusion), self.confusion.sum(axis=1)

    def simulated(self, *, shares: Floats, repeats: int, rng: np.random.Generator) -> Floats:
        """Shares, (repeats, C + 1), that as many records of a generator of these shares show."""
        rates, labelled = self.errors
        if self.confusion is None:
            size = None if shares.ndim > 1 else repeats
            drawn: Floats = rng.multinomial(self.n, shares, size=size) / self.n
            return drawn
        return simulated_shares(shares=shares, rates=rates, labelled=labelled, n=self.n, repeats=repeats, rng=rng)


def combinations_of(attributes: int) -> list[tuple[int, ...]]:
    """Which attributes are crossed: every two, and all three of three."""
    pairs: list[tuple[int, ...]] = list(combinations(range(attributes), 2))
    return [*pairs, (0, 1, 2)] if attributes == 3 else pairs


def count_cells(
    groups: Sequence[Groups], crossed: Crossed, which: tuple[int, ...], *, fewest: int, population: bool
) -> Cells:
    """Count the cells of some attributes and compare those with enough real records.

    Args:
        groups: of all attributes.
        crossed: combinations in the whole reference.
        which: places of the attributes to cross.
        fewest: real records below which a cell is named and not judged.
        population: whether the reference is all there is.

    Raises:
        Inconclusive: if no two cells can be judged, or classifiers cannot tell them apart.
    """
    chosen = [groups[place] for place in which]
    shape = tuple(len(each.names) for each in chosen)
    generated = _counted(np.stack([each.predicted for each in chosen], axis=1), shape)
    real = np.zeros(shape, dtype=np.int64)
    np.add.at(real, tuple(crossed.cells[:, list(which)].T), crossed.counts)
    judged, small = np.argwhere(real >= fewest), np.argwhere((real > 0) & (real < fewest))
    if len(judged) < 2:
        raise Inconclusive(
            f"fewer than two cells of {' × '.join(each.attribute for each in chosen)} have {fewest} real records; give "
            "more, or merge groups"
        )
    counts, reference = (_with_rest(each, judged) for each in (generated, real))
    confusion = None
    if any(each.classifier != DECLARED for each in chosen):
        confusion = _confusion(chosen, judged)
    targets = reference / reference.sum()
    return Cells(
        attributes=tuple(each.attribute for each in chosen),
        groups=tuple(each.names for each in chosen),
        generated=generated,
        real=real,
        judged=judged,
        small=small,
        counts=counts,
        reference=reference,
        confusion=confusion,
        population=population,
        quotients=ratios(
            counts=counts, confusion=confusion, targets=targets, reference=None if population else reference
        ),
        shares=counts / counts.sum()
        if confusion is None
        else corrected_shares(counts=counts, rates=error_rates(confusion)),
    )


def _counted(rows: Ints, shape: tuple[int, ...]) -> Ints:
    counts = np.bincount(np.ravel_multi_index(tuple(rows.T), shape), minlength=int(np.prod(shape)))
    return counts.reshape(shape).astype(np.int64)


def _with_rest(counts: Ints, judged: Ints) -> Ints:
    """Counts of the judged cells, and last of all others together."""
    own = counts[tuple(judged.T)]
    return np.append(own, counts.sum() - own.sum()).astype(np.int64)


def _confusion(chosen: Sequence[Groups], judged: Ints) -> Ints:
    """Counts (C + 1, C + 1) of true by told cells on labelled records that no classifier had learned from.

    Cells are told by all classifiers together, so that their erring together is part of the count.

    Raises:
        Inconclusive: if the errors on some cell are unknown or too large.
    """
    title = " × ".join(each.attribute for each in chosen)
    if len(judged) > MOST_TOLD:
        raise Inconclusive(
            f"{title} has {len(judged)} cells, more than the {MOST_TOLD} that classifiers can tell apart"
        )
    said = [each.reference if each.classifier == DECLARED else each.out_of_fold for each in chosen]
    if any(len(each) != len(chosen[0].reference) for each in said):
        raise Inconclusive(f"this evidence does not say how classifiers err on {title} together: run the audit again")
    shape = tuple(len(each.names) for each in chosen)
    place = np.full(shape, len(judged), dtype=np.int64)
    place[tuple(judged.T)] = np.arange(len(judged))
    known = np.all([each >= 0 for each in said], axis=0)
    true, told = (place[tuple(each[known] for each in rows)] for rows in ([group.reference for group in chosen], said))
    confusion = np.zeros((len(judged) + 1, len(judged) + 1), dtype=np.int64)
    np.add.at(confusion, (true, told), 1)
    labelled = confusion.sum(axis=1)
    if not labelled[-1]:
        # Nobody is known to be of any other cell: what is told as one stays there.
        confusion[-1, -1] = 1
    if labelled[:-1].min() < LABELLED or 0 < labelled[-1] < LABELLED:
        raise Inconclusive(
            f"too few labelled records of some cells of {title} to count the classifiers' errors on them"
        )
    weakest = float(youden(confusion)[:-1].min())
    if weakest < WEAKEST:
        raise Inconclusive(
            f"the classifiers cannot tell the cells of {title} apart: of one, the share of members recognised exceeds "
            f"that of others taken for them by {weakest:.0%}, and must by {WEAKEST:.0%}; label more records, or merge "
            "groups"
        )
    return confusion
