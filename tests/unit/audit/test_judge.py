"""Judgement: intervals against bounds, Holm across rules, waivers, and what becomes of everything that is missing."""

import math
from dataclasses import replace
from datetime import timedelta
from statistics import NormalDist

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS, Better, Estimate, EstimateFacts, Finding, Interval, Outcome
from genai_audit.audit.judge import failure_p_value, judge
from genai_audit.audit.verdict import Bound, Ruling, Verdict
from unit.audit.judged import ONE, TODAY, normal, policy, ruled
from unit.reports.small_record import finding, rule


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


def test_the_p_value_of_a_failing_normal_estimate() -> None:
    # The interval at level L leaves the bound where z((1+L)/2) = distance / se: p = 2 (1 - Phi(2)) = 0.0455.
    found = failure_p_value(normal("coverage_ratio", 0.76, 0.02), Bound(low=0.8))
    assert found == pytest.approx(2 * (1 - NormalDist().cdf(2)), rel=1e-6)


def test_the_p_value_of_a_failure_at_the_edges() -> None:
    bound = Bound(low=0.8)
    assert failure_p_value(Estimate("coverage_ratio", 0.7, (), 1, "exact", "ratio", Better.HIGHER), bound) == 0.0
    assert failure_p_value(Estimate("coverage_ratio", 0.9, (), 1, "exact", "ratio", Better.HIGHER), bound) == 1.0
    assert failure_p_value(normal("coverage_ratio", 0.8, 0.02), bound) == 1.0
    # However clearly a bound is met, nothing speaks for a failure; and beyond the widest level nothing is claimed.
    assert failure_p_value(normal("coverage_ratio", 5.0, 0.001), bound) == 1.0
    assert failure_p_value(normal("coverage_ratio", 0.1, 0.001), bound) == pytest.approx(1 - LEVELS[-1])


def outcomes_at(*p_values: float, below: bool) -> list[Ruling]:
    """Rulings of rules whose estimates lie on one side of the bound with these two-sided p-values."""
    names = "abcdefgh"[: len(p_values)]
    z = [NormalDist().inv_cdf(1 - p / 2) * (-1 if below else 1) for p in p_values]
    estimates = [normal(name, 0.8 + 0.01 * each, 0.01) for name, each in zip(names, z, strict=True)]
    rules = policy(*(rule(each, "GA302", each) for each in names))
    return [each.outcome for each in ruled(finding("GA302", *estimates), by=rules).rules]


def test_failures_share_their_error_by_holm() -> None:
    # Three rules with p = 0.001, 0.02, 0.04 at 0.05: compared with 0.05/3, 0.05/2, 0.05/1, so all fail.
    # With p = 0.001, 0.03, 0.04 the second (0.03 > 0.025) stops the procedure and takes the third with it.
    assert outcomes_at(0.001, 0.02, 0.04, below=True) == [Ruling.FAIL] * 3
    assert outcomes_at(0.04, 0.02, 0.001, below=True) == [Ruling.FAIL] * 3
    assert outcomes_at(0.001, 0.03, 0.04, below=True) == [Ruling.FAIL, Ruling.INCONCLUSIVE, Ruling.INCONCLUSIVE]


def test_each_pass_is_held_to_the_whole_confidence_and_no_more() -> None:
    # A verdict passes only if all rules do, so none of them needs more than 0.95, however many there are.
    assert outcomes_at(0.04, 0.04, 0.049, 0.04, 0.01, below=False) == [Ruling.PASS] * 5
    assert outcomes_at(0.04, 0.06, below=False) == [Ruling.PASS, Ruling.INCONCLUSIVE]


def test_a_failure_that_the_rules_together_do_not_allow_says_so() -> None:
    rules = policy(*(rule(each, "GA302", each) for each in "ab"))
    found = finding("GA302", normal("a", 0.757, 0.02), normal("b", 0.95, 0.02))
    open_, _ = ruled(found, by=rules).rules
    assert open_.outcome is Ruling.INCONCLUSIVE
    assert open_.reason == "outside the bound, but not at the 97.50% that 2 rules together ask of a failure"


