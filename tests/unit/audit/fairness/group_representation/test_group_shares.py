"""Corrected shares of groups, their intervals, and what simulation says of them."""

import numpy as np
import pytest
from scipy import optimize, stats

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.shares.binomial import clopper_pearson, wilson
from genai_audit.audit.statistics.shares.confusion import (
    corrected_shares,
    error_rates,
    scaled_errors,
    share_covariance,
    simulated_shares,
    softened_rates,
    youden,
)
from genai_audit.audit.statistics.shares.corrected import share_limits, share_tails
from genai_audit.audit.statistics.shares.ratios import (
    Tails,
    detectable_fall,
    ratios,
    simultaneous_levels,
    unseen_share,
    worst_ratio_limits,
)
from genai_audit.audit.statistics.shares.total_variation import pearson, total_variation, total_variation_limits
from golden.unaudited.prevalence import lang_reiczigel, rogan_gladen


def even_rates(k, accuracy):
    return np.where(np.eye(k, dtype=bool), accuracy, (1 - accuracy) / (k - 1))


def audit(shares, rates, labelled, n, rng):
    confusion = np.stack([rng.multinomial(labelled, row) for row in rates])
    return rng.multinomial(n, shares @ rates), confusion


def test_correction_inverts_the_classifier():
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    rates = even_rates(4, 0.8)
    counts = np.round(1e9 * shares @ rates).astype(np.int64)
    assert corrected_shares(counts=counts, rates=rates) == pytest.approx(shares, abs=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_correction_is_the_constrained_maximum(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 7))
    rates = 0.6 * np.eye(k) + 0.4 * rng.dirichlet(np.ones(k), size=k)
    counts = rng.multinomial(200, rng.dirichlet(np.full(k, 0.3)))  # often outside what the classifier can show

    def surprise(shares):
        return -float(counts @ np.log(np.maximum(shares @ rates, 1e-12))) / 200

    ours = corrected_shares(counts=counts, rates=rates)
    best = min(
        optimize.minimize(
            surprise,
            rng.dirichlet(np.ones(k)),
            method="SLSQP",
            bounds=[(0, 1)] * k,
            constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1},
            options={"ftol": 1e-12, "maxiter": 500},
        ).fun
        for _ in range(3)
    )
    assert ours.min() >= 0
    assert ours.sum() == pytest.approx(1, abs=1e-9)
    assert surprise(ours) <= best + 1e-7


def test_correction_of_many_is_the_correction_of_each():
    rng = np.random.default_rng(0)
    rates = np.stack([error_rates(rng.multinomial(40, row, size=5)) for row in even_rates(4, 0.9)], axis=1)
    counts = rng.multinomial(60, [0.7, 0.3, 0.0, 0.0], size=5)
    together = corrected_shares(counts=counts, rates=rates)
    alone = np.stack([corrected_shares(counts=counts[i], rates=rates[i]) for i in range(5)])
    assert (together == 0).any()
    np.testing.assert_allclose(together, alone, atol=1e-7)


def test_a_classifier_that_cannot_tell_two_groups_apart_still_gets_shares():
    rates = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    shares = corrected_shares(counts=np.array([30, 30, 40]), rates=rates)
    assert shares[2] == pytest.approx(0.4, abs=1e-6)
    assert shares.sum() == pytest.approx(1)


def test_covariance_is_that_of_repeated_audits():
    shares, rates = np.array([0.5, 0.3, 0.2]), even_rates(3, 0.85)
    labelled = np.array([200, 150, 100])
    draws = simulated_shares(
        shares=shares, rates=rates, labelled=labelled, n=3_000, repeats=20_000, rng=np.random.default_rng(0)
    )
    covariance = share_covariance(shares=shares, rates=rates, labelled=labelled, n=3_000)
    np.testing.assert_allclose(draws.mean(axis=0), shares, atol=2e-3)
    np.testing.assert_allclose(np.cov(draws.T), covariance.draws + covariance.classifier, rtol=0.1, atol=2e-5)


def test_youden_is_sensitivity_plus_specificity_minus_one_for_two_groups():
    assert youden(np.array([[90, 10], [5, 95]])) == pytest.approx([0.85, 0.85])


