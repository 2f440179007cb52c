"""A diagnosis in place of a list: which patterns the calibrated tests show together.

Every pattern leaves its own trace: dropped modes empty cells, shrinkage keeps the modes and narrows them, junk lies
where no data are. Each has one estimate whose p-value speaks for it. The p-values of all of them are adjusted together
(Holm), so that a perfect generator is named anything in at most 5 % of audits. What departs surely and by more than is
coarse for it is seen; what departs surely by less is slight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .doubts import doubts_about
from .finding import LEVELS, NOMINAL, Estimate, Finding, Interval, Outcome, Perfect
from .pattern import Pattern
from .statistics.multiplicity import holm

ALPHA = 0.05
"""The chance, over all patterns together, that anything is named of a perfect generator."""


class State(StrEnum):
    """What became of one pattern."""

    SEEN = "seen"
    SLIGHT = "slight"
    UNSEEN = "unseen"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern, and what its estimate showed of it.

    Args:
        state: what became of it.
        code: the auditor whose estimate shows it.
        pattern: what was looked for.
        label: what its estimate is called inside a sentence.
        estimate: what was seen; None if nothing tested it.
        interval: of the estimate at the level shown; None likewise.
        p_adjusted: after Holm's procedure over all patterns.
        reason: why nothing tested it, or why its test is in doubt.
    """

    state: State
    code: str
    pattern: Pattern
    label: str
    estimate: Estimate | None = None
    interval: Interval | None = None
    p_adjusted: float | None = None
    reason: str | None = None

    @property
    def perfect(self) -> Perfect | None:
        """What a perfect generator would score."""
        return None if self.estimate is None else self.estimate.perfect


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All patterns in the order of the catalogue, each once."""

    signs: tuple[Sign, ...]

    def of(self, state: State) -> tuple[Sign, ...]:
        """The signs in that state."""
        return tuple(each for each in self.signs if each.state is state)

    @property
    def named(self) -> tuple[str, ...]:
        """The names of the patterns that are seen or slight."""
        return tuple(each.pattern.name for each in self.signs if each.state in (State.SEEN, State.SLIGHT))


def diagnose(findings: Sequence[Finding], patterns: Mapping[str, Sequence[Pattern]]) -> Diagnosis:
    """The state of every pattern.

    Args:
        findings: of one audit.
        patterns: by the code of the auditor that registers them, in the order in which they are told.
    """
    known = {finding.code: finding for finding in findings}
    looked_for = [(code, pattern) for code, registered in patterns.items() for pattern in registered]
    # Two patterns that one test tells apart by its direction are one test.
    tested: dict[tuple[str, str], Estimate] = {}
    for code, pattern in looked_for:
        estimate = _estimate(known.get(code), pattern)
        if estimate is not None:
            tested[code, pattern.estimate] = estimate
    steps = holm([_p_value(each) for each in tested.values()], alpha=ALPHA)
    adjusted = {key: step.adjusted for key, step in zip(tested, steps, strict=True)}
    level = min(1 - ALPHA / max(len(tested), 1), LEVELS[-1])
    signs = []
    for code, pattern in looked_for:
        key = (code, pattern.estimate)
        label = _label(known.get(code), pattern)
        if key not in tested:
            signs.append(Sign(State.UNTESTED, code, pattern, label, reason=_why_not(code, known.get(code))))
            continue
        estimate = tested[key]
        state = _state(pattern, estimate, adjusted[key], level)
        reason = None
        doubts = doubts_about(known[code], pattern.estimate, findings)
        if doubts is not None and state is not State.UNSEEN and not pattern.of_copies:
            # What holds only for independent records must not be named where these are not.
            state, reason = State.UNTESTED, doubts
        signs.append(Sign(state, code, pattern, label, estimate, _shown(estimate), adjusted[key], reason))
    return Diagnosis(tuple(signs))


def _estimate(finding: Finding | None, pattern: Pattern) -> Estimate | None:
    """The estimate for the whole, if it can be tested: it has a p-value and what a perfect generator would score."""
    if finding is None or finding.outcome is not Outcome.MEASURED:
        return None
    named = (each for each in finding.estimates if each.name == pattern.estimate and each.group is None)
    return next((each for each in named if each.p_value is not None and each.perfect is not None), None)


def _label(finding: Finding | None, pattern: Pattern) -> str:
    known = () if finding is None else finding.facts
    return next((each.label for each in known if each.name == pattern.estimate), pattern.estimate.replace("_", " "))


def _shown(estimate: Estimate) -> Interval:
    """The interval at the level at which all are shown, or at the widest one known where that is less."""
    return estimate.interval(min([NOMINAL, *(each.level for each in estimate.curve[-1:])]))


def _p_value(estimate: Estimate) -> float:
    assert estimate.p_value is not None
    return estimate.p_value


def _state(pattern: Pattern, estimate: Estimate, adjusted: float, level: float) -> State:
    sure = adjusted <= ALPHA and _departure(pattern, estimate, estimate.value) > 0
    if sure and _departure(pattern, estimate, estimate.value) >= pattern.coarse:
        return State.SEEN
    # A test by permutation gives no p-value below one in its repeats; an interval far from perfect says as much.
    if estimate.curve and estimate.curve[-1].level >= level:
        interval = estimate.interval(level)
        nearest = interval.low if pattern.above else interval.high
        if _departure(pattern, estimate, nearest) >= pattern.coarse:
            return State.SEEN
    return State.SLIGHT if sure else State.UNSEEN


def _departure(pattern: Pattern, estimate: Estimate, value: float) -> float:
    """How far a value lies from that of a perfect generator, counted in the pattern's direction."""
    assert estimate.perfect is not None
    away = value - estimate.perfect.value
    return away if pattern.above else -away


def _why_not(code: str, finding: Finding | None) -> str:
    if finding is None:
        return f"{code} is not among the findings"
    if finding.outcome is Outcome.MEASURED:
        return f"{code} gave no such number"
    return f"{code}: {(finding.reason or '').strip().splitlines()[-1]}"
