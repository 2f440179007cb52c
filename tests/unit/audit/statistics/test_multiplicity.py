"""Several decisions at once: worked examples, the error that is kept, and that two forms agree."""

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.statistics.multiplicity import equivalence_p, false_discovery, holm, max_t, rejected


def test_holm_rejects_until_the_first_that_it_may_not() -> None:
    assert rejected(np.array([0.001, 0.04, 0.02, 0.3]), 0.05).tolist() == [True, False, False, False]
    assert rejected(np.array([0.001, 0.04, 0.016, 0.02]), 0.05).tolist() == [True, True, True, True]
    assert rejected(np.zeros(0), 0.05).tolist() == []


def test_a_small_p_behind_one_that_stopped_the_procedure_stays_open() -> None:
    # Steps 0.05 / 3, 0.05 / 2, 0.05: the second of 0.03 stops it, although 0.04 is below its own step.
    assert rejected([0.04, 0.01, 0.03], 0.05).tolist() == [False, True, False]


def test_levels_and_adjusted_p_follow_the_steps() -> None:
    # 3 × 0.01 = 0.03; 2 × 0.03 = 0.06; 1 × 0.04 raised to the one before it.
    steps = holm([0.04, 0.01, 0.03], alpha=0.05)
    assert [each.adjusted for each in steps] == pytest.approx([0.06, 0.03, 0.06])
    assert [each.level for each in steps] == pytest.approx([1 - 0.05 / 2, 1 - 0.05 / 3, 1 - 0.05 / 2])
    assert holm([], alpha=0.05) == []


def test_adjusted_p_values_are_at_most_one() -> None:
    assert [each.adjusted for each in holm([0.6, 0.9], alpha=0.05)] == [1.0, 1.0]


@pytest.mark.parametrize("seed", range(20))
def test_both_forms_decide_alike_and_by_the_adjusted_p(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.choice([0.0005, 0.003, 0.01, 0.02, 0.5], size=rng.integers(1, 12)) * rng.uniform(0.5, 1.0)
    steps = holm(p.tolist(), alpha=0.05)
    assert [each.decided for each in steps] == rejected(p, 0.05).tolist()
    assert [each.decided for each in steps] == [each.adjusted <= 0.05 for each in steps]


def test_false_discovery_follows_its_formulas() -> None:
    # BH: p(i) m / i, made to rise: .04, .04 (= .02 · 4 / 2 = .04), .04 · 4 / 3 = .0533, .5. BY: times 25 / 12.
    p = [0.01, 0.02, 0.04, 0.5]
    assert false_discovery(p, dependent=False) == pytest.approx([0.04, 0.04, 0.16 / 3, 0.5])
    assert false_discovery(p, dependent=True) == pytest.approx(
        np.minimum(1, np.array([0.04, 0.04, 0.16 / 3, 0.5]) * 25 / 12)
    )
    assert false_discovery([], dependent=True).shape == (0,)


def test_one_statistic_pays_for_itself_alone_and_copies_pay_once() -> None:
    noise = np.random.default_rng(0).normal(size=(1999, 1))
    alone = max_t([2.0], noise).adjusted[0]
    assert alone == (1 + (np.abs(noise) >= 2).sum()) / 2000
    assert max_t([2.0] * 5, np.repeat(noise, 5, axis=1)).adjusted.tolist() == [alone] * 5


def test_max_t_is_sidak_for_independent_statistics_and_steps_down() -> None:
    noise = np.random.default_rng(1).normal(size=(40_000, 4))
    found = max_t([1.0, -3.0, 2.0, 0.1], noise)
    # P(|z| > 3) = .0027, among four; P(|z| > 2) = .0455, among the three left; P(|z| > 1) = .3173 among two.
    sidak = [1 - (1 - 0.3173) ** 2, 1 - (1 - 0.0027) ** 4, 1 - (1 - 0.0455) ** 3]
    assert found.adjusted[:3] == pytest.approx(sidak, abs=0.005)
    assert found.critical(0.95) == pytest.approx(2.4909, abs=0.02)  # Φ⁻¹((1 + .95^(1/4)) / 2)


def test_max_t_keeps_its_error_among_correlated_truths() -> None:
    rng = np.random.default_rng(2)
    root = np.linalg.cholesky(0.6 + 0.4 * np.eye(6))
    wrong = sum(
        max_t(root @ rng.normal(size=6), rng.normal(size=(199, 6)) @ root.T).adjusted.min() <= 0.05 for _ in range(600)
    )
    assert stats.binomtest(wrong, 600, 0.05).pvalue > 0.01


def test_max_t_refuses_what_it_cannot_tell() -> None:
    with pytest.raises(ValueError, match=r"got \(2,\) and \(5, 3\)"):
        max_t([1.0, 2.0], np.zeros((5, 3)))
    with pytest.raises(ValueError, match="finite statistics"):
        max_t([np.nan], np.zeros((5, 1)))
    with pytest.raises(ValueError, match=r"at least 999 draws for 0\.999, got 99"):
        max_t([1.0], np.zeros((99, 1))).critical(0.999)


def test_equivalence_agrees_with_the_interval_of_twice_the_error() -> None:
    # At the 5 % level: shown inside [−1, 1] where 0.2 + 1.645 · 0.4 < 1, that is 0.858.
    assert equivalence_p(0.2, error=0.4, low=-1, high=1) == pytest.approx(stats.norm.sf(2.0))
    assert equivalence_p(-0.2, error=0.4, low=-1, high=1, freedom=9) == pytest.approx(stats.t.sf(2.0, 9))
    assert equivalence_p(1.0, error=0.4, low=-1, high=1) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="low < high"):
        equivalence_p(0.0, error=1.0, low=1, high=1)
