"""Collect the nearest real record of every generated one, and what the same search shows of real records.

The model is not touched: samples in a file are enough. One search serves every question about copies.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.encoders.builtin.catalogue import DEFAULTS
from ....models.records import take
from ..bundle import Evidence, Features
from ..plan import Plan, stream
from ..unavailable import Unavailable, Unmeasured
from .codes import codes_across
from .kind import Distances, Found, Matches
from .spaces import Space, affordable, own_space, vector_length, vector_space

Ints = NDArray[np.int64]

NEEDS = ("features",)

FEWEST = 20
"""Records of each set that a search needs."""

CELLS, FEWEST_IN_CELL = 5, 50
"""Regions of training records at most, and training records a region."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Matches:
    """Nearest and equal records of all sets at hand.

    Raises:
        Unavailable: without training data.
        Unmeasured: if a set has too few records.
    """
    names = _sets(so_far)
    samples = [getattr(so_far, name).samples for name in names]
    for name, each in zip(names, samples, strict=True):
        if len(each) < FEWEST:
            raise Unmeasured(f"{len(each)} {name} records are too few to search for copies: give {FEWEST} or more")
    rng = stream(plan.seed, "matches")
    most = affordable(plan.modality, samples[1], vector_length(plan.modality, samples[1]))
    rows = _rows(samples, most, plan.seed)
    parts = [take(each, some) for each, some in zip(samples, rows, strict=True)]
    spaces = [own_space(plan.modality, parts, so_far.generated.sample_rate)]
    spaces += by_features(plan.modality, so_far.features, rows)
    progress(0.2)
    distances = tuple(nearest_by(space, rows, rng) for space in spaces)
    progress(0.8)
    cells = _cells(so_far.features, rows, rng)
    equal, repeats, held = _equal(samples)
    return Matches(
        distances=distances,
        generated_rows=rows[0],
        training_rows=rows[1],
        holdout_rows=rows[2] if len(rows) > 2 else np.empty(0, dtype=np.int64),
        generated_cells=cells[0],
        holdout_cells=cells[1],
        cells=cells[2],
        equal_training=equal,
        training_repeats=repeats,
        holdout_equal=held,
    )


def _sets(so_far: Evidence) -> list[str]:
    if "training" in so_far.absent:
        raise Unavailable(so_far.absent["training"])
    if so_far.reference is None:
        raise Unavailable("there are no training data that a record could be a copy of; give them with --reference")
    return ["generated", "reference"] + ([] if so_far.holdout is None else ["holdout"])


def _rows(samples: Sequence[Any], most: int, seed: int) -> list[Ints]:
    """Some of each set at random, by a stream of its own, so that one set's size does not move another's choice."""
    rows = []
    for name, each in zip(("generated", "training", "holdout"), samples, strict=False):
        chosen = stream(seed, f"matches of {name}").permutation(len(each))[:most]
        rows.append(np.sort(chosen).astype(np.int64))
    return rows


def by_features(modality: str, features: Features | None, rows: Sequence[Ints]) -> list[Space]:
    """The distance of the features of the first encoder, where that is the user's own or one of pictures' parts."""
    if features is None or features.encoder is None or features.encoder.name == DEFAULTS[modality].name:
        return []
    sets = [features.generated, features.reference, features.holdout]
    vectors = [each[some] for each, some in zip(sets, rows, strict=False)]
    if not all(np.isfinite(each).all() for each in vectors):
        return []
    return [vector_space(f"root mean squared difference of features ({features.extractor})", "of features", vectors)]


def nearest_by(space: Space, rows: Sequence[Ints], rng: np.random.Generator) -> Distances:
    """The nearest records by one distance; `rows` are those of generated, training and perhaps held-out records."""

    def found(own: int, other: int) -> Found:
        seen = space.nearest(own, other, rng)
        return Found(seen.distance, rows[other][seen.row], seen.ties)

    if len(rows) == 2:
        return Distances(space.words, space.unit, found(0, 1), found(1, 1))
    return Distances(space.words, space.unit, found(0, 1), found(1, 1), found(0, 2), found(2, 1))


def _cells(features: Features | None, rows: Sequence[Ints], rng: np.random.Generator) -> tuple[Ints, Ints, int]:
    """Regions around centres of training records, and in which each generated and each holdout record lies."""
    count = min(CELLS, len(rows[1]) // FEWEST_IN_CELL)
    sizes = [len(rows[0]), len(rows[2]) if len(rows) > 2 else 0]
    if features is None or count < 2 or not np.isfinite(features.reference).all():
        return np.zeros(sizes[0], dtype=np.int64), np.zeros(sizes[1], dtype=np.int64), 1
    from sklearn.cluster import KMeans

    known = features.reference[rows[1]]
    if len(np.unique(known, axis=0)) < count:
        return np.zeros(sizes[0], dtype=np.int64), np.zeros(sizes[1], dtype=np.int64), 1
    fitted = KMeans(count, n_init=1, max_iter=50, random_state=int(rng.integers(1 << 31))).fit(known[:2000])
    sets = [features.generated, features.holdout]
    chosen = [rows[0], rows[2] if len(rows) > 2 else rows[0][:0]]
    placed = [
        fitted.predict(np.nan_to_num(each[some])).astype(np.int64) if len(some) else np.empty(0, dtype=np.int64)
        for each, some in zip(sets, chosen, strict=True)
    ]
    return placed[0], placed[1], count


def _equal(samples: Sequence[Any]) -> tuple[Ints, Ints, Ints]:
    """A training record equal to each generated one, how many equal each training record, and holdout records'."""
    codes = codes_across([samples[1], samples[0], *samples[2:]])
    first, counts = np.unique(codes[0], return_index=True)[1], np.bincount(codes[0])
    # Codes of the first set are numbered in the order in which its records first occur.
    equal = [np.where(each < len(first), first[np.minimum(each, len(first) - 1)], -1) for each in codes[1:]]
    return equal[0], counts[codes[0]] - 1, equal[1] if len(equal) > 1 else np.empty(0, dtype=np.int64)
