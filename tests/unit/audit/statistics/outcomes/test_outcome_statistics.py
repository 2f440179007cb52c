"""Rates, gaps, ratios and what perfect generators show of them: level, nesting, agreement, and limits at the edge."""

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.outcomes.gaps import contrasts, detectable, p_values, wilson_limits, worst_limits
from genai_audit.audit.statistics.outcomes.perfect import perfect_rates, quotients, ranges, two_sided
from genai_audit.audit.statistics.outcomes.rates import Rates, corrected_rates, counted_rates
from genai_audit.audit.statistics.outcomes.ratios import lowest_to_highest
from genai_audit.audit.statistics.shares.binomial import Limits, wilson
from genai_audit.audit.statistics.shares.pooling import independent_shares, pooled_shares
from genai_audit.models.data.bundled import loans

LAST = np.array([1])


def test_score_intervals_are_wilsons_and_a_known_rate_has_none() -> None:
    ours = wilson_limits(np.array([0.0, 0.3, 1.0]), np.full(3, 20.0), np.full(3, 1.959964))
    theirs = wilson(successes=[0, 6, 20], trials=20, level=0.95)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    known = wilson_limits(np.array([0.3]), np.array([np.inf]), np.array([3.0]))
    assert (known.low[0], known.high[0]) == (0.3, 0.3)


def test_changes_of_sound_generators_rarely_alarm() -> None:
    """P(approved | sex) of the bundled loans, 2,000 audits side by side: at most 6 % alarms of 5."""
    rng = np.random.default_rng(11)
    sex = np.array(list(loans.SEX.values()))
    rate = np.array([loans.approval_rate(each) for each in loans.SEX])[:, None]

    def drawn(n: int) -> Rates:
        trials = np.stack([rng.binomial(n, sex[0], 2_000), np.zeros(2_000)])
        trials[1] = n - trials[0]
        values = rng.binomial(trials.astype(np.int64), rate) / trials
        return Rates(values, trials, np.ones_like(values))

    change = contrasts(drawn(2_000), drawn(500)).change
    p, limits = p_values(change), change.limits(1.959964)
    assert 0.04 <= (p < 0.05).mean() <= 0.06
    # The interval leaves 0 out just where the p-value is below its error.
    np.testing.assert_array_equal((limits.low > 0) | (limits.high < 0), p < 0.05)


@pytest.mark.parametrize("planted", [0.0, -0.15])
def test_a_planted_change_is_held(planted: float) -> None:
    rng = np.random.default_rng(12)
    held = 0
    rates = np.array([[0.45, 0.55], [0.37, 0.63]])
    shifted = rates + np.array([[-planted, planted], [0.0, 0.0]])
    for _ in range(500):
        made = np.stack([rng.multinomial(n, p) for n, p in zip((900, 1_100), shifted, strict=True)])
        real = np.stack([rng.multinomial(n, p) for n, p in zip((40, 460), rates, strict=True)])
        limits = contrasts(counted_rates(made).of_levels(LAST), counted_rates(real).of_levels(LAST)).change.limits(1.96)
        held += limits.low[0, 0] <= planted <= limits.high[0, 0]
    assert held >= 465  # 93 %


def test_limits_are_nested_and_hold_the_value() -> None:
    change = contrasts(counted_rates(np.array([[0, 9], [40, 1]])), counted_rates(np.array([[5, 5], [30, 0]]))).change
    z = np.linspace(0.1, 8, 30)[:, None, None]
    limits = change.limits(z)
    assert (np.diff(limits.low, axis=0) <= 1e-12).all()
    assert (np.diff(limits.high, axis=0) >= -1e-12).all()
    assert ((limits.low <= change.value) & (change.value <= limits.high)).all()
    assert (np.abs(limits.low) <= 2).all()


def test_equal_rates_have_a_p_value_of_one() -> None:
    rates = counted_rates(np.array([[5, 5], [30, 30]]))
    np.testing.assert_allclose(p_values(contrasts(rates, rates).change), 1.0)


def test_the_greatest_change_uses_the_ends_that_hold_for_it() -> None:
    single = Limits(np.array([[-0.3, 0.1]]), np.array([[-0.1, 0.2]]))
    together = Limits(np.array([[-0.4, -0.05]]), np.array([[-0.05, 0.3]]))
    ends = worst_limits(pointwise=single, simultaneous=together)
    assert (ends.low[0], ends.high[0]) == (0.05, 0.3)


def test_more_comparisons_detect_less() -> None:
    assert detectable(np.array([0.01]), 1) == pytest.approx(0.01 * (1.959964 + 0.841621), rel=1e-4)
    assert detectable(np.array([0.01]), 20) > detectable(np.array([0.01]), 1)