def test_youden_takes_the_group_most_often_mistaken():
    confusion = np.array([[80, 20, 0], [50, 50, 0], [0, 0, 100]])
    assert youden(confusion) == pytest.approx([0.8 - 0.5, 0.5 - 0.2, 1.0])


def test_softened_rates_never_claim_certainty():
    rates = softened_rates(100 * np.eye(3, dtype=np.int64))
    assert rates.min() > 0
    assert rates.sum(axis=1) == pytest.approx(np.ones(3))


def test_scaled_errors():
    rates = np.array([[0.9, 0.1], [0.3, 0.7]])
    assert scaled_errors(rates, 2.0) == pytest.approx(np.array([[0.8, 0.2], [0.6, 0.4]]))
    assert scaled_errors(rates, 4.0) is None


@pytest.mark.parametrize("found", [0, 60, 900])
@pytest.mark.parametrize("labelled", [20, 1])
def test_limits_are_the_quantiles_of_the_three_parts(found, labelled):
    # The same combination by brute force: draws of Q, S and F, and the share they imply, conditioned on being one.
    hits, errors = 88 * labelled, 3 * labelled
    counts, confusion = np.array([found, 2_000 - found]), np.array([[hits, 12 * labelled], [errors, 97 * labelled]])
    rng, levels = np.random.default_rng(1), np.array(LEVELS[:8])
    for extra, side in ((0.5, "low"), (0.0, "high")):
        seen = rng.beta(found + 0.5, 2_000 - found + 0.5, 400_000)
        recognised = rng.beta(hits + 0.5, 12 * labelled + 0.5, 400_000)
        mistaken = rng.beta(errors + extra, 97 * labelled + extra, 400_000)
        shares = (seen - mistaken) / (recognised - mistaken)
        if side == "low":
            expected = np.maximum(np.quantile(shares, (1 - levels) / 2), 0) if found else np.zeros(8)
        else:
            kept = shares[shares > 0]
            if len(kept) < 100_000:  # too few draws left to compare with
                continue
            expected = np.quantile(kept, (1 + levels) / 2)
        limits = getattr(share_limits(counts=counts, confusion=confusion, levels=levels), side)[:, 0]
        np.testing.assert_allclose(limits, expected, rtol=0.03, atol=6e-4)


def test_a_flawless_classifier_of_few_is_not_taken_for_certain():
    few, many = (
        share_limits(counts=np.full(10, 2_000), confusion=rows * np.eye(10, dtype=np.int64), levels=[0.95])
        for rows in (30, 10_000)
    )
    narrow = clopper_pearson(successes=2_000, trials=20_000, level=0.95)
    assert (many.high - many.low)[0, 0] == pytest.approx(float(narrow.high - narrow.low), rel=0.05)
    assert (few.high - few.low)[0, 0] > 1.5 * (many.high - many.low)[0, 0]


def test_a_group_that_is_never_generated_gets_a_lower_end_of_zero():
    counts = np.array([0, 10_000, 10_000])
    limits = share_limits(counts=counts, confusion=100 * np.eye(3, dtype=np.int64), levels=LEVELS)
    assert (limits.low[:, 0] == 0).all()
    assert (limits.high[:, 0] > 0).all()
    # What the classifier's errors explain is no group either.
    confusion = np.array([[100, 0, 0], [3, 97, 0], [3, 0, 97]])
    limits = share_limits(counts=np.array([500, 9_750, 9_750]), confusion=confusion, levels=LEVELS)
    assert (limits.low[3:, 0] == 0).all()


def test_fewer_of_a_group_than_errors_alone_would_give_is_no_certainty():
    # 10 % of group 1 are taken for group 0, yet none in 1,000 samples: the interval must not collapse onto zero.
    confusion = np.array([[100, 0], [20, 180]])
    limits = share_limits(counts=np.array([0, 1_000]), confusion=confusion, levels=LEVELS)
    assert (limits.low[:, 0] == 0).all()
    assert limits.high[3, 0] > 5e-4
    assert limits.low[3, 1] < 1 - 5e-4


