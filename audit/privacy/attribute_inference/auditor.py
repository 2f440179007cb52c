"""GA407: do the generated records give away what was secret about the people they were learned from?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from .attack import Attacked, attacked
from .estimates import estimated
from .facts import ESTIMATES
from .tables import secrets_table

FEWEST = 30
"""Records of either side, and generated ones, below which nothing is guessed."""


@dataclass(frozen=True)
class AttributeInference:
    """Guesses each column of training and of held-out people, by the nearest generated record and by a learner.

    Args:
        most_people: whose columns are guessed, of either side at most.
        most_donors: generated records that guesses are taken from, at most.
        tolerance: how far a guessed number may be off, as a part of the range between the 5 % and 95 % quantiles.
        tolerances: the same in the unit of the column, by column, e.g. `{age: 2}`.
        trees: of each forest that is fitted to generated records, the second attack; 0 leaves it out.
        deals: of people into two sides, for p-values.
        shown: columns with an estimate of their own, at most, by either attack.
    """

    most_people: int = 2000
    most_donors: int = 4000
    tolerance: float = 0.02
    tolerances: Mapping[str, float] | None = None
    trees: int = 30
    deals: int = 999
    shown: int = 12

    code: ClassVar[str] = "GA407"
    title: ClassVar[str] = "Attribute inference"
    question: ClassVar[str] = "Do generated rows give away a column of the people whose records the model learned from?"
    needs: ClassVar[tuple[str, ...]] = ("generated", "reference", "holdout")
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        fewest = {"most_people": FEWEST, "most_donors": FEWEST, "trees": 0, "deals": 199, "shown": 1}
        for name, least in fewest.items():
            value: int = getattr(self, name)
            if value < least:
                raise ValueError(f"expected {name} of at least {least}, got {value}")
        if not all(each >= 0 for each in (self.tolerance, *(self.tolerances or {}).values())):
            raise ValueError("expected tolerances of at least 0")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Guess.

        Raises:
            NotApplicable: if records are no rows of a table with two columns that describe, or nothing was held out.
            Inconclusive: with too few records of one set, or if a tolerance is of no column of numbers.
        """
        found = self._attacked(evidence, rng)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=tuple(estimated(found, self.shown)),
            tables=(secrets_table(found),),
            references=(
                "doi:10.2307/2528823",
                "doi:10.1002/sim.4780040211",
                "doi:10.1007/BF02295996",
                "doi:10.1007/s10994-006-6226-1",
            ),
            settings=self._settings(found),
        )

    def _attacked(self, evidence: Evidence, rng: np.random.Generator) -> Attacked:
        if evidence.modality != "tabular":
            raise NotApplicable(f"columns are in tables, but these are {evidence.modality} records")
        if evidence.reference is None or evidence.holdout is None:
            missing = "reference" if evidence.reference is None else "holdout"
            said = "without records that the model never saw, what is known of everybody looks like a leak"
            raise NotApplicable(evidence.absent.get(missing, f"{said}: give some with --holdout"))
        tables = (evidence.generated.samples, evidence.reference.samples, evidence.holdout.samples)
        for name, table in zip(("generated", "reference", "held-out"), tables, strict=True):
            if len(table) < FEWEST:
                raise Inconclusive(f"{len(table)} {name} records are too few: at least {FEWEST} are needed")
        if len(evidence.reference.samples.columns) < 2:
            raise NotApplicable("a table of one column has nothing to guess it from")
        try:
            found = attacked(
                generated=evidence.generated.samples,
                reference=evidence.reference.samples,
                holdout=evidence.holdout.samples,
                most_people=self.most_people,
                most_donors=self.most_donors,
                share=self.tolerance,
                tolerances=dict(self.tolerances or {}),
                trees=self.trees,
                deals=self.deals,
                rng=rng,
            )
        except ValueError as error:
            raise Inconclusive(str(error)) from error
        if found is None:
            raise NotApplicable("no column can be guessed wrong: each has one value among held-out records")
        return found

    def _settings(self, found: Attacked) -> dict[str, Json]:
        return {
            "attacker_knows": "all other columns",
            "guess": "the value of the nearest generated record (Gower's distance, ties at random)"
            + (f", and that of {self.trees} trees fitted to generated records" if self.trees else ""),
            "sampling_unit": "record",
            "people_of_either_side": found.excesses[0].people,
            "generated_records_searched": found.donors[0],
            "other_real_records_searched": found.donors[1],
            "columns_guessed": len({each.name for each in found.secrets}),
            "columns_always_right": ", ".join(found.always) or "none",
            "identifiers_left_out": ", ".join(found.tables.identifiers) or "none",
            "tolerance": self.tolerance,
        }
