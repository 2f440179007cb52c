"""Collect what training and holdout records show of the split between them; the model is not looked at."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.encoders.builtin.catalogue import DEFAULTS
from ....models.records import take
from ...finding import NOMINAL
from ...statistics.classifiers.blind import FEWEST, blind_test
from ...statistics.copying.across import equals_across
from ...statistics.intervals import curve
from ..bundle import Evidence, Real
from ..matches.codes import codes_across
from ..plan import Plan, stream
from ..unavailable import Unavailable, Unmeasured
from .kind import Split

NEEDS = ()

WITHOUT_DRAWS = True

MOST, FITTED = 2_000, 500
"""Records of either set that are scored, and that one of the two fits sees."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Split:
    """Score both sets by a classifier that sees neither the model nor what it generated.

    Raises:
        Unavailable: without training or holdout data.
        Unmeasured: if either has too few records.
    """
    training, holdout = both(so_far)
    for name, each in (("training", training), ("holdout", holdout)):
        if len(each.samples) < FEWEST:
            raise Unmeasured(f"{len(each.samples)} {name} records are too few: give {FEWEST} or more")
    rng = stream(plan.seed, "split")
    codes = codes_across([training.samples, holdout.samples])
    equal = equals_across(training=codes[0], holdout=codes[1], rng=rng)
    rows = [np.sort(rng.permutation(len(each.samples))[:MOST]) for each in (training, holdout)]
    parts = [take(each.samples, some) for each, some in zip((training, holdout), rows, strict=True)]
    features = _encoded(plan, parts)
    progress(0.5)
    seen = blind_test(training=features[: len(rows[0])], holdout=features[len(rows[0]) :], most=FITTED, rng=rng)
    ends = curve(seen.limits)
    low, high = (getattr(next(each for each in ends if each.level == NOMINAL), end) for end in ("low", "high"))
    return Split(
        blind_auc=seen.value,
        blind_low=low,
        blind_high=high,
        blind_lows=np.array([each.low for each in ends]),
        blind_highs=np.array([each.high for each in ends]),
        blind_p=seen.p_value,
        confounded=low > 0.5,
        duplicates=equal.number,
        expected_duplicates=equal.expected,
        duplicates_deviation=equal.deviation,
        duplicates_p=equal.p_value,
        training_rows=rows[0].astype(np.int64),
        training_scores=seen.training,
        holdout_rows=rows[1].astype(np.int64),
        holdout_scores=seen.holdout,
        holdout_records=len(holdout.samples),
    )


def both(so_far: Evidence) -> tuple[Real, Real]:
    """Training and holdout data.

    Raises:
        Unavailable: if either is missing, or the reference is not what the model was trained on.
    """
    if "training" in so_far.absent:
        raise Unavailable(so_far.absent["training"])
    if so_far.reference is None:
        raise Unavailable("there are no training data to compare with; give them with --reference")
    if so_far.holdout is None:
        raise Unavailable(
            "there are no real records that the model never saw, and without them nothing says what a model that "
            "memorised nothing would show; give them with --holdout"
        )
    return so_far.reference, so_far.holdout


def _encoded(plan: Plan, parts: list[Any]) -> NDArray[np.float64]:
    """Features of both sets, one below the other, by the modality's own map."""
    sets = parts
    if plan.modality == "tabular":
        import pandas as pd

        # A map that is learned from one of them alone would tell them apart by itself.
        sets = [pd.concat([each[list(parts[0].columns)] for each in parts], ignore_index=True)]
    rate = None if plan.reference is None else plan.reference.sample_rate
    encoded = DEFAULTS[plan.modality].encode(sets, reference=0, sample_rate=rate, progress=lambda share: None)
    return np.concatenate(encoded.vectors).astype(np.float64)
