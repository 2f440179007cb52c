"""GA304: how many different records does the model effectively give, and does it repeat itself exactly?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ....models.data.identifier_columns import described_by
from ....models.encoders.builtin.table_ranks import EXTRACTOR
from ....models.records import take
from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Exhibit, Finding, Json, NotApplicable, Outcome, Pictures
from ...pattern import Pattern
from ...statistics.distances.effective_number import Similarity, mean_similarity, similarity_width
from ..shared.compared import FEWEST, Compared, compared, group_rows
from .estimates import Copies, duplicate_estimates, number_estimates
from .facts import ESTIMATES
from .learned_map import learning_bias
from .record_codes import record_codes
from .tables import Held, diversity_table, group_table


@dataclass(frozen=True)
class EffectiveSupport:
    """Effective number of different records and share of exact copies, against real data of equal number.

    Args:
        kinds: how finely records are told apart: the reference has about that many effective kinds.
        max_reference: reference samples compared at most; the rest is left out at random.
        max_generated: generated samples whose similarity is computed at most; copies are counted among all.
        max_sets: disjoint generated sets, each as large as the reference, in which copies are counted at most.
        shown: samples in each exhibit at most.
    """

    kinds: float = 32
    max_reference: int = 5000
    max_generated: int = 5000
    max_sets: int = 16
    shown: int = 12

    code: ClassVar[str] = "GA304"
    title: ClassVar[str] = "Effective support and duplicates"
    question: ClassVar[str] = "How many different records does the model effectively give, and does it repeat itself?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern(
            "Narrow variety", "fewer different records than in as many real ones", "effective_number_ratio", False, 0.1
        ),
        Pattern("Repetition", "the same record again and again", "duplicate_excess", True, 0.02, of_copies=True),
    )

    def __post_init__(self) -> None:
        if not 1 < self.kinds <= 1000:
            raise ValueError(f"expected kinds above 1 and of at most 1000, got {self.kinds}")
        if min(self.max_reference, self.max_generated) < FEWEST or self.max_sets < 1 or self.shown < 0:
            raise ValueError(
                f"expected max_reference and max_generated of at least {FEWEST}, max_sets of at least 1 and shown of "
                f"at least 0, got {self.max_reference}, {self.max_generated}, {self.max_sets} and {self.shown}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure the effective number and the copies.

        Raises:
            NotApplicable: if there are no features.
            Inconclusive: if the features are too few, constant or not finite.
        """
        chosen = compared(evidence, rng, max_generated=self.max_generated, max_reference=self.max_reference)
        y, x = chosen.generated, chosen.reference
        width = similarity_width(reference=x, kinds=self.kinds, rng=rng)
        generated, reference = (mean_similarity(each, width=width) for each in (y, x))
        copies = self._copies(evidence, chosen, rng)
        held = self._holdout(evidence, chosen, rng)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                *number_estimates(
                    generated=generated,
                    reference=reference,
                    more_draws_help=chosen.all_generated,
                    bias=self._bias(evidence, chosen, rng),
                ),
                *duplicate_estimates(copies),
            ),
            tables=(
                diversity_table(generated=y, reference=x, held=held, copies=copies, width=width),
                *group_table(group_rows(evidence, chosen), generated=y, reference=x, width=width),
            ),
            exhibits=(*_repeated(copies.generated, self.shown), *_crowded(generated, chosen, self.shown)),
            references=("doi:10.1038/163688a0", "arXiv:2210.02410", "arXiv:1706.08224"),
            settings=self._settings(chosen, copies, width),
        )

    def _copies(self, evidence: Evidence, chosen: Compared, rng: np.random.Generator) -> Copies:
        if evidence.reference is None:
            raise NotApplicable("there are no real records to compare copies with")
        size = len(chosen.reference_rows)
        codes = record_codes(evidence.generated.samples)
        sets = min(len(codes) // size, self.max_sets)
        return Copies(
            generated=codes,
            sets=rng.permutation(len(codes))[: sets * size].reshape(sets, size),
            reference=record_codes(take(evidence.reference.samples, chosen.reference_rows)),
            more_draws_help=sets < self.max_sets,
        )

    def _bias(self, evidence: Evidence, chosen: Compared, rng: np.random.Generator) -> float:
        """What learning the features from the reference adds to its effective number; nothing where they are fixed."""
        if evidence.reference is None or not chosen.features.extractor.startswith(EXTRACTOR):
            return 0.0
        kept, _ = described_by(evidence.reference.samples)
        table = take(evidence.reference.samples[kept], chosen.reference_rows)
        return learning_bias(table, at=len(table), kinds=self.kinds, rng=rng)

    def _holdout(self, evidence: Evidence, chosen: Compared, rng: np.random.Generator) -> Held | None:
        """Held-out real records as a control; None without enough of them."""
        features = chosen.features.holdout
        if evidence.holdout is None or len(features) < FEWEST or not np.isfinite(features).all():
            return None
        rows = rng.permutation(len(features))[: self.max_reference]
        return Held(features[rows] - chosen.centre, record_codes(take(evidence.holdout.samples, rows)))

    def _settings(self, chosen: Compared, copies: Copies, width: float) -> Mapping[str, Json]:
        return {
            "kinds": self.kinds,
            "similarity_width": width,
            "reference_compared": len(chosen.reference_rows),
            "reference_available": len(chosen.features.reference),
            "generated_compared": len(chosen.generated_rows),
            "generated_available": len(chosen.features.generated),
            "copies_counted_in_sets": len(copies.sets),
            "dimensions": chosen.features.reference.shape[1],
            "extractor": chosen.features.extractor,
        }


def _repeated(codes: NDArray[np.int64], most: int) -> tuple[Exhibit, ...]:
    """One of each record that occurs more than once, the commonest first."""
    counts = np.bincount(codes)
    order = np.argsort(-counts, kind="stable")[:most]
    common = [int(code) for code in order if counts[code] > 1]
    if not common:
        return ()
    first = np.unique(codes, return_index=True)[1]
    pictures = tuple(Pictures(f"{counts[code]:,} times", "generated", (int(first[code]),)) for code in common)
    caption = f"Generated records that occur more than once among {len(codes):,}, the commonest first"
    return (Exhibit("repeated", caption, "grid", pictures),)


def _crowded(generated: Similarity, chosen: Compared, most: int) -> tuple[Exhibit, ...]:
    """The generated records that are most like the others."""
    order = np.argsort(-generated.own, kind="stable")[:most]
    rows = tuple(int(chosen.generated_rows[at]) for at in order)
    if not rows:
        return ()
    caption = "Generated records that are most like the other generated ones: where their variety is smallest"
    return (Exhibit("crowded", caption, "grid", (Pictures("generated, most alike", "generated", rows),)),)
