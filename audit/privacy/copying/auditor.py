"""GA402: does the model give back records that it was trained on?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.matches.kind import Matches
from ...finding import EstimateFacts, Finding, Json, NotApplicable, Outcome, Table
from ...pattern import Pattern
from .estimates import estimates, rate_excess
from .exhibits import exhibits
from .facts import ESTIMATES
from .measure import Compared, compared, exact
from .tables import closest_table, distances_table, regions_table

ALONE = (
    "whether generated records are closer to training than to other real records, whether there are near-copies of "
    "them, and which records were copied, cannot be asked"
)
"""What needs a holdout."""

NEED_HOLDOUT = ("copy_excess", "near_copy_excess", "authentic_share", "nearer_training_share", "data_copying")


@dataclass(frozen=True)
class Copying:
    """Counts generated records that match training records where held-out ones would match as well."""

    code: ClassVar[str] = "GA402"
    title: ClassVar[str] = "Copying"
    question: ClassVar[str] = "Does the model give back records that it was trained on?"
    needs: ClassVar[tuple[str, ...]] = ("matches",)
    optional: ClassVar[tuple[str, ...]] = ("split",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Copying", "records given back that the model was trained on", "copy_excess", True, 0.01),
    )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure; without a holdout that is like the training data, exact copies alone.

        Raises:
            NotApplicable: without training data.
        """
        matches = evidence.matches
        if matches is None or evidence.reference is None:
            raise NotApplicable(evidence.absent.get("matches", "there are no training data to search for copies"))
        confounded = evidence.split is not None and evidence.split.confounded
        held = matches.distances[0].generated_to_holdout is not None and not confounded
        measured = tuple(compared(each, matches, rng) for each in matches.distances) if held else ()
        null = "held-out records' rate" if held else "training records' own rate of equals"
        copied = rate_excess("exact_copy_excess", exact(matches, held=held), null)
        first = measured[0] if measured else None
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=None if held else _why_not(confounded),
            not_asked={} if held else dict.fromkeys(NEED_HOLDOUT, _why_not(confounded)),
            estimates=(*(() if first is None else estimates(first)), copied),
            tables=() if first is None else _tables(first, measured, matches),
            exhibits=exhibits(evidence, matches, first),
            references=("arXiv:2004.05675", "arXiv:2102.08921", "arXiv:2505.01524", "doi:10.1214/22-AOS2244"),
            settings=_settings(evidence, matches, first),
        )


def _why_not(confounded: bool) -> str:
    if confounded:
        return f"confounded: training and held-out records differ without the model (GA400), so {ALONE}"
    return f"there are no real records that the model never saw (--holdout), so {ALONE}"


def _tables(first: Compared, measured: tuple[Compared, ...], matches: Matches) -> tuple[Table, ...]:
    return (distances_table(measured), closest_table(first, matches), *regions_table(first))


def _settings(evidence: Evidence, matches: Matches, first: Compared | None) -> dict[str, Json]:
    assert evidence.reference is not None
    known: dict[str, Json] = {
        "training_data": evidence.reference.name,
        "distance": matches.distances[0].words,
        "generated_records": len(matches.generated_rows),
        "training_records": len(matches.training_rows),
        "training_records_in_all": evidence.reference.total,
        "holdout_records": len(matches.holdout_rows),
        "exact_copies": int((matches.equal_training >= 0).sum()),
    }
    if first is None:
        return known
    return {
        **known,
        "closest_looked_at": first.first.share,
        "closest_share_of_the_estimate": first.found.share,
        "near_copy_distance": first.limit,
        "authentic_share_of_held_out_records": first.authentic[1],
        "training_share_of_real_records": first.first.chance,
        "records_called_copies": len(first.copied),
    }
