"""GA104: does the model make the group that it was asked for?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Finding, Json, NotApplicable, Outcome
from ...pattern import Pattern
from .answers import Answers, answers
from .estimates import fidelities, ignored, uneven, worst_fidelity
from .exhibits import exhibits
from .facts import ESTIMATES
from .tables import tables


@dataclass(frozen=True)
class ConditionalFidelity:
    """Of the records made when a group was asked for, the share that are of it, corrected for the classifier's errors.

    Args:
        repeats: simulated audits of a model that always makes what is asked for.
    """

    repeats: int = 1_000

    code: ClassVar[str] = "GA104"
    title: ClassVar[str] = "Conditional fidelity"
    question: ClassVar[str] = "Does the model make the group that it was asked for?"
    needs: ClassVar[tuple[str, ...]] = ("conditioned", "groups")
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Request not met", "another group made than was asked for", "worst_fidelity", False, 0.1),
    )

    def __post_init__(self) -> None:
        if self.repeats < 100:
            raise ValueError(f"expected at least 100 repeats, got {self.repeats}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: if nothing that was asked names a group.
            Inconclusive: if the group classifier is too weak for every group asked for.
        """
        asked = evidence.conditioned or ()
        if not any((each.wanted >= 0).any() for each in asked):
            raise NotApplicable(
                "no prompt names one group of the reference for certain, so none was asked for; whether prompts favour "
                "groups that they do not name is another question"
            )
        parts, refused = answers(evidence, repeats=self.repeats, rng=rng)
        several = len(asked) > 1
        gap = "; ".join([*_blurred(parts), *(f"{name}: {why}" for name, why in refused.items())])
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                worst_fidelity(parts),
                *ignored(parts),
                *uneven(parts, rng),
                *(each for part in parts for each in fidelities(part, several=several)),
            ),
            tables=tables(parts, asked),
            exhibits=exhibits(parts, asked, {each.attribute: each for each in evidence.groups or ()}),
            references=(
                "Rogan and Gladen 1978, doi:10.1093/oxfordjournals.aje.a112510",
                "Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404",
                "Berger 1982, doi:10.1080/00401706.1982.10487790",
            ),
            settings=self._settings(parts),
            gaps=dict.fromkeys(("worst_fidelity", "ignored_condition"), gap) if gap else {},
        )

    def _settings(self, parts: Sequence[Answers]) -> dict[str, Json]:
        settings: dict[str, Json] = {"perfect_repeats": self.repeats}
        for part in parts:
            of = f"_{part.attribute}" if len(parts) > 1 else ""
            settings |= {
                f"asked_by{of}": part.how,
                f"requests{of}": len(part.requests),
                f"records_each{of}": int(part.sizes.min()),
            }
        return settings


def _blurred(parts: Sequence[Answers]) -> list[str]:
    return [
        f"{part.attribute} {', '.join(part.blurred)}: the group classifier cannot tell the group apart"
        for part in parts
        if part.blurred
    ]
