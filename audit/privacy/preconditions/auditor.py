"""GA400: can the holdout stand for records that the model might as well have been trained on?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence, Real
from ...evidence.split.kind import Split, records_needed
from ...finding import Column, EstimateFacts, Finding, Json, Kind, NotApplicable, Outcome, Table
from .estimates import blind, certifiable, near_overlap, order, overlap
from .facts import ESTIMATES

RATES = (0.1, 0.01, 0.001)
"""Rates of false alarms at which memorisation is usually reported."""


@dataclass(frozen=True)
class Preconditions:
    """Whether training and held-out records are alike, so that what differs with a model is the model's doing."""

    code: ClassVar[str] = "GA400"
    title: ClassVar[str] = "Preconditions of memorisation audits"
    question: ClassVar[str] = "Are training and held-out records alike, so that a model's difference is memory?"
    needs: ClassVar[tuple[str, ...]] = ("split",)
    optional: ClassVar[tuple[str, ...]] = ("matches",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: without training or holdout data.
        """
        split = evidence.split
        if split is None or evidence.reference is None or evidence.holdout is None:
            raise NotApplicable(evidence.absent.get("split", "there are no training and held-out records to compare"))
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=_confounded(split) if split.confounded else None,
            estimates=(blind(split), overlap(split), *near_overlap(evidence.matches), order(split), certifiable(split)),
            tables=(_rates_table(split),),
            references=("arXiv:2406.16201", "arXiv:2406.17975", "doi:10.2307/2531595"),
            settings=_settings(split, evidence.reference, evidence.holdout),
        )


def _confounded(split: Split) -> str:
    return (
        "confounded: a classifier that never saw the model tells training from held-out records (area under the curve "
        f"{split.blind_auc:.2f}), so whatever tells members from others may tell the two sets of data apart; only what "
        "exceeds this is the model's doing"
    )


def _rates_table(split: Split) -> Table:
    """Which rates of false alarms so many holdout records can certify."""
    rows = tuple(
        (rate, records_needed(rate), split.holdout_records, "yes" if split.certifies(rate) else "too few")
        for rate in RATES
    )
    columns = (
        Column("rate", "Rate of false alarms", Kind.SHARE),
        Column("needed", "Holdout records needed", Kind.COUNT),
        Column("available", "At hand", Kind.COUNT),
        Column("certified", "Can be certified", Kind.TEXT),
    )
    return Table("rates", "Rates of false alarms that the holdout is large enough to certify at 95 %", columns, rows)


def _settings(split: Split, training: Real, holdout: Real) -> dict[str, Json]:
    return {
        "training_data": training.name,
        "training_records": len(training.samples),
        "training_records_in_all": training.total,
        "holdout_data": holdout.name,
        "holdout_records": len(holdout.samples),
        "training_records_scored": len(split.training_rows),
        "holdout_records_scored": len(split.holdout_rows),
        "equal_records_across": split.duplicates,
        "equal_records_expected": split.expected_duplicates,
        "confounded": split.confounded,
    }