@pytest.mark.parametrize(
    ("k", "share", "accuracy", "labelled", "n"),
    [(2, 0.0, 0.95, 60, 2_000), (2, 0.1, 0.85, 150, 500), (10, 0.004, 0.99, 120, 20_000), (10, 0.5, 0.95, 30, 2_000)],
)
def test_coverage(k, share, accuracy, labelled, n):
    rng = np.random.default_rng(0)
    truth = np.full(k, (1 - share) / (k - 1))
    truth[0] = share
    rates = even_rates(k, accuracy)
    hits = np.zeros(k)
    for _ in range(200):
        counts, confusion = audit(truth, rates, labelled, n, rng)
        low, high = (ends[0] for ends in share_limits(counts=counts, confusion=confusion, levels=[0.95]))
        hits += (low <= truth) & (truth <= high)
    # Looser than 95 % by the noise of 200 trials; the benchmark looks closer.
    assert hits[0] / 200 >= 0.91
    assert hits.mean() / 200 >= 0.92


def test_p_value_is_the_level_that_just_excludes():
    counts, confusion = np.array([690, 310]), np.array([[95, 5], [8, 92]])
    targets = np.array([0.65, 0.35])
    p_value = Tails(*share_tails(counts=counts, confusion=confusion, targets=targets)).two_sided[0]
    assert 0.01 < p_value < 0.5
    limits = share_limits(counts=counts, confusion=confusion, levels=[1 - p_value - 2e-3, 1 - p_value + 2e-3])
    assert limits.low[0, 0] > 0.65 > limits.low[1, 0]


def test_p_value_is_rarely_small_for_a_perfect_generator():
    rng = np.random.default_rng(0)
    targets, rates = np.array([0.6, 0.3, 0.1]), even_rates(3, 0.9)
    p_values = []
    for _ in range(200):
        counts, confusion = audit(targets, rates, 80, 2_000, rng)
        p_values.append(Tails(*share_tails(counts=counts, confusion=confusion, targets=targets)).two_sided)
    assert (np.array(p_values) < 0.05).mean() < 0.08
    assert np.median(p_values) > 0.35


def test_worst_ratio_takes_each_end_with_its_own_guard():
    rng = np.random.default_rng(0)
    targets = np.full(5, 0.2)
    counts, confusion = audit(targets, even_rates(5, 0.97), 100, 5_000, rng)
    quotients = ratios(counts=counts, confusion=confusion, targets=targets, reference=None)
    each, together = quotients.limits([0.95]), quotients.limits(simultaneous_levels([0.95], 5))
    worst = worst_ratio_limits(pointwise=each, simultaneous=together)
    assert worst.low[0] == pytest.approx(each.low.min())
    assert worst.high[0] == pytest.approx(together.high.min())
    assert worst.high[0] > each.high.min()


def test_exact_targets_only_scale_the_interval_of_a_share():
    counts, confusion, targets = np.array([500, 1_500]), np.array([[90, 10], [5, 95]]), np.array([0.25, 0.75])
    share = share_limits(counts=counts, confusion=confusion, levels=LEVELS)
    ratio = ratios(counts=counts, confusion=confusion, targets=targets, reference=None).limits(LEVELS)
    np.testing.assert_allclose(ratio.low, share.low / targets)
    np.testing.assert_allclose(ratio.high, share.high / targets)


def test_worst_ratio_leaves_out_what_nobody_wants():
    targets, confusion = np.array([0.5, 0.5, 0.0]), 50 * np.eye(3, dtype=np.int64)
    limits = ratios(counts=np.array([500, 500, 0]), confusion=confusion, targets=targets, reference=None).limits([0.95])
    assert worst_ratio_limits(pointwise=limits, simultaneous=limits).low[0] > 0.8


@pytest.mark.parametrize("classified", [False, True])
def test_three_reference_records_leave_a_ratio_wide_open(classified):
    # 0.3 % of 1,000 real records and 0.1 % of 20,000 generated ones. The exact 95 % interval of a Poisson count of 3 is
    # 0.62 … 8.77 (Garwood), so the ratio lies between about 1 / 8.77 and 1 / 0.62, well above 1.
    counts, reference = np.array([20, 19_980]), np.array([3, 997])
    confusion = 100_000 * np.eye(2, dtype=np.int64) if classified else None
    limits = ratios(counts=counts, confusion=confusion, targets=reference / 1_000, reference=reference).limits([0.95])
    assert limits.low[0, 0] == pytest.approx(1 / 8.77, rel=0.15)
    assert limits.high[0, 0] == pytest.approx(1 / 0.62, rel=0.25)


