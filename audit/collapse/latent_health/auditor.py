"""GA306: is the latent space in use, and does it give different outputs for different latents?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.latents.kind import Latents
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from ...pattern import Pattern
from ...statistics.latents.coincidences import FAR, NEAR
from .estimates import Use, coincidence_estimate, prior_estimates, spectrum_estimates, use_estimates, use_of
from .facts import ESTIMATES
from .tables import dimensions_table, exhibits, regions_table, spectrum_table, speed_table

_FEWEST = 50


@dataclass(frozen=True)
class LatentHealth:
    """Active units, posterior collapse, the Jacobian's spectrum, and where far-apart latents become one output.

    Args:
        active_above: a dimension of an encoder is active where its mean varies by more than this over real records.
        idle_below: without an encoder, a dimension is active where it moves the output by more than this part of an
            equal one.
        k: neighbours that set the radius of a ball in the comparison of the encoder's latents with the prior.
        splits: random cuts from which the interval of that comparison comes, a multiple of 64.
    """

    active_above: float = 0.01
    idle_below: float = 0.1
    k: int = 5
    splits: int = 128

    code: ClassVar[str] = "GA306"
    title: ClassVar[str] = "Latent health"
    question: ClassVar[str] = "Is the latent space in use, and do different latents give different outputs?"
    sampling_unit: ClassVar[str] = "encoded record, or latent vector"
    needs: ClassVar[tuple[str, ...]] = ("latents",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Folding", "far-apart latents that give one output", "many_to_one_share", True, 0.05),
    )

    def __post_init__(self) -> None:
        if not 0 < self.active_above < 1 or not 0 < self.idle_below < 1:
            raise ValueError(
                f"expected active_above and idle_below between 0 and 1, got {self.active_above} and {self.idle_below}"
            )
        if self.k < 1 or self.splits < 64 or self.splits % 64:
            raise ValueError(
                f"expected k of at least 1 and splits as a positive multiple of 64, got {self.k} and {self.splits}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure the latent space.

        Raises:
            NotApplicable: if the model has no latent space.
            Inconclusive: if it has an encoder but there are too few real records to encode.
        """
        latents = evidence.latents
        if latents is None:
            raise NotApplicable(evidence.absent.get("latents", "the model has no latent space"))
        encoded = len(latents.posterior_means)
        fewest = max(_FEWEST, 4 * (self.k + 1))
        if 0 < encoded < fewest:
            raise Inconclusive(f"{encoded} real records are too few to see an encoder in use: give at least {fewest}")
        use = use_of(latents, active_above=self.active_above, idle_below=self.idle_below)
        estimates = [
            coincidence_estimate(latents),
            *use_estimates(use, encoded or len(latents.points)),
            *spectrum_estimates(latents),
        ]
        if encoded:
            estimates += prior_estimates(latents, k=self.k, splits=self.splits, rng=rng)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=tuple(estimates),
            tables=(
                dimensions_table(latents, use),
                *regions_table(latents),
                speed_table(latents),
                spectrum_table(latents),
            ),
            exhibits=exhibits(latents),
            references=(
                "Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519",
                "Roy and Vetterli 2007, The effective rank, EUSIPCO",
                "Gretton et al. 2012, arXiv:0805.2368",
            ),
            settings=self._settings(latents, use),
        )

    def _settings(self, latents: Latents, use: Use) -> Mapping[str, Json]:
        return {
            "active_means": "the encoder's mean varies" if use.encoder else "the output moves",
            "active_above": use.limit,
            "latent_dimensions": latents.draws.shape[1],
            "draws": len(latents.draws),
            "draws_compared_with_each_other": latents.block,
            "nearly_the_same": NEAR,
            "far_apart": FAR,
            "jacobians": len(latents.points),
            "real_records_encoded": len(latents.posterior_means),
            "real_records_for_near_duplicates": len(latents.reference_gap),
            "spread_of_outputs_to_that_of_real_records": _ratio(latents),
            "left_out": "; ".join(latents.remarks) or "nothing",
        }


def _ratio(latents: Latents) -> float | None:
    return latents.variance / latents.reference_variance if latents.reference_variance > 0 else None
