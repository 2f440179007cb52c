"""GA404: do generated records reproduce training records, word for word or nearly so, more often than chance?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.reproductions.kind import Reproductions
from ...finding import EstimateFacts, Finding, Json, NotApplicable, Outcome
from ...pattern import Pattern
from .estimates import all_estimates
from .exhibits import all_exhibits
from .facts import ESTIMATES
from .measure import Measured, measured
from .tables import all_tables, bar_words


@dataclass(frozen=True)
class VerbatimReproduction:
    """Records that share more with one training record than records that the model never saw, by an exact test.

    Args:
        false_match: the share of records of the null that may count as reproductions; one of them always may.
        tries: n of extraction, tries in which a training record must come out.
        chance: p of extraction, the chance with which it must.
        listed: generated records in the table of matches, at most.
        shown: pairs in each exhibit, at most.
    """

    false_match: float = 0.001
    tries: int = 100
    chance: float = 0.5
    listed: int = 100
    shown: int = 12

    code: ClassVar[str] = "GA404"
    title: ClassVar[str] = "Verbatim and near-verbatim reproduction"
    question: ClassVar[str] = (
        "Do generated records reproduce training records, word for word or nearly so, more often than chance?"
    )
    needs: ClassVar[tuple[str, ...]] = ("reproductions",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern(
            "Reproduction",
            "training records, or long runs of them, that come back word for word",
            "reproduction_excess",
            True,
            0.01,
            of_copies=True,
        ),
    )

    def __post_init__(self) -> None:
        if not 0 <= self.false_match < 0.5 or not 0 < self.chance < 1:
            raise ValueError(
                f"expected false_match from 0 to below 0.5 and chance between 0 and 1, got {self.false_match} and "
                f"{self.chance}"
            )
        if self.tries < 1 or min(self.listed, self.shown) < 0:
            raise ValueError(
                f"expected tries of at least 1, listed and shown of at least 0, got {self.tries}, {self.listed} and "
                f"{self.shown}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Count reproductions beside those of records that the model did not learn from.

        Raises:
            NotApplicable: without training data, or where records are sounds.
        """
        seen = evidence.reproductions
        if seen is None:
            raise NotApplicable(evidence.absent.get("reproductions", "no closeness to training records was collected"))
        found = measured(seen, false_match=self.false_match, tries=self.tries, chance=self.chance)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=None if seen.null == "holdout" else without_holdout(seen),
            estimates=tuple(all_estimates(found, seen, more_draws_help=self._helped(evidence, seen))),
            tables=tuple(all_tables(found, seen, chance=self.chance, most=self.listed)),
            exhibits=tuple(all_exhibits(found, seen, evidence.modality, self.shown)),
            references=("doi:10.1007/b106715", "arXiv:2301.13188", "arXiv:2410.19482"),
            settings=self._settings(found, seen, evidence),
        )

    def _helped(self, evidence: Evidence, seen: Reproductions) -> bool:
        return len(seen.rows) == len(evidence.generated.samples)

    def _settings(self, found: Measured, seen: Reproductions, evidence: Evidence) -> dict[str, Json]:
        asked = "no model to ask" if seen.extraction is None else f"{len(seen.extraction.training):,} training records"
        return {
            "sampling": "the generated records as given"
            if evidence.generated.given
            else "records as the audit draws them, at random and with no other prompt",
            "method": seen.method,
            "null": "held-out records" if seen.null == "holdout" else "a random part of the reference, left out of it",
            "sampling_unit": "record",
            "generated_records": len(seen.rows),
            "null_records": len(seen.null_rows),
            "training_records_compared": seen.compared,
            "training_records": seen.total,
            "reproduces": bar_words(found.verbatim, seen.verbatim, by_whole=found.by_whole),
            "nearly_reproduces": bar_words(found.near, seen.near),
            "false_match": self.false_match,
            "extraction": seen.not_extracted or f"{asked}, {self.tries:,} tries, chance {self.chance:g}",
        }


def without_holdout(seen: Reproductions) -> str:
    """What a null out of the reference itself cannot exclude."""
    return (
        f"there is no holdout (--holdout), so {len(seen.null_rows):,} records of the reference stand in, compared with "
        f"the other {seen.compared:,}: copies of these are not seen, and what the reference repeats of itself "
        "(duplicates, records of one person or piece) counts as chance, also where the model repeats it for having "
        "learned it"
    )