@pytest.mark.parametrize("classified", [False, True])
def test_a_large_reference_comes_to_exact_targets(classified):
    counts, confusion = np.array([300, 700]), 10_000 * np.eye(2, dtype=np.int64) if classified else None
    reference = np.array([4 * 10**7, 6 * 10**7])
    targets = reference / reference.sum()
    sampled, exact = (
        ratios(counts=counts, confusion=confusion, targets=targets, reference=each) for each in (reference, None)
    )
    np.testing.assert_allclose(sampled.limits([0.95]).low, exact.limits([0.95]).low, rtol=0.01)
    np.testing.assert_allclose(sampled.limits([0.95]).high, exact.limits([0.95]).high, rtol=0.01)


@pytest.mark.parametrize(("wrong", "others", "found"), [(1, 30, 6), (2, 30, 10), (1, 100, 8), (2, 100, 10)])
def test_a_group_that_errors_alone_explain_has_a_lower_end_of_exactly_zero(wrong, others, found):
    # Ends are read off logarithms of ratios; one that stands at the smallest ratio looked at came back off by rounding.
    reference = np.array([10, others])
    confusion = np.array([[20 - wrong, wrong], [wrong, 60 - wrong]])
    known = ratios(
        counts=np.array([found, 200 - found]),
        confusion=confusion,
        targets=reference / reference.sum(),
        reference=reference,
    )
    assert known.limits([0.95]).low[0, 0] == 0


def test_a_flawless_classifier_of_many_comes_to_counted_groups():
    counts, reference = np.array([40, 460, 1_500]), np.array([30, 200, 770])
    targets = reference / reference.sum()
    known, told = (
        ratios(counts=counts, confusion=each, targets=targets, reference=reference)
        for each in (None, 10**7 * np.eye(3, dtype=np.int64))
    )
    for mine, other in zip(known.limits(LEVELS), told.limits(LEVELS), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0.04)
    np.testing.assert_allclose(known.tails().two_sided, told.tails().two_sided, rtol=0.15)


@pytest.mark.parametrize("classified", [False, True])
def test_ratios_to_a_sample_cover_the_truth(classified):
    rng, hits = np.random.default_rng(0), np.zeros(3)
    real, made = np.array([0.02, 0.3, 0.68]), np.array([0.012, 0.35, 0.638])
    for _ in range(200):
        reference = rng.multinomial(600, real)
        counts, confusion = audit(made, even_rates(3, 0.97), 150, 4_000, rng)
        if not classified:
            counts, confusion = rng.multinomial(4_000, made), None
        quotients = ratios(counts=counts, confusion=confusion, targets=reference / 600, reference=reference)
        low, high = (ends[0] for ends in quotients.limits([0.95]))
        hits += (low <= made / real) & (made / real <= high)
    # Looser than 95 % by the noise of 200 trials; the benchmark looks closer.
    assert hits.min() / 200 >= 0.91


def test_tails_against_a_sample_are_levels_that_just_exclude_equality():
    counts, reference = np.array([60, 940]), np.array([90, 910])
    quotients = ratios(counts=counts, confusion=None, targets=reference / 1_000, reference=reference)
    p_value = quotients.tails().two_sided[0]
    assert quotients.tails().thin[0] < 0.01 < 0.9 < quotients.tails().fat[0]
    limits = quotients.limits([1 - p_value - 1e-3, 1 - p_value + 1e-3])
    assert limits.high[0, 0] < 1 < limits.high[1, 0]


