"""Known answers of membership inference: areas, exact p-values, certified rates, conformal lists."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from genai_audit.audit.statistics.membership.listing import (
    conformal_p_values,
    largest_unrejected,
    listing,
    true_among,
)
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


def test_closed_testing_agrees_with_testing_every_set() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        p = np.round(rng.random(6) ** rng.choice([1, 3]), 2) + 0.001
        chosen = rng.random(6) < 0.6
        alpha = 0.2

        # A set is rejected if every set that holds it is rejected by Simes' test: some p₍j₎ ≤ j α / size.
        def simes(members: tuple[int, ...], p: np.ndarray = p, alpha: float = alpha) -> bool:
            ranked = np.sort(p[list(members)])
            return bool((ranked <= np.arange(1, len(ranked) + 1) * alpha / len(ranked) + 1e-12).any())

        sets = [each for size in range(1, 7) for each in itertools.combinations(range(6), size)]
        kept = [each for each in sets if not simes(each)]
        assert largest_unrejected(p, alpha) == max((len(each) for each in kept), default=0)
        # At least as many chosen ones are false as the smallest number whose leaving makes a set that is kept.
        members = set(np.flatnonzero(chosen).tolist())
        most_true = max((len(members & set(each)) for each in kept), default=0)
        assert true_among(p, chosen, alpha) == len(members) - most_true


def test_guesses_of_pairs_follow_the_binomial_distribution() -> None:
    # All of 10 pairs right: one chance in 1,024.
    found = guess_pairs(members=np.arange(10) + 100.0, others=np.arange(30), rng=np.random.default_rng(0))
    assert (found.right, found.made) == (10, 10)
    assert Fraction(found.p_value).limit_denominator(2000) == Fraction(1, 1024)
    level = guess_pairs(members=np.zeros(5), others=np.zeros(5), rng=np.random.default_rng(0))
    assert (level.made, level.p_value) == (0, 1.0)