def test_without_errors_corrected_rates_are_those_counted_all_but_for_the_errors_that_may_be() -> None:
    counts = np.array([[700, 300], [200, 800]])
    corrected = corrected_rates(counts, np.diag([500, 500, 500, 500]))
    np.testing.assert_allclose(corrected.values, counted_rates(counts).values, atol=1e-12)
    assert (corrected.trials <= 1_000).all()
    assert (corrected.trials > 800).all()
    assert (corrected.from_draws > 0.8).all()


def test_corrected_rates_hold_their_level() -> None:
    """A planted confusion of pairs, both samples drawn anew: the linearised errors cover at 95 % within noise."""
    rng = np.random.default_rng(13)
    joint = np.array([[0.2, 0.1, 0.2], [0.1, 0.3, 0.1]])
    errors = 0.85 * np.eye(6) + 0.15 * np.array([0.3, 0.1, 0.1, 0.2, 0.2, 0.1])
    truth = joint / joint.sum(axis=1, keepdims=True)
    held = np.zeros((2, 3))
    for _ in range(400):
        counts = rng.multinomial(3_000, joint.ravel() @ errors).reshape(2, 3)
        confusion = np.stack([rng.multinomial(200, row) for row in errors])
        rates = corrected_rates(counts, confusion)
        limits = wilson_limits(rates.values, rates.trials, np.full((2, 3), 1.96))
        held += (limits.low <= truth) & (truth <= limits.high)
    assert (held / 400 >= 0.92).all()
    assert (held / 400 <= 0.985).all()


def test_ratios_hold_the_least_of_many() -> None:
    rng = np.random.default_rng(14)
    truth = np.array([0.3, 0.25, 0.4, 0.1])
    held = 0
    for _ in range(300):
        trials = np.array([500, 80, 300, 200])
        values = rng.binomial(trials, truth) / trials
        ends = lowest_to_highest(values=values, trials=trials.astype(float), levels=[0.95])
        held += ends.low[0] <= 0.25 <= ends.high[0]
    assert held >= 279  # 93 %


def test_a_group_without_any_has_a_ratio_of_zero_with_an_upper_end() -> None:
    ends = lowest_to_highest(values=np.array([0.0, 0.5]), trials=np.array([50.0, 100.0]), levels=LEVELS)
    assert (ends.low == 0).all()
    assert (ends.high > 0).all()
    assert (np.diff(ends.high) >= 0).all()


def test_a_perfect_generator_is_drawn_around_both_samples() -> None:
    made, real = counted_rates(np.array([[60, 40], [30, 70]])), counted_rates(np.array([[600, 400], [300, 700]]))
    drawn = perfect_rates(generated=made, real=real, repeats=2_000, rng=np.random.default_rng(15))
    np.testing.assert_allclose(drawn.generated.mean(axis=0), real.values, atol=0.01)
    np.testing.assert_allclose(drawn.generated[:, 0, 0].std(), np.sqrt(0.6 * 0.4 / 100), rtol=0.1)
    np.testing.assert_allclose(drawn.real[:, 0, 0].std(), np.sqrt(0.6 * 0.4 / 1_000), rtol=0.1)
    exact = perfect_rates(
        generated=made,
        real=counted_rates(np.array([[600, 400], [300, 700]]), exact=True),
        repeats=50,
        rng=np.random.default_rng(15),
    )
    assert np.ptp(exact.real, axis=0).max() == 0
    assert ranges(np.array([[[0.1, 0.2], [0.4, 0.1]]]))[0] == pytest.approx(0.3)
    assert quotients(np.array([[[0.0, 0.2], [0.0, 0.1]]]))[0].tolist() == [1.0, 0.5]


def test_two_sided_p_values_count_both_tails() -> None:
    simulated = np.linspace(0, 1, 999)
    assert two_sided(simulated, 0.5)[0] == pytest.approx(1.0, abs=0.01)
    assert two_sided(simulated, 2.0) == (2 / 1_000, 2 / 1_000)


def test_pooling_is_strong_near_independence_and_weak_far_from_it() -> None:
    rng = np.random.default_rng(16)
    margins = np.outer([0.5, 0.5], [0.6, 0.3, 0.1])
    near, far = rng.multinomial(2_000, margins.ravel()).reshape(2, 3), np.array([[1_000, 10, 5], [5, 800, 180]])
    assert pooled_shares(near).weight > 50 * pooled_shares(far).weight
    assert pooled_shares(near).shares.sum() == pytest.approx(1.0)
    # Nearly independent counts end up at the products of the groups' shares.
    np.testing.assert_allclose(pooled_shares(near).shares, independent_shares(near), atol=0.01)
    np.testing.assert_allclose(pooled_shares(far).shares, far / far.sum(), atol=0.01)
