"""How many samples would decide a rule, and which value would have failed it: the words of planning, held to draws."""

import math
from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.finding import Estimate, Interval
from genai_audit.audit.judge import judge
from genai_audit.audit.planning import Levels, could_decide, samples_needed, would_fail
from genai_audit.audit.verdict import Bound, Ruling
from unit.audit.judged import ONE, TODAY, normal, policy, ruled
from unit.reports.small_record import finding


def binomial_estimate(share: float, n: int) -> Estimate:
    return normal("coverage_ratio", share, math.sqrt(share * (1 - share) / n))


AT_LEAST = Bound(low=0.8)
ALIKE = Levels(passing=0.95, failing=0.95)


@pytest.mark.parametrize("share", [0.74, 0.76, 0.78, 0.83, 0.85])
def test_the_samples_said_to_be_needed_decide(share: float) -> None:
    drawn = 100
    needed = samples_needed(binomial_estimate(share, drawn), AT_LEAST, ALIKE, drawn)
    assert needed is not None
    assert needed > drawn

    def decided(n: int) -> float:
        counts = np.random.default_rng(3).binomial(n, share, size=400)
        rulings = [AT_LEAST.ruling(binomial_estimate(count / n, n).interval(0.95)) for count in counts]
        return sum(each is not Ruling.INCONCLUSIVE for each in rulings) / len(rulings)

    # 400 repeats: the share of deciding draws is known to within 0.05.
    assert 0.72 < decided(needed) < 0.92
    assert decided(4 * needed) > 0.97
    assert decided(needed // 4) < 0.42


def test_no_number_of_samples_helps_where_the_reference_limits() -> None:
    # Of the variance, 0.01 shrinks with the draws, and even a truth at the far end of the 50 % interval (0.81 + 0.0135)
    # is nearer to the bound than the half-width that would be left, sqrt(0.99) * 0.039.
    estimate = normal("coverage_ratio", 0.81, 0.02, draws=0.01)
    assert samples_needed(estimate, AT_LEAST, ALIKE, 1000) is None
    verdict = ruled(finding("GA302", estimate), by=policy(ONE))
    assert "no number of generated samples would decide" in verdict.rules[0].reason


def test_where_a_kinder_truth_would_be_decided_no_number_is_ruled_out() -> None:
    # The draws carry 98.6 % of the variance; the value lies almost on the bound, but noise may have put it there.
    estimate = normal("coverage_ratio", 0.8 + 1e-4, 0.02, draws=0.986)
    assert samples_needed(estimate, AT_LEAST, ALIKE, 1000) is None
    assert could_decide(estimate, AT_LEAST, ALIKE)
    (open_,) = ruled(finding("GA302", estimate), by=policy(ONE)).rules
    assert open_.reason == "the interval holds the bound, and the truth may be too near it for any number to decide"


def test_only_the_half_towards_the_bound_counts() -> None:
    # A long upper half does not stand between the value and a bound below it.
    near = normal("coverage_ratio", 0.83, 0.02)
    skewed = replace(near, curve=tuple(Interval(e.level, e.low, e.high + 4 * (e.high - 0.83)) for e in near.curve[1:]))
    assert samples_needed(skewed, AT_LEAST, ALIKE, 1000) is not None


def test_a_file_of_samples_is_looked_at_whole_before_more_are_asked_for() -> None:
    found = finding("GA302", normal("coverage_ratio", 0.81, 0.02))
    verdict = judge([found], policy(ONE), drawn=1000, today=TODAY, available=1500)
    assert "the file holds 1,500, of which 1,000 were looked at: look at all" in verdict.rules[0].reason
    verdict = judge([found], policy(ONE), drawn=1500, today=TODAY, available=1500)
    assert verdict.rules[0].reason.endswith("samples would decide; the file holds 1,500")


def test_samples_needed_by_hand() -> None:
    # Distance 0.02, fixed variance 0.2 * 0.0004 = 8e-5, of the draws 3.2e-4; z = 1.95996, power 0.84162.
    # Room 4e-4 - 3.84146 * 8e-5 = 9.268e-5; root sqrt((0.02 * 0.84162)^2 + (3.84146 - 0.70833) * 9.268e-5) = 0.023952;
    # u = 9.268e-5 / (0.016832 + 0.023952) = 0.0022725. 1000 * 3.2e-4 / u^2 = 61,964, rounded up to two digits.
    assert samples_needed(normal("coverage_ratio", 0.78, 0.02, draws=0.8), AT_LEAST, ALIKE, 1000) == 62_000


@pytest.mark.parametrize("draws", [None, 0.0])
def test_without_knowledge_of_the_draws_no_number_is_claimed(draws: float | None) -> None:
    assert samples_needed(normal("coverage_ratio", 0.78, 0.02, draws=draws), AT_LEAST, ALIKE, 1000) is None


def test_the_value_that_would_have_failed_fails_four_times_in_five() -> None:
    # 0.8 - (1.96 + 0.8416) * 0.02 = 0.744.
    level = would_fail(normal("coverage_ratio", 0.95, 0.02), AT_LEAST, ALIKE)
    assert level == pytest.approx(0.744, abs=1e-3)
    draws = level + 0.02 * np.random.default_rng(0).standard_normal(400)
    rulings = [ruled(finding("GA302", normal("coverage_ratio", x, 0.02)), by=policy(ONE)).outcome for x in draws]
    assert 0.74 < np.mean([each is Ruling.FAIL for each in rulings]) < 0.86
