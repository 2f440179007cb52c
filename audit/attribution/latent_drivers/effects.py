"""Effect first: how much each readout moves at all, and only then what moves it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ...evidence.attributions.kind import Attributions
from ...evidence.attributions.readouts import facts
from ...finding import LEVELS, NOMINAL, Interval
from .shares import Array, Shares, average, shares_of


class Status(StrEnum):
    """What can be said about a readout."""

    EXPLAINED = "explained"
    NO_EFFECT = "no effect to explain"
    INCOMPLETE = "left out: attributions do not add up"


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects of the latents on each readout, and how those that can be explained are divided among the dimensions.

    Args:
        sizes: (R,), root mean square difference between two outputs, in each readout's unit.
        curves: intervals of these.
        status: what can be said about each readout.
        shares: of each explained readout, by its index.
        overall: their mean; every readout counts the same, whatever its unit. Empty where nothing is explained.
    """

    evidence: Attributions
    sizes: Array
    curves: tuple[tuple[Interval, ...], ...]
    status: tuple[Status, ...]
    shares: dict[int, Shares]
    overall: Shares

    @property
    def explained(self) -> list[int]:
        """Indices of the readouts that are explained."""
        return list(self.shares)


def facts_of(evidence: Attributions, readout: int) -> tuple[str, float]:
    """Unit and smallest material difference of a readout."""
    if not evidence.units:
        return facts(evidence.readouts[readout])
    return evidence.units[readout], float(evidence.material[readout])


def measure_effects(evidence: Attributions) -> Effects:
    """Sizes, what can be explained, and its division.

    A readout has an effect if its size is surely above what is material for that readout; without one there is nothing
    to explain, whether the attributions add up or not.
    """
    sizes = np.sqrt((evidence.differences**2).mean(axis=1))
    curves = tuple(_size_curve(row) for row in evidence.differences)
    status = tuple(
        _status(evidence, readout, next(each for each in curve if each.level == NOMINAL))
        for readout, curve in enumerate(curves)
    )
    shares = {
        readout: shares_of(evidence.attributions[readout])
        for readout, each in enumerate(status)
        if each is Status.EXPLAINED
    }
    n, size = evidence.latents.shape
    overall = average(list(shares.values())) if shares else Shares(np.zeros(size), np.zeros((n, size)))
    return Effects(evidence, sizes, curves, status, shares, overall)


def _status(evidence: Attributions, readout: int, size: Interval) -> Status:
    if size.low <= facts_of(evidence, readout)[1]:
        return Status.NO_EFFECT
    # Written so that an error that is not a number fails.
    complete = bool((evidence.completeness_error[readout] <= evidence.tolerance[readout]).all())
    return Status.EXPLAINED if complete else Status.INCOMPLETE


def _size_curve(differences: Array) -> tuple[Interval, ...]:
    """Intervals of the root mean square of differences (n,): Student's t for the log of the mean square."""
    from scipy.stats import t

    squares = differences**2
    mean, n = float(squares.mean()), len(squares)
    if mean == 0:
        return tuple(Interval(level, 0.0, 0.0) for level in LEVELS)
    relative = float(squares.std(ddof=1)) / np.sqrt(n) / mean
    curve = []
    for level in LEVELS:
        factor = np.exp(t.ppf(0.5 + level / 2, n - 1) * relative / 2)
        curve.append(Interval(level, float(np.sqrt(mean) / factor), float(np.sqrt(mean) * factor)))
    return tuple(curve)
