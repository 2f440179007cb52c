"""Columns of a table, generated beside real: bars on one axis a column, as SVG that takes the page's colours."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...audit.evidence.bundle import Evidence
from ...models.records import FEWEST_HOLDERS
from .. import numbers
from ..words import short

MOST_COLUMNS, MOST_LEVELS, BINS = 12, 8, 12
FEWEST = FEWEST_HOLDERS
"""Real records behind a level that is named; rarer ones are counted together, so that no bar stands for a person."""

OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Pair:
    """One bar: its place on the axis in words, and the shares of real and generated records, 1 the longest bar."""

    label: str
    real: str
    generated: str
    said: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its bars, and in a sentence where the two differ most."""

    name: str
    bars: tuple[Pair, ...]
    reading: str


def columns(evidence: Evidence) -> tuple[tuple[Column, ...], int]:
    """The first columns that real and generated tables share, and how many more there are; none of other records."""
    if evidence.modality != "tabular" or evidence.reference is None:
        return (), 0
    real, made = evidence.reference.samples, evidence.generated.samples
    names = [name for name in real.columns if name in made.columns]
    shown = [_column(str(name), real[name], made[name]) for name in names[:MOST_COLUMNS]]
    return tuple(each for each in shown if each is not None), max(0, len(names) - MOST_COLUMNS)


def _column(name: str, real: Any, made: Any) -> Column | None:
    labels, shares = _numeric(real, made) if _is_number(real) and _is_number(made) else _levels(real, made)
    if not labels:
        return None
    most = float(shares.max()) or 1.0
    bars = tuple(
        Pair(label, f"{100 * one / most:.1f}%", f"{100 * other / most:.1f}%", _said(one, other))
        for label, one, other in zip(labels, *shares.tolist(), strict=True)
    )
    # Rounded, so that of equal differences the first is named whatever the last bit says.
    apart = int(np.abs(shares[0] - shares[1]).round(9).argmax())
    reading = f"Furthest apart at {labels[apart]}: {_said(*shares[:, apart].tolist())}."
    return Column(short(name, 40), bars, reading)


def _said(real: float, generated: float) -> str:
    return f"{numbers.share(real)} of real, {numbers.share(generated)} of generated records"


def _is_number(values: Any) -> bool:
    return values.dtype.kind in "iuf" and values.nunique() > MOST_LEVELS


def _numeric(real: Any, made: Any) -> tuple[list[str], Any]:
    both = [each.to_numpy(dtype=float, na_value=np.nan) for each in (real, made)]
    first = both[0][np.isfinite(both[0])]
    if not len(first):
        return [], np.zeros((2, 0))
    # The outermost real records stand in the bars at the ends, so that no axis tells a single one's value.
    low, high = np.percentile(first, [1, 99])
    if low == high:
        return [], np.zeros((2, 0))
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(np.clip(each[np.isfinite(each)], low, high), edges)[0] for each in both]
    labels = [f"{numbers.number(one)}–{numbers.number(other)}" for one, other in itertools.pairwise(edges)]
    labels[0], labels[-1] = f"up to {numbers.number(edges[1])}", f"over {numbers.number(edges[-2])}"
    return labels, _shares(counts, [len(each) for each in both])


def _levels(real: Any, made: Any) -> tuple[list[str], Any]:
    counts = [each.astype(object).map(str).value_counts() for each in (real, made)]
    named = [str(level) for level, count in counts[0].items() if count >= FEWEST][:MOST_LEVELS]
    rows = [[int(each.get(level, 0)) for level in named] for each in counts]
    rest = [int(each.sum()) - sum(row) for each, row in zip(counts, rows, strict=True)]
    if any(rest):
        named, rows = [*named, OTHERS], [[*row, left] for row, left in zip(rows, rest, strict=True)]
    return [short(level, 24) for level in named], _shares(rows, [len(real), len(made)])


def _shares(counts: Sequence[Any], totals: Sequence[int]) -> Any:
    return np.array([np.asarray(each, dtype=float) / max(1, total) for each, total in zip(counts, totals, strict=True)])
