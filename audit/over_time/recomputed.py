"""How estimates of two audits move together with what both looked at: auditors are asked again without parts of it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..catalogue import Auditor
from ..evidence.bundle import Evidence
from ..finding import NOMINAL, Estimate, Finding, Outcome
from ..pipeline.auditing import configured, run_auditors
from ..policy import Policy
from ..statistics.change import Paired
from ..statistics.intervals import BAND
from ..verification.comparison import TOLERANCE
from .thinned import THINNED, only_thinned, thinned

PARTS = 20
"""Of the records and prompts, one of which is left out at a time."""

RUNS = PARTS + 1
"""How often an auditor is asked of each audit: once with all parts as well."""

FITS = 2.0
"""By how much the error that leaving out parts shows may be another than that of the audit's own interval."""

Key = tuple[str, str, str | None]
Values = Mapping[Key, float]
Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One audit whose auditors are asked again.

    Args:
        policy: with the auditors' parameters.
        seed: of the audit.
        evidence: as it was saved.
        findings: as recorded, by code.
    """

    policy: Policy
    seed: int
    evidence: Evidence
    findings: Mapping[str, Finding]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What asking again gave.

    Args:
        paired: how each estimate moves together in both audits, by code, name and group.
        left_out: auditors that were not asked again, by code: the seconds that this would take, or None for those that
            rest on evidence of which no part can be left out.
        otherwise: why an auditor's estimates cannot be compared at all, which only the evidence tells.
        why_not: why none was asked again, if so.
    """

    paired: Mapping[Key, Paired] = field(default_factory=dict)
    left_out: Mapping[str, float | None] = field(default_factory=dict)
    otherwise: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""


def recomputed(old: Asked, new: Asked, *, codes: Sequence[str], budget: float, progress: Progress) -> Recomputed:
    """Ask auditors of two audits again, each time without one of `PARTS` parts of the records and prompts.

    The same parts are left out of what both audits looked at. An estimate counts as paired where the saved evidence
    gives its recorded value, and where the spread of its values over the parts is what its own interval says.

    Args:
        old: the first audit.
        new: the second, of the same real data.
        codes: the auditors that may be asked, as the two audits asked them the same.
        budget: seconds that asking may take, by the time that each auditor took in the audits: the quickest come first.
        progress: told the share that is done.

    Reference: Efron & Stein 1981, doi:10.1214/aos/1176345462 (the jackknife estimate of variance).
    """
    auditors, left_out = _affordable(old, new, codes, budget)
    if not auditors:
        return Recomputed(left_out=left_out)
    first, second = (_Side.of(each, auditors) for each in (old, new))
    before, after = [], []
    for part in range(PARTS):
        before.append(first.without(part))
        after.append(second.without(part))
        progress("compare", (part + 1) / PARTS)
    pairs = {
        key: _paired(_fitting(key, before, first.whole), _fitting(key, after, second.whole))
        for key in first.whole
        if key in second.whole
    }
    return Recomputed({key: each for key, each in pairs.items() if each is not None}, left_out)


def _affordable(
    old: Asked, new: Asked, codes: Sequence[str], budget: float
) -> tuple[list[Auditor], dict[str, float | None]]:
    """The auditors to ask, and the others of these with the seconds that asking them would take."""
    seconds = {code: sum(each.findings[code].seconds for each in (old, new)) * RUNS for code in codes}
    auditors, spent = {each.code: each for each in configured(new.policy)}, 0.0
    chosen: list[Auditor] = []
    left_out: dict[str, float | None] = {}
    for code in sorted(seconds, key=lambda each: (seconds[each], each)):
        auditor = auditors.get(code)
        if auditor is None or not set(auditor.needs) <= set(THINNED):
            left_out[code] = None
        elif spent + seconds[code] > budget:
            left_out[code] = seconds[code]
        else:
            chosen.append(auditor)
            spent += seconds[code]
    return chosen, left_out


@dataclass(frozen=True, slots=True)
class _Side:
    asked: Asked
    auditors: Sequence[Auditor]
    evidence: Evidence
    whole: Mapping[Key, Estimate]

    @classmethod
    def of(cls, asked: Asked, auditors: Sequence[Auditor]) -> "_Side":
        """With the estimates whose recorded values the evidence gives again."""
        evidence = only_thinned(asked.evidence)
        again = cls(asked, auditors, evidence, {}).values(evidence)
        codes = [each.code for each in auditors]
        recorded = {(code, each.name, each.group): each for code in codes for each in asked.findings[code].estimates}
        same = {
            key: each
            for key, each in recorded.items()
            if key in again and math.isclose(again[key], each.value, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        }
        return cls(asked, auditors, evidence, same)

    def without(self, part: int) -> dict[Key, float]:
        return self.values(thinned(self.evidence, part, PARTS))

    def values(self, evidence: Evidence) -> dict[Key, float]:
        return dict(_values(run_auditors(self.auditors, evidence, seed=self.asked.seed)))


def _values(findings: Sequence[Finding]) -> Iterator[tuple[Key, float]]:
    for finding in findings:
        if finding.outcome is Outcome.MEASURED:
            yield from (((finding.code, each.name, each.group), each.value) for each in finding.estimates)


def _fitting(key: Key, parts: Sequence[Values], whole: Mapping[Key, Estimate]) -> Floats | None:
    """The values without each part, where their spread is that of the estimate's own interval."""
    estimate = whole[key]
    if not all(key in each for each in parts) or not estimate.curve or estimate.curve[-1].level < NOMINAL:
        return None
    interval, found = estimate.interval(), np.array([each[key] for each in parts], dtype=np.float64)
    said = (interval.high - interval.low) / (2 * BAND)
    shown = math.sqrt((PARTS - 1) * float(found.var()))
    return found if said > 0 and said / FITS <= shown <= said * FITS else None


def _paired(old: Floats | None, new: Floats | None) -> Paired | None:
    if old is None or new is None:
        return None
    return Paired(float(np.clip(np.corrcoef(old, new)[0, 1], -1, 1)), PARTS)
