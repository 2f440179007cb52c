"""Gaps between two groups, put down to slots of prompts or to columns, beside what an exchange of each one does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.reliance.kind import MATCHED, ColumnReliance, ColumnRows, PromptReliance, Reliance
from ...finding import NOMINAL, Interval
from ...statistics.attribution.disparity import Gap, gap_by_cluster, gap_by_row, resolved, widest
from ...statistics.attribution.shapley import shapley
from ...statistics.multiplicity import holm

Floats = NDArray[np.float64]

NATS, POINTS = "nats", "share difference"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One slot or column.

    Args:
        name: of it.
        readings: what it carries by each baseline.
        swap: what exchanging it alone does.
        control: what it carries of a gap that should be 0; None where there is no such control.
        real: what it carries among real rows; None where there are none.
    """

    name: str
    readings: tuple[Gap, ...]
    swap: Gap
    control: float | None = None
    real: Gap | None = None

    @property
    def gap(self) -> Gap:
        """The reading that is furthest from 0."""
        return widest(self.readings)[0]

    def p_value(self) -> float:
        """That it carries nothing: of the reading that says it least clearly."""
        return max(each.p_value() for each in self.readings)

    def confirmed(self) -> bool:
        """Whether the exchange surely moves the output in the same direction."""
        (limits,) = self.swap.limits((NOMINAL,))
        return limits.low > 0 if self.gap.value > 0 else limits.high < 0


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """One gap and what carries it.

    Args:
        name: of the set of prompts, or outcome and attribute.
        contrast: what was read off.
        sides: the two groups.
        unit: of the gap.
        material: below this a gap is not worth explaining.
        total: the gap.
        parts: the slots or columns, which add up to it.
        error: the largest difference between the sum of the parts and the whole, of any prompt or of the table.
        control: the gap of a contrast that should show none; None where there is no such control.
        real: the gap among real rows.
        intervened: the gap where the group itself was set, and how; tables alone.
        intervention: how.
        evidence: what it was made from.
    """

    name: str
    contrast: str
    sides: tuple[str, str]
    unit: str
    material: float
    total: Gap
    parts: tuple[Part, ...]
    error: float
    control: Gap | float | None
    real: Gap | None
    intervened: Gap | None
    intervention: str
    evidence: PromptReliance | ColumnReliance

    @property
    def indifferent(self) -> bool:
        """Whether a perfect generator is known to show no gap, or that of the real rows; of melodies it is not."""
        return not (isinstance(self.evidence, PromptReliance) and self.evidence.followed.size)

    def explained(self) -> bool:
        """Whether there is a gap to explain: the whole, or some part of it, is surely beyond what is material."""
        together = 1 - (1 - NOMINAL) / len(self.parts)
        parts = [widest(each.readings, (together,))[1][0] for each in self.parts]
        return any(_beyond(each, self.material) for each in (*self.total.limits((NOMINAL,)), *parts))


def _beyond(limits: Interval, material: float) -> bool:
    return limits.low > material or limits.high < -material


def carried(reliance: Reliance, *, nats: float, points: float) -> list[Carried]:
    """Every gap of the evidence; `nats` and `points` are material differences of prompts and tables."""
    found = [_of_prompts(each, nats) for each in reliance.prompts]
    return [*found, *(_of_columns(each, points) for each in reliance.columns)]


def _of_prompts(each: PromptReliance, material: float) -> Carried:
    attributions = shapley(each.values)

    def gap(values: Floats) -> Gap:
        return gap_by_cluster(values=values, sides=each.side, clusters=each.cluster)

    whole = each.values[0, -1]
    signs = np.where(each.side == 0, 1.0, -1.0)
    has_control = bool(each.control_values.size)
    control = shapley(each.control_values)[0] if has_control else None
    parts = tuple(
        Part(
            name,
            tuple(gap(attributions[baseline, slot]) for baseline in range(len(each.baselines))),
            _moved(signs * (whole - each.swapped[slot]), each),
            None if control is None else gap(control[slot]).value,
        )
        for slot, name in enumerate(each.slots)
    )
    sums = np.abs(attributions.sum(axis=1) - (each.values[:, -1] - each.values[:, 0]))
    return Carried(
        name=each.name,
        contrast=each.contrast,
        sides=each.sides,
        unit=NATS,
        material=material,
        total=gap(whole),
        parts=parts,
        error=float(sums.max()),
        control=gap(each.control_values[0, -1]) if has_control else None,
        real=None,
        intervened=None,
        intervention="",
        evidence=each,
    )


def followed(each: PromptReliance) -> list[Gap]:
    """The gap in the chance of the first side's notes: by the model, and by the notes that truly follow."""
    return [gap_by_cluster(values=values, sides=each.side, clusters=each.cluster) for values in each.followed]


