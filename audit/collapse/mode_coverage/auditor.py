"""GA301: does the model generate every mode of the data, and each as often as it should?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Finding, Inconclusive, Json, Outcome
from ...pattern import Pattern
from ..shared.mode_cells import Cells, counted, mode_cells, with_elsewhere
from .estimates import MISSING, Measured, estimates, measured
from .exhibits import exhibits
from .facts import ESTIMATES
from .planted import Smallest, smallest_modes
from .tables import tables


@dataclass(frozen=True)
class ModeCoverage:
    """Missing and thinned modes, and the mass of the data that is lost with them.

    Args:
        number: how many modes to look for; chosen from the data without it.
        most: modes at most where the number is chosen.
        cells: where the data are one cloud without separate modes, into how many cells it is divided.
        learning_share: the part of the reference on which modes are learned, a fifth at most where 500 held-out
            samples are at hand; the rest is counted.
        repeats: redrawn audits of a perfect generator.
        shown: samples of each kind in an exhibit at most.
        planted: modes that are planted at each weight to see how small a missing one would be found; 0 leaves it out.
    """

    number: int | None = None
    most: int = 100
    cells: int = 20
    learning_share: float = 0.4
    repeats: int = 2_000
    shown: int = 12
    planted: int = 4

    code: ClassVar[str] = "GA301"
    title: ClassVar[str] = "Mode coverage"
    question: ClassVar[str] = "Does the model generate every mode of the data, and each as often as it should?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Dropped modes", "kinds of real records that are never generated", "missing_modes", True, 1.0),
        Pattern("Imbalance", "kinds of real records generated too rarely", "lost_mass", True, 0.1),
    )

    def __post_init__(self) -> None:
        if min(self.most, self.cells) < 2 or (self.number is not None and self.number < 2):
            got = f"{self.number}, {self.most} and {self.cells}"
            raise ValueError(f"expected number, most and cells of at least 2, got {got}")
        if not 0.1 <= self.learning_share <= 0.9:
            raise ValueError(f"expected a learning_share between 0.1 and 0.9, got {self.learning_share}")
        if self.repeats < 200 or min(self.shown, self.planted) < 0:
            got = f"{self.repeats}, {self.shown} and {self.planted}"
            raise ValueError(f"expected at least 200 repeats, shown and planted of at least 0, got {got}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Count both in every mode.

        Raises:
            NotApplicable: if there are no features.
            Inconclusive: if the features are too few, constant or not finite, or no modes can be told apart.
        """
        cells = mode_cells(
            evidence,
            rng,
            most=self.most,
            cells=self.cells,
            number=self.number,
            learning_share=self.learning_share,
        )
        if len(cells.names) < 2:
            raise Inconclusive("the real samples could not be divided into modes: nearly all of them are equal")
        cells = with_elsewhere(cells)
        coverage = measured(cells, repeats=self.repeats, rng=rng)
        smallest = self._smallest(coverage, evidence, rng)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=estimates(coverage, rng, smallest=smallest.missing),
            tables=tables(coverage, evidence),
            exhibits=exhibits(coverage, evidence, self.shown),
            references=(
                "arXiv:1805.12462",
                "Westfall and Young 1993, Resampling-based multiple testing, ISBN 978-0471557616",
                "Ward 1963, doi:10.1080/01621459.1963.10500845",
            ),
            settings={
                **self._settings(cells, coverage, evidence),
                "smallest_thin_mode_seen": smallest.thin,
                "smallest_missing_mode_seen": smallest.missing,
            },
        )

    def _smallest(self, coverage: Measured, evidence: Evidence, rng: np.random.Generator) -> Smallest:
        assert evidence.features is not None
        if not self.planted:
            return Smallest(None, None)
        return smallest_modes(
            coverage.cells,
            evidence.features.reference[coverage.cells.rows],
            generated=coverage.counts.m,
            missing=MISSING,
            most=self.most,
            planted=self.planted,
            rng=rng,
        )

    def _settings(self, cells: Cells, coverage: Measured, evidence: Evidence) -> Mapping[str, Json]:
        assert evidence.features is not None
        generated, reference = counted(cells)
        outside = -2 if cells.elsewhere else -1
        return {
            "modes": len(cells.names),
            "modes_are": "separate clusters" if cells.modes.separated else "cells of one cloud",
            "modes_learned_on": cells.learned_on,
            "reference_counted": int(reference.sum()),
            "generated_counted": int(generated.sum()),
            "reference_outside_share": float(reference[outside] / reference.sum()),
            "generated_outside_share": float(generated[outside] / generated.sum()),
            "dimensions_used": int(cells.modes.axes.shape[1]),
            "extractor": evidence.features.extractor,
            "counts_as_missing_below": MISSING,
            "global_p_value": coverage.global_p_value,
            "repeats": self.repeats,
        }
