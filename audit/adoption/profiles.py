"""Profiles: how much to draw, and what drawing so much would find, said before it is drawn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..policy import Policy, Rule
    from ..request import Request


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples at most, and seconds for drawing them; None is what holds without a profile."""

    samples: int | None
    budget: float | None


PROFILES = {
    "quick": Profile(2_000, 60.0),
    "standard": Profile(None, None),
    "thorough": Profile(100_000, 3600.0),
}
EXAMPLE = 0.1
"""The part of the data that a group has in the example of a ratio of shares."""


def power_lines(name: str, request: "Request") -> list[str]:
    """What so many samples would find, a line a rule on a share; the rest depends on data that nobody has seen yet.

    Raises:
        PolicyError: if the policy cannot be used.
    """
    from ...reports import numbers
    from ..catalogue import estimates_by_code
    from ..pipeline.collection import DEFAULT_SAMPLES
    from ..pipeline.limits import BUDGET
    from ..policy import Policy

    policy = Policy.load(request.policy, estimates=estimates_by_code())
    n = request.samples or DEFAULT_SAMPLES
    minutes = (BUDGET if request.budget is None else request.budget) / 60
    said = [line for rule in policy.rules if (line := _rule_line(rule, policy, n)) is not None]
    head = f"Profile {name}: {numbers.count(n)} samples at most, {numbers.number(minutes)} min for drawing them."
    if not said:
        return [f"{head} No rule of the policy is on a share, so what that would find is known once data are seen."]
    left = len(policy.rules) - len(said)
    rest = f"What the other {left} rules would find is known once data are seen; every rule of the report says it."
    why = "In four audits of five, by the chance of drawing alone (real data and classifiers add to it):"
    return [f"{head} {why}", *said, *([rest] if left else [])]


def _rule_line(rule: "Rule", policy: "Policy", n: int) -> str | None:
    """What a rule on a share would find; None for any other."""
    from ...reports import numbers
    from ..catalogue import AUDITORS
    from ..planning import Levels, decided_shares
    from ..verdict import Bound

    facts = {(each.code, facts.name): facts for each in AUDITORS for facts in each.estimates}
    known, bound = facts.get((rule.auditor, rule.estimate)), rule.bound
    if known is None or rule.no_worse_than is not None:
        return None
    # The least clear of several failures must hold at this level, by Holm's first step.
    levels = Levels(policy.confidence, 1 - (1 - policy.confidence) / len(policy.rules))
    if rule.estimate.endswith("share_ratio") and bound.high is None and bound.low is not None:
        found = decided_shares(Bound(low=bound.low * EXAMPLE), n, levels)
        fails, passes = (numbers.ratio(max(0.0, each) / EXAMPLE) for each in found)
        group = f", for a group of {numbers.share(EXAMPLE)} of the data,"
        return f"  {rule.id}: {known.label}{group} fails at {fails} and below, passes at {passes} and above"
    if known.unit != "share" or (bound.low is None) is (bound.high is None):
        return None
    fails, passes = (numbers.share(each) for each in decided_shares(bound, n, levels))
    worse, better = ("above", "below") if bound.low is None else ("below", "above")
    return f"  {rule.id}: {known.label} fails at {fails} and {worse}, passes at {passes} and {better}"
