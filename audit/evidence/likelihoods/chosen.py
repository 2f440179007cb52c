"""Which records a model is asked about one by one: some of each set at random, as many as time allows."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.held_pictures import at_once
from ....models.records import is_array, read, take
from ..bundle import Evidence
from ..plan import Plan, stream
from .kind import Scored

MOST = 2_000
"""Records of each set at most: a mean over these is known to a fortieth of the spread between records."""

FEWEST = 300
"""Records of each set, whatever they take."""

TRIED = 16
"""Records that show how long one takes."""

AT_ONCE = 500
"""Records a call, fewer of large pictures: by their size alone, as a matrix product's last bits depend on it."""

PATIENCE = 4.0
"""Seconds that may be spent in any case; beyond it, no more than a tenth of what drawing took."""

UNITS = {"image": "pixel value", "text": "character", "music": "note", "tabular": "column", "audio": "sample"}
"""What a record of each modality consists of."""

Ask = Callable[[Any], NDArray[np.float64]]
"""Some records to a number each."""


def ask_about(plan: Plan, so_far: Evidence, name: str, ask: Ask) -> tuple[Scored, Scored, Scored | None]:
    """What the model says of some generated, reference and held-out records.

    Args:
        plan: with the model.
        so_far: with samples and reference.
        name: of the random stream that chooses the records.
        ask: puts the question.
    """
    assert so_far.reference is not None
    sets = [so_far.generated.samples, so_far.reference.samples]
    sets += [] if so_far.holdout is None else [so_far.holdout.samples]
    most = _affordable(sets[1], so_far.generated.seconds, ask) // len(sets)
    rng = stream(plan.seed, name)
    scored = [asked_about(each, _rows(len(each), most, rng), plan.modality, ask) for each in sets]
    return scored[0], scored[1], scored[2] if len(scored) > 2 else None


def _affordable(records: Any, drawing: float, ask: Ask) -> int:
    """How many records there is time for, all sets together."""
    some = read(records, np.arange(min(TRIED, len(records), records_at_once(records))))
    ask(some)  # The first call may load or compile something.
    # Of the processor, not of the clock on the wall: what else the machine does must not change what is asked.
    started = time.process_time()
    ask(some)
    pace = (time.process_time() - started) / len(some)
    allowed = max(PATIENCE, 0.1 * drawing)
    # A quick model is asked about all, whatever the clock says, so that equal audits ask about equal records.
    return 3 * MOST if pace * 3 * MOST <= allowed else max(3 * FEWEST, int(allowed / pace))


def _rows(total: int, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    size = min(total, most, MOST)
    return np.sort(rng.permutation(total)[:size]).astype(np.int64)


def asked_about(records: Any, rows: NDArray[np.int64], modality: str, ask: Ask) -> Scored:
    """What the model says of the records at `rows`, a few at a time."""
    step = records_at_once(records)
    parts = [ask(read(records, rows[start : start + step])) for start in range(0, len(rows), step)]
    return Scored(rows, np.concatenate([np.empty(0), *parts]), _units(records, rows, modality))


def records_at_once(records: Any) -> int:
    """How many records a call is asked about."""
    return min(AT_ONCE, at_once(records.shape[1:])) if is_array(records) else AT_ONCE


def _units(records: Any, rows: NDArray[np.int64], modality: str) -> NDArray[np.int64]:
    if is_array(records):
        return np.full(len(rows), int(np.prod(records.shape[1:])), dtype=np.int64)
    if modality == "tabular":
        return np.full(len(rows), len(records.columns), dtype=np.int64)
    return _lengths(take(records, rows))


def _lengths(records: Sequence[Any]) -> NDArray[np.int64]:
    return np.array([len(each) for each in records], dtype=np.int64)
