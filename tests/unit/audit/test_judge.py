"""Judgement: intervals against bounds, Holm across rules, waivers, and what becomes of everything that is missing."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS, Better, Estimate, Finding, Interval, Outcome
from genai_audit.audit.judge import judge, p_value, samples_needed
from genai_audit.audit.policy import Policy, Rule
from genai_audit.audit.verdict import Bound, Ruling, Verdict
from unit.reports.small_record import finding, rule

TODAY = date(2026, 1, 15)


def normal(name: str, value: float, se: float, *, group: str | None = None, draws: float | None = 1.0) -> Estimate:
    """An estimate with a normal interval at every level."""
    half = {level: NormalDist().inv_cdf(0.5 + level / 2) * se for level in LEVELS}
    curve = tuple(Interval(level, value - half[level], value + half[level]) for level in LEVELS)
    return Estimate(name, value, curve, 1000, "normal", "ratio", Better.HIGHER, group, from_draws=draws)


def policy(*rules: dict[str, object], waivers: Sequence[dict[str, object]] = (), confidence: float = 0.95) -> Policy:
    data = {"version": 1, "name": "p", "confidence": confidence, "rules": rules, "waivers": waivers}
    return Policy.model_validate(data)


def ruled(*findings: Finding, by: Policy, drawn: int = 1000) -> Verdict:
    return judge(findings, by, drawn=drawn, today=TODAY)


ONE = rule("one", "GA302", "coverage_ratio")


@pytest.mark.parametrize(
    ("bound", "interval", "expected"),
    [
        (Bound(low=0.8), (0.8, 0.9), Ruling.PASS),  # touching meets "at least"
        (Bound(low=0.8), (0.81, 0.9), Ruling.PASS),
        (Bound(low=0.8), (0.79, 0.9), Ruling.INCONCLUSIVE),
        (Bound(low=0.8), (0.7, 0.8), Ruling.INCONCLUSIVE),  # its upper end still meets the bound
        (Bound(low=0.8), (0.7, 0.79), Ruling.FAIL),
        (Bound(high=0.2), (0.1, 0.2), Ruling.PASS),
        (Bound(high=0.2), (0.1, 0.3), Ruling.INCONCLUSIVE),
        (Bound(high=0.2), (0.2, 0.3), Ruling.INCONCLUSIVE),
        (Bound(high=0.2), (0.21, 0.3), Ruling.FAIL),
        (Bound(0.9, 1.1), (0.95, 1.05), Ruling.PASS),
        (Bound(0.9, 1.1), (0.9, 1.1), Ruling.PASS),
        (Bound(0.9, 1.1), (0.85, 1.05), Ruling.INCONCLUSIVE),
        (Bound(0.9, 1.1), (0.5, 1.5), Ruling.INCONCLUSIVE),
        (Bound(0.9, 1.1), (0.5, 0.6), Ruling.FAIL),
        (Bound(0.9, 1.1), (1.2, 1.3), Ruling.FAIL),
        (Bound(low=0.8), (0.8, 0.8), Ruling.PASS),  # exact quantities
        (Bound(low=0.8), (0.7, 0.7), Ruling.FAIL),
    ],
)
def test_the_interval_decides(bound: Bound, interval: tuple[float, float], expected: Ruling) -> None:
    assert bound.ruling(Interval(0.95, *interval)) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.95, Ruling.PASS), (0.82, Ruling.INCONCLUSIVE), (0.79, Ruling.INCONCLUSIVE), (0.5, Ruling.FAIL)],
)
def test_one_rule_gives_the_verdict(value: float, expected: Ruling) -> None:
    verdict = ruled(finding("GA302", normal("coverage_ratio", value, 0.02)), by=policy(ONE))
    assert verdict.outcome is expected
    assert verdict.rules[0].outcome is expected


def test_a_good_point_estimate_alone_never_passes() -> None:
    verdict = ruled(finding("GA302", normal("coverage_ratio", 1.0, 1.0)), by=policy(ONE))
    assert verdict.outcome is Ruling.INCONCLUSIVE


def test_the_p_value_of_a_normal_estimate() -> None:
    # The interval at level L reaches the bound where z((1+L)/2) = distance / se: p = 2 (1 - Phi(2)) = 0.0455.
    estimate = normal("coverage_ratio", 0.84, 0.02)
    found = p_value(estimate, policy(ONE).rules[0])
    assert found == pytest.approx(2 * (1 - NormalDist().cdf(2)), rel=1e-6)


def test_the_p_value_at_the_edges() -> None:
    one = policy(ONE).rules[0]
    assert p_value(Estimate("coverage_ratio", 0.9, (), 1, "exact", "ratio", Better.HIGHER), one) == 0.0
    assert p_value(normal("coverage_ratio", 0.8, 0.02), one) == 1.0
    # Beyond the widest level nothing is claimed.
    assert p_value(normal("coverage_ratio", 5.0, 0.001), one) == pytest.approx(1 - LEVELS[-1])


def test_holm_by_hand() -> None:
    # Three rules with p = 0.001, 0.02, 0.04 at 0.05: compared with 0.05/3, 0.05/2, 0.05/1, so all are decided.
    # With p = 0.001, 0.03, 0.04 the second (0.03 > 0.025) stops the procedure and takes the third with it.
    rules = [rule(each, "GA302", each) for each in "abc"]

    def outcomes(*p_values: float) -> list[Ruling]:
        z = [NormalDist().inv_cdf(1 - p / 2) for p in p_values]
        estimates = [normal(name, 0.8 + 0.01 * each, 0.01) for name, each in zip("abc", z, strict=True)]
        return [each.outcome for each in ruled(finding("GA302", *estimates), by=policy(*rules)).rules]

    assert outcomes(0.001, 0.02, 0.04) == [Ruling.PASS] * 3
    assert outcomes(0.04, 0.02, 0.001) == [Ruling.PASS] * 3
    assert outcomes(0.001, 0.03, 0.04) == [Ruling.PASS, Ruling.INCONCLUSIVE, Ruling.INCONCLUSIVE]


def test_the_interval_shown_agrees_with_the_ruling() -> None:
    rules = [rule(str(each), "GA302", f"e{each}") for each in range(12)]
    estimates = [normal(f"e{each}", 0.74 + 0.012 * each, 0.02) for each in range(12)]
    seen = set()
    for each in ruled(finding("GA302", *estimates), by=policy(*rules)).rules:
        assert each.observed is not None
        assert each.bound.ruling(Interval(0.95, each.observed.low, each.observed.high)) is each.outcome
        seen.add(each.outcome)
    assert seen == {Ruling.PASS, Ruling.FAIL, Ruling.INCONCLUSIVE}


def test_false_alarms_over_all_rules_stay_below_the_error() -> None:
    # Five sound quantities lie exactly on their bounds, where each decision is an error; in 600 audits at 0.95 at
    # most 5 % may decide any of them. Binomial scatter: 0.05 +- 3.1 * sqrt(0.05 * 0.95 / 600) = 0.022 to 0.078.
    rng = np.random.default_rng(7)
    rules = policy(*(rule(str(each), "GA302", f"e{each}") for each in range(5)))
    wrong = 0
    for _ in range(600):
        estimates = [normal(f"e{each}", 0.8 + 0.02 * z, 0.02) for each, z in enumerate(rng.standard_normal(5))]
        verdict = ruled(finding("GA302", *estimates), by=rules)
        wrong += any(each.outcome is not Ruling.INCONCLUSIVE for each in verdict.rules)
    assert 0.022 < wrong / 600 < 0.078


def test_too_many_rules_for_the_widest_interval_are_left_open_and_said_so() -> None:
    # 300 rules ask for p <= 0.05/300 = 0.00017, below 1 - 0.9998: even the widest interval known decides none.
    count = 300
    rules = policy(*(rule(str(each), "GA302", f"e{each}") for each in range(count)))
    verdict = ruled(finding("GA302", *(normal(f"e{each}", 5.0, 0.01) for each in range(count))), by=rules)
    assert {each.outcome for each in verdict.rules} == {Ruling.INCONCLUSIVE}
    assert "the interval holds the bound" not in verdict.rules[0].reason
    assert "300 rules" in verdict.rules[0].reason
    assert verdict.rules[0].samples_needed is None


MISSING = {
    "not run": None,
    "not applicable": Finding("GA302", "T", "Q?", Outcome.NOT_APPLICABLE, "no images"),
    "inconclusive": Finding("GA302", "T", "Q?", Outcome.INCONCLUSIVE, "too few"),
    "error": Finding("GA302", "T", "Q?", Outcome.ERROR, "Traceback (most recent call last):\n  x\nValueError: broken"),
    "no such estimate": finding("GA302", normal("recall_ratio", 0.95, 0.001)),
    "no such group": finding("GA302", normal("coverage_ratio", 0.95, 0.001, group="dog")),
}


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("missing", MISSING)
def test_what_is_missing_never_passes(missing: str, required: bool) -> None:
    group = {"group": "cat"} if missing == "no such group" else {}
    one = rule("one", "GA302", "coverage_ratio", required=required, **group)
    sound = rule("sound", "GA101", "share_ratio")
    found = MISSING[missing]
    findings = [finding("GA101", normal("share_ratio", 0.95, 0.001)), *([] if found is None else [found])]
    verdict = ruled(*findings, by=policy(one, sound))
    passed_over = missing == "not applicable" and not required
    assert verdict.rules[0].outcome is (Ruling.NOT_APPLIED if passed_over else Ruling.INCONCLUSIVE)
    assert verdict.outcome is (Ruling.PASS if passed_over else Ruling.INCONCLUSIVE)
    reason = {
        "not run": "GA302 was not run",
        "not applicable": "GA302 ended as not applicable: no images",
        "inconclusive": "GA302 ended as inconclusive: too few",
        "error": "GA302 ended as error: ValueError: broken",
        "no such estimate": "GA302 gave no coverage_ratio",
        "no such group": "GA302 gave no coverage_ratio for group 'cat'; it has groups: dog",
    }
    assert verdict.rules[0].reason == reason[missing]


def test_a_failure_outweighs_what_is_missing() -> None:
    rules = policy(ONE, rule("two", "GA101", "share_ratio"))
    verdict = ruled(finding("GA302", normal("coverage_ratio", 0.1, 0.01)), by=rules)
    assert verdict.outcome is Ruling.FAIL


def test_no_rule_applied_is_inconclusive() -> None:
    one = rule("one", "GA302", "coverage_ratio", required=False)
    verdict = ruled(Finding("GA302", "T", "Q?", Outcome.NOT_APPLICABLE, "no images"), by=policy(one))
    assert verdict.outcome is Ruling.INCONCLUSIVE
    assert verdict.reason == "no rule of the policy could be applied, so nothing was tested"


def test_a_crash_that_no_rule_names_is_no_pass() -> None:
    crashed = Finding("GA101", "T", "Q?", Outcome.ERROR, "Traceback")
    verdict = ruled(crashed, finding("GA302", normal("coverage_ratio", 0.95, 0.001)), by=policy(ONE))
    assert verdict.outcome is Ruling.INCONCLUSIVE
    assert verdict.reason == "all applied rules met, but GA101 ended in an error"


def test_a_verdict_is_no_truth_value() -> None:
    verdict = ruled(finding("GA302", normal("coverage_ratio", 0.95, 0.001)), by=policy(ONE))
    with pytest.raises(TypeError, match=r"compare verdict\.outcome with Ruling\.PASS"):
        bool(verdict)


def test_a_rule_without_a_group_holds_for_every_group() -> None:
    groups = [normal("share_ratio", value, 0.01, group=name) for name, value in {"a": 0.95, "b": 0.5}.items()]
    verdict = ruled(finding("GA101", *groups), by=policy(rule("all", "GA101", "share_ratio")))
    assert {each.group: each.outcome for each in verdict.rules} == {"a": Ruling.PASS, "b": Ruling.FAIL}


def test_a_rule_with_a_group_holds_for_that_group() -> None:
    groups = [normal("share_ratio", value, 0.01, group=name) for name, value in {"a": 0.95, "b": 0.5}.items()]
    verdict = ruled(finding("GA101", *groups), by=policy(rule("a", "GA101", "share_ratio", group="a")))
    assert verdict.outcome is Ruling.PASS


SOUND = rule("sound", "GA302", "recall_ratio")


def waived(by: int, *, value: float = 0.1, only: bool = False) -> Verdict:
    """A verdict on a rule with a waiver that expires `by` days from today, beside a sound one."""
    entry = {"rule": "one", "owner": "A. Person", "reason": "planned", "expires": TODAY + timedelta(days=by)}
    found = finding("GA302", normal("coverage_ratio", value, 0.01), normal("recall_ratio", 0.95, 0.01))
    return ruled(found, by=policy(ONE, *([] if only else [SOUND]), waivers=[entry]))


@pytest.mark.parametrize("days", [0, 1, 400])
@pytest.mark.parametrize("value", [0.1, 0.8])
def test_a_valid_waiver_takes_a_rule_out_of_the_verdict(days: int, value: float) -> None:
    verdict = waived(days, value=value)
    assert verdict.outcome is Ruling.PASS
    assert verdict.reason == "all 1 applied rules met; waived: one"
    assert verdict.rules[0].waived
    # What was seen stays on record.
    assert verdict.rules[0].outcome in (Ruling.FAIL, Ruling.INCONCLUSIVE)


def test_an_expired_waiver_is_void_and_said_so() -> None:
    verdict = waived(-1)
    assert verdict.outcome is Ruling.FAIL
    assert not verdict.rules[0].waived
    assert verdict.rules[0].waiver is not None
    assert verdict.rules[0].waiver.void


def test_a_waiver_that_is_not_needed_changes_nothing() -> None:
    verdict = waived(1, value=0.95)
    assert verdict.reason == "all 2 applied rules met"
    assert not verdict.rules[0].waived


def test_waiving_everything_leaves_nothing_to_pass() -> None:
    assert waived(1, only=True).outcome is Ruling.INCONCLUSIVE


def test_a_waiver_on_a_rule_that_was_not_applied_is_not_counted() -> None:
    entry = {"rule": "one", "owner": "A", "reason": "B", "expires": TODAY}
    one = rule("one", "GA101", "share_ratio", required=False)
    absent = Finding("GA101", "T", "Q?", Outcome.NOT_APPLICABLE, "no groups")
    verdict = ruled(
        absent, finding("GA302", normal("recall_ratio", 0.95, 0.01)), by=policy(one, SOUND, waivers=[entry])
    )
    assert verdict.outcome is Ruling.PASS
    assert verdict.reason == "all 1 applied rules met"


def binomial_estimate(share: float, n: int) -> Estimate:
    return normal("coverage_ratio", share, math.sqrt(share * (1 - share) / n))


AT_LEAST = Rule(id="one", auditor="GA302", estimate="coverage_ratio", at_least=0.8, why="because")


@pytest.mark.parametrize("share", [0.74, 0.76, 0.78, 0.83, 0.85])
def test_the_samples_said_to_be_needed_decide(share: float) -> None:
    drawn = 100
    needed = samples_needed(binomial_estimate(share, drawn), AT_LEAST, 0.95, drawn)
    assert needed is not None
    assert needed > drawn

    def decided(n: int) -> float:
        counts = np.random.default_rng(3).binomial(n, share, size=400)
        rulings = [AT_LEAST.bound.ruling(binomial_estimate(count / n, n).interval(0.95)) for count in counts]
        return sum(each is not Ruling.INCONCLUSIVE for each in rulings) / len(rulings)

    # 400 repeats: the share of deciding draws is known to within 0.05.
    assert 0.72 < decided(needed) < 0.92
    assert decided(4 * needed) > 0.97
    assert decided(needed // 4) < 0.42


def test_no_number_of_samples_helps_where_the_reference_limits() -> None:
    # Of the variance, 0.1 shrinks with the draws. The half-width at 0.95 is 1.96 * 0.02 = 0.039; the distance of 0.01
    # is below what would be left, sqrt(0.9) * 0.039.
    estimate = normal("coverage_ratio", 0.81, 0.02, draws=0.1)
    assert samples_needed(estimate, AT_LEAST, 0.95, 1000) is None
    verdict = ruled(finding("GA302", estimate), by=policy(ONE))
    assert "no number of generated samples would decide" in verdict.rules[0].reason


def test_samples_needed_by_hand() -> None:
    # Distance 0.02, fixed variance 0.2 * 0.0004 = 8e-5, of the draws 3.2e-4; z = 1.95996, power 0.84162.
    # Room 4e-4 - 3.84146 * 8e-5 = 9.268e-5; root sqrt((0.02 * 0.84162)^2 + (3.84146 - 0.70833) * 9.268e-5) = 0.023952;
    # u = 9.268e-5 / (0.016832 + 0.023952) = 0.0022725. 1000 * 3.2e-4 / u^2 = 61,964, rounded up to two digits.
    assert samples_needed(normal("coverage_ratio", 0.78, 0.02, draws=0.8), AT_LEAST, 0.95, 1000) == 62_000


@pytest.mark.parametrize("draws", [None, 0.0])
def test_without_knowledge_of_the_draws_no_number_is_claimed(draws: float | None) -> None:
    assert samples_needed(normal("coverage_ratio", 0.78, 0.02, draws=draws), AT_LEAST, 0.95, 1000) is None
