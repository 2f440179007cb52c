"""GA204: what does the encoder look at, and where does reconstruction fail, for whom?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.encoded.kind import Encoded
from ...evidence.explained.judged import failing
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from .estimates import code_estimates, error_estimates, spread_estimate
from .facts import ESTIMATES
from .measure import FEWEST, MATERIAL, Measured, measured
from .tables import code_table, errors_table, exhibits


@dataclass(frozen=True)
class Sight:
    """Regions that set the code of real records, without a label, and regions where groups are given back worse."""

    code: ClassVar[str] = "GA204"
    title: ClassVar[str] = "What the encoder looks at"
    question: ClassVar[str] = "What does the encoder look at, and where does reconstruction fail, for whom?"
    needs: ClassVar[tuple[str, ...]] = ("encoded",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: without an encoder.
            Inconclusive: if too few records were encoded.
        """
        seen = evidence.encoded
        if seen is None:
            raise NotApplicable(evidence.absent.get("encoded", "the model offers no encode(x)"))
        if len(seen.rows) < FEWEST:
            raise Inconclusive(f"only {len(seen.rows)} real records were encoded, of {FEWEST} needed: give more")
        found = measured(seen, rng)
        explained = found.material and found.shares is not None
        errors = errors_table(found, seen)
        shown = found.shares if explained else None
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=None
            if explained
            else "nothing to explain: codes of different records are not surely apart by a material amount "
            f"({MATERIAL} standard deviations of a code's own noise)",
            estimates=(
                spread_estimate(found.spread),
                *(() if shown is None else code_estimates(shown, seen)),
                *error_estimates(found, seen),
            ),
            tables=(
                *(() if shown is None else (code_table(shown, seen),)),
                *(() if errors is None else (errors,)),
            ),
            exhibits=exhibits(found, seen, explained=explained),
            references=(
                "Crabbé and van der Schaar 2022, arXiv:2203.01928",
                "Sundararajan, Taly and Yan 2017, arXiv:1703.01365",
                "Westfall and Young 1993",
            ),
            settings=self._settings(found, seen),
            gaps=dict.fromkeys(("worst_region_error", "error_region_gap"), "; ".join(found.too_small))
            if found.too_small and found.excess is not None
            else {},
        )

    def _settings(self, found: Measured, seen: Encoded) -> dict[str, Json]:
        border = seen.regions.border
        gradients = bool(len(seen.attributions))
        return {
            "readout": "the inner product of a record's mean code with its mean code, the first held fixed",
            "contrast": "the record and the baseline",
            "baseline": seen.baseline,
            "null": "the data's variance by region",
            "sampling_unit": "record",
            "method": "integrated gradients, summed over regions" if gradients else "occlusion of regions",
            "regions": len(seen.regions.names),
            "records_encoded": len(seen.rows),
            "records_explained": len(seen.explained),
            "border_of_record": float(seen.regions.area[border].sum()),
            "border_of_variance": float(seen.spread[border].sum()),
            "largest_completeness_error": float(seen.completeness_error.max()) if gradients else "none at hand",
            "agreement_with_occlusion": _agreement(seen) if gradients else "none at hand",
            "maps_not_to_be_read": failing(seen.checked) or "none",
            "remarks": "; ".join(seen.remarks) or "none",
        }


def _agreement(seen: Encoded) -> float:
    """Cosine of the mean absolute maps of both methods."""
    one, other = (np.abs(each).mean(axis=0) for each in (seen.attributions, seen.effects))
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 0 else 0.0