def test_the_interval_shown_is_that_of_the_policy_and_agrees_with_the_ruling() -> None:
    rules = [rule(str(each), "GA302", f"e{each}") for each in range(12)]
    estimates = [normal(f"e{each}", 0.74 + 0.012 * each, 0.02) for each in range(12)]
    seen = set()
    for each in ruled(finding("GA302", *estimates), by=policy(*rules)).rules:
        assert each.observed is not None
        assert each.observed.level == 0.95
        shown = each.bound.ruling(Interval(0.95, each.observed.low, each.observed.high))
        assert shown is each.outcome or "rules together ask of a failure" in each.reason
        seen.add(each.outcome)
    assert seen == {Ruling.PASS, Ruling.FAIL, Ruling.INCONCLUSIVE}


def correlated(rng: np.random.Generator, count: int, correlation: float) -> list[float]:
    """Standard normal deviations with one correlation between all of them."""
    common = rng.standard_normal()
    own = rng.standard_normal(count)
    return [math.sqrt(correlation) * common + math.sqrt(1 - correlation) * float(each) for each in own]


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_a_model_that_meets_all_bounds_fails_at_most_as_often_as_the_policy_allows(correlation: float) -> None:
    # Five quantities exactly on their bounds, the worst case for a false failure: at 0.95 at most 5 % of audits fail.
    # 600 audits: 0.05 + 3.1 * sqrt(0.05 * 0.95 / 600) = 0.078.
    rng = np.random.default_rng(7)
    rules = policy(*(rule(str(each), "GA302", f"e{each}") for each in range(5)))
    failed = 0
    for _ in range(600):
        estimates = [normal(f"e{i}", 0.8 + 0.02 * z, 0.02) for i, z in enumerate(correlated(rng, 5, correlation))]
        failed += ruled(finding("GA302", *estimates), by=rules).outcome is Ruling.FAIL
    assert failed / 600 < 0.078


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_a_model_that_misses_one_bound_passes_at_most_as_often_as_the_policy_allows(correlation: float) -> None:
    # One quantity on its bound and four far inside, the worst case for a false pass: half of the error at most, since
    # only one end of the interval can err. 0.025 + 3.1 * sqrt(0.025 * 0.975 / 600) = 0.045; and well above 0.
    rng = np.random.default_rng(8)
    rules = policy(*(rule(str(each), "GA302", f"e{each}") for each in range(5)))
    passed = 0
    for _ in range(600):
        z = correlated(rng, 5, correlation)
        estimates = [normal(f"e{i}", (1.2 if i else 0.8) + 0.02 * each, 0.02) for i, each in enumerate(z)]
        passed += ruled(finding("GA302", *estimates), by=rules).outcome is Ruling.PASS
    assert 0.008 < passed / 600 < 0.045


def test_too_many_rules_for_the_widest_interval_are_left_open_and_said_so() -> None:
    # 300 rules ask for p <= 0.05/300 = 0.00017, below 1 - 0.9998: even the widest interval known decides none.
    count = 300
    rules = policy(*(rule(str(each), "GA302", f"e{each}") for each in range(count)))
    verdict = ruled(finding("GA302", *(normal(f"e{each}", 0.1, 0.01) for each in range(count))), by=rules)
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


@pytest.mark.parametrize(("value", "outcome"), [(0.95, Ruling.INCONCLUSIVE), (0.5, Ruling.FAIL)])
def test_what_covers_a_part_only_can_fail_but_not_pass(value: float, outcome: Ruling) -> None:
    part = replace(finding("GA302", normal("coverage_ratio", value, 0.01)), gaps={"coverage_ratio": "group x was not"})
    verdict = ruled(part, by=policy(ONE))
    assert verdict.outcome is outcome
    assert ("group x was not" in verdict.rules[0].reason) == (outcome is Ruling.INCONCLUSIVE)


@pytest.mark.parametrize("value", [0.95, 0.5])
def test_doubts_about_the_records_open_every_rule_with_an_interval(value: float) -> None:
    doubtful = replace(finding("GA502", normal("x", 0.5, 0.1)), doubts="records are not independent")
    verdict = ruled(doubtful, finding("GA302", normal("coverage_ratio", value, 0.01)), by=policy(ONE))
    assert verdict.outcome is Ruling.INCONCLUSIVE
    assert verdict.rules[0].reason == "its interval may not hold: records are not independent"


