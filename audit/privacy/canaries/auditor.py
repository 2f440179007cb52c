"""GA405: does the model know records that were planted in its training data?"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.canaries.kind import COINS, Canaries
from ...finding import EstimateFacts, Finding, Json, NotApplicable, Outcome
from ...statistics.canaries.one_run import epsilon_lower_bound
from .estimates import estimated
from .facts import ESTIMATES
from .tables import canaries_table


@dataclass(frozen=True)
class PlantedCanaries:
    """Ranks planted random records among those held out, and bounds the privacy loss by guesses fixed beforehand.

    Args:
        delta: of the (ε, δ)-differential privacy that is put to the test.
        shown: planted canaries in the table at most.
    """

    delta: float = 1e-5
    shown: int = 20

    code: ClassVar[str] = "GA405"
    title: ClassVar[str] = "Canaries and watermarks"
    question: ClassVar[str] = "Does the model know random records that were planted in its training data?"
    needs: ClassVar[tuple[str, ...]] = ("canaries",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if not 0 <= self.delta < 1 or self.shown < 1:
            raise ValueError(
                f"expected delta from 0 to below 1 and shown of at least 1, got {self.delta}, {self.shown}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Rank and guess.

        Raises:
            NotApplicable: without canaries.
        """
        seen = evidence.canaries
        if seen is None:
            raise NotApplicable(evidence.absent.get("canaries", "no canaries were planted in the training data"))
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=tuple(estimated(seen, delta=self.delta, rng=rng)),
            tables=(canaries_table(seen, self.shown),),
            references=("arXiv:1802.08232", "arXiv:2305.08846", "arXiv:2402.10892"),
            settings=self._settings(seen),
        )

    def _settings(self, seen: Canaries) -> dict[str, Json]:
        coins = seen.design == COINS
        most = {"records": len(seen.included), "guesses": max(seen.guesses, 1), "right": max(seen.guesses, 1)}
        return {
            "planted": int(seen.included.sum()),
            "held_out": int((~seen.included).sum()),
            "planted_by": "a fair coin for each" if coins else "one drawn from all",
            "written_times": seen.repeats,
            "score": seen.score,
            "space": seen.space,
            "highest_exposure_possible": math.log2(int((~seen.included).sum())),
            "guesses_fixed_beforehand": seen.guesses if coins else "none",
            "epsilon_that_all_right_guesses_show": epsilon_lower_bound(**most, delta=self.delta) if coins else "none",
            "delta": self.delta,
            "key_sha256": seen.sha256,
        }
