"""Collect the scores of canaries: how familiar each planted record is to the model, and each that was held out."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import read
from ..bundle import Evidence
from ..decoding import undisturbed
from ..likelihoods.chosen import AT_ONCE
from ..likelihoods.collect import nats_of
from ..plan import Plan
from ..unavailable import Unavailable
from .kind import Canaries
from .nearness import WORDS, distances

NEEDS = ()

HOW = (
    "no canaries were planted: `genai-audit canaries make` writes some for the training data, and --canaries takes "
    "their key"
)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Canaries:
    """One score a canary: minus its log-likelihood where the model gives one, else how far generated records stay off.

    Raises:
        Unavailable: without a key, or if nothing is known of how near generated sounds come to one.
        UserError: if what `log_prob` gives is not a number for each record.
    """
    key = plan.canaries
    if key is None:
        raise Unavailable(HOW)
    kind = getattr(plan.model, "log_prob_kind", None)
    if plan.model is not None and callable(getattr(plan.model, "log_prob", None)) and kind in ("exact", "lower_bound"):
        scores = _by_likelihood(plan.model, key.records, progress)
        words = f"minus the log-likelihood ({kind.replace('_', ' ')}), nats"
    elif len(so_far.generated.samples):
        rates = key.sample_rate or None, so_far.generated.sample_rate
        scores = distances(plan.modality, key.records, so_far.generated.samples, rates)
        words = f"{WORDS[plan.modality]}, {len(so_far.generated.samples):,} of which were searched"
    else:
        raise Unavailable("the model gives no likelihood of a record (log_prob), and nothing was generated")
    return Canaries(
        included=key.included,
        scores=scores,
        score=words,
        design=key.design,
        guesses=key.guesses,
        repeats=key.repeats,
        bits=key.bits,
        space=key.space,
        sha256=key.sha256,
    )


def _by_likelihood(model: Any, records: Any, progress: Callable[[float], None]) -> NDArray[np.float64]:
    found = []
    with undisturbed(model):
        for start in range(0, len(records), AT_ONCE):
            rows = np.arange(start, min(start + AT_ONCE, len(records)))
            found.append(-nats_of(model, read(records, rows)))
            progress(float(rows[-1] + 1) / len(records))
    return np.concatenate(found)
