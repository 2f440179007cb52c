"""GA502: are the records independent of each other, as every interval assumes?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence
from ...finding import Better, EstimateFacts, Finding, Inconclusive, NotApplicable, Outcome
from .estimates import Tested, estimated, tested
from .exhibits import group_exhibits
from .tables import tests_table

FEWEST = 20
"""Fewer records show no pattern."""


@dataclass(frozen=True)
class RecordIndependence:
    """Looks for near-equal records, and for near-equal records side by side, in every set that was given.

    Args:
        max_records: records of each set looked at; of more, a random part.
        alarm: the p-value below which the intervals of all other findings are in doubt.
        shown: groups in an exhibit, and records of each, at most.
    """

    max_records: int = 5000
    alarm: float = 0.01
    shown: int = 6

    code: ClassVar[str] = "GA502"
    title: ClassVar[str] = "Independent records"
    question: ClassVar[str] = "Are the records independent of each other, or do several belong to one person or piece?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "near_duplicate_share",
            "share of records in groups of near-equal ones beyond what independence allows",
            "share",
            Better.LOWER,
            "The share of records in groups of near-equal ones of one size, beyond the number that independent records "
            "can give.",
            rests_on=(),
        ),
    )

    def __post_init__(self) -> None:
        if self.max_records < FEWEST or not 0 < self.alarm < 1 or self.shown < 0:
            raise ValueError(
                f"expected max_records of at least {FEWEST}, alarm between 0 and 1 and shown of at least 0, got "
                f"{self.max_records}, {self.alarm} and {self.shown}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Test the reference, the holdout, and generated samples that were given as a file.

        Raises:
            NotApplicable: if there are no features.
            Inconclusive: if the reference records are too few or their features not finite.
        """
        if evidence.features is None:
            raise NotApplicable(evidence.absent.get("features", "no features were collected"))
        reference = evidence.features.reference
        if len(reference) < FEWEST:
            raise Inconclusive(f"{len(reference)} reference records are too few: at least {FEWEST} are needed")
        if not np.isfinite(reference).all():
            raise Inconclusive("some reference records have features that are not finite")
        tests = [
            tested(name, features, records, most=self.max_records, rng=rng)
            for name, features, records in sets_of(evidence)
        ]
        groups = [None if each.name == "reference" else each.name for each in tests]
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=tuple(
                estimated(each, group=group, alarm=self.alarm, rng=rng)
                for each, group in zip(tests, groups, strict=True)
            ),
            tables=(tests_table(tests),),
            exhibits=group_exhibits(tests, alarm=self.alarm, shown=self.shown),
            references=("doi:10.1007/BF02985085", "doi:10.1093/biomet/63.3.435"),
            settings={f"{each.name}_order_tested": each.order is not None for each in tests},
            doubts=doubts(tests, evidence, self.alarm),
            doubted=tuple(each.name for each in tests if each.p_value < self.alarm),
        )


def sets_of(evidence: Evidence) -> Iterator[tuple[str, NDArray[np.float64], Any]]:
    """Name, features and records of each set that can be tested; a model's own draws are independent by design."""
    assert evidence.features is not None
    parts: list[tuple[str, Any]] = [("reference", evidence.reference), ("holdout", evidence.holdout)]
    parts += [("generated", evidence.generated)] if evidence.generated.given else []
    for name, part in parts:
        features = getattr(evidence.features, name)
        if part is not None and len(features) >= FEWEST and np.isfinite(features).all():
            yield name, features, part.samples


def doubts(tests: Sequence[Tested], evidence: Evidence, alarm: float) -> str | None:
    """Why the intervals of all findings may not hold; None where nothing alarms."""
    said = [each for each in tests if each.p_value < alarm]
    if not said:
        return None
    sets = " and ".join(f"{each.name} ({each.p_words})" for each in said)
    unit = None if evidence.reference is None else evidence.reference.unit
    what = "name what they belong to with --unit"
    if unit is not None:
        what = f"one of each {unit} was taken, so name a larger unit, or look for copies"
    return f"records are not independent, as near-duplicates show in {sets}: {what}"
