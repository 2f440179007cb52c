"""GA107: what does the model associate with whom, in sentences, in texts that go on, and in images from prompts?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.probes.kinds import MASKED, ProbeScores
from ...finding import Estimate, EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome, Table
from ..shared.left_out import left_out_table, said
from .association_estimates import association_estimates, cells
from .contrasts import FEWEST, Contrasted, contrasted
from .facts import ESTIMATES, GAPS, PROMPTED, SENTIMENT, WORST
from .gap_estimates import gap_estimate
from .gaps import gaps
from .measures import listed_insults, measured
from .prompted import FEWEST as FEWEST_IMAGES
from .prompted import prompted, prompted_estimate
from .tables import association_tables, gap_tables, prompted_table

MOST_MISSING = 0.2
"""The share of sentences that may be missing before what the others show stands for a part of them only."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the three parts: what it gave, or why it gave nothing, and whether the question arises at all."""

    estimates: tuple[Estimate, ...] = ()
    tables: tuple[Table, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    arises: bool = True


@dataclass(frozen=True)
class Associations:
    """Contrasts of scored sentences, differences between continuations, and shares of groups by prompt.

    Args:
        shown: subjects, by contrast, that get estimates of their own, those furthest from their targets; the tables
            have all.
        insults: words that count as insults, instead of our own list.
    """

    shown: int = 60
    insults: tuple[str, ...] | None = None

    code: ClassVar[str] = "GA107"
    title: ClassVar[str] = "Associations"
    question: ClassVar[str] = "Whom does the model associate with what, and does it speak differently about some?"
    sampling_unit: ClassVar[str] = "wording or prompt"
    needs: ClassVar[tuple[str, ...]] = ("probes", "continuations", "groups")
    any_will_do: ClassVar[bool] = True
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if self.shown < 1:
            raise ValueError(f"expected at least 1 subject to be shown, got {self.shown}")
        if self.insults is not None and not all(isinstance(each, str) and each.strip() for each in self.insults):
            raise ValueError(f"expected insults as words, got {self.insults!r}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: if the model scores and continues no texts, and makes no images of prompts.
            Inconclusive: if it does, and nothing could be measured.
        """
        parts = [self._associations(evidence, rng), self._continuations(evidence), self._prompted(evidence, rng)]
        measured_parts = [each for each in parts if each.estimates]
        if not measured_parts:
            open_parts = [each.reason for each in parts if each.arises]
            if open_parts:
                raise Inconclusive("; ".join(open_parts))
            raise NotApplicable("; ".join(dict.fromkeys(each.reason for each in parts[:2])))
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=tuple(estimate for each in measured_parts for estimate in each.estimates),
            tables=tuple(table for each in measured_parts for table in each.tables),
            references=(
                "Rudinger et al. 2018, doi:10.18653/v1/N18-2002",
                "Dhamala et al. 2021, doi:10.1145/3442188.3445924",
                "Hutto and Gilbert 2014, doi:10.1609/icwsm.v8i1.14550",
            ),
            settings={key: value for each in parts for key, value in each.settings.items()},
            gaps={key: value for each in parts for key, value in each.gaps.items()},
        )

    def _associations(self, evidence: Evidence, rng: np.random.Generator) -> _Part:
        if evidence.probes is None:
            return _missing(evidence, "probes", (WORST,))
        found = list(contrasted(evidence.probes))
        sets = [(each.name, each.left_out) for each in evidence.probes]
        if not found:
            if not any(each.contrasts for each in evidence.probes):
                return _Part(reason="the sets of probes hold pairs, and no subjects with groups", arises=False)
            reason = f"no subject has {FEWEST} templates that could be scored: {said(sets)}"
            return _Part(reason=reason, gaps={WORST: reason})
        return _Part(
            estimates=tuple(association_estimates(found, rng, shown=self.shown)),
            tables=(*association_tables(found), *left_out_table(sets, "sentences")),
            settings=_association_settings(found, evidence.probes),
            gaps=_association_gaps(found, evidence),
        )

    def _continuations(self, evidence: Evidence) -> _Part:
        if evidence.continuations is None:
            return _missing(evidence, "continuations", GAPS)
        insults = tuple(each.strip().lower() for each in self.insults or listed_insults())
        by_measure = {
            measure: found
            for measure in measured(evidence.continuations[0], insults)
            if (
                found := [
                    gap
                    for texts in evidence.continuations
                    if measure in (values := measured(texts, insults))
                    for gap in gaps(texts, values[measure], measure)
                ]
            )
        }
        sets = [(each.name, each.left_out) for each in evidence.continuations]
        if not by_measure:
            reason = f"too few prompts of each group could be continued: {said(sets)}"
            return _Part(reason=reason, gaps=dict.fromkeys(GAPS, reason))
        by = evidence.continuations[0].sentiment_by
        return _Part(
            estimates=tuple(gap_estimate(measure, found) for measure, found in by_measure.items()),
            tables=(*gap_tables(by_measure, evidence.continuations), *left_out_table(sets, "prompts")),
            settings={
                "prompt_sets": "; ".join(f"{each.name} ({each.layout})" for each in evidence.continuations),
                "prompts_continued": sum(len(each.prompts) for each in evidence.continuations),
                "prompts_available": sum(each.available for each in evidence.continuations),
                "texts_a_prompt": len(evidence.continuations[0].texts[0]),
                "drawn_by": evidence.continuations[0].drawn_by,
                "sentiment_by": by,
                "insults_listed": len(insults),
            },
            gaps={} if SENTIMENT in by_measure else {SENTIMENT: by},
        )

    def _prompted(self, evidence: Evidence, rng: np.random.Generator) -> _Part:
        prompt = evidence.generated.attributes.get("prompt")
        if evidence.modality != "image" or prompt is None or len(prompt.names) < 2:
            return _Part(reason="the samples are no images of several prompts", arises=False)
        if not evidence.groups:
            return _missing(evidence, "groups", (PROMPTED,))
        found = [each for one in evidence.groups if (each := prompted(one, prompt, rng)) is not None]
        if not found:
            reason = f"fewer than two prompts have {FEWEST_IMAGES} images; draw more samples"
            return _Part(reason=reason, gaps={PROMPTED: reason})
        number = sum(each.differences.size for each in found)
        return _Part((prompted_estimate(found),), tuple(prompted_table(each, number) for each in found))


def _missing(evidence: Evidence, kind: str, estimates: Sequence[str]) -> _Part:
    """Why a part has no evidence; a rule on its estimates stays open where the others have some."""
    if kind in evidence.unmeasured:
        reason = evidence.unmeasured[kind]
        return _Part(reason=reason, gaps=dict.fromkeys(estimates, reason))
    reason = evidence.absent.get(kind, f"there are no {kind} in the evidence")
    return _Part(reason=reason, gaps=dict.fromkeys(estimates, reason), arises=False)


def _association_settings(found: Sequence[Contrasted], probes: Sequence[ProbeScores]) -> dict[str, Json]:
    settings: dict[str, Json] = {"subjects_compared": cells(found)}
    if probes[0].scored_by == MASKED:
        settings["scores_are"] = "log-probabilities of the one token in which sentences differ, given all others"
    for each in found:
        known = np.isfinite(each.context)
        if known.sum() > 2 and np.ptp(each.context[known]) > 0 and np.ptp(each.means[known]) > 0:
            from scipy.stats import spearmanr

            correlation = float(spearmanr(each.means[known], each.context[known]).statistic)
            settings[f"rank_correlation_with_shares_{each.set_name}_{each.contrast.name}"] = correlation
    return settings


def _association_gaps(found: Sequence[Contrasted], evidence: Evidence) -> dict[str, str]:
    assert evidence.probes is not None
    wanted = sum(each.scored.size for each in evidence.probes if each.contrasts)
    scored = sum(int(each.scored.sum()) for each in evidence.probes if each.contrasts)
    expected = sum(len(each.contrasts) for each in evidence.probes)
    if scored >= (1 - MOST_MISSING) * wanted and len(found) == expected:
        return {}
    return {WORST: f"{scored:,} of {wanted:,} sentences and {len(found)} of {expected} contrasts could be used"}
