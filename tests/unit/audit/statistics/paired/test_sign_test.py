"""The sign test: exact numbers, and what ties do."""

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.statistics.paired.sign_test import sign_test


def test_nine_of_ten() -> None:
    # 2 · (10 + 1) / 2¹⁰ = .021484; Clopper–Pearson of 9 of 10: [.55498, .99747].
    found = sign_test(differences=[1.0] * 9 + [-1.0], ties="drop", levels=[0.95])
    assert found.p_value == pytest.approx(22 / 1024)
    assert (found.curve[0].low, found.curve[0].high) == pytest.approx((0.55498, 0.99747), abs=5e-6)


@pytest.mark.parametrize(("ties", "value", "n"), [("drop", 6 / 9, 9), ("split", 7.5 / 12, 12), ("against", 0.5, 12)])
def test_ties_count_as_declared(ties: str, value: float, n: int) -> None:
    found = sign_test(differences=[2.0] * 6 + [-1.0] * 3 + [0.0] * 3, ties=ties)
    assert (found.value, found.n, found.positive, found.ties) == (value, n, 6, 3)
    assert found.curve[0].low <= found.value <= found.curve[0].high


def test_split_halves_are_rounded_both_ways() -> None:
    # 6 + ½ of 10: the lower limit is that of 6, the upper that of 7, the p-value that of 6.
    found = sign_test(differences=[1.0] * 6 + [-1.0] * 3 + [0.0], ties="split", levels=[0.95])
    six, seven = stats.binomtest(6, 10), stats.binomtest(7, 10)
    assert found.curve[0].low == pytest.approx(six.proportion_ci().low)
    assert found.curve[0].high == pytest.approx(seven.proportion_ci().high)
    assert found.p_value == pytest.approx(six.pvalue)


def test_swapping_the_pairs_mirrors_the_interval() -> None:
    differences = np.random.default_rng(0).normal(0.2, 1, 50).round(1)
    one, other = (sign_test(differences=sign * differences, ties="split") for sign in (1, -1))
    assert one.p_value == pytest.approx(other.p_value)
    assert [each.low for each in one.curve] == pytest.approx([1 - each.high for each in other.curve])


def test_infinite_scores_have_a_sign_and_missing_ones_are_refused() -> None:
    assert sign_test(differences=[np.inf, -np.inf, 1.0], ties="drop").positive == 2
    with pytest.raises(ValueError, match="got NaN"):
        sign_test(differences=[np.nan, 1.0], ties="drop")
    with pytest.raises(ValueError, match="got 2 of which 2 are tied"):
        sign_test(differences=[0.0, 0.0], ties="drop")