def test_the_fall_that_is_found_is_that_of_two_counts():
    # On the scale of √share: 1 − (1 − (1.96 + 0.84) √(1/200 + 1/500) / 2)², for 200 real and 500 generated members.
    error = np.sqrt(1 / 200 + 1 / 500)
    fall = detectable_fall(at_target=500**-0.5, at_zero=0, reference=200**-0.5, quantile=1.96, power=0.8416)
    # The reference's own error shrinks with the ratio in proportion rather than with its root, hence not quite alike.
    assert fall == pytest.approx(1 - (1 - 2.8016 * error / 2) ** 2, rel=0.05)
    assert np.isnan(detectable_fall(at_target=1, at_zero=1, reference=1, quantile=1.96, power=0.8416))


def test_the_share_of_values_that_a_sample_lacks():
    # 200 values of equal share, 300 records: each is missing with probability (1 − 1/200)^300 = 22 %.
    rng = np.random.default_rng(0)
    bounds = [unseen_share(rng.multinomial(300, np.full(200, 1 / 200))) for _ in range(100)]
    assert np.mean([expected for expected, _ in bounds]) == pytest.approx(0.995**300, abs=0.02)
    missing = [(rng.multinomial(300, np.full(200, 1 / 200)) == 0).mean() for _ in range(100)]
    assert (np.array(missing) <= np.median([high for _, high in bounds])).mean() > 0.9
    assert unseen_share(np.array([50, 50])) == (0.0, 0.03)


def total_variation_interval(counts, confusion, targets, rng):
    return total_variation_limits(
        shares=corrected_shares(counts=counts, rates=error_rates(confusion)),
        targets=targets,
        rates=softened_rates(confusion),
        labelled=confusion.sum(axis=1),
        n=int(counts.sum()),
        levels=[0.95],
        rng=rng,
        repeats=500,
    )


@pytest.mark.parametrize("moved", [0.0, 0.01, 0.1])
def test_total_variation_covers_although_its_estimate_is_biased(moved):
    rng = np.random.default_rng(0)
    k = 8
    targets = np.full(k, 1 / k)
    truth = targets + np.where(np.arange(k) == 0, -moved, moved / (k - 1))
    rates, hits, mean = even_rates(k, 0.97), 0, 0.0
    for _ in range(150):
        counts, confusion = audit(truth, rates, 100, 3_000, rng)
        limits = total_variation_interval(counts, confusion, targets, rng)
        hits += bool(limits.low[0] <= moved + 1e-12 and moved <= limits.high[0])
        mean += float(limits.high[0]) / 150
    assert hits / 150 >= 0.9
    assert mean < moved + 0.06  # and not by being endless


def test_total_variation_of_an_estimate_on_the_target():
    limits = total_variation_interval(
        np.array([500, 500]), 100 * np.eye(2, dtype=np.int64), np.array([0.5, 0.5]), np.random.default_rng(0)
    )
    assert limits.low[0] == 0
    assert 0 < limits.high[0] < 0.1


def test_total_variation_sums_over_the_last_axis():
    shares = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert total_variation(shares=shares, targets=np.array([0.5, 0.5])) == pytest.approx([0.0, 0.5])


def test_pearson_is_the_shifted_gamma_of_three_moments():
    z = np.linspace(-3, 4, 15)
    for skewness in (-1.5, -0.2, 0.01, 0.4, 2.5):
        np.testing.assert_allclose(
            pearson(z, np.full(15, skewness)), stats.pearson3.cdf(z, skewness), atol=1e-9, err_msg=str(skewness)
        )
    np.testing.assert_allclose(pearson(z, np.zeros(15)), stats.norm.cdf(z), atol=1e-12)


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match=r"expected a classifier better than chance .* got 0\.4 \+ 0\.5"):
        rogan_gladen(apparent=0.1, sensitivity=0.4, specificity=0.5)
    with pytest.raises(ValueError, match="better than chance"):
        lang_reiczigel(apparent=0.1, n=10, sensitivity=0.2, n_sensitivity=9, specificity=0.3, n_specificity=9)
    for interval in (clopper_pearson, wilson):
        with pytest.raises(ValueError, match="expected at least one trial"):
            interval(successes=3, trials=2, level=0.95)


def test_rogan_gladen_stays_a_share():
    assert rogan_gladen(apparent=0.01, sensitivity=0.9, specificity=0.9) == 0.0
    assert rogan_gladen(apparent=0.99, sensitivity=0.9, specificity=0.9) == 1.0
