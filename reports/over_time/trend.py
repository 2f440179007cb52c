"""One estimate over a series of audits: a drawing with intervals, and a row of signs for a terminal."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from .. import numbers
from ..axis import round_places
from .parts import PointPart, SeriesPart

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 200, 64, 16, 12, 28
BARS = "▁▂▃▄▅▆▇█"
MOST_LABELS = 20
"""Audits that are numbered under a drawing; of more, every second, third, … one is."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The drawing, and what it shows in words."""

    svg: Markup
    alt: str


def trend(series: SeriesPart, audits: int) -> Trend:
    """The drawing of a series; the same for equal ones."""
    seen = [each.seen for each in series.points if each.seen is not None]
    if not seen:
        return Trend(Markup(), "no audit has a value")
    low, high = min(each.low for each in seen), max(each.high for each in seen)
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    low, high = low - room, high + room

    def across(index: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / audits

    def down(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    marks = [_grid(value, down(value), series.unit) for value in round_places(low, high, 5)]
    every = math.ceil(audits / MOST_LABELS)
    marks += [_number(index, across(index)) for index in range(0, audits, every)]
    values = [None if each.seen is None else each.seen.value for each in series.points]
    marks += _course([None if value is None else (across(at), down(value)) for at, value in enumerate(values)])
    for index, point in enumerate(series.points):
        if point.seen is not None:
            marks.append(_mark(point, across(index), down))
    alt = f"{series.label}: {words(series)}"
    drawing = '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="trend">{}</svg>'
    return Trend(Markup(drawing).format(WIDTH, HEIGHT, alt, Markup("").join(marks)), alt)


def _grid(value: float, y: float, unit: str) -> Markup:
    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(LEFT, WIDTH - RIGHT, y, y)
    text = Markup('<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>')
    return line + text.format(LEFT - 8, y + 4, numbers.quantity(value, unit))


def _course(places: Sequence[tuple[float, float] | None]) -> list[Markup]:
    """A thin line from each audit to the next, which leads the eye; none where one of the two has no value."""
    line = Markup('<line class="course" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
    return [line.format(*one, *other) for one, other in pairwise(places) if one is not None and other is not None]


def _number(index: int, x: float) -> Markup:
    text = Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>')
    return text.format(x, HEIGHT - 8, index + 1)


def _mark(point: PointPart, x: float, down: Callable[[float], float]) -> Markup:
    """A dot with its interval; a change since the audit before is a filled diamond, whatever its colour."""
    seen = point.seen
    assert seen is not None
    tone = {"worse": "fail", "better": "pass", "other": "unsure", None: "fg"}[point.direction]
    line = Markup('<line class="interval" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>')
    drawn = line.format(x, down(seen.low), down(seen.high))
    y = down(seen.value)
    if point.direction is None:
        drawn += Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y)
    else:
        diamond = Markup('<path class="dot" d="M{:.1f} {:.1f}l7 7l-7 7l-7 -7z"/>')
        drawn += diamond.format(x, y - 7)
    return Markup('<g class="{}">{}</g>').format(tone, drawn)


def bars(series: SeriesPart) -> str:
    """A row of signs, one an audit, between the least and the greatest value; a dot where there is none."""
    seen = [each.seen.value for each in series.points if each.seen is not None]
    if not seen:
        return ""
    low, wide = min(seen), max(seen) - min(seen)
    return "".join(
        "·" if each.seen is None else BARS[round((len(BARS) - 1) * ((each.seen.value - low) / wide if wide else 0.5))]
        for each in series.points
    )


def words(series: SeriesPart) -> str:
    """From the first to the last value, and whether the audits differ by more than chance."""
    seen = [each.seen for each in series.points if each.seen is not None]
    if not seen:
        return "no audit has a value"
    first, last = (numbers.quantity(each.value, series.unit) for each in (seen[0], seen[-1]))
    text = first if len(seen) == 1 else f"{first} → {last}"
    if series.excess is None or series.spread is None:
        return text
    p = numbers.p_value(series.excess)
    unit = "share difference" if series.unit == "share" else series.unit
    if series.spread == 0:
        return f"{text}; no spread beyond chance ({p})"
    return f"{text}; spread between audits {numbers.quantity(series.spread, unit)} beyond chance ({p})"
