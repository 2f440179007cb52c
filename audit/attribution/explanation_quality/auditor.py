"""GA206: may the maps of attributions in this record be read?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...evidence.explained.judged import JudgedMap, judge_maps
from ...evidence.explained.kind import CheckedMap
from ...finding import LEVELS, Better, Estimate, EstimateFacts, Finding, Interval, NotApplicable, Outcome
from ...statistics.attribution.decisions import CHECKS, ERROR, Decision
from .tables import checks_table, maps_table

KINDS = ("attributions", "reliance", "contexts", "criticised", "encoded")
"""The kinds of evidence that hold maps."""


@dataclass(frozen=True)
class ExplanationQuality:
    """Puts every map of attributions through checks that false maps fail."""

    code: ClassVar[str] = "GA206"
    title: ClassVar[str] = "Quality of explanations"
    question: ClassVar[str] = "May the maps of attributions be read, or would a map that knows nothing look the same?"
    sampling_unit: ClassVar[str] = "explaining map"
    needs: ClassVar[tuple[str, ...]] = KINDS
    any_will_do: ClassVar[bool] = True
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "explaining_maps",
            "maps that have an effect to explain",
            "count",
            Better.NEITHER,
            "How many maps explain a readout that surely changes by a material amount.",
            rests_on=(),
        ),
        EstimateFacts(
            "failed_checks",
            "checks that maps of attributions fail",
            "count",
            Better.LOWER,
            "How many checks of maps with an effect to explain fail, surely and, counting those that cannot tell, "
            "possibly.",
            rests_on=(),
        ),
        EstimateFacts(
            "unconfirmed_share",
            "share of maps that do not pass all their checks",
            "share",
            Better.LOWER,
            "Of the maps with an effect to explain, the share that fails a check or leaves one open; its lower limit "
            "is the share that surely fails one.",
            rests_on=(),
        ),
    )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Judge all maps; raises `NotApplicable` where there is none."""
        maps = judge_maps(_maps(evidence))
        if not maps:
            raise NotApplicable("there is no map of attributions whose quality could be looked at")
        explaining = [each for each in maps if each.explains]
        tables = (maps_table(maps), checks_table(maps)) if explaining else (maps_table(maps),)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason="" if explaining else "nothing to explain: no readout surely changes by a material amount",
            estimates=(_explained(maps, explaining), *_estimates(explaining)),
            tables=tables,
            references=(
                "Adebayo et al. 2018, arXiv:1810.03292",
                "Binder et al. 2023, arXiv:2211.12486",
                "DeYoung et al. 2020, arXiv:1911.03429",
                "Samek et al. 2017, doi:10.1109/TNNLS.2016.2599820",
            ),
            settings={
                "maps": len(maps),
                "maps_with_an_effect": len(explaining),
                "error_of_a_pass": ERROR,
                "error_of_a_failure_over_all_checks_of_a_map": ERROR,
                "checks_of_a_map": CHECKS,
            },
        )


def _maps(evidence: Evidence) -> list[CheckedMap]:
    kinds = [getattr(evidence, kind) for kind in KINDS]
    # Evidence of older versions has maps without checks.
    return [each for kind in kinds for each in getattr(kind, "checked", ())]


def _explained(maps: list[JudgedMap], explaining: list[JudgedMap]) -> Estimate:
    return Estimate(
        name="explaining_maps",
        value=float(len(explaining)),
        curve=(),
        n=len(maps),
        method="maps whose readout surely moves by more than is material; all were counted",
        unit="count",
        better=Better.NEITHER,
    )


def _estimates(maps: list[JudgedMap]) -> tuple[Estimate, ...]:
    if not maps:
        return ()
    failed, open_ = (sum(len(getattr(each, what)) for each in maps) for what in ("failed", "open"))
    unconfirmed = sum(each.decision is not Decision.PASS for each in maps) / len(maps)
    rejected = sum(each.decision is Decision.FAIL for each in maps) / len(maps)
    return (
        Estimate(
            name="failed_checks",
            value=float(failed),
            curve=tuple(Interval(level, float(failed), float(failed + open_)) for level in LEVELS),
            n=len(maps),
            method="checks that surely fail, and possibly do, as some cannot tell; Bonferroni over the checks of a map",
            unit="count",
            better=Better.LOWER,
        ),
        Estimate(
            name="unconfirmed_share",
            value=unconfirmed,
            curve=tuple(Interval(level, rejected, unconfirmed) for level in LEVELS),
            n=len(maps),
            method="maps that surely fail a check, and those that fail one or leave one open",
            unit="share",
            better=Better.LOWER,
        ),
    )
