"""GA308: can a classifier tell generated records from real ones?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence, Features
from ...finding import (
    Better,
    Column,
    Estimate,
    EstimateFacts,
    Exhibit,
    Finding,
    Json,
    Kind,
    Outcome,
    Perfect,
    Pictures,
    Table,
)
from ...pattern import Pattern
from ...statistics.classifiers.detection import Detection, detect
from ...statistics.intervals import BAND, ONE_SIDED_DETECTION, curve
from ..shared.compared import FEWEST, sound_features

_METHOD = "DeLong variance on held-out halves, limits of a share at the effective sample size"


@dataclass(frozen=True)
class Detectability:
    """Fits a classifier of real and generated records on one half and measures it on the other.

    Args:
        max_each: records of either kind compared at most; the rest is left out at random.
        shown: samples in each row of the exhibit at most.
    """

    max_each: int = 5000
    shown: int = 12

    code: ClassVar[str] = "GA308"
    title: ClassVar[str] = "Detectability"
    question: ClassVar[str] = "Can a classifier tell generated records from real ones that it has not seen?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "auc",
            "area under the curve of a classifier of real and generated",
            "share",
            Better.LOWER,
            "How often a classifier scores a generated record above a real one: 0.5 if it cannot tell them apart.",
        ),
    )
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Detectability", "records a classifier tells from real ones, for any reason", "auc", True, 0.1),
    )

    def __post_init__(self) -> None:
        if self.max_each < FEWEST or self.shown < 0:
            raise ValueError(
                f"expected max_each of at least {FEWEST} and shown of at least 0, got {self.max_each} and {self.shown}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure the area under the ROC curve of a held-out classifier.

        Raises:
            NotApplicable: if there are no features.
            Inconclusive: if the records are too few or their features not finite.
        """
        features = sound_features(evidence)
        size = min(len(features.generated), len(features.reference), self.max_each)
        generated, reference = (_some(len(each), size, rng) for each in (features.generated, features.reference))
        detection = detect(generated=features.generated[generated], reference=features.reference[reference], rng=rng)
        # More draws make both samples larger as long as the generated records are the fewer ones.
        few = len(features.generated) < min(len(features.reference), self.max_each)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(estimated(detection, from_draws=1.0 if few else 0.0),),
            tables=self._control(features, rng),
            exhibits=self._exhibits(detection, generated, reference),
            references=("arXiv:1610.06545", "doi:10.2307/2531595"),
            settings=_settings(detection, features, size),
        )

    def _control(self, features: Features, rng: np.random.Generator) -> tuple[Table, ...]:
        """The same with held-out real data in the place of the generated ones; nothing without enough of them."""
        if len(features.holdout) < FEWEST or not np.isfinite(features.holdout).all():
            return ()
        size = min(len(features.holdout), len(features.reference), self.max_each)
        held, known = (
            each[_some(len(each), size, rng)].astype(np.float64) for each in (features.holdout, features.reference)
        )
        estimate = estimated(detect(generated=held, reference=known, rng=rng), from_draws=0.0)
        interval = estimate.interval()
        columns = (
            Column("compared", "Compared with the reference", Kind.TEXT),
            Column("records", "Records", Kind.COUNT),
            Column("auc", "Area under the curve", Kind.NUMBER),
            Column("auc_low", "low", Kind.NUMBER),
            Column("auc_high", "high", Kind.NUMBER),
        )
        caption = "Control: held-out real records in the place of the generated ones, with the 95 % interval"
        row = ("held-out real records", size, estimate.value, interval.low, interval.high)
        return (Table("control", caption, columns, (row,)),)

    def _exhibits(
        self, detection: Detection, generated: NDArray[np.int64], reference: NDArray[np.int64]
    ) -> tuple[Exhibit, ...]:
        if self.shown == 0 or np.ptp(np.concatenate([detection.generated_scores, detection.reference_scores])) == 0:
            return ()
        surest = np.argsort(-detection.generated_scores, kind="stable")[: self.shown]
        typical = np.argsort(detection.reference_scores, kind="stable")[: self.shown]
        return (
            Exhibit(
                "told_apart",
                "Unseen records that the classifier is surest of: generated ones, and real ones beside them",
                "grid",
                (
                    Pictures("generated, surely", "generated", _picked(generated[detection.generated_rows], surest)),
                    Pictures("real, surely", "reference", _picked(reference[detection.reference_rows], typical)),
                ),
            ),
        )


def estimated(detection: Detection, *, from_draws: float) -> Estimate:
    """The area with its curve and what a perfect generator would score: one half."""
    auc = detection.auc
    error = math.sqrt(auc.null_variance)
    return Estimate(
        name="auc",
        value=auc.value,
        curve=curve(auc.limits),
        n=auc.generated + auc.reference,
        method=_METHOD,
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(0.5, max(0.0, 0.5 - BAND * error), min(1.0, 0.5 + BAND * error)),
        p_value=auc.p_value(),
        minimum_detectable=min(ONE_SIDED_DETECTION * error, 0.5),
        from_draws=from_draws,
    )


def _some(total: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.permutation(total)[:size])


def _picked(rows: NDArray[np.int64], at: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(row) for row in rows[at])


def _settings(detection: Detection, features: Features, size: int) -> Mapping[str, Json]:
    return {
        "compared_each": size,
        "fitted_each": size - len(detection.generated_rows),
        "held_out_each": len(detection.generated_rows),
        "reference_available": len(features.reference),
        "generated_available": len(features.generated),
        "dimensions": features.reference.shape[1],
        "extractor": features.extractor,
        "kernel_width": detection.detector.width,
        "penalty": detection.detector.penalty,
        "leave_one_out_error": detection.detector.error,
    }
