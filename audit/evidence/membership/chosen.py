"""Which records of the three sets are scored: all, where that is quick."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import read
from ..likelihoods.chosen import TRIED, records_at_once
from ..plan import Plan, stream
from .offered import Offer

Ints = NDArray[np.int64]

MOST = 10_000
"""Records of the training data, and of the holdout, at most."""

GENERATED = 1_000
"""Generated records at most: they only show whether being generated makes a member."""

FEWEST = 300
"""Training and holdout records, each, whatever they take."""

MANY = 200
"""Records that show how long one takes where a call is quick."""

PATIENCE = 1.5
"""Seconds of the processor that one score may take; a quick model is asked about all, whatever the clock says."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The records: those that the model is said to have learned from, those that it never saw, and those it made."""

    training: Any
    holdout: Any
    generated: Any


def chosen_rows(offer: Offer, plan: Plan, sets: Sets) -> dict[str, Ints]:
    """Rows of each set, ascending: at random where there is no time for all."""
    sizes = {
        "training": min(len(sets.training), MOST),
        "holdout": min(len(sets.holdout), MOST),
        "generated": min(len(sets.generated), GENERATED),
    }
    share = min(1.0, _affordable(offer, sets.training, sum(sizes.values())) / sum(sizes.values()))
    if share < 1:
        sizes = {name: min(size, max(FEWEST, int(share * size))) for name, size in sizes.items()}
    rng = stream(plan.seed, f"membership by {offer.kind}")
    totals = {name: len(getattr(sets, name)) for name in sizes}
    return {name: np.sort(rng.permutation(totals[name])[:size]).astype(np.int64) for name, size in sizes.items()}


def _affordable(offer: Offer, records: Any, wanted: int) -> float:
    pace = _pace(offer, records, TRIED)
    if pace * TRIED <= PATIENCE / 20:
        # What a call takes by itself would be laid to a few records: many share it.
        pace = min(pace, _pace(offer, records, MANY))
    return wanted if pace * wanted <= PATIENCE else PATIENCE / pace


def _pace(offer: Offer, records: Any, most: int) -> float:
    """Seconds of the processor that a record takes."""
    some = read(records, np.arange(min(most, len(records), records_at_once(records))))
    offer.ask(some)  # The first call may load or compile something.
    # Of the processor, not of the clock on the wall: what else the machine does must not change what is asked.
    started = time.process_time()
    offer.ask(some)
    return (time.process_time() - started) / len(some)
