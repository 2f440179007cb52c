"""The verdict: what a policy says of the findings, one line a rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NoReturn

from .finding import Interval


class Ruling(StrEnum):
    """The outcome of a rule or of the whole verdict; only rules can be not applied."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLIED = "not_applied"

    def __bool__(self) -> NoReturn:
        raise TypeError("a Ruling is neither true nor false: compare it with Ruling.PASS")


@dataclass(frozen=True, slots=True)
class Bound:
    """What a rule asks of an estimate: at least `low`, at most `high`, or both."""

    low: float | None = None
    high: float | None = None

    def ruling(self, interval: Interval) -> Ruling:
        """PASS if the whole interval meets the bound, FAIL if none of it does, otherwise INCONCLUSIVE."""
        low_met = self.low is None or interval.low >= self.low
        high_met = self.high is None or interval.high <= self.high
        if low_met and high_met:
            return Ruling.PASS
        below = self.low is not None and interval.high < self.low
        above = self.high is not None and interval.low > self.high
        return Ruling.FAIL if below or above else Ruling.INCONCLUSIVE

    def distance(self, value: float) -> float:
        """How far `value` is from the nearest end."""
        return min(abs(value - end) for end in (self.low, self.high) if end is not None)


@dataclass(frozen=True, slots=True)
class Observed:
    """The estimate a rule looked at, with its interval at the policy's confidence; a `complete` count has none."""

    value: float
    low: float
    high: float
    level: float
    n: int
    unit: str
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody's recorded decision to live with a rule that is not met, until a day."""

    owner: str
    reason: str
    expires: date
    void: bool


@dataclass(frozen=True, slots=True)
class Against:
    """The earlier record that a rule compares with: its file, that file's digest, and what was audited then."""

    source: str
    sha256: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule, judged.

    Args:
        p_adjusted: Holm-adjusted, of the rule's truth meeting its bound: small where the rule fails.
        samples_needed: set on an inconclusive rule that more samples would decide.
        would_fail: the value at which this audit would have failed the rule in four runs of five.
        control: what held-out real records show in the place of generated ones, where that was looked at.
        chance: that the most samples there can be would decide an open rule; None where that was not asked or is not
            known. Never part of a record.
        against: the earlier record that the estimate is compared with: then all values are of how much worse it is.
    """

    id: str
    auditor: str
    estimate: str
    group: str | None
    bound: Bound
    required: bool
    why: str
    outcome: Ruling
    reason: str
    observed: Observed | None = None
    p_adjusted: float | None = None
    samples_needed: int | None = None
    would_fail: float | None = None
    control: Observed | None = None
    waiver: Waiver | None = None
    chance: float | None = None
    against: Against | None = None

    @property
    def waived(self) -> bool:
        """Whether a valid waiver takes this rule out of the verdict."""
        return self.waiver is not None and not self.waiver.void and self.outcome in (Ruling.FAIL, Ruling.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """PASS, FAIL or INCONCLUSIVE, and why; at the policy's confidence, over all looks at the samples together."""

    outcome: Ruling
    reason: str
    confidence: float
    rules: tuple[RuleResult, ...]

    def __bool__(self) -> NoReturn:
        """Refuse to be a truth value: an inconclusive verdict is neither."""
        raise TypeError("a Verdict is neither true nor false: compare verdict.outcome with Ruling.PASS")


def conclude(rules: Sequence[RuleResult], *, confidence: float, crashed: Sequence[str] = ()) -> Verdict:
    """Combine rules: any standing failure fails, else any open rule leaves it inconclusive, else it passes.

    An auditor that crashed leaves it inconclusive too, even where no rule names it: what it would have seen is unknown.
    """
    standing = [rule for rule in rules if not rule.waived]
    counted = [rule for rule in rules if rule.outcome is not Ruling.NOT_APPLIED]
    failed = [rule.id for rule in standing if rule.outcome is Ruling.FAIL]
    still_open = [rule.id for rule in standing if rule.outcome is Ruling.INCONCLUSIVE]
    if failed:
        outcome, reason = Ruling.FAIL, f"{_of(len(failed), len(rules))} not met: {', '.join(failed)}"
    elif still_open:
        outcome, reason = Ruling.INCONCLUSIVE, f"{_of(len(still_open), len(rules))} undecided: {', '.join(still_open)}"
    elif crashed:
        outcome, reason = Ruling.INCONCLUSIVE, f"all applied rules met, but {', '.join(crashed)} ended in an error"
    elif not counted:
        outcome, reason = Ruling.INCONCLUSIVE, "no rule of the policy could be applied, so nothing was tested"
    elif not any(rule.outcome is Ruling.PASS for rule in rules):
        outcome, reason = (
            Ruling.INCONCLUSIVE,
            "every rule that was applied is waived, so none is left that could be met",
        )
    else:
        waived = [rule.id for rule in rules if rule.waived]
        reason = f"all {len(counted) - len(waived)} applied rules met"
        reason += f"; waived: {', '.join(waived)}" if waived else ""
        outcome = Ruling.PASS
    return Verdict(outcome, reason, confidence, tuple(rules))


def _of(some: int, all_rules: int) -> str:
    return f"{some} of {all_rules} rules" if all_rules > 1 else "the only rule is"
