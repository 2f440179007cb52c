"""The kind of evidence that says what a gap between groups of people rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..explained.kind import CheckedMap

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SENTENCES = "difference of the log-probabilities of the same sentence with one word and with the other"
"""What is read off texts."""


@dataclass(frozen=True, slots=True)
class PromptReliance:
    """What a model of texts, or of melodies, says after n prompts, and with some of their k slots at a baseline.

    Args:
        name: of the set of prompts.
        source: the file that it was read from.
        sha256: of that file.
        contrast: what was read off, e.g. `she over he`: a difference of log-probabilities in nats.
        control: the same of words whose odds should not hang on whom a prompt is about; "" where there is none.
        sides: the two groups of prompts.
        slots: the names of the k slots.
        baselines: what stood in a slot that was not kept, in words, of each of b baselines.
        unit: what a cluster is: the sampling unit.
        side: int64 (n,), of each prompt, an index of `sides`.
        cluster: int64 (n,).
        fillers: n tuples of k fillers.
        prompts: n texts, with the first of the words that are compared.
        values: float64 (b, 2^k, n), the contrast; bit j of the second place says that slot j was kept.
        swapped: float64 (k, n), the contrast with the slot's filler from a prompt of the other side, all else kept.
        control_values: float64 (1, 2^k, n), of the control by the first baseline; (0, 0, 0) where there is none.
        scored_by: `logits` or `log_prob`.
        left_out: reasons, and how many clusters each kept out.
        readout: what the contrast is a contrast of, in words.
        followed: float64 (2, n), of melodies the chance of the first side's notes by the model, and by the note that
            truly follows; (0, 0) of texts, of which nothing follows.
    """

    name: str
    source: str
    sha256: str
    contrast: str
    control: str
    sides: tuple[str, str]
    slots: tuple[str, ...]
    baselines: tuple[str, ...]
    unit: str
    side: Ints
    cluster: Ints
    fillers: tuple[tuple[str, ...], ...]
    prompts: tuple[str, ...]
    values: Floats
    swapped: Floats
    control_values: Floats
    scored_by: str = "logits"
    left_out: Mapping[str, int] = field(default_factory=dict)
    readout: str = SENTENCES
    followed: Floats = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass(frozen=True, slots=True)
class ColumnRows:
    """What columns carry of an outcome's gap between two groups in one set of n rows: P columns, the group's own first.

    Args:
        outcome: float64 (n,), 1 where the row has the outcome.
        side: int64 (n,), 0 or 1: the two groups.
        attributions: float64 (n, P), Shapley values of the surrogate, of which side means differ by the columns' gaps.
        influence: float64 (n, P), of each row on each column's gap.
        swapped: float64 (n, P), how far a second surrogate moves when the row's value is that of a row of the other
            group, all else kept, so signed that its mean over both groups is comparable with the gap.
        permuted: float64 (P,), the gaps where the groups' names were dealt out at random.
        fit: R² of the surrogate and of the second one, out of fold.
    """

    outcome: Floats
    side: Ints
    attributions: Floats
    influence: Floats
    swapped: Floats
    permuted: Floats
    fit: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ColumnReliance:
    """Which columns of a generated table carry the gap of one outcome between two groups.

    Args:
        outcome: what happens, with its level.
        attribute: what tells the groups apart.
        sides: the two groups.
        columns: the P columns, that of the groups first.
        generated: among generated rows.
        real: the same computation among real rows; None where there are too few.
        intervention: how the group was set, all else following or kept: `REGENERATED` or `MATCHED`.
        intervened: float64 (2, m), by side the scores of m rows whose mean is the outcome under the intervention.
    """

    outcome: str
    attribute: str
    sides: tuple[str, str]
    columns: tuple[str, ...]
    generated: ColumnRows
    real: ColumnRows | None
    intervention: str
    intervened: Floats


REGENERATED, MATCHED = "conditional regeneration", "matched resampling"
"""Rows that the model made when asked for each group; or its own rows, weighted so that other columns are alike."""


@dataclass(frozen=True, slots=True)
class Reliance:
    """What gaps between groups rest on: of prompts for models of texts and melodies, of columns for tables.

    Args:
        prompts: one entry a set of prompts, or an attribute of pieces.
        columns: one entry an outcome and attribute.
        checked: maps from slots to the contrast, with what their checks need; columns' gaps are no maps of records.
    """

    prompts: tuple[PromptReliance, ...] = ()
    columns: tuple[ColumnReliance, ...] = ()
    checked: tuple[CheckedMap, ...] = ()
