"""GA105: does training on generated records widen gaps between groups of real people?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.downstream.kind import Downstream
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from ...pattern import Pattern
from .cells import FEWEST
from .estimates import accuracy_changes, gap_changes, worst_change
from .facts import ESTIMATES
from .measured import Measured, measure
from .tables import tables

PREFIX = "downstream of "
"""Before an outcome's name where it could not be learned."""


@dataclass(frozen=True)
class DownstreamParity:
    """Compares what learners predict for the same real people, trained on generated records and on as many real ones.

    Args:
        repeats: resamples of the people.
        shown: gaps that get an estimate of their own, the widest changes first.
    """

    repeats: int = 500
    shown: int = 20

    code: ClassVar[str] = "GA105"
    title: ClassVar[str] = "Downstream parity"
    question: ClassVar[str] = (
        "Does a learner that is trained on generated records treat groups of real people less alike than one that is "
        "trained on real records?"
    )
    needs: ClassVar[tuple[str, ...]] = ("downstream",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern(
            "Wider gaps downstream",
            "learners trained on generated records that treat groups less alike",
            "worst_learned_gap_change",
            True,
            0.05,
        ),
    )

    def __post_init__(self) -> None:
        if self.repeats < 200 or self.shown < 1:
            raise ValueError(f"expected at least 200 repeats and 1 gap shown, got {self.repeats} and {self.shown}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: if no outcome was named, or the records carry none.
            Inconclusive: if none could be learned, or the groups are too small.
        """
        if not evidence.downstream:
            if "downstream" in evidence.unmeasured:
                raise Inconclusive(evidence.unmeasured["downstream"])
            raise NotApplicable(evidence.absent.get("downstream", "no learner was trained on the generated records"))
        measured = measure(evidence.downstream, repeats=self.repeats, rng=rng)
        several = len(evidence.downstream) > 1 or any(len(each.levels) > 2 for each in evidence.downstream)
        gap = "; ".join(_not_covered(measured, evidence))
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                worst_change(measured),
                *accuracy_changes(measured, several=len(evidence.downstream) > 1),
                *gap_changes(measured, shown=self.shown, several=several),
            ),
            tables=tuple(tables(measured, evidence.downstream, several=len(evidence.downstream) > 1)),
            references=(
                "Hardt, Price and Srebro 2016, arXiv:1610.02413",
                "Esteban, Hyland and Rätsch 2017, arXiv:1706.02633",
                "Ganev, Oprisanu and De Cristofaro 2022, arXiv:2109.11429",
                "Bird et al. 2020, MSR-TR-2020-32",
                "Berger 1982, doi:10.1080/00401706.1982.10487790",
            ),
            settings=self._settings(evidence.downstream),
            gaps={"worst_learned_gap_change": gap} if gap else {},
        )

    def _settings(self, evidence: tuple[Downstream, ...]) -> dict[str, Json]:
        settings: dict[str, Json] = {"resamples": self.repeats, "smallest_cell": FEWEST}
        for each in evidence:
            settings |= {
                f"{name}_{each.outcome}" if len(evidence) > 1 else name: value for name, value in _facts(each).items()
            }
        return settings


def _facts(each: Downstream) -> Mapping[str, Json]:
    draws = ", ".join(
        f"{told.shape[0]} parts × {told.shape[1]} {'seed' if told.shape[1] == 1 else 'seeds'} ({learner})"
        for learner, told in zip(each.learners, each.generated, strict=True)
    )
    return {
        "outcome": each.outcome,
        "levels": ", ".join(each.levels),
        "attributes": ", ".join(each.attributes),
        "tested_on": each.tested_on,
        "trained_on": f"{each.size:,} records each, of either source: {draws}",
        "generated_without_outcome": each.unusable,
    }


def _not_covered(measured: Measured, evidence: Evidence) -> list[str]:
    """What the largest change does not cover."""
    reasons = {**evidence.absent, **evidence.unmeasured}
    missing = [why for kind, why in reasons.items() if kind.startswith(PREFIX)]
    rates: dict[str, list[str]] = {}
    for _, cell in measured.small:
        rates.setdefault(f"{cell.attribute}: {cell.group}", []).append(cell.rate)
    small = [
        f"{group} has fewer than {FEWEST} people to test on for {', '.join(dict.fromkeys(each))}"
        for group, each in rates.items()
    ]
    return [*missing, *small]
