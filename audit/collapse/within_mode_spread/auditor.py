"""GA305: are generated samples as varied within each mode as real ones?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Finding, Inconclusive, Json, Outcome
from ...pattern import Pattern
from ...statistics.modes.spread import permuted_squares, scatter
from ..shared.mode_cells import mode_cells
from .estimates import Spreads, estimates, table
from .facts import ESTIMATES


@dataclass(frozen=True)
class SpreadWithinModes:
    """Compares how far generated and real samples spread around the middle of their mode.

    Args:
        number: how many modes to look for; chosen from the data without it, and 1 where these are one cloud.
        most: modes at most where the number is chosen.
        fewest: samples of each kind without which a mode's spread is not compared.
        learning_share: the part of the reference on which modes are learned where fewer than 500 held-out samples
            are at hand; the rest is compared.
        repeats: simulated audits of a perfect generator.
    """

    number: int | None = None
    most: int = 100
    fewest: int = 5
    learning_share: float = 0.4
    repeats: int = 4_000

    code: ClassVar[str] = "GA305"
    title: ClassVar[str] = "Spread within modes"
    question: ClassVar[str] = "Are generated samples as varied within each mode as real ones, neither less nor more?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Shrinkage", "less variety within each kind than in the data", "spread_ratio", False, 0.1),
        Pattern("Over-dispersion", "more variety within each kind than in the data", "spread_ratio", True, 0.1),
    )

    def __post_init__(self) -> None:
        if self.most < 1 or self.fewest < 3 or (self.number is not None and self.number < 1):
            got = f"{self.number}, {self.most} and {self.fewest}"
            raise ValueError(f"expected number and most of at least 1 and fewest of at least 3, got {got}")
        if not 0.1 <= self.learning_share <= 0.9 or self.repeats < 200:
            got = f"{self.learning_share} and {self.repeats}"
            raise ValueError(f"expected a learning_share between 0.1 and 0.9 and at least 200 repeats, got {got}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Compare the spread of both in every mode.

        Raises:
            NotApplicable: if there are no features.
            Inconclusive: if the features are too few, constant or not finite, or no mode holds enough samples of both.
        """
        cells = mode_cells(
            evidence, rng, most=self.most, cells=1, number=self.number, learning_share=self.learning_share
        )
        assert evidence.features is not None
        modes = len(cells.names)
        reference = scatter(samples=evidence.features.reference[cells.rows], labels=cells.reference, modes=modes)
        generated = scatter(samples=evidence.features.generated, labels=cells.generated, modes=modes)
        usable = (reference.sizes >= self.fewest) & (generated.sizes >= self.fewest) & (reference.squares > 0)
        if not usable.any():
            raise Inconclusive(
                f"none of {modes} modes holds {self.fewest} generated and {self.fewest} real samples that differ, "
                "so there is no spread to compare"
            )
        permuted = permuted_squares(
            generated=evidence.features.generated,
            generated_labels=cells.generated,
            reference=evidence.features.reference[cells.rows],
            reference_labels=cells.reference,
            modes=modes,
            rng=rng,
        )
        spreads = Spreads(cells, reference, generated, usable, (permuted[0][:, usable], permuted[1][:, usable]))
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=estimates(spreads, repeats=self.repeats, rng=rng),
            tables=(table(spreads),),
            references=("doi:10.2307/3002019", "arXiv:1904.06991"),
            settings=self._settings(spreads, evidence),
        )

    def _settings(self, spreads: Spreads, evidence: Evidence) -> Mapping[str, Json]:
        assert evidence.features is not None
        return {
            "modes": len(spreads.cells.names),
            "modes_compared": int(spreads.usable.sum()),
            "modes_are": "separate clusters" if spreads.cells.modes.separated else "one cloud",
            "modes_learned_on": spreads.cells.learned_on,
            "reference_compared": int(spreads.reference.sizes[spreads.usable].sum()),
            "generated_compared": int(spreads.generated.sizes[spreads.usable].sum()),
            "generated_available": len(evidence.features.generated),
            "extractor": evidence.features.extractor,
        }
