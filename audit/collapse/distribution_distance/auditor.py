"""GA303: how far are the generated samples, as a whole, from the data?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Exhibit, Finding, Json, Outcome, Pictures
from ...pattern import Pattern
from ...statistics.distances.frechet_splits import FrechetMeasurement, measure_frechet
from ...statistics.distances.kernel_sums import cubic_kernel, gaussian_kernel
from ...statistics.distances.mmd import KernelMeasurement, measure_together, median_distance, varying
from ..shared.compared import FEWEST, Compared, compared, group_rows
from .estimates import distance_estimates
from .facts import ESTIMATES
from .tables import PLAIN, control_table, group_table, plain_table


@dataclass(frozen=True)
class Distance:
    """Fréchet distance and kernel discrepancy between generated and reference features, less what sampling adds.

    Args:
        max_reference: reference samples compared at most; the rest is left out at random.
        max_generated: generated samples compared at most.
        dimensions: principal components of both sets together in which the Fréchet distance is taken, at most.
        splits: random cuts into halves from which its noise is known.
        halvings: how often the kernel's width, the median distance of two samples, is halved.
        shown: samples in each exhibit at most.
    """

    max_reference: int = 5000
    max_generated: int = 5000
    dimensions: int = 256
    splits: int = 64
    halvings: int = 4
    shown: int = 12

    code: ClassVar[str] = "GA303"
    title: ClassVar[str] = "Distance to the data"
    question: ClassVar[str] = "How far are the generated samples, as a whole, from the data?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Shift", "means or spreads of features off, for any reason", "frechet_ratio", True, 1.0),
    )

    def __post_init__(self) -> None:
        if min(self.max_reference, self.max_generated) < FEWEST:
            got = f"{self.max_reference} and {self.max_generated}"
            raise ValueError(f"expected max_reference and max_generated of at least {FEWEST}, got {got}")
        if self.splits < 16 or self.dimensions < 1 or self.halvings < 0 or self.shown < 0:
            raise ValueError(
                "expected splits of at least 16, dimensions of at least 1, halvings and shown of at least 0, "
                f"got {self.splits}, {self.dimensions}, {self.halvings} and {self.shown}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure both distances.

        Raises:
            NotApplicable: if there are no features.
            Inconclusive: if the features are too few, constant or not finite.
        """
        chosen = compared(evidence, rng, max_generated=self.max_generated, max_reference=self.max_reference)
        y, x = varying(chosen.generated, chosen.reference)
        frechet = measure_frechet(generated=y, reference=x, rng=rng, splits=self.splits, dimensions=self.dimensions)
        width = median_distance(generated=y, reference=x, rng=rng)
        kernel = gaussian_kernel(width, halvings=self.halvings)
        groups = group_rows(evidence, chosen)
        discrepancies = measure_together(
            generated=y,
            reference=x,
            kernel=kernel,
            groups=[(own, real) for _, own, real in groups],
            # Features that are the same in all records are 0 about the centre, but KID's kernel counts them.
            plain=(cubic_kernel(len(chosen.centre)), PLAIN),
        )
        whole = discrepancies.whole
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=distance_estimates(frechet, whole.distance, more_draws_help=chosen.all_generated),
            tables=(
                *plain_table(discrepancies, generated=y, reference=x),
                *group_table(groups, discrepancies),
                *control_table(
                    holdout=chosen.features.holdout[: self.max_reference],
                    reference=chosen.features.reference,
                    rng=rng,
                    splits=self.splits,
                    dimensions=self.dimensions,
                    halvings=self.halvings,
                ),
            ),
            exhibits=self._exhibits(whole, chosen),
            references=("doi:10.1016/0047-259X(82)90077-X", "arXiv:1706.08500", "arXiv:0805.2368"),
            settings=self._settings(frechet, width, chosen),
        )

    def _settings(self, frechet: FrechetMeasurement, width: float, chosen: Compared) -> Mapping[str, Json]:
        return {
            "reference_compared": frechet.reference,
            "reference_available": len(chosen.features.reference),
            "generated_compared": frechet.generated,
            "generated_available": len(chosen.features.generated),
            "dimensions": chosen.features.reference.shape[1],
            "frechet_dimensions": frechet.dimensions,
            "frechet_variance_kept": frechet.kept,
            "frechet_half": frechet.half,
            "frechet_floor": frechet.floor,
            "kernel_width": width,
            "halvings": self.halvings,
            "splits": self.splits,
            "extractor": chosen.features.extractor,
        }

    def _exhibits(self, measurement: KernelMeasurement, chosen: Compared) -> tuple[Exhibit, ...]:
        """The witness function says which samples pull the two distributions apart most."""
        missed = _first(-measurement.witness_reference, chosen.reference_rows, self.shown)
        crowded = _first(measurement.witness_generated, chosen.generated_rows, self.shown)
        parts = (
            ("too_few_generated", "Real samples around which generated ones are most lacking", "real", missed),
            ("too_many_generated", "Generated samples around which they crowd most", "generated", crowded),
        )
        return tuple(
            Exhibit(name, f"{caption}, worst first", "grid", (Pictures(label, kind, rows),))
            for (name, caption, label, rows), kind in zip(parts, ("reference", "generated"), strict=True)
            if rows
        )


def _first(scores: NDArray[np.float64], rows: NDArray[np.int64], most: int) -> tuple[int, ...]:
    order = np.argsort(-scores, kind="stable")[:most]
    return tuple(int(rows[at]) for at in order if scores[at] > 0)
