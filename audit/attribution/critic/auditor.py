"""GA202: what makes the discriminator call a record generated, and is the reason the same for all groups?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.criticised.kind import Criticised
from ...evidence.explained.judged import failing
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from .estimates import gap_estimates, reason_estimates
from .facts import ESTIMATES
from .measure import FEWEST, MATERIAL, Measured, measured
from .tables import exhibits, groups_table, regions_table


@dataclass(frozen=True)
class Critic:
    """Regions that tell generated records from real ones in the eyes of the model's own critic, by occlusion."""

    code: ClassVar[str] = "GA202"
    title: ClassVar[str] = "What the critic looks at"
    question: ClassVar[str] = "What makes the critic call a record generated, and is it the same for all groups?"
    needs: ClassVar[tuple[str, ...]] = ("criticised",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: without a critic.
            Inconclusive: if its scores do not vary, so that a difference between them has no unit.
        """
        seen = evidence.criticised
        if seen is None:
            raise NotApplicable(evidence.absent.get("criticised", "the model offers no critic(x)"))
        if min(len(seen.generated.rows), len(seen.reference.rows)) < FEWEST:
            raise Inconclusive(f"the critic was asked about fewer than {FEWEST} records of one set: give more records")
        found = measured(seen, rng)
        if found is None:
            raise Inconclusive(
                "the critic gives all real records one score and all generated ones another, so the difference has "
                "no unit; give the logits, not the decision"
            )
        explained = found.material
        tables = (regions_table(found, seen),) if explained else ()
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=None
            if explained
            else "nothing to explain: the critic does not surely score generated records lower than real ones by a "
            f"material amount ({MATERIAL} standard deviations)",
            estimates=(*gap_estimates(found, seen), *(reason_estimates(found, seen) if explained else ())),
            tables=(*tables, *((groups_table(found, seen),) if found.groups else ())),
            exhibits=exhibits(found, seen) if explained else (),
            references=(
                "Zeiler and Fergus 2014, arXiv:1311.2901",
                "Sundararajan, Taly and Yan 2017, arXiv:1703.01365",
                "Chernozhukov, Chetverikov and Kato 2013, doi:10.1214/13-AOS1161",
            ),
            settings=self._settings(found, seen),
            gaps=self._gaps(found),
        )

    def _settings(self, found: Measured, seen: Criticised) -> dict[str, Json]:
        return {
            "readout": "the critic's score, higher for what looks real",
            "contrast": f"generated less real records, each with one {seen.regions.what} replaced",
            "baseline": seen.baseline,
            "null": "what the same regions do to the scores of real records",
            "sampling_unit": "record",
            "method": "occlusion of regions",
            "regions": len(seen.regions.names),
            "generated_records": len(seen.generated.rows),
            "real_records": len(seen.reference.rows),
            "border": float(seen.regions.area[seen.regions.border].sum()),
            "agreement_with_integrated_gradients": found.agreement if found.agreement is not None else "none at hand",
            "maps_not_to_be_read": failing(seen.checked) or "none",
            "remarks": "; ".join(seen.remarks) or "none",
        }

    def _gaps(self, found: Measured) -> dict[str, str]:
        left = [f"{each.name}: {each.why_not}" for each in found.groups if each.why_not and each.gap is None]
        return {"reason_gap": "; ".join(left)} if left and found.gaps is not None else {}
