"""Rows of a table as vectors in which every column counts alike.

A number becomes, nearly, the share of the reference that lies below it, so that neither units nor outliers decide. Two
rows that differ in a category are as far apart in it as the smallest and the largest number.

The map is learned from the reference alone, and from its values only, not from their order. Given the reference,
features of generated rows are therefore independent draws: what is estimated from them cannot hang on how many were
drawn, and held-out rows, the control, are treated exactly as generated ones are. See docs/decisions/009.

Columns that name records, as customer numbers do, say nothing of how alike two records are, and are left out.

Reference: Gower 1971, doi:10.2307/2528823 (a distance for mixed columns).
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.identifier_columns import described_by
from ...records import is_number

Values = NDArray[np.float64]

EXTRACTOR = "columns of the table: numbers as shares of the reference below them, and indicators of categories"

MOST_CATEGORIES = 200
"""Categories of the reference that get an axis each at most."""

MOST_SINGLE = 5
"""Categories that the reference has once, at most, if its categories are to get an axis each: where there are more,
others are to come, which must not be told by their axes."""

KNOTS = 8
"""Into so many parts quantiles cut a column of numbers, in each of which shares rise along a straight line."""

FEWEST_BEYOND = 16
"""In the tails parts are halved as long as so many reference records lie beyond."""

AXES = 128
"""Axes in which other categories have directions of their own."""


def table_features(tables: Sequence[Any], *, reference: int = 1) -> list[Values]:
    """Tables of the same columns to one row of features (n, d) a row.

    Squared distances lie within [0, 1] a column, ½ more where numbers are missing; between two of many categories, or
    of those that the reference lacks, they scatter around 1 by about a tenth.

    Args:
        tables: generated, real and perhaps held-out rows.
        reference: which of them is the reference.
    """
    blocks: list[list[Values]] = [[] for _ in tables]
    kept, _ = described_by(tables[reference])
    for name in kept:
        columns = [each[name] for each in tables]
        numeric = is_number(columns[reference])
        parts = _shares(columns, reference) if numeric else _indicators(columns, reference)
        for block, part in zip(blocks, parts, strict=True):
            block.append(part)
    return [np.hstack(each) for each in blocks]


def table_words(reference: Any) -> str:
    """What the features are, and which columns of the reference are left out of them as identifiers."""
    _, named = described_by(reference)
    return f"{EXTRACTOR}; left out as identifiers: {', '.join(named)}" if named else EXTRACTOR


def _shares(columns: Sequence[Any], reference: int) -> list[Values]:
    """Middle ranks of some quantiles of the reference, straight lines between them, 0 below and 1 above all values.

    Were every value of the reference a knot, its own ranks would lie as evenly as the teeth of a comb, and a perfect
    generator's would not. A missing number lies in the middle and is told by an indicator.
    """
    import pandas as pd

    # A generator may give anything in a column of numbers; what is none counts as missing, and GA501 names it.
    values = [pd.to_numeric(each, errors="coerce").to_numpy(dtype=float, na_value=np.nan) for each in columns]
    known = values[reference][~np.isnan(values[reference])]
    levels, counts = np.unique(known, return_counts=True)
    kept = _knots(counts)
    levels, middles = levels[kept], ((np.cumsum(counts) - counts / 2) / max(1, len(known)))[kept]
    gaps = [np.isnan(each) for each in values]
    marked = any(gap.any() for gap in gaps)
    parts = []
    for each, gap in zip(values, gaps, strict=True):
        shares = np.interp(each, levels, middles, left=0.0, right=1.0) if len(levels) else np.full(len(each), 0.5)
        ranks = np.where(gap, 0.5, shares)[:, None]
        parts.append(np.hstack([ranks, gap[:, None] / np.sqrt(2)]) if marked else ranks)
    return parts


def _knots(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of the different values, ascending and with their counts, are knots."""
    if len(counts) <= KNOTS:
        return np.arange(len(counts))
    total = int(counts.sum())
    inner = [part / KNOTS for part in range(1, KNOTS)]
    tail = 0.5 / KNOTS
    while tail * total >= FEWEST_BEYOND:
        inner += [tail, 1 - tail]
        tail /= 2
    quantiles = np.searchsorted(np.cumsum(counts), np.array(inner) * total)
    # A value of many records is a step, which needs a knot at either side.
    steps = np.flatnonzero(counts >= total / KNOTS)
    ends = np.array([0, len(counts) - 1])
    return np.unique(np.clip(np.concatenate([ends, quantiles, steps - 1, steps, steps + 1]), 0, len(counts) - 1))


def _indicators(columns: Sequence[Any], reference: int) -> list[Values]:
    """Categories as directions at right angles, or nearly so.

    No category is chosen for being common, since one that is common in the reference by chance is less so elsewhere,
    where a perfect generator would seem to lack it. Categories that the reference lacks must differ from one another
    as its own rare ones do, or they would betray themselves by being alike.
    """
    import pandas as pd

    texts = [each.astype(object).where(each.notna(), None).map(_text).to_numpy(dtype=object) for each in columns]
    known, counts = np.unique(texts[reference].astype(str), return_counts=True)
    few = len(known) <= MOST_CATEGORIES and (counts == 1).sum() <= MOST_SINGLE
    own = pd.Index(known if few else [])
    places = [own.get_indexer(each) for each in texts]
    others = AXES if any((at < 0).any() for at in places) else 0
    parts = []
    for each, at in zip(texts, places, strict=True):
        axes = np.zeros((len(each), len(own) + others))
        inside, outside = np.flatnonzero(at >= 0), np.flatnonzero(at < 0)
        axes[inside, at[inside]] = np.sqrt(0.5)
        if len(outside):
            axes[outside, len(own) :] = np.sqrt(0.5) * _directions(each[outside])
        parts.append(axes)
    return parts


def _text(value: Any) -> str:
    # No text of a user begins so.
    return "\0missing" if value is None else str(value)


def _directions(texts: NDArray[np.object_]) -> Values:
    """A direction for each text, (n, AXES) of length 1, from its digest: fixed before any data are seen."""
    distinct, place = np.unique(texts.astype(str), return_inverse=True)
    drawn = np.empty((len(distinct), AXES))
    for row, text in zip(drawn, distinct, strict=True):
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        row[:] = np.random.default_rng(int.from_bytes(digest, "little")).normal(size=AXES)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    directions: Values = drawn[place]
    return directions
