"""Shares of symbols with the record as unit, ratios, and what has surely vanished, on known answers."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_matrix

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.vocabulary.counts import Side, compare_counts
from genai_audit.audit.statistics.vocabulary.vanished import Loss, Vocabulary, loss, mass_limits


def side(counts: NDArray[np.float64], totals: NDArray[np.float64] | None = None) -> Side:
    return Side(csr_matrix(counts), counts.sum(axis=1) if totals is None else totals)


def flags(present: int, records: int) -> Side:
    """One symbol that some records show once; every record shows one symbol."""
    counts = np.zeros((records, 1))
    counts[:present] = 1
    return side(counts, np.ones(records))


def drawn(shares: NDArray[np.float64], records: int, length: int, rng: np.random.Generator) -> Side:
    return side(rng.multinomial(length, shares, size=records).astype(float))


def lost(generated: Side, reference: Side) -> Loss:
    return loss([Vocabulary(reference, compare_counts(generated=generated, reference=reference))])


def test_a_share_and_its_variance_are_those_of_the_ratio_of_sums() -> None:
    found = side(np.array([[1.0, 1.0], [3.0, 1.0], [0.0, 2.0]]))
    share, variance = found.mass(np.array([True, False]))
    assert share == 4 / 8
    # Σ (count − share · total)² = 0² + 1² + 1², over the square of 8, times 3/2.
    assert variance == pytest.approx(2 / 64 * 3 / 2)
    assert found.records.tolist() == [2, 3]


def test_independent_occurrences_are_dispersed_as_binomial_ones() -> None:
    shares = np.array([0.5, 0.3, 0.2])
    found = drawn(shares, 4000, 30, np.random.default_rng(0)).dispersion()
    assert found == pytest.approx(1 - shares, rel=0.1)


def test_symbols_that_come_in_clumps_count_for_less() -> None:
    rng = np.random.default_rng(0)
    counts = 10.0 * rng.multinomial(3, [0.5, 0.5], size=500)
    found = compare_counts(generated=side(counts), reference=side(counts))
    assert found.generated == pytest.approx(counts.sum(axis=0) / 5, rel=0.15)


def test_a_ratio_is_exact_given_the_sum() -> None:
    found = compare_counts(generated=flags(0, 100), reference=flags(9, 100))
    # Too few records on either side to know the dispersion: Poisson.
    # Given a ratio r, none of nine is generated with probability (1 / (1 + r))^9.
    assert found.rarer(0.1) == pytest.approx([(1 / 1.1) ** 9])
    assert found.ratios(0.95)[1] == pytest.approx([0.025 ** (-1 / 9) - 1])
    assert found.ratios(0.95)[0] == pytest.approx([0])


def test_both_directions_are_the_binomial_tails() -> None:
    found = compare_counts(generated=flags(3, 100), reference=flags(7, 200))
    chance = 0.5 * 100 / (0.5 * 100 + 200)
    assert found.rarer(0.5) == pytest.approx([stats.binom.cdf(3, 10, chance)])
    assert found.commoner(0.5) == pytest.approx([stats.binom.sf(2, 10, chance)])


def test_limits_of_a_mass_agree_with_binomial_ones() -> None:
    # 30 of 300 independent occurrences: halfway between Clopper–Pearson and Jeffreys.
    low, high = mass_limits(0.1, 0.1 * 0.9 / 300, 300, 0.95)
    exact = stats.binomtest(30, 300).proportion_ci(method="exact")
    assert exact.low < low < 0.1 < high < exact.high
    assert high - low > 0.9 * (exact.high - exact.low)
    assert mass_limits(0.0, 0.0, 300, 0.95) == (0.0, 0.0)


def test_a_symbol_that_is_gone_is_the_mass_that_vanished() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.5, 0.3, 0.18, 0.02])
    generated = drawn(np.array([0.5, 0.3, 0.2, 0.0]), 500, 60, rng)
    found = lost(generated, drawn(shares, 500, 60, rng))
    between = found.limits(0.95)
    assert 0.015 < between.low < 0.02 < between.high < 0.025
    assert found.p_value() < 1e-5
    assert found.value() == pytest.approx(0.02, abs=0.002)


def test_a_symbol_at_a_fifth_of_its_share_has_not_vanished() -> None:
    rng = np.random.default_rng(0)
    real, fake = np.array([0.7, 0.2, 0.1]), np.array([0.78, 0.2, 0.02])
    between = lost(drawn(fake, 2000, 20, rng), drawn(real, 2000, 20, rng)).limits(0.95)
    assert (between.low, between.high) == (0, 0)


def test_what_is_not_known_may_have_vanished() -> None:
    # 12 of 1,000 real records, none of 200 generated ones: 2.4 were to be expected.
    between = lost(flags(0, 200), flags(12, 1000)).limits(0.95)
    assert between.low == 0
    assert between.high > 0.012


def test_sound_records_keep_all_that_real_ones_show() -> None:
    shares = 1 / np.arange(1.0, 31)
    shares /= shares.sum()
    held, alarms = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found = lost(drawn(shares, 300, 4, rng), drawn(shares, 300, 4, rng))
        held.append(found.limits(0.95).low == 0)
        alarms.append(found.p_value() <= 0.05)
    assert np.mean(held) > 0.97
    assert np.mean(alarms) < 0.05


def test_the_class_that_loses_most_speaks_for_all_and_limits_are_nested() -> None:
    rng = np.random.default_rng(0)
    real = [drawn(np.array([0.6, 0.3, 0.1]), 800, 5, rng) for _ in range(3)]
    fake = [drawn(np.array(each), 800, 5, rng) for each in ([0.6, 0.3, 0.1], [0.7, 0.3, 0.0], [0.9, 0.0, 0.1])]
    found = loss([Vocabulary(r, compare_counts(generated=g, reference=r)) for g, r in zip(fake, real, strict=True)])
    between = [found.limits(level) for level in LEVELS]
    assert between[3].low < 0.3 < between[3].high
    assert all(wide.low <= narrow.low for narrow, wide in pairwise(between))
    assert all(wide.high >= narrow.high for narrow, wide in pairwise(between))
    each = found.class_limits(0.95)
    assert each[0].high == 0
    assert each[1].low < 0.1 < each[1].high


def test_nothing_in_common_is_nothing_lost() -> None:
    empty = Side(csr_matrix((60, 0)), np.zeros(60))
    found = loss([Vocabulary(empty, compare_counts(generated=empty, reference=empty))])
    assert (found.value(), found.p_value(), found.limits(0.95).high) == (0.0, 1.0, 0.0)


def test_a_side_without_any_occurrence_has_lost_all() -> None:
    nothing = side(np.zeros((500, 2)))
    found = lost(nothing, drawn(np.array([0.6, 0.4]), 500, 5, np.random.default_rng(0)))
    assert found.limits(0.95).low == pytest.approx(1, abs=1e-6)


def test_the_smallest_loss_that_shows_shrinks_with_the_records() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.5, 0.3, 0.2])
    least = [lost(drawn(shares, m, 1, rng), drawn(shares, 1000, 1, rng)).detectable(0.01) for m in (300, 3000, 30_000)]
    assert least[0] > least[1] >= least[2] >= 0.01
