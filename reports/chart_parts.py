"""What a chart is made of: texts, and positions in per cent of the plot's width."""

from collections.abc import Callable
from dataclasses import dataclass

from ..audit.finding import NOMINAL
from . import numbers
from .axis import Tick
from .words import Mark


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where, in per cent of the plot's width."""

    start: str
    end: str
    width: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A second value on the same row, drawn as a ring: real records beside generated ones."""

    dot: str
    line: Span


@dataclass(frozen=True, slots=True)
class Row:
    """One estimate: texts, and positions in per cent of the plot's width."""

    label: str
    text: str
    dot: str
    line: Span
    band: Span | None
    bounds: tuple[str, ...]
    mark: Mark | None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """A value to compare with: where it lies and what it is."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, ready to be drawn: `reading` says in a sentence what it shows."""

    title: str
    reading: str
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    has_band: bool
    bound: str | None
    guide: Guide | None
    key: str
    left_out: int
    beside: str = ""


USUAL_KEY = f"estimate and {numbers.level(NOMINAL)} interval"
"""What dots and lines stand for in most figures."""


def span(low: float, high: float, place: Callable[[float], str]) -> Span:
    """From one value to another, at their places."""
    start, end = place(low), place(high)
    return Span(start, end, f"{float(end[:-1]) - float(start[:-1]):.2f}%")
