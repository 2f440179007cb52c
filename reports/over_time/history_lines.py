"""A series of audits for a terminal: which they are, and one line an estimate."""

from ..words import short
from .parts import HistoryPart, SeriesPart
from .said import ARROWS, row_name, seen_words, side_line
from .trend import bars, words

MOST_SERIES = 40
"""Estimates that a terminal shows; JSON and HTML have all that were asked for."""


def history_lines(part: HistoryPart) -> list[str]:
    """The audits by number, then each estimate: its course, first and last value, and where it changed."""
    lines = [f"{len(part.audits)} audits, the oldest first:"]
    lines += [f"  {number}  {side_line(side)}" for number, side in enumerate(part.audits, 1)]
    lines += [f"  Left out: {short(each, 300)}" for each in part.skipped]
    for series in part.series[:MOST_SERIES]:
        lines += _series(series)
    if len(part.series) > MOST_SERIES:
        lines.append(f"… and {len(part.series) - MOST_SERIES} more estimates, in --json and --html")
    return lines


def _series(series: SeriesPart) -> list[str]:
    name = row_name(series.auditor, series.label, series.group)
    told = [f"{name}: {bars(series)}  {words(series)}"]
    for number, point in enumerate(series.points, 1):
        if point.direction is not None:
            told.append(f"  {ARROWS[point.direction]} in audit {number}: {seen_words(point.seen, series.unit)}")
    return told
