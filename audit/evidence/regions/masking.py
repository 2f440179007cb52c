"""Leave regions of records out: what a readout says where they are replaced by a baseline, in batched passes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kind import Regions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Readout = Callable[[Any, Ints], Floats]
"""Some records, and the row that each of them came from, to a number each (m,)."""

Masked = Callable[[Ints, NDArray[np.bool_]], Floats]
"""Rows (m,) and which regions are kept (m, R) to the readout (m,) of those records without the other regions."""

VALUES_AT_ONCE, FEWEST_AT_ONCE, MOST_AT_ONCE = 2**18, 16, 2_048
"""Values of records in one pass: larger batches of pictures ran slower on a processor than these."""

DONORS = 4
"""Real records whose values take the place of a column, in turn; the readout is averaged over them."""


def at_once(size: int) -> int:
    """How many records of `size` values go through a network in one pass."""
    return max(FEWEST_AT_ONCE, min(MOST_AT_ONCE, VALUES_AT_ONCE // max(1, size)))


def masked_arrays(readout: Readout, records: NDArray[Any], baseline: NDArray[Any], regions: Regions) -> Masked:
    """Pictures (n, c, h, w) or sounds (n, t), whose regions become those of the baseline (c, h, w) or (t,)."""
    step = at_once(int(np.prod(records.shape[1:])))

    def masked(rows: Ints, keep: NDArray[np.bool_]) -> Floats:
        parts = []
        for start in range(0, len(rows), step):
            some, kept = rows[start : start + step], keep[start : start + step][:, regions.place]
            kept = kept[:, None] if records.ndim == 4 else kept
            # A copy, so that a model that works in place changes nothing of ours.
            parts.append(readout(np.where(kept, records[some], baseline), some))
        return np.concatenate([np.empty(0), *parts])

    return masked


def masked_tables(readout: Readout, table: Any, donors: Any) -> Masked:
    """Rows of a table, whose columns get the values of real records, the same ones for every row (common numbers)."""
    import pandas as pd

    together = pd.concat([table, donors[list(table.columns)]], ignore_index=True)
    n, step = len(table), MOST_AT_ONCE

    def masked(rows: Ints, keep: NDArray[np.bool_]) -> Floats:
        parts = []
        for start in range(0, len(rows), step):
            some, kept = rows[start : start + step], keep[start : start + step]
            drawn = []
            # Where nothing is left out, every donor gives the same.
            for donor in range(len(donors) if not kept.all() else 1):
                taken = np.where(kept, some[:, None], n + donor)
                columns = {
                    name: together[name].take(taken[:, at]).reset_index(drop=True)
                    for at, name in enumerate(together.columns)
                }
                drawn.append(readout(pd.DataFrame(columns), some))
            parts.append(np.mean(drawn, axis=0))
        return np.concatenate([np.empty(0), *parts])

    return masked


def occlusion(masked: Masked, n: int, regions: Regions, progress: Callable[[float], None] | None = None) -> Floats:
    """By how much the readout of each of n records falls where one region is left out, (n, R)."""
    count = len(regions.names)
    block = max(1, 2**20 // (count + 1) ** 2)
    out = np.vstack([np.ones((1, count), dtype=np.bool_), ~np.eye(count, dtype=np.bool_)])
    effects = np.empty((n, count))
    for start in range(0, n, block):
        rows = np.arange(start, min(n, start + block), dtype=np.int64)
        read = masked(np.repeat(rows, count + 1), np.tile(out, (len(rows), 1))).reshape(len(rows), count + 1)
        effects[rows] = read[:, :1] - read[:, 1:]
        if progress is not None:
            progress(float(rows[-1] + 1) / n)
    return effects


def summed(values: Floats, regions: Regions) -> Floats:
    """Attributions of single values, (n, c, h, w) or (n, t), summed over each region: (n, R)."""
    flat = values.sum(axis=1) if values.ndim == 4 else values
    rows, places = flat.reshape(len(flat), -1), regions.place.reshape(-1)
    of_region = np.zeros((len(places), len(regions.names)))
    of_region[np.arange(len(places)), places] = 1.0
    return np.asarray(rows @ of_region)
