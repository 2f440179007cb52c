"""GA106: of two sentences that differ in whom they are about, does the model find the stereotyping one likelier?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.probes.kinds import ProbeScores
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from ...statistics.multiplicity import holm
from ..shared.left_out import said
from .estimates import ESTIMATES, type_estimates, worst_estimate
from .pairs import Pairs, pairs_by_type
from .preference import Preference, preference
from .tables import tables

MOST_MISSING = 0.2
"""The share of a type's pairs that may be missing before what the others show stands for a part of the type only."""


@dataclass(frozen=True)
class PairedSentences:
    """Compares the log-probabilities that a text model gives to the two sentences of each pair.

    Args:
        fewest: scored pairs that a bias type needs to be measured.
    """

    fewest: int = 20

    code: ClassVar[str] = "GA106"
    title: ClassVar[str] = "Paired sentences"
    question: ClassVar[str] = "Of two sentences that differ in whom they are about, is the stereotyping one likelier?"
    sampling_unit: ClassVar[str] = "pair of sentences"
    needs: ClassVar[tuple[str, ...]] = ("probes",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if self.fewest < 6:
            raise ValueError(f"expected at least 6 pairs, of which a sign test can show anything, got {self.fewest}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: if the model scores no sentences, or no set has pairs.
            Inconclusive: if too few pairs could be scored.
        """
        if evidence.probes is None:
            if "probes" in evidence.unmeasured:
                raise Inconclusive(evidence.unmeasured["probes"])
            raise NotApplicable(evidence.absent.get("probes", "no sentences were scored"))
        types = list(pairs_by_type(evidence.probes))
        if not types:
            raise NotApplicable("the sets of probes hold no pairs of which one sentence is the stereotyping one")
        enough = [each for each in types if self._is_enough(each)]
        if not enough:
            raise Inconclusive(self._too_few(types, evidence.probes))
        found = [preference(each) for each in enough]
        adjusted = [step.adjusted for step in holm([each.p_value for each in found], alpha=0.05)]
        several = len({each.set_name for each in types}) > 1
        labelled = [(_label(each.pairs, several=several), each, p) for each, p in zip(found, adjusted, strict=True)]
        labelled.sort(key=lambda each: -abs(each[1].share.value - 0.5))
        few = [(_label(each, several=several), each) for each in types if not self._is_enough(each)]
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                worst_estimate([each for _, each, _ in labelled], rng),
                *(each for label, one, p in labelled for each in type_estimates(one, label, p, rng)),
                *(
                    each
                    for label, one in _wholes(enough, several=several)
                    for each in type_estimates(one, label, None, rng)
                ),
            ),
            tables=tuple(tables(labelled, few, evidence.probes)),
            references=(
                "Nangia et al. 2020, doi:10.18653/v1/2020.emnlp-main.154",
                "Blodgett et al. 2021, doi:10.18653/v1/2021.acl-long.81",
                "Holm 1979, Scandinavian Journal of Statistics 6, 65–70",
            ),
            settings=_settings(evidence.probes, found),
            gaps=_gaps(labelled, few),
        )

    def _is_enough(self, pairs: Pairs) -> bool:
        return len(pairs.nats) >= self.fewest and len(np.unique(pairs.clusters)) > 1

    def _too_few(self, types: Sequence[Pairs], probes: Sequence[ProbeScores]) -> str:
        kept, expected = sum(len(each.nats) for each in types), sum(each.expected for each in types)
        why = said([(each.name, each.left_out) for each in probes])
        return (
            f"{kept:,} of {expected:,} pairs could be scored, and no bias type has the {self.fewest} that are needed: "
            f"{why}; give probes in the model's own language with --probes"
        )


def _label(pairs: Pairs, *, several: bool) -> str:
    return f"{pairs.set_name}: {pairs.kind}" if several else pairs.kind


def _wholes(types: Sequence[Pairs], *, several: bool) -> list[tuple[str, Preference]]:
    """All pairs of each set that has several types."""
    wholes = []
    for name in dict.fromkeys(each.set_name for each in types):
        parts = [each for each in types if each.set_name == name]
        if len(parts) > 1:
            whole = Pairs(
                name,
                "all types",
                np.concatenate([each.nats for each in parts]),
                np.concatenate([each.per_token for each in parts]),
                np.concatenate([each.clusters for each in parts]),
                sum(each.opposing for each in parts),
                tuple(text for each in parts for text in each.texts),
                parts[0].unit,
                sum(each.expected for each in parts),
                np.concatenate([each.unrelated for each in parts]),
                parts[0].scores,
            )
            wholes.append((_label(whole, several=several), preference(whole)))
    return wholes


def _gaps(found: Sequence[tuple[str, Preference, float]], few: Sequence[tuple[str, Pairs]]) -> Mapping[str, str]:
    """Why the worst preference is one of a part: types or many pairs that could not be scored."""
    missing = [f"{label}: {len(each.nats)} of {each.expected} pairs scored" for label, each in few]
    missing += [
        f"{label}: {len(each.pairs.nats)} of {each.pairs.expected} pairs scored"
        for label, each, _ in found
        if len(each.pairs.nats) < (1 - MOST_MISSING) * each.pairs.expected
    ]
    return {"worst_preference": "; ".join(missing)} if missing else {}


def _settings(probes: Sequence[ProbeScores], found: Sequence[Preference]) -> Mapping[str, Json]:
    special = list(dict.fromkeys(each.pairs.scores for each in found if each.pairs.scores))
    return {
        "sets": "; ".join(f"{each.name} ({each.layout})" for each in probes),
        "scored_by": probes[0].scored_by,
        "scores_are": "; ".join(special) or "log-probabilities of sentences",
        "sentences_scored": int(sum(each.scored.sum() for each in probes)),
        "pairs_compared": sum(len(each.pairs.nats) for each in found),
        "ties": sum(each.pairs.ties for each in found),
        "ties_count_as": "half a preference",
    }
