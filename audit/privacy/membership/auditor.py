"""GA401: can it be told whether a record was in the training data?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.membership.kind import Membership
from ...finding import EstimateFacts, Finding, Json, NotApplicable, Outcome
from ...pattern import Pattern
from ..shared.split_check import blind_of
from .estimates import estimates_of
from .facts import ESTIMATES
from .measure import Measured, measured
from .tables import tables_of

RATES = (0.1, 0.001)
"""Rates of false positives that are shown beside the main one."""


@dataclass(frozen=True)
class MembershipInference:
    """Scores of training records against those of records that the model never saw.

    Args:
        rate: the share of unseen records that may exceed the main threshold.
    """

    rate: float = 0.01

    code: ClassVar[str] = "GA401"
    title: ClassVar[str] = "Membership"
    question: ClassVar[str] = "Can it be told from the model whether a record was in its training data?"
    needs: ClassVar[tuple[str, ...]] = ("membership",)
    optional: ClassVar[tuple[str, ...]] = ("split",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern(
            "Memorising",
            "training records that the model knows better than unseen ones",
            "membership_auc",
            above=True,
            coarse=0.25,
        ),
    )

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ValueError(f"expected rate between 0 and 1, got {self.rate}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: without training data or a holdout.
        """
        seen = evidence.membership
        if seen is None:
            raise NotApplicable(evidence.absent.get("membership", "there is no holdout: give one with --holdout"))
        rates = (self.rate, *(each for each in RATES if each != self.rate))
        found = measured(seen, blind_of(evidence), rates, rng)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=found.blind.words if found.blind is not None and found.confounded else None,
            estimates=tuple(estimates_of(found)),
            tables=tuple(tables_of(found, seen)),
            references=(
                "DeLong et al. 1988, doi:10.2307/2531595",
                "Carlini et al. 2022, arXiv:2112.03570",
                "Steinke, Nasr and Jagielski 2023, arXiv:2305.08846",
                "Das, Zhang and Tramèr 2024, arXiv:2406.16201",
            ),
            settings=self._settings(found, seen),
            gaps=self._gaps(found),
        )

    def _settings(self, found: Measured, seen: Membership) -> dict[str, Json]:
        score = seen.scores[0]
        return {
            "score": score.name,
            "training_records": len(score.training.rows),
            "training_records_in_all": seen.training_total,
            "holdout_records": len(score.holdout.rows),
            "generated_records": len(score.generated.rows),
            "split_checked": found.blind is not None,
            "blind_classifier": "not asked" if found.blind is None else found.blind.auc,
            "base_model": seen.base or "none",
            "base_model_use": _use(found),
            "pairs_guessed": found.pairs.made,
            "pairs_guessed_rightly": found.pairs.right,
            "remarks": "; ".join(seen.remarks) or "none",
        }

    def _gaps(self, found: Measured) -> dict[str, str]:
        if found.confounded and found.blind is not None:
            measures = ("membership_auc", "calibrated_membership_auc", "membership_tpr", "membership_ppv")
            return dict.fromkeys(measures, found.blind.words)
        gaps = {}
        if found.base is not None and not found.base.symmetric:
            gaps["calibrated_membership_auc"] = found.base.refusal
        if found.passing[0].threshold is None:
            gaps |= dict.fromkeys(("membership_tpr", "membership_ppv"), found.passing[0].refusal)
        return gaps


def _use(found: Measured) -> str:
    if found.base is None:
        return "none"
    return "compared with" if found.base.symmetric else found.base.refusal
