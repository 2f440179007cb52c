"""GA309: do the columns of a table depend on each other as they do in real records?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import Better, EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from ...pattern import Pattern
from ...statistics.dependence.association import associations, score_pairs
from ...statistics.dependence.gap import compare
from ...statistics.dependence.scores import score_count, scores
from ...statistics.dependence.typical import typical
from ..shared.compared import FEWEST
from .columns import Chosen, choose
from .estimates import Pairs, estimated
from .tables import left_out_table, pair_table


@dataclass(frozen=True)
class ColumnDependence:
    """Compares every correlation between ranks and categories of two columns in generated and in real records.

    Args:
        max_each: records of either kind compared at most; the rest is left out at random.
        most_scores: scores of all columns together at most: two of a column of numbers, one of each common category.
        draws: of the noise in all differences together.
        shown: pairs of columns that get an estimate and a row of their own.
    """

    max_each: int = 5000
    most_scores: int = 64
    draws: int = 1000
    shown: int = 20

    code: ClassVar[str] = "GA309"
    title: ClassVar[str] = "Dependence between columns"
    question: ClassVar[str] = "Do the columns of a table depend on each other as they do in real records?"
    needs: ClassVar[tuple[str, ...]] = ("reference",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "association_gap",
            "largest difference of any correlation between columns",
            "correlation",
            Better.LOWER,
            "How far the correlation of two columns is from the real one, for the pair that is furthest off.",
        ),
        EstimateFacts(
            "association_error",
            "typical difference of the correlations between columns",
            "correlation",
            Better.LOWER,
            "How far correlations between columns are from the real ones: the root mean square over all pairs.",
        ),
        EstimateFacts(
            "association_difference",
            "correlation of two columns beyond that of real records",
            "correlation",
            Better.NEITHER,
            "The correlation of one pair of columns in generated records, minus that in real ones.",
        ),
    )
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern(
            "Broken dependence",
            "columns that depend on each other less, or otherwise, than in real records",
            "association_gap",
            True,
            0.1,
        ),
    )

    def __post_init__(self) -> None:
        for name, least in (("max_each", FEWEST), ("most_scores", 2), ("draws", 500), ("shown", 1)):
            value: int = getattr(self, name)
            if value < least:
                raise ValueError(f"expected {name} of at least {least}, got {value}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure the largest and the typical difference of all correlations between columns.

        Raises:
            NotApplicable: if the records are no table of two comparable columns, or there is no reference.
            Inconclusive: if either side has too few records.
        """
        generated, reference = self._tables(evidence, rng)
        chosen = choose(generated, reference, most_scores=self.most_scores)
        if len(chosen.columns) < 2:
            raise NotApplicable(f"fewer than two columns can be compared: {_why(chosen)}")
        column = np.repeat(
            np.arange(len(chosen.columns)), [score_count(each.reference) for each in chosen.columns]
        ).astype(np.int64)
        first, second = score_pairs(column)
        own, real = (
            associations(scores([getattr(each, side) for each in chosen.columns]), first, second)
            for side in ("generated", "reference")
        )
        gap = compare(generated=own, reference=real, rng=rng, draws=self.draws)
        pairs = Pairs(
            columns=tuple(each.name for each in chosen.columns),
            labels=tuple(label for each in chosen.columns for label in each.labels),
            column=column,
            first=first,
            second=second,
        )
        sizes = len(generated), len(reference)
        helped = len(evidence.generated.samples) <= self.max_each
        estimates = estimated(gap, typical(gap), pairs, sizes=sizes, shown=self.shown, more_draws_help=helped)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=estimates,
            tables=(pair_table(gap, pairs, own, real, self.shown), *left_out_table(chosen.left_out)),
            references=("doi:10.2307/1412159", "doi:10.1214/13-AOS1161"),
            settings=self._settings(chosen, sizes, len(first)),
        )

    def _tables(self, evidence: Evidence, rng: np.random.Generator) -> tuple[Any, Any]:
        """Generated and real rows, a random part where there are too many."""
        if evidence.modality != "tabular":
            raise NotApplicable(f"columns are in tables, but these are {evidence.modality} records")
        if evidence.reference is None:
            raise NotApplicable(evidence.absent.get("reference", "there is no reference data to compare with"))
        parts = []
        for name, table in (("generated", evidence.generated.samples), ("reference", evidence.reference.samples)):
            if len(table) < FEWEST:
                raise Inconclusive(f"{len(table)} {name} records are too few: at least {FEWEST} are needed")
            rows = np.sort(rng.permutation(len(table))[: self.max_each])
            parts.append(table.iloc[rows].reset_index(drop=True))
        return parts[0], parts[1]

    def _settings(self, chosen: Chosen, sizes: tuple[int, int], pairs: int) -> Mapping[str, Json]:
        return {
            "generated_compared": sizes[0],
            "reference_compared": sizes[1],
            "columns_compared": len(chosen.columns),
            "columns_left_out": len(chosen.left_out),
            "correlations": pairs,
        }


def _why(chosen: Chosen) -> str:
    reasons = [f"{name} has {reason}" for name, reason in list(chosen.left_out.items())[:3]]
    return "; ".join(reasons) or "the table has one column"
