"""How many samples would decide a rule, and which value would have failed it: the words of planning, held to draws."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.finding import LEVELS, Better, Estimate, EstimateFacts, Interval
from genai_audit.audit.judge import judge
from genai_audit.audit.planning import Levels, could_decide, samples_needed, would_fail
from genai_audit.audit.statistics.shares.binomial import clopper_pearson
from genai_audit.audit.verdict import Bound, Ruling
from unit.audit.judged import ONE, TODAY, normal, policy, ruled
from unit.reports.small_record import finding


def binomial_estimate(share: float, n: int) -> Estimate:
    return normal("coverage_ratio", share, math.sqrt(share * (1 - share) / n))


AT_LEAST = Bound(low=0.8)
ALIKE = Levels(passing=0.95, failing=0.95)


@pytest.mark.parametrize("share", [0.7, 0.76, 0.8, 0.83, 0.88])
def test_the_samples_said_to_be_needed_decide_in_four_audits_of_five(share: float) -> None:
    # Over shares around the bound, not given any of them: a truth on the bound is decided by no number, others sooner.
    drawn, rng, decided = 200, np.random.default_rng(3), []
    while len(decided) < 400:
        truth = rng.uniform(0.6, 0.98) if share == 0.8 else share
        first = binomial_estimate(rng.binomial(drawn, truth) / drawn, drawn)
        needed = samples_needed(first, AT_LEAST, ALIKE, drawn)
        if AT_LEAST.ruling(first.interval(0.95)) is not Ruling.INCONCLUSIVE or needed is None:
            continue
        again = binomial_estimate(rng.binomial(needed, truth) / needed, needed)
        decided.append(AT_LEAST.ruling(again.interval(0.95)) is not Ruling.INCONCLUSIVE)
    rate = float(np.mean(decided))
    assert (0.74 < rate < 0.86) if share == 0.8 else rate > 0.6


def test_no_number_of_samples_helps_where_the_reference_limits() -> None:
    # Of the variance, 0.01 shrinks with the draws: the estimate will stay within 0.004 of 0.81, and the half-width that
    # is left, sqrt(0.99) * 0.039, is far more than the distance to the bound.
    estimate = normal("coverage_ratio", 0.81, 0.02, draws=0.01)
    assert samples_needed(estimate, AT_LEAST, ALIKE, 1000) is None
    assert not could_decide(estimate, AT_LEAST, ALIKE)
    verdict = ruled(finding("GA302", estimate), by=policy(ONE))
    assert "no number of generated samples would decide: more real data would" in verdict.rules[0].reason
    # Of what the model alone was asked, real data say nothing.
    facts = EstimateFacts(estimate.name, "coverage", None, estimate.better, "What it says.", rests_on=())
    verdict = ruled(replace(finding("GA302", estimate), facts=(facts,)), by=policy(ONE))
    assert "would decide: see how to act on GA302" in verdict.rules[0].reason


def test_where_the_truth_may_lie_further_off_no_number_is_ruled_out() -> None:
    # 0.9 of the variance is of the draws, so more of them would decide in about half of all cases.
    estimate = normal("coverage_ratio", 0.8 + 1e-4, 0.02, draws=0.9)
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
    # Seen 0.76, bound 0.8, all of the variance 4e-4 from the draws. At N = 1000 r samples the estimate is 0.76 with
    # deviation 0.02 sqrt(1 + 1/r), and fails below 0.8 - 1.96 * 0.02 / sqrt(r). At r = 1.4: reach 0.0331, deviation
    # at r = 3.6: Phi(0.0193 / 0.0226) = 0.804. Steps are a sixteenth of a doubling, rounded up to two digits.
    # at r = 3.6: Phi(0.0193 / 0.0226) = 0.804. The step is a sixteenth of a doubling, rounded up to two digits.
    assert samples_needed(normal("coverage_ratio", 0.76, 0.02, draws=1.0), AT_LEAST, ALIKE, 1000) == 3600


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


def counted_share(hits: int, n: int) -> Estimate:
    """A share with its exact interval."""
    ends = clopper_pearson(successes=hits, trials=n, level=np.array(LEVELS))
    value = hits / n
    curve = tuple(
        Interval(level, min(low, value), max(high, value))
        for level, low, high in zip(LEVELS, ends.low.tolist(), ends.high.tolist(), strict=True)
    )
    return Estimate("invalid_share", value, curve, n, "exact", "share", Better.LOWER)


@pytest.mark.parametrize("n", [500, 2_000, 20_000])
@pytest.mark.parametrize("bound", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 1.0])
def test_the_share_that_would_have_failed_does_so_wherever_this_audit_lies(n: int, bound: float, part: float) -> None:
    # By half-widths of the share itself, one that was 0 was said to fail at 0.0105 (bound 0.01), which no audit does.
    levels = Levels(passing=0.95, failing=0.99)
    hits = round(part * bound * n)
    share = would_fail(counted_share(hits, n), Bound(high=bound), levels)
    failing = np.argmax(clopper_pearson(successes=np.arange(n + 1), trials=n, level=0.99).low > bound)
    assert 0.75 < stats.binom.sf(failing - 1, n, share) < 0.9
    # The mirror image: at least so many.
    mirrored = would_fail(counted_share(n - hits, n), Bound(low=1 - bound), levels)
    assert mirrored == pytest.approx(1 - share, abs=1e-6)


def test_a_share_that_noise_leaves_at_zero_is_as_uncertain_as_its_other_end_says() -> None:
    # No count of trials stands behind it: the interval reaches 0.05 upwards, and downwards as far as there is room.
    cut = Estimate(
        "lost_mass", 0.02, (Interval(0.5, 0.0, 0.04), Interval(0.95, 0.0, 0.07)), 100, "", "share", Better.LOWER
    )
    assert would_fail(cut, Bound(high=0.08), ALIKE) == pytest.approx(0.08 + (1 + 0.8416 / 1.96) * 0.05, abs=1e-4)


@pytest.mark.parametrize(("end", "bound"), [(1.0, Bound(low=0.5)), (0.0, Bound(high=0.02))])
def test_an_interval_that_is_cut_off_whole_says_nothing_of_what_would_have_failed(end: float, bound: Bound) -> None:
    # As the share within the support, where all its interval lay beyond 1: a share at the bound was said to fail.
    cut = Estimate(
        "support_precision", end, tuple(Interval(each, end, end) for each in LEVELS), 5000, "", "share", Better.HIGHER
    )
    assert would_fail(cut, bound, ALIKE) is None
