"""GA207: which tokens of a context drive the prediction of the next one?"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.contexts.kind import MATERIAL, Contexts
from ...evidence.explained.judged import failing
from ...finding import NOMINAL, EstimateFacts, Finding, Json, NotApplicable, Outcome
from .estimates import (
    GENERATED,
    Shown,
    agreement,
    context_effect,
    last_shares,
    long_range,
    ranges,
    recency_shift,
    sink,
)
from .facts import ESTIMATES
from .tables import baselines_table, exhibits, profile_table

BESIDE = 4
"""Tokens after the first that it is compared with."""

FEWEST = 16
"""Contexts behind an estimate at least."""


@dataclass(frozen=True)
class NextToken:
    """What replacing single tokens changes in the prediction of what follows, by distance, real beside generated.

    Args:
        share: of the attribution, whose range is given.
        last: how many of the last tokens `last_share` is given for.
        beyond: tokens back from which a token counts as long-range.
        material: the smallest effect of the whole context that is worth explaining, in nats.
    """

    share: float = 0.9
    last: tuple[int, ...] = (1, 4, 16)
    beyond: int = 16
    material: float = MATERIAL

    code: ClassVar[str] = "GA207"
    title: ClassVar[str] = "Next token and next note"
    question: ClassVar[str] = "Which tokens of a context drive the prediction of the next one, and how far back?"
    needs: ClassVar[tuple[str, ...]] = ("contexts",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if not 0 < self.share < 1 or self.beyond < 1 or not self.last or min(self.last) < 1 or not self.material > 0:
            got = f"{self.share}, {self.beyond}, {self.last} and {self.material}"
            raise ValueError(
                f"expected share between 0 and 1, beyond and last of at least 1 and material above 0, got {got}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure; raises `NotApplicable` without contexts."""
        contexts = evidence.contexts
        if contexts is None:
            raise NotApplicable(evidence.absent.get("contexts", "the model predicts no next token"))
        shown = Shown(contexts)
        effect = context_effect(shown, contexts.real)
        nothing = effect.interval(NOMINAL).low <= self.material or not shown.values(contexts.real).any()
        found = Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason="nothing to explain: replacing the whole context does not surely change the log-probability of what "
            f"follows by more than {self.material:g} nats"
            if nothing
            else None,
            estimates=(effect,),
            settings=self._settings(contexts),
        )
        return found if nothing else self._explained(found, evidence, shown)

    def _explained(self, found: Finding, evidence: Evidence, shown: Shown) -> Finding:
        contexts = shown.evidence
        return replace(
            found,
            estimates=(
                *found.estimates,
                context_effect(shown, contexts.generated, GENERATED),
                *ranges(shown, self.share),
                *last_shares(shown, self.last),
                *long_range(shown, self.beyond, FEWEST),
                *sink(shown, BESIDE, FEWEST),
                *recency_shift(shown),
                *agreement(shown, FEWEST),
            ),
            tables=(profile_table(shown), baselines_table(shown, self.share)),
            exhibits=exhibits(shown, read=not failing(contexts.checked)),
            references=(
                "Khandelwal et al. 2018, arXiv:1805.04623",
                "Sundararajan, Taly and Yan 2017, arXiv:1703.01365",
                "Xiao et al. 2023, arXiv:2309.17453",
            ),
            gaps=_gaps(evidence, contexts),
        )

    def _settings(self, contexts: Contexts) -> dict[str, Json]:
        lengths = contexts.real.lengths
        settings: dict[str, Json] = {
            "question": f"which {contexts.unit}s of a context drive the prediction of the next {contexts.unit}",
            "readout": f"log-probability of the {contexts.unit} that truly follows, in nats",
            "contrast": f"the same context with one {contexts.unit} replaced",
            "baseline": f"{contexts.baselines[contexts.shown]}, mean of {contexts.draws[contexts.shown]}",
            "sampling_unit": "record",
            "method": "ablation of one token at a time; cross-check by integrated gradients at the embedding",
            "material": self.material,
            "contexts_of_each_set": len(lengths),
            "shortest_context": int(lengths.min()),
            "longest_context": int(lengths.max()),
            "copies_that_know_nothing": int(contexts.fresh.shape[1]),
            "maps_not_to_be_read": failing(contexts.checked) or "none",
        }
        if contexts.cut:
            settings["looked_at_less"] = contexts.cut
        return settings


def _gaps(evidence: Evidence, contexts: Contexts) -> dict[str, str]:
    gaps: dict[str, str] = {}
    if contexts.impossible:
        gaps["context_effect"] = (
            f"{contexts.impossible} pairs of contexts were left out, as the model gives what follows no probability"
        )
    if int(contexts.real.lengths.max()) >= contexts.longest:
        cut = f"no context of more than {contexts.longest} tokens was asked for"
        gaps |= dict.fromkeys(("context_range", "long_range_share"), cut)
    complete = contexts.gradient_complete
    if len(complete) and not complete.all():
        gaps["top_position_agreement"] = (
            f"the gradients of {int((~complete).sum())} of {len(complete)} contexts did not add up and were left out"
        )
    elif not len(complete):
        gaps["top_position_agreement"] = evidence.unmeasured.get("contexts.gradients", "no second method was possible")
    return gaps
