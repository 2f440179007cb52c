"""Known answers of attribute inference: what counts as a right guess, and limits of the excess."""

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import fisher_exact

from genai_audit.audit.statistics.disclosure.excess import Excess, together
from genai_audit.audit.statistics.disclosure.nearest import Coded, agrees, guesses


def test_a_negative_guess_is_right_only_if_it_is_near() -> None:
    # anonymeter 1.1.0 divides by the signed guess, so that −1 "matches" 3, 7 and −100.
    truth = np.array([3.0, 7.0, -100.0, -1.0, -1.5])
    assert agrees(np.full(5, -1.0), truth, 0.5).tolist() == [False, False, False, True, True]


def test_missing_agrees_with_missing_alone() -> None:
    assert agrees(np.array([np.nan, np.nan, 1.0]), np.array([np.nan, 1.0, np.nan]), 5.0).tolist() == [
        True,
        False,
        False,
    ]


def test_excess_is_one_minus_a_ratio_of_misses() -> None:
    # 60 % against 50 %: (0.6 − 0.5) / (1 − 0.5) = 0.2; misses 40 and 50 of 100, ratio 0.8.
    excess = Excess(60, 100, 50, 100)
    assert excess.value == pytest.approx(0.2)
    assert excess.p_value == pytest.approx(fisher_exact([[60, 40], [50, 50]], alternative="greater").pvalue)


@pytest.mark.parametrize(
    ("missed", "n", "others", "m"),
    [
        (10, 70, 20, 80),
        (40, 100, 50, 100),
        (0, 30, 12, 40),
    ],
)
def test_limits_invert_the_score_test(missed: int, n: int, others: int, m: int) -> None:
    # The score of Miettinen and Nurminen with its constrained estimate found by search, not in closed form.
    def score(ratio: float) -> float:
        def minus_likelihood(q: float) -> float:
            p = ratio * q
            terms = [(missed, p), (n - missed, 1 - p), (others, q), (m - others, 1 - q)]
            return -sum(k * np.log(each) for k, each in terms if k)

        q = minimize_scalar(minus_likelihood, bounds=(1e-12, min(1, 1 / ratio) - 1e-12), method="bounded").x
        p = ratio * q
        variance = (p * (1 - p) / n + ratio**2 * q * (1 - q) / m) * (n + m) / (n + m - 1)
        return float((missed / n - ratio * others / m) / np.sqrt(variance))

    z = 1.959963984540054
    found = Excess(n - missed, n, m - others, m).limits(0.95)
    largest = brentq(lambda ratio: score(ratio) + z, max(missed / n / (others / m), 0.01), 20)
    assert 1 - found.low == pytest.approx(largest, rel=1e-3)
    if missed:
        least = brentq(lambda ratio: score(ratio) - z, 1e-3, missed / n / (others / m))
        assert 1 - found.high == pytest.approx(least, rel=1e-3)
    else:
        assert found.high == 1.0


def test_the_limits_cover_as_often_as_they_say() -> None:
    # Truth: 50 % of 200 people hit against 40 % of 200: (0.5 − 0.4) / 0.6.
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        limits = Excess(int(rng.binomial(200, 0.5)), 200, int(rng.binomial(200, 0.4)), 200).limits(0.9)
        covered += limits.low <= 0.1 / 0.6 <= limits.high
    # 90 % of 400 has a standard error of 1.5 points.
    assert 0.855 <= covered / 400 <= 0.945


def test_the_nearest_row_by_hand() -> None:
    # Two numbers and a category; scale 0, 1, 2, 3 (mid-ranks 1/8, 3/8, 5/8, 7/8) for both numbers.
    scale = Coded(np.array([[0.0, 0], [1, 1], [2, 2], [3, 3]]), np.zeros((4, 1), dtype=np.int64))
    donors = Coded(np.array([[0.0, 3.0], [1.0, 0.0], [np.nan, 1.0]]), np.array([[0], [1], [0]]))
    target = Coded(np.array([[0.0, 0.0]]), np.array([[0]]))
    # Distances: first number 0, 1/4, 1; second 3/4, 0, 1/4; category 0, 1, 0.
    # Without the first: 3/4, 1, 1/4 → row 2. Without the second: 0, 5/4, 1 → row 0. Without the third: 3/4, 1/4, 5/4 →
    # row 1.
    assert guesses(target, donors, scale).tolist() == [[2, 0, 1]]
    # A row is no donor of its own.
    assert guesses(donors.take(np.arange(1)), donors, scale, same=True)[0].min() > 0


def test_deals_of_people_give_an_exact_p_value() -> None:
    # 4 people all hit, 4 of the control never: of the 70 deals one is as extreme, so p is near 1/70 (1,999 deals).
    people, control = np.ones((4, 1), dtype=bool), np.zeros((4, 1), dtype=bool)
    found = together(people, control, rng=np.random.default_rng(0), deals=1999)
    assert found.tested.adjusted[0] == pytest.approx(1 / 70, abs=0.008)
