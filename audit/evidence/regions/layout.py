"""Cut records into regions: pictures into a grid with a thin rim, sounds into spans, tables into columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .kind import COLUMN, REGION, SPAN, Regions

ACROSS = 8
"""Regions along each side of a picture, the rim included."""

SPANS = 16
"""Spans of a sound, both ends included."""

RIM = 32
"""The rim is one part in so many of a side, and at least one position: what is seen there belongs to no object."""


def picture_regions(height: int, width: int) -> Regions:
    """A grid of at most 8 × 8 regions, whose outer ones are a thin rim around the picture."""
    rows, columns = _cuts(height, ACROSS), _cuts(width, ACROSS)
    down, across = len(rows) - 1, len(columns) - 1
    place = _owners(rows)[:, None] * across + _owners(columns)[None, :]
    outer = _outer(down)[:, None] | _outer(across)[None, :]
    names = tuple(
        f"row {row + 1}, column {column + 1}{' (edge)' if outer[row, column] else ''}"
        for row in range(down)
        for column in range(across)
    )
    return Regions(REGION, names, place, outer.reshape(-1))


def sound_regions(length: int, sample_rate: int | None) -> Regions:
    """At most 16 spans of time, the first and the last of them short."""
    cuts = _cuts(length, SPANS)
    outer = _outer(len(cuts) - 1)
    unit, rate = ("s", sample_rate) if sample_rate else ("samples", 1)
    names = tuple(
        f"{start / rate:.3g}–{end / rate:.3g} {unit}{' (edge)' if edge else ''}"
        for start, end, edge in zip(cuts[:-1], cuts[1:], outer, strict=True)
    )
    return Regions(SPAN, names, _owners(cuts), outer)


def table_regions(columns: Sequence[object]) -> Regions:
    """Every column by itself; a table has no border."""
    count = len(columns)
    return Regions(COLUMN, tuple(map(str, columns)), np.arange(count, dtype=np.int64), np.zeros(count, dtype=np.bool_))


def _cuts(side: int, parts: int) -> NDArray[np.int64]:
    """Ascending bounds from 0 to `side`: every position by itself where there are few, else a rim and even parts."""
    if side <= parts:
        return np.arange(side + 1, dtype=np.int64)
    rim = max(1, round(side / RIM))
    inner = np.rint(np.linspace(rim, side - rim, parts - 1)).astype(np.int64)
    return np.concatenate([[0], inner, [side]])


def _owners(cuts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(cuts) - 1, dtype=np.int64), np.diff(cuts))


def _outer(parts: int) -> NDArray[np.bool_]:
    """Which of the parts of a side are its ends; none where there would be no inside."""
    ends = np.zeros(parts, dtype=np.bool_)
    if parts > 2:
        ends[[0, -1]] = True
    return ends
