"""GA108: does the model move the gaps between groups in what happens to them?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome, Table
from ...pattern import Pattern
from .estimates import gap_changes, outcome_rates, outcome_ratios, perfect_audits, worst_change, worst_gap
from .facts import ESTIMATES
from .measure import OutcomeGaps, Together, measure_gaps, together
from .tables import gaps_table, rates_table

FEWEST = 30
"""Real records of a group below which its rates say too little to be compared."""


@dataclass(frozen=True)
class OutcomeGap:
    """Rates of an outcome in each group, generated and real, and the change of the gaps between groups.

    Args:
        favourable: of an outcome, by its name, the one level to compare; without it the last of two, or each of more.
        fewest: real records below which a group is named and not judged.
        kept_within: a change that is surely no larger, in shares, leaves a gap as it was.
        repeats: simulated audits of a perfect generator.
        shown: changes and rates that are given as estimates of each outcome and attribute, at most.
    """

    favourable: Mapping[str, str] | None = None
    fewest: int = FEWEST
    kept_within: float = 0.05
    repeats: int = 10_000
    shown: int = 20

    code: ClassVar[str] = "GA108"
    title: ClassVar[str] = "Outcomes by group"
    question: ClassVar[str] = "Does the model change the differences between groups in what happens to them?"
    needs: ClassVar[tuple[str, ...]] = ("groups", "outcomes")
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern(
            "Changed outcome gap",
            "a difference between groups in what happens to them that the data do not show",
            "worst_gap_change",
            True,
            0.05,
        ),
    )

    def __post_init__(self) -> None:
        if self.fewest < 5 or self.repeats < 100 or self.shown < 1:
            got = f"{self.fewest}, {self.repeats} and {self.shown}"
            raise ValueError(f"expected fewest of at least 5, at least 100 repeats and shown of at least 1, got {got}")
        if not 0 < self.kept_within < 1:
            raise ValueError(f"expected kept_within between 0 and 1, got {self.kept_within}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: if no outcome was named.
            Inconclusive: if no outcome could be measured for any attribute.
        """
        parts, refused = self._measured(evidence)
        all_changes = together(parts)
        perfect = [perfect_audits(part, repeats=self.repeats, rng=rng) for part in parts]
        several = len(parts) > 1
        gap = "; ".join([*refused.values(), *(_never(part) for part in parts if part.never)])
        each = list(zip(parts, perfect, all_changes.adjusted, strict=True))
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                worst_change(parts, all_changes, perfect),
                *(worst_change(parts, all_changes, perfect, only=k) for k in range(len(parts)) if several),
                *(worst_gap(part, drawn) for part, drawn, _ in each),
                *(estimate for part, drawn, _ in each for estimate in outcome_ratios(part, drawn)),
                *(estimate for part, _, adjusted in each for estimate in gap_changes(part, adjusted, most=self.shown)),
                *(estimate for part, drawn, _ in each for estimate in outcome_rates(part, drawn, most=self.shown)),
            ),
            tables=self._tables(parts, all_changes, several=several),
            references=(
                "Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
                "Newcombe 2001, doi:10.1002/sim.925",
                "Zou and Donner 2008, doi:10.1002/sim.3095",
                "Berger 1982, doi:10.1080/00401706.1982.10487790",
            ),
            settings=self._settings(parts, refused, evidence),
            gaps=dict.fromkeys(("worst_gap_change", "worst_outcome_gap", "outcome_ratio"), gap) if gap else {},
        )

    def _measured(self, evidence: Evidence) -> tuple[list[OutcomeGaps], dict[str, str]]:
        """Every outcome in the groups of every attribute, and why others were not measured.

        Raises:
            NotApplicable: if there is nothing to compare.
            Inconclusive: if nothing could be compared.
        """
        if not evidence.outcomes or not evidence.groups:
            raise NotApplicable(evidence.absent.get("outcomes", "no outcome is named: name a column with --outcome"))
        prefixes = ("outcome ", "groups of ")
        refused = {kind: f"{kind}: {why}" for kind, why in evidence.unmeasured.items() if kind.startswith(prefixes)}
        population = evidence.reference is not None and evidence.reference.population
        parts = []
        for outcome in evidence.outcomes:
            name = outcome.levels.attribute
            for groups in evidence.groups:
                if groups.attribute == name:
                    continue
                try:
                    part = measure_gaps(
                        outcome,
                        groups,
                        favourable=(self.favourable or {}).get(name),
                        fewest=self.fewest,
                        population=population,
                    )
                except Inconclusive as reason:
                    refused[f"{name} by {groups.attribute}"] = f"{name} by {groups.attribute}: {reason}"
                else:
                    parts.append(part)
        if not parts:
            raise Inconclusive("; ".join(refused.values()) or "no outcome has groups whose rates could be compared")
        return sorted(parts, key=lambda part: -float(np.abs(part.contrasts.change.value).max())), refused

    def _tables(self, parts: Sequence[OutcomeGaps], found: Together, *, several: bool) -> tuple[Table, ...]:
        return tuple(
            table
            for part, limits, adjusted in zip(parts, found.simultaneous, found.adjusted, strict=True)
            for table in (
                gaps_table(part, limits, adjusted, within=self.kept_within, several=several),
                rates_table(part, several=several),
            )
        )

    def _settings(
        self, parts: Sequence[OutcomeGaps], refused: Mapping[str, str], evidence: Evidence
    ) -> dict[str, Json]:
        exact = all(np.isinf(part.real.trials).all() for part in parts)
        settings: dict[str, Json] = {
            "compared": "; ".join(part.title for part in parts),
            "comparisons": sum(part.comparisons for part in parts),
            "real_rates": "taken as the whole population" if exact else "of a sample",
            "kept_within": self.kept_within,
            "perfect_repeats": self.repeats,
        }
        for part in parts:
            if part.left_out:
                named = "; ".join(f"{name}: {why}" for name, why in part.left_out.items())
                settings[f"not_judged_{part.title}"] = named
            if part.confusion_accuracy is not None:
                settings[f"pairs_told_{part.title}"] = part.confusion_accuracy
        for outcome in evidence.outcomes or ():
            if outcome.edges:
                settings[f"split_{outcome.levels.attribute}"] = f"at {outcome.edges[0]:g}, the reference's median"
        return settings | {f"not_measured_{name}": why for name, why in refused.items()}


def _never(part: OutcomeGaps) -> str:
    return f"{part.title}: no record of {', '.join(part.never)} was generated"
