"""An axis for distances from a perfect generator: even near 0, and closer and closer further out, to both sides.

A place is asinh of the distance, so that one half-width of the band and a hundred of them stand in one chart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from . import numbers
from .axis import Tick

PLACES = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)
FURTHEST = 30_000.0
LEAST = 2.0
"""How far the axis reaches at least: past the ends of the band."""

MARGIN = 0.06


@dataclass(frozen=True, slots=True)
class Axis:
    """From distances to places in per cent of a plot's width."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> str:
        """Where a distance lies; what is beyond the axis, at its end."""
        at = math.asinh(min(max(value, -FURTHEST), FURTHEST))
        return f"{min(100.0, max(0.0, 100 * (at - self.low) / (self.high - self.low))):.2f}%"


def symmetric(ends: Sequence[float]) -> Axis:
    """An axis that shows all these distances and the band from −1 to 1, with its ticks."""
    low, high = min([-LEAST, *ends]), max([LEAST, *ends])
    start, end = (math.asinh(min(max(each, -FURTHEST), FURTHEST)) for each in (low, high))
    margin = MARGIN * (end - start)
    axis = Axis(start - margin, end + margin, ())
    marks = [0.0, *(sign * place for place in PLACES for sign in (-1, 1) if low <= sign * place <= high)]
    kept: list[tuple[float, float]] = []
    for mark in sorted(marks, key=lambda each: (abs(each), each)):
        at = float(axis.place(mark)[:-1])
        # Labels that would touch are left out, the inner ones kept.
        if all(abs(at - other) >= 9 for other, _ in kept):
            kept.append((at, mark))
    ticks = tuple(Tick(f"{at:.2f}%", numbers.number(mark), _anchor(at)) for at, mark in sorted(kept))
    return Axis(axis.low, axis.high, ticks)


def _anchor(at: float) -> str:
    return "start" if at < 4 else "end" if at > 96 else "middle"