@pytest.mark.parametrize(
    ("rests_on", "doubted", "open_"),
    [
        (("generated",), ("reference",), False),
        (("generated",), ("generated",), True),
        (("generated", "reference"), ("reference",), True),
        (("generated", "reference"), ("holdout",), False),
        ((), ("generated", "reference", "holdout"), False),
    ],
)
def test_doubts_open_a_rule_only_where_its_interval_rests_on_what_is_doubted(
    rests_on: tuple[str, ...], doubted: tuple[str, ...], open_: bool
) -> None:
    doubtful = replace(finding("GA502", normal("x", 0.5, 0.1)), doubts="records are not independent", doubted=doubted)
    facts = EstimateFacts("coverage_ratio", "coverage", "ratio", Better.HIGHER, "", rests_on)
    judged = replace(finding("GA302", normal("coverage_ratio", 0.95, 0.01)), facts=(facts,))
    verdict = ruled(doubtful, judged, by=policy(ONE))
    assert verdict.outcome is (Ruling.INCONCLUSIVE if open_ else Ruling.PASS)


def test_a_complete_count_stands_whatever_the_doubts() -> None:
    doubtful = replace(finding("GA502", normal("x", 0.5, 0.1)), doubts="records are not independent")
    count = Estimate("broken_weight_share", 0.5, (), 10, "counted", "share", Better.LOWER)
    rules = policy({"id": "one", "auditor": "GA601", "estimate": "broken_weight_share", "at_most": 0, "why": "because"})
    verdict = ruled(doubtful, finding("GA601", count), by=rules)
    assert verdict.outcome is Ruling.FAIL
    assert verdict.rules[0].observed is not None
    assert verdict.rules[0].observed.complete


@pytest.mark.parametrize(
    ("held_out", "outcome"), [(0.5, Ruling.INCONCLUSIVE), (0.78, Ruling.FAIL), (0.95, Ruling.FAIL)]
)
def test_a_rule_that_held_out_real_records_fail_too_cannot_fail(held_out: float, outcome: Ruling) -> None:
    # 0.78 ± 0.04: the control's interval holds the bound, so it does not fail.
    found, control = (finding("GA302", normal("coverage_ratio", value, 0.02)) for value in (0.5, held_out))
    verdict = judge([found], policy(ONE), drawn=1000, today=TODAY, control=[control])
    assert verdict.outcome is outcome
    assert ("held-out real records" in verdict.rules[0].reason) == (outcome is Ruling.INCONCLUSIVE)
    seen = verdict.rules[0].control
    assert seen is not None
    assert seen.value == held_out


def test_a_control_never_helps_to_pass() -> None:
    found, control = (finding("GA302", normal("coverage_ratio", value, 0.02)) for value in (0.8, 0.99))
    verdict = judge([found], policy(ONE), drawn=1000, today=TODAY, control=[control])
    assert verdict.outcome is Ruling.INCONCLUSIVE


def test_complete_counts_take_no_part_of_the_error() -> None:
    # Alone beside any number of counts, 0.05 is enough for a failure; beside one more uncertain rule, 0.025 is asked.
    counts = [Estimate(f"c{each}", 0.0, (), 10, "counted", "count", Better.LOWER) for each in range(8)]
    rules = [
        {"id": f"c{each}", "auditor": "GA601", "estimate": f"c{each}", "at_most": 0, "why": "x"} for each in range(8)
    ]
    found = finding("GA302", normal("coverage_ratio", 0.757, 0.02), normal("recall_ratio", 0.95, 0.02))
    verdict = ruled(finding("GA601", *counts), found, by=policy(ONE, *rules))
    assert verdict.outcome is Ruling.FAIL
    verdict = ruled(finding("GA601", *counts), found, by=policy(ONE, SOUND, *rules))
    assert verdict.outcome is Ruling.INCONCLUSIVE
