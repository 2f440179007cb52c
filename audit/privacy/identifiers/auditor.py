"""GA406: do generated records name people of the training data?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.identifiers.kind import Identifiers
from ...evidence.identifiers.patterns import NAME
from ...finding import Estimate, EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from .counts import Counted, counted
from .estimates import estimated
from .facts import ESTIMATES
from .people import checked, people_named
from .tables import tables


@dataclass(frozen=True)
class IdentifiersInOutputs:
    """Looks for identifiers of single training records among the generated ones, against those of held-out records.

    Args:
        shown: repeated identifiers in the table at most.
        name_checks: how well names of people are found, counted on records that somebody read, e.g.
            `{sensitivity: [45, 50], specificity: [190, 200]}`: of 50 records that name a person, 45 were found.
    """

    shown: int = 20
    name_checks: Mapping[str, Sequence[int]] | None = None

    code: ClassVar[str] = "GA406"
    title: ClassVar[str] = "Identifiers in outputs"
    question: ClassVar[str] = "Do generated records repeat what names people in the training data?"
    needs: ClassVar[tuple[str, ...]] = ("generated", "identifiers")
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if self.shown < 1:
            raise ValueError(f"expected shown of at least 1, got {self.shown}")
        if self.name_checks is not None:
            checked(self.name_checks)

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Count.

        Raises:
            NotApplicable: if nothing names records of the training data.
            Inconclusive: if nothing was generated.
        """
        seen = evidence.identifiers
        if seen is None:
            raise NotApplicable(evidence.absent.get("identifiers", "no identifiers were looked for"))
        drawn = int(seen.records[2])
        if not drawn:
            raise Inconclusive("there is no generated record to look at: draw samples")
        counts = counted(seen)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(*estimated(counts, drawn), *self._people(counts, drawn)),
            tables=tuple(tables(seen, counts, self.shown)),
            references=("doi:10.1177/0962280210383082", "arXiv:2012.07805"),
            settings=self._settings(seen),
        )

    def _people(self, counts: Sequence[Counted], drawn: int) -> Iterator[Estimate]:
        names = next((each for each in counts if each.kind == NAME and each.present), None)
        if self.name_checks is not None and names is not None:
            yield people_named(names, drawn, checked(self.name_checks))

    def _settings(self, seen: Identifiers) -> dict[str, Json]:
        held_out = int(seen.records[1])
        return {
            "training_records_searched": int(seen.records[0]),
            "held_out_records_searched": "none: what is repeated by chance is not known" if held_out < 0 else held_out,
            "generated_records_searched": int(seen.records[2]),
            "identifier_columns": ", ".join(seen.columns) or "none",
            "names": "two to four capitalised words in a row, counted apart",
            "name_checks": "none: names of people are not told from those of places and works"
            if self.name_checks is None
            else ", ".join(f"{name} {right} of {of}" for name, (right, of) in sorted(self.name_checks.items())),
            "shown": "first and last character, and six digits of a SHA-256",
        }
