"""The axis of a chart: from values to positions in per cent of the plot's width, and round places to label."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import numbers


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis; `anchor` keeps the text of the outer ones inside the plot."""

    at: str
    text: str
    anchor: str


def scale(ends: Sequence[float], unit: str) -> tuple[Callable[[float], str], tuple[Tick, ...]]:
    """A map from values to positions that shows all `ends`, and ticks at round places in `unit`."""
    low, high = min(ends), max(ends)
    if 0 < low < high / 2:
        low = 0.0
    elif high < 0 and high > low / 2:
        high = 0.0
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 1.0
    low, high = low - margin, high + margin

    def place(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.2f}%"

    places = _possible(round_places(low, high), ends, unit)
    gap = min((after - before for before, after in pairwise(places)), default=abs(places[0]))
    return place, tuple(_tick(value, place, unit, gap) for value in places)


def round_places(low: float, high: float, most: int = 6) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten in [low, high]: at most `most`, at least two where there is room."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) <= most - 1)
    return [index * step for index in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _possible(places: list[float], ends: Sequence[float], unit: str) -> list[float]:
    """Without places that no value can have: parts of a count, and less than nothing where nothing lies below 0."""
    kept = [each for each in places if each >= 0 or min(ends) < 0]
    whole = [each for each in kept if unit != "count" or each.is_integer()]
    return whole or kept or places


def _tick(value: float, place: Callable[[float], str], unit: str, gap: float) -> Tick:
    at = place(value)
    percent = float(at[:-1])
    factor = 100 if unit in numbers.IN_HUNDREDTHS else 1
    # A sign is short, and a word stands beside every value.
    text = numbers.tick(factor * value, factor * gap) + (" %" if unit == "share" else "")
    return Tick(at, text, "start" if percent < 4 else "end" if percent > 96 else "middle")