def _moved(values: Floats, each: PromptReliance) -> Gap:
    """The mean over both sides of what an exchange does, (n,) and signed alike, over clusters."""
    names, member = np.unique(each.cluster, return_inverse=True)
    means = [
        np.bincount(member[each.side == side], weights=values[each.side == side], minlength=len(names))
        / np.bincount(member[each.side == side], minlength=len(names))
        for side in (0, 1)
    ]
    units: Floats = (means[0] + means[1]) / 2
    return Gap(float(units.mean()), units)


def _of_columns(each: ColumnReliance, material: float) -> Carried:
    own, real = each.generated, each.real
    intervened = each.intervened[0] - each.intervened[1]
    done = Gap(float(intervened.mean()), intervened)
    parts = []
    for at, name in enumerate(each.columns):
        swap = done if at == 0 and each.intervention == MATCHED else _swap(own, at)
        parts.append(
            Part(
                name,
                (_column(own, at),),
                swap,
                float(own.permuted[at]),
                None if real is None else _column(real, at),
            )
        )
    total = _total(own)
    return Carried(
        name=f"{each.outcome} by {each.attribute}",
        contrast=each.outcome,
        sides=each.sides,
        unit=POINTS,
        material=material,
        total=total,
        parts=tuple(parts),
        error=abs(sum(part.gap.value for part in parts) - total.value),
        control=float(own.permuted.sum()),
        real=None if real is None else _total(real),
        intervened=done,
        intervention=each.intervention,
        evidence=each,
    )


def _difference(values: Floats, side: NDArray[np.int64]) -> float:
    return float(values[side == 0].mean() - values[side == 1].mean())


def _column(rows: ColumnRows, at: int) -> Gap:
    return gap_by_row(value=_difference(rows.attributions[:, at], rows.side), influence=rows.influence[:, at])


def _total(rows: ColumnRows) -> Gap:
    return gap_by_row(value=_difference(rows.outcome, rows.side), influence=_influence(rows.outcome, rows.side))


def _swap(rows: ColumnRows, at: int) -> Gap:
    values = rows.swapped[:, at]
    value = (values[rows.side == 0].mean() + values[rows.side == 1].mean()) / 2
    # Both means count half: the influence of a difference with the second side's sign turned.
    signed = np.where(rows.side == 0, values, -values) / 2
    return gap_by_row(value=float(value), influence=_influence(signed, rows.side))


def _influence(values: Floats, side: NDArray[np.int64]) -> Floats:
    first = side == 0
    own = values - values[first].mean(), values - values[~first].mean()
    found: Floats = np.where(first, own[0] / first.mean(), -own[1] / (~first).mean())
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What is said of each part of each gap, in the order of both.

    Args:
        explained: whether each gap has something to explain.
        p_values: after Holm's procedure over all parts of all gaps, of carrying nothing.
        flagged: surely not 0 and of material size, of a gap that has something to explain.
        confirmed: those whose exchange agrees.
    """

    explained: tuple[bool, ...]
    p_values: tuple[tuple[float, ...], ...]
    flagged: tuple[tuple[bool, ...], ...]
    confirmed: tuple[tuple[bool, ...], ...]

    @property
    def number(self) -> int:
        """How many are flagged."""
        return sum(map(sum, self.flagged))

    @property
    def unconfirmed(self) -> int:
        """How many of these an exchange does not confirm."""
        pairs = zip(self.flagged, self.confirmed, strict=True)
        return sum(one and not other for row in pairs for one, other in zip(*row, strict=True))


def verdicts(found: Sequence[Carried]) -> Verdicts:
    """Which parts carry a gap, and which of them an exchange confirms."""
    steps = iter(holm([part.p_value() for each in found for part in each.parts], alpha=1 - NOMINAL))
    adjusted = tuple(tuple(next(steps).adjusted for _ in each.parts) for each in found)
    explained = tuple(each.explained() for each in found)
    flagged = tuple(
        tuple(
            any_ and p <= 1 - NOMINAL and abs(part.gap.value) >= each.material
            for p, part in zip(row, each.parts, strict=True)
        )
        for any_, row, each in zip(explained, adjusted, found, strict=True)
    )
    confirmed = tuple(
        tuple(part.confirmed() and (at > 0 or _agrees(each)) for at, part in enumerate(each.parts)) for each in found
    )
    return Verdicts(explained, adjusted, flagged, confirmed)


def _agrees(each: Carried) -> bool:
    """Whether setting the group itself moves the outcome as the groups differ; where it was not set, yes."""
    if each.intervened is None or each.intervention == MATCHED or not resolved(each.total):
        return True
    (limits,) = each.intervened.limits((NOMINAL,))
    return limits.low > 0 if each.total.value > 0 else limits.high < 0
