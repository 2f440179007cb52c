"""GA103: is every group generated as well as the others?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Finding, Inconclusive, Json, Outcome
from ...pattern import Pattern
from .estimates import GAPS, gap_estimates, group_estimates
from .facts import ESTIMATES
from .measures import Measure, neighbour_measures, scored_measure
from .members import FEWEST, Members, members
from .tables import tables


@dataclass(frozen=True)
class QualityParity:
    """Fidelity, coverage, likelihood and reconstruction of every group, each beside its own perfect value.

    Args:
        k: neighbours that set the radius of a ball.
        largest: records of a block at most, in which a group's records are compared.
        blocks: blocks of a group, and generated sets beside each, at most.
        splits: random cuts from which the intervals of shares come.
        most_groups: groups of an attribute at most; with more, those with the most real records.
    """

    k: int = 5
    largest: int = 300
    blocks: int = 4
    splits: int = 32
    most_groups: int = 40

    code: ClassVar[str] = "GA103"
    title: ClassVar[str] = "Quality by group"
    question: ClassVar[str] = "Is every group generated as well as the others?"
    needs: ClassVar[tuple[str, ...]] = ("features", "groups")
    optional: ClassVar[tuple[str, ...]] = ("likelihoods", "reconstructions")
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = ()

    def __post_init__(self) -> None:
        if min(self.k, self.blocks, self.splits) < 1 or self.most_groups < 2 or 4 * (self.k + 1) > FEWEST:
            raise ValueError(
                f"expected k from 1 to {FEWEST // 4 - 1}, at least 1 block and split, and at least 2 groups, "
                f"got {self.k}, {self.blocks}, {self.splits} and {self.most_groups}"
            )
        if self.largest < FEWEST:
            raise ValueError(f"expected blocks of at least {FEWEST} records, got {self.largest}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            Inconclusive: if no two groups of any attribute have enough records.
        """
        everyone = [members(evidence, each) for each in evidence.groups or ()]
        measures = tuple(each for who in everyone for each in self._measured(evidence, who, everyone, rng))
        small = [why for who in everyone for why in who.too_small]
        if not measures:
            raise Inconclusive(
                f"no two groups have {FEWEST} real and {FEWEST} generated records each: {'; '.join(small) or 'none'}; "
                "give more labelled reference data, or merge groups"
            )
        several = len({each.attribute for each in measures}) > 1
        gap = "; ".join([*small, *self._left_out(everyone)])
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                *gap_estimates(measures),
                *(each for measure in measures for each in group_estimates(measure, several=several)),
            ),
            tables=tables(measures),
            references=(
                "arXiv:1904.06991",
                "arXiv:2002.09797",
                "Zou and Donner 2008, doi:10.1002/sim.3095",
            ),
            settings=self._settings(evidence, measures, everyone),
            gaps=dict.fromkeys(GAPS.values(), gap) if gap else {},
        )

    def _measured(
        self, evidence: Evidence, who: Members, everyone: Sequence[Members], rng: np.random.Generator
    ) -> Iterator[Measure]:
        assert evidence.features is not None
        finite = all(np.isfinite(each).all() for each in (evidence.features.generated, evidence.features.reference))
        if not finite:
            raise Inconclusive("some features are not finite numbers: look at the generated values")
        tests = sum(len(each.compared) for each in everyone)
        chosen = who.limited(self.most_groups)
        yield from neighbour_measures(
            evidence.features,
            chosen,
            k=self.k,
            largest=self.largest,
            blocks=self.blocks,
            splits=self.splits,
            tests=tests,
            rng=rng,
        )
        for name, scored in (("likelihood", evidence.likelihoods), ("reconstruction", evidence.reconstructions)):
            measure = scored_measure(name, scored, chosen, tests=tests, rng=rng)
            if measure is not None:
                yield measure

    def _left_out(self, everyone: Sequence[Members]) -> list[str]:
        return [
            f"{who.attribute}: of {len(who.compared)} groups only the {self.most_groups} with the most real records"
            for who in everyone
            if len(who.compared) > self.most_groups
        ]

    def _settings(
        self, evidence: Evidence, measures: Sequence[Measure], everyone: Sequence[Members]
    ) -> dict[str, Json]:
        settings: dict[str, Json] = {
            "k": self.k,
            "largest_block": self.largest,
            "splits": self.splits,
            "groups": "told by the group classifier on both sides"
            if any(who.told for who in everyone)
            else "read from the records",
        }
        for kind, name in (("likelihoods", "likelihood"), ("reconstructions", "reconstruction")):
            if not any(each.name == name for each in measures):
                reasons = {**evidence.absent, **evidence.unmeasured}
                why = reasons.get(kind, "broke" if kind in evidence.crashed else "too few records of each group")
                settings[f"no_{name}"] = why
        return settings
