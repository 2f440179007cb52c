"""Known answers of membership inference: areas, exact p-values, certified rates, conformal lists."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from genai_audit.audit.statistics.membership.listing import chances_of_more, conformal_p_values, listing
from genai_audit.audit.statistics.membership.pairs import guess_pairs
from genai_audit.audit.statistics.membership.separation import minimum_detectable, permutation_p, separation
from genai_audit.audit.statistics.membership.thresholds import certified, needed, precision
from genai_audit.audit.statistics.shares.binomial import clopper_pearson


def test_an_area_by_hand_with_its_variance() -> None:
    # Members 3, 1 and 2, others 2 and 0. Pairs won: 3 beats both; 1 beats 0; 2 beats 0 and ties with 2: 4.5 of 6.
    area = separation(members=[3, 1, 2], others=[2, 0])
    assert area.value == pytest.approx(4.5 / 6)
    # DeLong: the members' shares of others below them are 1, 1/2 and 3/4, with variance 1/16; over 3 of them.
    assert area.from_generated == pytest.approx(1 / 16 / 3)
    # The others are below shares (1 + 1/2) / 3 = 1/2 and 3 / 3 = 1 of the members, with variance 1/8; over 2 of them.
    assert area.from_reference == pytest.approx(1 / 8 / 2)


def test_roc_curves_of_known_shape() -> None:
    # N(μ, 1) against N(0, 1): the area is Φ(μ / √2). Quantiles at the middles of n equal parts stand for the densities.
    middles = (np.arange(2000) + 0.5) / 2000
    for shift in (0.0, 0.5, 1.0, 2.0):
        area = separation(members=ndtri(middles) + shift, others=ndtri(middles))
        assert area.value == pytest.approx(float(ndtr(shift / math.sqrt(2))), abs=1e-4)
    # Others uniform on [0, 1], members with P(score > 1 − f) = √(f (2 − f)), a quarter of a circle: the area is π / 4.
    # A member's quantile function is that curve's inverse: f = 1 − √(1 − u²), score = √(1 − u²).
    area = separation(members=np.sqrt(1 - middles**2), others=middles)
    assert area.value == pytest.approx(math.pi / 4, abs=1e-3)


@pytest.mark.parametrize("scores", [[3, 1, 2, 2, 0], [5, 4, 3, 2, 1], [1, 1, 1, 1, 1], [2, 2, 0, 0, 2]])
def test_permutation_p_values_count_every_assignment(scores: list[int]) -> None:
    seen = separation(members=scores[:3], others=scores[3:]).value
    every = [
        separation(members=[scores[at] for at in chosen], others=[scores[at] for at in set(range(5)) - set(chosen)])
        for chosen in itertools.combinations(range(5), 3)
    ]
    expected = np.mean([each.value >= seen - 1e-9 for each in every])
    assert permutation_p(members=scores[:3], others=scores[3:]) == pytest.approx(float(expected))


def test_the_normal_distribution_stands_in_for_all_assignments() -> None:
    rng = np.random.default_rng(0)
    for shift in (0.0, 0.3, 0.6):
        scores = np.round(rng.normal(size=101) * 2) / 2
        scores[:40] += shift
        normal = permutation_p(members=scores[:40], others=scores[40:])
        exact = permutation_p(members=scores[:40], others=scores[40:100])
        assert math.log(normal) == pytest.approx(math.log(exact), abs=0.5)


def test_smallest_detectable_area() -> None:
    # 0.5 + 2.49 √((m + n + 1) / (12 m n)): 2.49 is the sum of the quantiles at 95 % and at 80 %.
    assert minimum_detectable(1000, 500) == pytest.approx((1.644854 + 0.841621) * math.sqrt(1501 / 6e6), rel=1e-6)


def test_numbers_that_certify_a_rate_of_false_positives() -> None:
    # No false positive among n: (1 − f)ⁿ ≤ 0.05. 0 of 1,000 allow 1 − 0.05^(1/1000) = 0.0029912 at most.
    assert (needed(0.01), needed(0.001)) == (299, 2995)
    assert pytest.approx(0.0029912, abs=1e-7) == 1 - 0.05 ** (1 / 1000)
    limits = clopper_pearson(successes=12, trials=1000, level=0.95)
    assert (float(limits.low), float(limits.high)) == pytest.approx((0.006216, 0.020868), abs=1e-6)


def test_a_certified_threshold_is_an_order_statistic() -> None:
    scores = np.random.default_rng(1).permutation(np.arange(1.0, 1001.0))
    assert certified(scores[:298], 0.01) is None
    assert certified(scores[:299], 0.01) is not None
    found = certified(scores, 0.01)
    assert found is not None
    # P(Beta(k, 1001 − k) ≤ 0.01) = P(Bin(1000, 0.01) ≥ k) is 0.971 for k = 5 and 0.934 for k = 6.
    assert (found.k, found.value) == (5, 996.0)
    assert found.passing(scores) == 4
    assert precision(0.05, 0.01) == pytest.approx(5 / 6)


def test_conformal_p_values_and_the_list_by_hand() -> None:
    holdout = np.arange(1.0, 10.0)  # 1 … 9
    # Beyond all: 1/10; tied with the largest: 2/10; below all: 10/10; impossible ones have the largest p.
    p = conformal_p_values([10.0, 9.0, 0.0, -np.inf], holdout)
    assert p.tolist() == [0.1, 0.2, 1.0, 1.0]
    found = listing(np.concatenate([np.full(5, 10.0), np.zeros(5)]), holdout, q=0.2)
    # Five of ten at p = 0.1: adjusted 0.1 · 10 / 5 = 0.2.
    assert found.adjusted.tolist() == [0.2] * 5 + [1.0] * 5
    assert found.count == 5
    assert found.fewest_nameable == 5  # 10 / (0.2 · 10)
    assert listing(np.concatenate([np.full(4, 10.0), np.zeros(6)]), holdout, q=0.2).count == 0


def test_the_lower_bound_by_hand() -> None:
    # At least c of 10 unseen records beyond the largest of 9 others: 10 · 9 · … over 19 · 18 · …, c factors each.
    expected = [1.0, *np.cumprod([(10 - at) / (19 - at) for at in range(10)])]
    assert chances_of_more(10, 9, 1) == pytest.approx(expected)
    # The law adds up, and its mean is m k / (n + 1).
    assert chances_of_more(10, 9, 4)[1:].sum() == pytest.approx(10 * 4 / 10)
    found = listing(np.concatenate([np.full(5, 10.0), np.zeros(5)]), np.arange(1.0, 10.0), q=0.2)
    # Cuts 1, 2, 4 and 8 share 20 %: beyond the first, 5 or more have chance 0.022 ≤ 0.05, 4 or more 0.054. So at most 4
    # of the 5 are there by chance.
    assert found.cuts == (1, 2, 4, 8)
    assert found.surely(0.8) == 1
    assert found.p_value == pytest.approx(4 * expected[5])
    # At 10 %, 0.025 each: likewise; at 5 %, 0.0125 each: all five may be by chance.
    assert (found.surely(0.9), found.surely(0.95)) == (1, 0)


def test_guesses_of_pairs_follow_the_binomial_distribution() -> None:
    # All of 10 pairs right: one chance in 1,024.
    found = guess_pairs(members=np.arange(10) + 100.0, others=np.arange(30), rng=np.random.default_rng(0))
    assert (found.right, found.made) == (10, 10)
    assert Fraction(found.p_value).limit_denominator(2000) == Fraction(1, 1024)
    level = guess_pairs(members=np.zeros(5), others=np.zeros(5), rng=np.random.default_rng(0))
    assert (level.made, level.p_value) == (0, 1.0)
