"""GA403: which training records did the model memorise?"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.membership.kind import Membership
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from ..shared.split_check import blind_of
from .estimates import ESTIMATES, count_estimate
from .measure import Measured, measured
from .tables import exhibits, records_table


@dataclass(frozen=True)
class MemorisedRecords:
    """Names training records that stand out from all that the model never saw, with their wrong share controlled.

    Args:
        q: the share of wrong names that is allowed for, on average.
    """

    q: float = 0.1

    code: ClassVar[str] = "GA403"
    title: ClassVar[str] = "Memorised records"
    question: ClassVar[str] = "Which training records did the model memorise?"
    needs: ClassVar[tuple[str, ...]] = ("membership",)
    optional: ClassVar[tuple[str, ...]] = ("split",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if not 0 < self.q < 1:
            raise ValueError(f"expected q between 0 and 1, got {self.q}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Name records.

        Raises:
            NotApplicable: without training data or a holdout.
            Inconclusive: if the split itself can be told, or the holdout is too small to name anything.
        """
        seen = evidence.membership
        if seen is None:
            raise NotApplicable(evidence.absent.get("membership", "there is no holdout: give one with --holdout"))
        blind = blind_of(evidence)
        if blind is not None and blind.confounded:
            raise Inconclusive(blind.words)
        found = measured(seen, self.q, rng)
        if found.found.fewest_nameable > len(found.values):
            raise Inconclusive(
                f"a holdout of {found.found.holdout} records is too small to name a training record at q = {self.q:g}: "
                f"give at least {math.ceil(1 / self.q) - 1}"
            )
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=_remark(found),
            estimates=(count_estimate(found),),
            tables=(records_table(found, seen, evidence),) if found.found.count else (),
            exhibits=exhibits(found, evidence),
            references=(
                "Bates et al. 2023, doi:10.1214/22-AOS2244",
                "Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x",
                "Gazin, Blanchard and Roquain 2024, arXiv:2310.18108",
            ),
            settings=self._settings(found, seen),
        )

    def _settings(self, found: Measured, seen: Membership) -> dict[str, Json]:
        return {
            "score": found.name,
            "q": self.q,
            "training_records": len(found.values),
            "training_records_in_all": seen.training_total,
            "holdout_records": found.found.holdout,
            "smallest_p_value": 1 / (found.found.holdout + 1),
            "fewest_that_can_be_named": found.found.fewest_nameable,
            "rightly_named_at_least": found.found.surely(0.95),
            "base_model": seen.base or "none",
            "base_model_use": found.remark or ("compared with" if seen.base else "none"),
        }


def _remark(found: Measured) -> str | None:
    """What the size of the holdout leaves out, where that is more than a few records."""
    fewest = found.found.fewest_nameable
    if fewest <= 1 or found.found.count:
        return None
    return (
        f"fewer than {fewest} records that stand out cannot be named beside a holdout of {found.found.holdout}: the "
        "smallest p-value is one in its number plus one"
    )
