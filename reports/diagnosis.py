"""A diagnosis in place of a list: which pattern of lost diversity the calibrated tests show together.

Every pattern leaves its own trace: dropped modes empty cells, shrinkage keeps the modes and narrows them, junk lies
where no data are. Each has one estimate whose p-value speaks for it; the p-values of all of them are adjusted together
(Holm), and a pattern counts as seen if its adjusted p-value is below 5 % and the estimate departs in its direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..audit.finding import Outcome
from . import numbers
from .record import EstimatePart, FindingPart, Record
from .words import estimate_text, label, perfect_text, sentence

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way of losing diversity or fidelity, and the estimate that shows it.

    Args:
        name: as a reader knows it.
        means: what it is, in words.
        code, estimate: the auditor and the estimate that shows it.
        above: whether the estimate rises with it.
        coarse: a departure from the perfect value below which a pattern is slight, however surely it is seen; if less
            than this could not have been seen, the test is named as too weak.
    """

    name: str
    means: str
    code: str
    estimate: str
    above: bool
    coarse: float


PATTERNS = (
    Pattern("Dropped modes", "kinds of real records that are never generated", "GA301", "missing_modes", True, 1.0),
    Pattern("Imbalance", "kinds of real records generated too rarely", "GA301", "lost_mass", True, 0.1),
    Pattern("Shrinkage", "less variety within each kind than in the data", "GA305", "spread_ratio", False, 0.1),
    Pattern("Over-dispersion", "more variety within each kind than in the data", "GA305", "spread_ratio", True, 0.1),
    Pattern("Junk", "records far from all real ones", "GA302", "stray_share", True, 0.01),
    Pattern("Near misses", "records just outside of where real ones are", "GA302", "precision_ratio", False, 0.1),
    Pattern("Unreached data", "real records beyond the model's reach", "GA302", "recall_ratio", False, 0.1),
    Pattern("Repetition", "the same record again and again", "GA304", "duplicate_excess", True, 0.02),
    Pattern("Shift", "means or spreads of features off, for any reason", "GA303", "frechet_ratio", True, 1.0),
    Pattern("Detectability", "records a classifier tells from real ones, for any reason", "GA308", "auc", True, 0.1),
    Pattern("Folding", "far-apart latents that give one output", "GA306", "many_to_one_share", True, 0.05),
)
"""In the order in which they are told; copying of training records is not among them, since nothing here tests it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern with its evidence in words."""

    name: str
    means: str
    evidence: str
    code: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the tests together say.

    Args:
        sentence: the diagnosis in one sentence.
        seen: patterns with convincing evidence.
        slight: patterns as surely seen, but small.
        unseen: patterns that were tested and not found, with the smallest one that would have been.
        untested: patterns that nothing tested, and why.
    """

    sentence: str
    seen: tuple[Sign, ...]
    slight: tuple[Sign, ...]
    unseen: tuple[Sign, ...]
    untested: tuple[Sign, ...]


def diagnosis(record: Record) -> Diagnosis | None:
    """The diagnosis, or None if no auditor of collapse and diversity measured anything."""
    findings = {finding.code: finding for finding in record.findings}
    tested = {pattern.name: found for pattern in PATTERNS if (found := _estimate(pattern, findings)) is not None}
    if not tested:
        return None
    keys = {pattern.name: (pattern.code, pattern.estimate) for pattern in PATTERNS}
    # Two patterns that one test tells apart by its direction are one test.
    adjusted = _holm({keys[name]: each.p_value for name, each in tested.items() if each.p_value is not None})
    seen: list[Sign] = []
    slight: list[Sign] = []
    unseen: list[Sign] = []
    untested: list[Sign] = []
    for pattern in PATTERNS:
        estimate = tested.get(pattern.name)
        if estimate is None:
            untested.append(Sign(pattern.name, pattern.means, _why_not(pattern, findings), pattern.code))
        elif adjusted.get(keys[pattern.name], 1.0) < LEVEL and _departure(pattern, estimate) > 0:
            (seen if _departure(pattern, estimate) >= pattern.coarse else slight).append(
                Sign(pattern.name, pattern.means, _evidence(estimate), pattern.code)
            )
        else:
            unseen.append(Sign(pattern.name, pattern.means, _blind(pattern, estimate), pattern.code))
    said = _sentence(seen, slight, unseen)
    return Diagnosis(said, tuple(seen), tuple(slight), tuple(unseen), tuple(untested))


def _estimate(pattern: Pattern, findings: Mapping[str, FindingPart]) -> EstimatePart | None:
    finding = findings.get(pattern.code)
    if finding is None or finding.outcome is not Outcome.MEASURED:
        return None
    named = (each for each in finding.estimates if each.name == pattern.estimate and each.group is None)
    return next((each for each in named if each.p_value is not None and each.perfect is not None), None)


def _holm(p_values: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    adjusted, worst = {}, 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p))
        adjusted[name] = worst
    return adjusted


def _departure(pattern: Pattern, estimate: EstimatePart) -> float:
    """How far the estimate lies from the perfect value, counted in the pattern's direction."""
    assert estimate.perfect is not None
    away = estimate.value - estimate.perfect.value
    return away if pattern.above else -away


def _evidence(estimate: EstimatePart) -> str:
    assert estimate.perfect is not None
    perfect = perfect_text(estimate.perfect, estimate.unit)
    return sentence(
        f"{label(estimate.name)} is {estimate_text(estimate)}; of a perfect generator it would be {perfect}"
    )


def _blind(pattern: Pattern, estimate: EstimatePart) -> str:
    least = estimate.minimum_detectable
    if least is None:
        return "not found; how small a one would have been found is not known"
    size = numbers.share(least) if estimate.unit in ("share", "ratio") else numbers.number(least)
    weak = " – a weak test: draw more samples, or give more real data" if least > pattern.coarse else ""
    return f"not found; a departure of less than {size} would likely have gone unseen{weak}"


def _why_not(pattern: Pattern, findings: Mapping[str, FindingPart]) -> str:
    finding = findings.get(pattern.code)
    if finding is None or finding.outcome is Outcome.MEASURED:
        return f"{pattern.code} gave no such number"
    return f"{pattern.code}: {(finding.reason or '').strip().splitlines()[-1]}"


def _sentence(seen: list[Sign], slight: list[Sign], unseen: list[Sign]) -> str:
    if not seen and not slight:
        return f"None of the {len(unseen)} patterns that were tested is seen at this number of samples."
    if not seen:
        return sentence(f"The tests together show nothing but slight signs of {_listed(slight)}")
    beside = f"; beside them, slight signs of {_listed(slight)}" if slight else ""
    return sentence(f"The tests together show {_listed(seen)}{beside}")


def _listed(signs: list[Sign]) -> str:
    names = [each.name.lower() for each in signs]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
