"""GA102: is every combination of groups there, as often as it should be?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence, Groups
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome, Table
from .cells import Cells, combinations_of, count_cells
from .estimates import Compared, cell_distance, cell_ratios, compare, worst_cell
from .facts import ESTIMATES
from .impact import impact_table
from .tables import cells_table, small_table

FEWEST = 30
"""Real records of a cell below which its share says too little to be judged."""


@dataclass(frozen=True)
class Intersections:
    """Share of each combination of two attributes, and of all three of three, relative to the data.

    Args:
        fewest: real records below which a combination of groups is named and not judged.
        repeats: simulated audits of a perfect generator.
        shown: combinations of groups that are given as estimates for each combination of attributes, at most.
        favourable: of an outcome, by its name, the level that the table of impact ratios counts; by default the last of
            two.
    """

    fewest: int = FEWEST
    repeats: int = 4_000
    shown: int = 20
    favourable: Mapping[str, str] | None = None

    code: ClassVar[str] = "GA102"
    title: ClassVar[str] = "Intersections of groups"
    question: ClassVar[str] = "Does the model generate every combination of groups as often as the data have it?"
    needs: ClassVar[tuple[str, ...]] = ("groups", "crossed")
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if self.fewest < 5 or self.repeats < 100 or self.shown < 1:
            got = f"{self.fewest}, {self.repeats} and {self.shown}"
            raise ValueError(f"expected fewest of at least 5, at least 100 repeats and shown of at least 1, got {got}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: with fewer than two attributes.
            Inconclusive: if no combination could be measured.
        """
        if not evidence.groups or len(evidence.groups) < 2 or evidence.crossed is None:
            raise NotApplicable(evidence.absent.get("crossed", "groups are told apart by one attribute alone"))
        cells, refused = self._counted(evidence)
        parts = compare(cells, repeats=self.repeats, rng=rng)
        parts.sort(key=lambda part: float(part.cells.ratios.min()))
        several = len(parts) > 1
        gap = "; ".join(refused.values())
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                worst_cell(parts),
                *(worst_cell([part], group=part.cells.title) for part in parts if several),
                *(cell_distance(part, rng) for part in parts),
                *(estimate for part in parts for estimate in cell_ratios(part, most=self.shown)),
            ),
            tables=(
                *(cells_table(part, several=several) for part in parts),
                *self._further(parts, evidence.groups, evidence),
            ),
            references=(
                "Fay and Feuer 1997, doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#",
                "Berger 1982, doi:10.1080/00401706.1982.10487790",
                "Good 1967, doi:10.1111/j.2517-6161.1967.tb00693.x",
                "6 RCNY 5-300 ff. (New York City Local Law 144 of 2021), for the layout of the table alone",
            ),
            settings=self._settings(parts, refused),
            gaps={"worst_cell_ratio": gap} if gap else {},
        )

    def _counted(self, evidence: Evidence) -> tuple[list[Cells], dict[str, str]]:
        """The cells of every combination of attributes, and why those of others were not measured.

        Raises:
            Inconclusive: if none was measured.
        """
        assert evidence.groups is not None
        assert evidence.crossed is not None
        groups = evidence.groups
        population = evidence.reference is not None and evidence.reference.population
        prefix = "groups of "
        refused = {
            kind.removeprefix(prefix): f"{kind}: {why}"
            for kind, why in evidence.unmeasured.items()
            if kind.startswith(prefix)
        }
        found = []
        for which in combinations_of(len(groups)):
            title = " × ".join(groups[place].attribute for place in which)
            try:
                cells = count_cells(groups, evidence.crossed, which, fewest=self.fewest, population=population)
            except Inconclusive as reason:
                refused[title] = f"{title}: {reason}"
            else:
                found.append(cells)
        if not found:
            raise Inconclusive("; ".join(refused.values()))
        return found, refused

    def _further(self, parts: Sequence[Compared], groups: Sequence[Groups], evidence: Evidence) -> Iterator[Table]:
        assert evidence.crossed is not None
        crossed = evidence.crossed
        small = small_table(parts, fewest=self.fewest)
        if small is not None:
            yield small
        outcomes = evidence.outcomes or ()
        tables = [
            impact_table(
                groups,
                crossed,
                each,
                favourable=(self.favourable or {}).get(each.levels.attribute),
                several=len(outcomes) > 1,
            )
            for each in outcomes
        ] or [impact_table(groups, crossed, None, favourable=None, several=False)]
        yield from (table for table in tables if table is not None)

    def _settings(self, parts: Sequence[Compared], refused: Mapping[str, str]) -> dict[str, Json]:
        first = parts[0].cells
        real = f"of a sample of {int(first.reference.sum()):,} records"
        return {
            "generated_samples": first.n,
            "combinations": "; ".join(part.cells.title for part in parts),
            "cells_judged": sum(len(part.cells.judged) for part in parts),
            "cells_too_small": sum(len(part.cells.small) for part in parts),
            "fewest_real_records": self.fewest,
            "real_shares": "taken as the whole population" if first.population else real,
            "perfect_repeats": self.repeats,
            **{f"not_measured_{title}": why for title, why in refused.items()},
        }
