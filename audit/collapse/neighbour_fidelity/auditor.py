"""GA302: do generated samples lie where the data lie, and do they reach everywhere the data are?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number
from ...evidence.bundle import Evidence, Features
from ...finding import EstimateFacts, Exhibit, Finding, Inconclusive, Json, Outcome, Pictures, Table
from ...pattern import Pattern
from ...statistics.neighbours.measure import measure
from ...statistics.neighbours.measurement import Measurement
from ..shared.compared import FEWEST, require_variety, sound_features
from .clipped import LEAST_PERFECT
from .control import control_table
from .estimates import group_table, scored
from .facts import ESTIMATES


class _Rows(NamedTuple):
    """Which rows of the evidence are compared: reference (n,), generated (sets, n)."""

    reference: NDArray[np.int64]
    generated: NDArray[np.int64]


@dataclass(frozen=True)
class Neighbours:
    """Precision, recall, density and coverage in feature space, beside what a perfect generator would score.

    Args:
        k: neighbours that set the radius of a ball.
        max_reference: reference samples compared at most; the rest is left out at random.
        max_sets: disjoint generated sets, each as large as the reference, that are averaged at most; further samples
            are not used, and then the estimates say that more draws would not help.
        splits: random cuts from which the intervals come, a multiple of 64.
        shown: samples in each exhibit at most.
    """

    k: int = 5
    max_reference: int = 5000
    max_sets: int = 16
    splits: int = 128
    shown: int = 12

    code: ClassVar[str] = "GA302"
    title: ClassVar[str] = "Fidelity and diversity of neighbours"
    question: ClassVar[str] = "Do generated samples lie where the data lie, and do they reach everywhere the data are?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Junk", "records far from all real ones", "stray_share", True, 0.01),
        Pattern("Near misses", "records just outside of where real ones are", "precision_ratio", False, 0.1),
        Pattern("Unreached data", "real records beyond the model's reach", "recall_ratio", False, 0.1),
    )

    def __post_init__(self) -> None:
        if self.k < 1 or self.max_sets < 1 or self.shown < 0:
            raise ValueError(
                f"expected k and max_sets of at least 1 and shown of at least 0, "
                f"got {self.k}, {self.max_sets} and {self.shown}"
            )
        if self.splits < 64 or self.splits % 64:
            raise ValueError(f"expected splits to be a positive multiple of 64, got {self.splits}")
        if self.max_reference < self._fewest:
            raise ValueError(f"expected max_reference of at least {self._fewest}, got {self.max_reference}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure precision, recall, density, coverage and their ratios to a perfect generator.

        Raises:
            NotApplicable: if there are no features.
            Inconclusive: if the features are too few, constant or not finite.
        """
        features = sound_features(evidence, reference=self._fewest, generated=self._fewest, why=f" for k = {self.k}")
        require_variety(features)
        rows = self._rows(features, rng)
        names, reference_groups, generated_groups = _groups(evidence, rows)
        measurement = measure(
            generated=[features.generated[each] for each in rows.generated],
            reference=features.reference[rows.reference],
            k=self.k,
            rng=rng,
            splits=self.splits,
            generated_groups=generated_groups,
            reference_groups=reference_groups,
            groups=len(names),
            columns=_columns(evidence, rows),
        )
        perfect = measurement.shares["perfect_precision"]
        if perfect < LEAST_PERFECT:
            raise Inconclusive(
                f"a perfect generator would score a precision of {perfect:.3f} here, too little to compare with; "
                "use more samples or features of fewer dimensions"
            )
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=scored(measurement, freedom=self.splits, more_draws_help=measurement.sets < self.max_sets),
            tables=(*group_table(measurement, names, freedom=self.splits), *self._control(features, rng)),
            exhibits=self._exhibits(measurement, rows),
            references=("arXiv:1904.06991", "arXiv:2002.09797", "arXiv:2507.01761", "arXiv:2505.22450"),
            settings=self._settings(measurement, features),
        )

    def _control(self, features: Features, rng: np.random.Generator) -> tuple[Table, ...]:
        return control_table(
            holdout=features.holdout[: self.max_reference],
            reference=features.reference,
            k=self.k,
            rng=rng,
            splits=self.splits,
            fewest=self._fewest,
        )

    @property
    def _fewest(self) -> int:
        """Every quarter of the reference must hold more than k points; with fewer than 50 an interval says nothing."""
        return max(FEWEST, 4 * (self.k + 1))

    def _rows(self, features: Features, rng: np.random.Generator) -> _Rows:
        total, drawn = len(features.reference), len(features.generated)
        size = min(total, drawn, self.max_reference)
        sets = min(drawn // size, self.max_sets)
        reference = np.arange(total) if size == total else np.sort(rng.choice(total, size, replace=False))
        return _Rows(reference, rng.permutation(drawn)[: sets * size].reshape(sets, size))

    def _settings(self, measurement: Measurement, features: Features) -> Mapping[str, Json]:
        return {
            "k": self.k,
            "reference_compared": measurement.size,
            "reference_available": len(features.reference),
            "generated_sets": measurement.sets,
            "generated_compared": measurement.size * measurement.sets,
            "generated_available": len(features.generated),
            "dimensions": features.reference.shape[1],
            "extractor": features.extractor,
            "splits": self.splits,
            "perfect_precision": measurement.shares["perfect_precision"],
        }

    def _exhibits(self, measurement: Measurement, rows: _Rows) -> tuple[Exhibit, ...]:
        missed = _furthest(measurement.reference_reach, rows.reference, self.shown)
        outliers = _furthest(measurement.generated_reach.reshape(-1), rows.generated.reshape(-1), self.shown)
        result = []
        if missed:
            result.append(
                Exhibit(
                    "uncovered_reference",
                    f"Real samples that none of {rows.generated.size:,} generated samples comes near, worst first",
                    "grid",
                    (Pictures("real, not covered", "reference", missed),),
                )
            )
        if outliers:
            result.append(
                Exhibit(
                    "outside_generated",
                    "Generated samples furthest outside the neighbourhoods of real ones, worst first",
                    "grid",
                    (Pictures("generated, outside", "generated", outliers),),
                )
            )
        return tuple(result)


def _furthest(reach: NDArray[np.float64], rows: NDArray[np.int64], most: int) -> tuple[int, ...]:
    order = np.argsort(-reach, kind="stable")[:most]
    return tuple(int(rows[at]) for at in order if reach[at] > 1)


def _groups(
    evidence: Evidence, rows: _Rows
) -> tuple[tuple[str, ...], NDArray[np.int64] | None, tuple[NDArray[np.int64], ...]]:
    """Names of the groups, and who belongs to which among the compared rows; empty where groups are unknown."""
    if not evidence.groups:
        return (), None, ()
    first = evidence.groups[0]
    return first.names, first.reference[rows.reference], tuple(first.predicted[each] for each in rows.generated)


def _columns(evidence: Evidence, rows: _Rows) -> tuple[tuple[NDArray[np.float64], ...], NDArray[np.float64]] | None:
    """The numbers of a table, of which ranks as features do not tell how far they reach; None for anything else."""
    if evidence.modality != "tabular" or evidence.reference is None:
        return None
    from pandas import to_numeric

    table = evidence.reference.samples
    names = [name for name in table.columns if is_number(table[name])]
    if not names:
        return None
    reference = table[names].to_numpy(dtype=np.float64, na_value=np.nan)
    middle = np.nanmedian(reference, axis=0)
    generated = (
        evidence.generated.samples[names].apply(to_numeric, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    )
    # A missing number rules nothing out here: GA501 sees to those.
    reference, generated = (np.where(np.isnan(each), middle, each) for each in (reference, generated))
    return tuple(generated[each] for each in rows.generated), reference[rows.reference]
