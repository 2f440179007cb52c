"""GA201: which latent dimensions drive the output, and which do nothing?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.explained.judged import failing
from ...finding import Better, EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome, Table
from .effects import Effects, Status, measure_effects
from .entangled import entangled, entangled_table
from .estimates import completeness, effect_sizes, share, summaries
from .regrouped import group_estimates, groups_table
from .shares import concentration, turned_shares
from .tables import dimensions_table, exhibits, readouts_table, turned_table, walks_table

MOST_LISTED = 64
"""Latent dimensions with an estimate and a row of their own; beyond it the smallest are left out."""


@dataclass(frozen=True)
class Drivers:
    """Share of each latent dimension in the changes of named readouts, by integrated gradients that must be complete.

    Args:
        unused_below: a dimension is unused if its share lies below this part of an equal share, 1/L.
        leading: dimensions that are shown as pictures and divided by readout.
        rotations: how often the latent axes are turned at random to show what meaningless dimensions look like.
    """

    unused_below: float = 0.1
    leading: int = 8
    rotations: int = 199

    code: ClassVar[str] = "GA201"
    title: ClassVar[str] = "What drives the output"
    question: ClassVar[str] = "Which latent dimensions drive the output, and which do nothing?"
    sampling_unit: ClassVar[str] = "pair of draws of latents"
    needs: ClassVar[tuple[str, ...]] = ("attributions",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "largest_share",
            "largest share of one latent dimension in the effect",
            "share",
            Better.NEITHER,
            "The largest share that any one latent dimension has in the changes of the readouts.",
            rests_on=(),
        ),
        EstimateFacts(
            "effective_dimensions",
            "effective number of latent dimensions",
            "dimensions",
            Better.NEITHER,
            "How many latent dimensions would share the effect equally if it were spread as evenly as it is.",
            rests_on=(),
        ),
        EstimateFacts(
            "unused_dimensions",
            "latent dimensions that do nothing",
            "count",
            Better.LOWER,
            "How many latent dimensions have next to no share in the effect.",
            rests_on=(),
        ),
        EstimateFacts(
            "share_of_effect",
            "share of the effect",
            "share",
            Better.NEITHER,
            "The share of one latent dimension in the changes of the readouts, of one readout or of all.",
            rests_on=(),
        ),
        EstimateFacts(
            "group_changes",
            "how often the group changes when a dimension is redrawn",
            "share",
            Better.NEITHER,
            "The share of draws of which the classifier sees another group once one latent dimension alone is redrawn.",
            rests_on=(),
        ),
        EstimateFacts(
            "effect_size",
            "size of the effect",
            None,
            Better.NEITHER,
            "How much a readout changes between two random draws, as a root mean square in the readout's own unit.",
            rests_on=(),
        ),
        EstimateFacts(
            "completeness_error",
            "largest completeness error, relative to the effect",
            "ratio",
            Better.LOWER,
            "By how much the attributions of a draw miss the difference that they should add up to, at worst.",
            rests_on=(),
        ),
    )

    def __post_init__(self) -> None:
        if not 0 < self.unused_below < 1 or self.leading < 1 or self.rotations < 39:
            got = f"{self.unused_below}, {self.leading} and {self.rotations}"
            raise ValueError(
                f"expected unused_below between 0 and 1, at least 1 leading and at least 39 rotations, got {got}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure; raises `NotApplicable` without attributions and `Inconclusive` where no readout is complete."""
        if evidence.attributions is None:
            raise NotApplicable(evidence.absent.get("attributions", "the model has no latent space to attribute to"))
        effects = measure_effects(evidence.attributions)
        if Status.EXPLAINED in effects.status:
            return self._explained(effects, rng)
        if Status.INCOMPLETE in effects.status:
            raise Inconclusive(
                f"the attributions of {_names(effects, Status.INCOMPLETE)} do not add up to the difference they should "
                "explain; is decode differentiable everywhere, or does it round or sample?"
            )
        return self._nothing_to_explain(effects)

    def _explained(self, effects: Effects, rng: np.random.Generator) -> Finding:
        order = np.argsort(-effects.overall.values, kind="stable")
        leading = order[: self.leading]
        evidence = effects.evidence
        tables = [dimensions_table(effects, order[:MOST_LISTED], self._limit(effects)), readouts_table(effects)]
        if len(evidence.told):
            tables.append(groups_table(evidence))
        if evidence.walked.size:
            tables.append(walks_table(effects))
        tables += self._beside_turned_axes(effects, rng)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                *summaries(effects, self._limit(effects)),
                *(share(effects, int(dimension)) for dimension in order[:MOST_LISTED]),
                *(share(effects, int(each), readout) for each in leading for readout in effects.explained),
                *group_estimates(evidence),
                *effect_sizes(effects),
                completeness(effects),
            ),
            tables=tuple(tables),
            exhibits=exhibits(effects, leading),
            references=(
                "Sundararajan, Taly and Yan 2017, arXiv:1703.01365",
                "Erion et al. 2021, doi:10.1038/s42256-021-00343-w",
                "Hill 1973, doi:10.2307/1934352",
            ),
            settings=self._settings(effects),
        )

    def _beside_turned_axes(self, effects: Effects, rng: np.random.Generator) -> list[Table]:
        evidence = effects.evidence
        if evidence.latents.shape[1] < 2 or not evidence.standard_prior:
            # Another prior than the standard normal one does not look the same from every direction.
            return []
        turned = turned_shares(
            evidence.attributions[effects.explained],
            evidence.latents.astype(np.float64) - evidence.baselines,
            rotations=self.rotations,
            rng=rng,
        )
        tables = [turned_table(effects, *concentration(turned))]
        found = entangled(effects, turned)
        return [*tables, entangled_table(effects, found, self.rotations)] if found else tables

    def _nothing_to_explain(self, effects: Effects) -> Finding:
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason="no effect to explain: between two random draws no readout changes by a material amount",
            estimates=tuple(effect_sizes(effects)),
            tables=(readouts_table(effects),),
            settings=self._settings(effects),
        )

    def _limit(self, effects: Effects) -> float:
        return self.unused_below / len(effects.overall.values)

    def _settings(self, effects: Effects) -> dict[str, Json]:
        return {
            "method": "integrated gradients, from another random draw to each draw",
            "pairs_of_draws": len(effects.evidence.latents),
            "latent_dimensions": effects.evidence.latents.shape[1],
            "unused_below": self.unused_below,
            "rotations": self.rotations,
            "prior": "standard normal" if effects.evidence.standard_prior else "the model's own",
            "maps_not_to_be_read": failing(effects.evidence.checked) or "none",
            "readouts_explained": _names(effects, Status.EXPLAINED),
            "readouts_without_effect": _names(effects, Status.NO_EFFECT),
            "readouts_failing_completeness": _names(effects, Status.INCOMPLETE),
        }


def _names(effects: Effects, status: Status) -> str:
    pairs = zip(effects.evidence.readouts, effects.status, strict=True)
    return ", ".join(name for name, each in pairs if each is status) or "none"
