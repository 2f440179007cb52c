"""Known answers for shares behind a fallible judge, each with its derivation or its source."""

import numpy as np
import pytest

from genai_audit.audit.statistics.shares.binomial import clopper_pearson, normal_quantile, wilson
from genai_audit.audit.statistics.shares.confusion import corrected_shares
from genai_audit.audit.statistics.shares.corrected import share_limits
from genai_audit.audit.statistics.shares.prediction_powered import prediction_powered
from genai_audit.audit.statistics.shares.total_variation import euclidean_discrepancy, total_variation
from golden.unaudited.prevalence import (
    lang_reiczigel,
    rogan_gladen,
    variance_inflation,
)


def test_rogan_gladen_on_published_gender_shares():
    # (.610 + .983 − 1) / (.947 + .983 − 1) = .593 / .930; published as .638 (CLEAM, StyleGAN2, gender).
    corrected = rogan_gladen(apparent=0.610, sensitivity=0.947, specificity=0.983)
    assert corrected == pytest.approx(0.593 / 0.930, abs=1e-12)
    assert round(corrected, 3) == 0.638
    # Relative errors printed there, against a truth of .642: 4.98 % before and .62 to .68 % after correction.
    assert abs(0.610 - 0.642) / 0.642 == pytest.approx(0.0498, abs=5e-5)
    assert 0.0062 <= abs(corrected - 0.642) / 0.642 <= 0.0069


def test_k_groups_with_two_are_rogan_gladen():
    rates = np.array([[0.947, 0.053], [0.017, 0.983]])
    assert corrected_shares(counts=np.array([610, 390]), rates=rates)[0] == pytest.approx(0.593 / 0.930, abs=1e-12)


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "inflation"),
    [(0.8694, 0.8848, 1.758), (0.9982, 0.9798, 1.045)],  # 1 / (sensitivity + specificity − 1)²
)
def test_variance_inflation(sensitivity, specificity, inflation):
    assert variance_inflation(sensitivity=sensitivity, specificity=specificity) == pytest.approx(inflation, abs=5e-4)


def test_rogan_gladen_on_brucellosis():
    # 23 of 150 positive; the worked example of epi.prev in the R package epiR.
    assert rogan_gladen(apparent=23 / 150, sensitivity=0.96, specificity=0.89) == pytest.approx(0.05098, abs=5e-6)


@pytest.mark.parametrize(
    ("found", "n", "se", "sp", "rows", "value", "low", "high"),
    [
        (5490, 9000, 0.947, 0.983, 1500, 0.63763, 0.62425, 0.65150),
        (20, 120, 0.90, 0.99, 200, 0.17603, 0.10589, 0.26254),
    ],
)
def test_lang_reiczigel(found, n, se, sp, rows, value, low, high):
    # The algorithm of prevSeSp in the R package asht.
    share = lang_reiczigel(
        apparent=found / n, n=n, sensitivity=se, n_sensitivity=rows, specificity=sp, n_specificity=rows
    )
    assert share == pytest.approx((value, low, high), abs=6e-6)


@pytest.mark.parametrize(
    ("found", "n", "hits", "spared", "rows", "low", "high"),
    [(5490, 9000, 1420, 1474, 1500, 0.62425, 0.65150), (20, 120, 180, 198, 200, 0.10589, 0.26254)],
)
def test_our_interval_of_two_groups_agrees_with_lang_reiczigel(found, n, hits, spared, rows, low, high):
    confusion = np.array([[hits, rows - hits], [rows - spared, spared]])
    ours = share_limits(counts=np.array([found, n - found]), confusion=confusion, levels=[0.95])
    width = high - low
    assert ours.low[0, 0] == pytest.approx(low, abs=0.03 * width)
    assert ours.high[0, 0] == pytest.approx(high, abs=0.03 * width)


def test_prediction_powered_share():
    # Mean error (6 − 4)/100 = .02 on .55; se² = .2475/10 000 + (.10 − .02²)/100 with variances divided by m and by n,
    # as the authors' package does: .57 ± 1.96 · .031949. Ours are divided by m − 1 and n − 1, and 10 errors are few.
    data = {
        "labelled": np.repeat([1, 0], [60, 40]),
        "labelled_predictions": np.concatenate([np.repeat([1, 0], [54, 6]), np.repeat([1, 0], [4, 36])]),
        "predictions": np.repeat([1, 0], [5500, 4500]),
    }
    share = prediction_powered(**data, tuned=False)
    assert share.values[0] == pytest.approx(0.57, abs=1e-12)
    variance = share.covariance[0, 0]
    assert variance == pytest.approx(0.2475 / 9999 + (0.10 - 0.02**2) / 99, abs=1e-12)
    half = normal_quantile(0.95) * (0.2475 / 10_000 + (0.10 - 0.02**2) / 100) ** 0.5
    assert (0.57 - half, 0.57 + half) == pytest.approx((0.5074, 0.6326), abs=5e-5)
    interval = share.curve()[3]
    assert 0.50 < interval.low < 0.5074 < 0.6326 < interval.high < 0.641
    # Labels alone: .6 ± 1.96 √(.24/100) = ± .096. Tuned, by the package: .5770, [.5181, .6358].
    assert normal_quantile(0.95) * 0.0024**0.5 == pytest.approx(0.096, abs=5e-5)
    assert prediction_powered(**data).values[0] == pytest.approx(0.5769572, abs=5e-8)


def test_discrepancies_of_two_groups():
    even = np.array([0.5, 0.5])
    for shares, euclidean in (((0.9, 0.1), 0.565685), ((0.548, 0.452), 0.067882), ((1.0, 0.0), 0.707107)):
        assert euclidean_discrepancy(shares=np.array(shares), targets=even) == pytest.approx(euclidean, abs=5e-7)
        # For two groups both coordinates differ by d: √(2 d²) against ½ · 2 |d|.
        assert total_variation(shares=np.array(shares), targets=even) == pytest.approx(euclidean / 2**0.5, abs=5e-7)


def test_clopper_pearson():
    # No hit in 1000: 1 − .05^(1/1000) = .0029912 is the one-sided 95 % bound, hence the two-sided one at 90 %.
    assert clopper_pearson(successes=0, trials=1000, level=0.9).high == pytest.approx(0.0029912, abs=5e-8)
    assert clopper_pearson(successes=0, trials=1000, level=0.9).high == pytest.approx(1 - 0.05**0.001, abs=1e-12)
    assert clopper_pearson(successes=12, trials=1000, level=0.95) == pytest.approx((0.006216, 0.020868), abs=5e-7)
    # Certifying a rate of .001 (.01) without a hit takes ln .05 / ln(1 − rate) trials.
    for n, rate in ((2995, 0.001), (299, 0.01)):
        assert clopper_pearson(successes=0, trials=n, level=0.9).high <= rate
        assert clopper_pearson(successes=0, trials=n - 1, level=0.9).high > rate


def test_wilson():
    # 10 of 20: (½ · 20 + z²/2 ± z √(5 + z²/4)) / (20 + z²) with z = 1.959964.
    assert wilson(successes=10, trials=20, level=0.95) == pytest.approx((0.299298, 0.700702), abs=1e-6)
    low, high = wilson(successes=[0, 20], trials=20, level=0.95)
    assert low[0] == 0
    assert high[1] == 1
