"""In which distance records of each modality are compared, and how many can be."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.encoders.builtin.pixels import pixel_vectors, pixel_words
from ....models.records import blocks, is_array, is_number
from ...statistics.copying.mixed import MixedRows, mixed_rows, nearest_rows
from ...statistics.copying.nearest import Nearest, nearest_points
from ...statistics.copying.runs import RunSets, nearest_sequences, run_sets
from ...statistics.neighbours.cloud import checked, cloud, origin
from .mel import MEL_WORDS, log_mel

Floats = NDArray[np.float64]

MOST = 4_000
"""Records of each set at most."""

WORK = 2e10
"""Products of numbers that comparing vectors may take, or as much time."""

SETS = 4
"""Comparisons of two sets: how many of them share that work."""

RUN = {"text": 5, "music": 4}
"""Characters or notes of a run."""

SYMBOLS = 250_000
"""Characters or notes of a set at most, all its records together."""

CELL = 16.0
"""What a column's difference costs, in products."""

Pair = Callable[[int, int, np.random.Generator], Nearest]
"""For each record of one set the nearest of another; of the same set, the nearest other one."""


@dataclass(frozen=True, slots=True)
class Space:
    """One distance between records of several sets: what it is, its unit, and what finds the nearest."""

    words: str
    unit: str
    nearest: Pair


def affordable(modality: str, records: Any, dimensions: int) -> int:
    """How many records of each set are compared: by their kind and size alone, never by the clock."""
    if modality in RUN:
        mean = max(1.0, sum(map(len, records)) / max(1, len(records)))
        return min(MOST, max(200, int(SYMBOLS / mean)))
    cost = CELL * len(records.columns) if modality == "tabular" else float(max(1, dimensions))
    return min(MOST, max(200, int(math.sqrt(WORK / (SETS * cost)))))


def own_space(modality: str, sets: Sequence[Any], rate: int | None) -> Space:
    """The modality's own distance between these sets: generated, training and perhaps holdout records."""
    if modality == "image":
        vectors = [np.concatenate([pixel_vectors(part) for part in blocks(each)]) for each in sets]
        words = f"root mean squared difference of {pixel_words(tuple(sets[0].shape[1:]))}"
        return vector_space(words, "of the range from black to white", vectors)
    if modality == "audio":
        vectors = [log_mel(each, rate) for each in sets]
        return vector_space(f"root mean squared difference of {MEL_WORDS}", "nepers of power", vectors)
    if modality == "tabular":
        return _mixed_space(sets)
    what = "characters" if modality == "text" else "notes"
    symbols = [[list(map(ord, each)) if isinstance(each, str) else each for each in one] for one in sets]
    runs = run_sets(symbols, length=RUN[modality])
    words = f"one minus the share of different runs of {RUN[modality]} {what} in common (Jaccard)"
    return Space(words, "share of runs", partial(_of_runs, runs))


def vector_space(words: str, unit: str, vectors: Sequence[NDArray[Any]]) -> Space:
    """Root mean squared difference of vectors (n, d) a set."""
    matrices = [checked(each, "records") for each in vectors]
    centre = origin(np.concatenate([each[:256] for each in matrices[1:]]))
    clouds = [cloud(each, centre) for each in matrices]
    scale = 1 / math.sqrt(matrices[0].shape[1])

    def nearest(own: int, other: int, rng: np.random.Generator) -> Nearest:
        found = nearest_points(clouds[own], clouds[other], itself=own == other, rng=rng)
        return found._replace(distance=found.distance * scale)

    return Space(words, unit, nearest)


def _mixed_space(sets: Sequence[Any]) -> Space:
    import pandas as pd

    names = list(sets[1].columns)
    numeric = [name for name in names if is_number(sets[1][name])]
    numbers = [_numbers(each, numeric) for each in sets]
    kinds = [np.empty((len(each), 0), dtype=np.int64) for each in sets]
    for name in (name for name in names if name not in numeric):
        pooled = pd.concat([each[name].astype(object) for each in sets], ignore_index=True)
        codes = pd.factorize(pooled.where(pooled.notna(), None).map(_text))[0].astype(np.int64)
        parts = np.split(codes, np.cumsum([len(each) for each in sets])[:-1])
        kinds = [np.column_stack([kind, part]) for kind, part in zip(kinds, parts, strict=True)]
    rows = mixed_rows(numbers, kinds, scale_by=range(1, len(sets)))
    words = "mean difference of columns: numbers over the range of all real values, categories 0 or 1 (Gower)"
    return Space(words, "of the largest difference", partial(_of_rows, rows))


def _numbers(table: Any, names: Sequence[str]) -> Floats:
    """Columns of numbers as float64 (n, a); what is none is missing."""
    import pandas as pd

    values = [pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan) for name in names]
    found = np.column_stack([np.empty((len(table), 0)), *values])
    return np.where(np.isfinite(found), found, np.nan)


def _text(value: Any) -> str:
    # No text of a user begins so.
    return "\0missing" if value is None else str(value)


def _of_rows(rows: list[MixedRows], own: int, other: int, rng: np.random.Generator) -> Nearest:
    return nearest_rows(rows[own], rows[other], itself=own == other, rng=rng)


def _of_runs(runs: list[RunSets], own: int, other: int, rng: np.random.Generator) -> Nearest:
    return nearest_sequences(runs[own], runs[other], itself=own == other, rng=rng)


def vector_length(modality: str, samples: Any) -> int:
    """Numbers that stand for one record where records are compared as vectors, 0 elsewhere."""
    if not is_array(samples) or not len(samples):
        return 0
    return 1024 if modality == "audio" else int(pixel_vectors(np.asarray(samples[:1], dtype=np.float32)).shape[1])
