"""GA203: which slots of a prompt, or columns of a table, carry the gap between two groups?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.explained.judged import failing
from ...evidence.reliance.kind import ColumnReliance, PromptReliance
from ...finding import EstimateFacts, Finding, Json, NotApplicable, Outcome
from .carried import NATS, Carried, carried, verdicts
from .estimates import estimates
from .facts import ESTIMATES, UNCONFIRMED
from .tables import tables


@dataclass(frozen=True)
class ProtectedReliance:
    """Exact Shapley values over slots or columns, added up by group, beside an exchange of each alone.

    Args:
        material_nats: a gap in log-odds below which there is nothing to explain; 0.22 is odds of 4 to 5.
        material_points: the same of a gap between shares.
    """

    material_nats: float = 0.22
    material_points: float = 0.02

    code: ClassVar[str] = "GA203"
    title: ClassVar[str] = "Reliance on protected features"
    question: ClassVar[str] = "Which slots of a prompt, or columns of a table, carry the gap between two groups?"
    sampling_unit: ClassVar[str] = "wording, pair of pieces, or row of a table"
    needs: ClassVar[tuple[str, ...]] = ("reliance",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if not (self.material_nats > 0 and 0 < self.material_points < 1):
            got = f"{self.material_nats} and {self.material_points}"
            raise ValueError(f"expected material gaps above 0, of shares below 1, got {got}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure; raises `NotApplicable` where there is no evidence of it."""
        if evidence.reliance is None:
            raise NotApplicable(evidence.absent.get("reliance", "there are no prompts or columns to exchange"))
        found = carried(evidence.reliance, nats=self.material_nats, points=self.material_points)
        said = verdicts(found)
        gaps = {} if said.number else {UNCONFIRMED: "no slot or column is flagged, so that none waits for confirmation"}
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=None if any(said.explained) else _nothing(found),
            estimates=tuple(estimates(found, said, rng)),
            tables=tuple(tables(found, said)),
            references=(
                "Lundberg and Lee 2017, arXiv:1705.07874",
                "Gelbach 2016, doi:10.1086/683668",
                "Vig et al. 2020, arXiv:2004.12265",
            ),
            settings=_settings(found) | {"maps_not_to_be_read": failing(evidence.reliance.checked) or "none"},
            gaps=gaps,
        )


def _fit(each: Carried) -> str:
    assert isinstance(each.evidence, ColumnReliance)
    return " and ".join(f"{value:.3f}" for value in each.evidence.generated.fit)


def _nothing(found: Sequence[Carried]) -> str:
    several = "no gap between two groups, and no part of one," if len(found) > 1 else "neither the gap nor a part of it"
    bound = f"{found[0].material:g} nats" if found[0].unit == NATS else f"{100 * found[0].material:g} points"
    return f"nothing to explain: {several} is surely larger than {bound}"


def _settings(found: Sequence[Carried]) -> dict[str, Json]:
    """What a reader must know to repeat it: question, readout, contrast, baseline, sampling unit, method."""
    first = found[0].evidence
    settings: dict[str, Json] = {"explained": "; ".join(each.name for each in found)}
    settings["contrast"] = "; ".join(f"{each.contrast}, {each.sides[0]} less {each.sides[1]}" for each in found)
    if isinstance(first, PromptReliance):
        return settings | {
            "readout": first.readout,
            "baselines": "; ".join(first.baselines),
            "sampling_unit": first.unit,
            "method": f"exact Shapley values over {len(first.slots)} slots, {2 ** len(first.slots)} subsets a prompt",
            "prompts": sum(len(each.evidence.prompts) for each in found if isinstance(each.evidence, PromptReliance)),
            "scored_by": first.scored_by,
            "largest_completeness_error": max(each.error for each in found),
        }
    return settings | {
        "readout": "the share of rows with the outcome",
        "baselines": "the mean of all rows of the two groups",
        "sampling_unit": "generated row",
        "method": "Shapley values of an additive surrogate (least squares on levels), which add up to the gap",
        "exchange": "of a value with one from the other group, by trees fitted to the other half of the rows",
        "group_set_by": "; ".join(each.intervention for each in found),
        "r2_of_the_surrogate_and_of_trees": "; ".join(_fit(each) for each in found),
        "largest_completeness_error": max(each.error for each in found),
    }
