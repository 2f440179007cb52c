"""Answers to requests whose corrected shares, limits and dependence on the request are worked out by hand."""

import numpy as np
import pytest

from genai_audit.audit.statistics.shares.requested import dependence, made_shares, met_limits, perfect_met

RNG = 7


def test_a_classifier_that_errs_is_undone_row_by_row() -> None:
    # It takes 1 of 10 of group 0 for group 1, and 2 of 10 of group 1 for group 0.
    confusion = np.array([[90, 10], [20, 80]])
    # All of the first request are of group 0: 90 % are seen so. Of the second, half: ½ · 0.9 + ½ · 0.2 = 0.55.
    counts = np.array([[90, 10], [55, 45]])
    assert made_shares(counts=counts, confusion=confusion) == pytest.approx(np.array([[1.0, 0.0], [0.5, 0.5]]))


def test_limits_of_read_groups_are_exact() -> None:
    # Clopper and Pearson at 95 %: none of 20 has the upper end 1 − 0.025^(1/20); all of 20 the lower end 0.025^(1/20).
    counts = np.array([[20, 0], [20, 0]])
    limits = met_limits(counts=counts, confusion=None, wanted=np.array([0, 1]), levels=[0.95])
    assert limits.low[0] == pytest.approx([0.025 ** (1 / 20), 0.0])
    assert limits.high[0] == pytest.approx([1.0, 1 - 0.025 ** (1 / 20)])


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        # Each request alone decides.
        (np.eye(3), 1.0),
        # Swapped answers depend on the request as much.
        (np.eye(3)[[1, 0, 2]], 1.0),
        # The same mixture whatever is asked for.
        (np.tile([0.5, 0.3, 0.2], (3, 1)), 0.0),
        # The third is answered by an even mixture. The mean answer is (4/9, 4/9, 1/9), so rows one and two are
        # 5/9 from it and row three 2/9: (5/9 + 5/9 + 2/9) / 3 = 4/9, of 2/3 at most.
        (np.array([[1, 0, 0], [0, 1, 0], [1 / 3, 1 / 3, 1 / 3]]), 2 / 3),
    ],
    ids=["decides", "swapped", "ignored", "one ignored"],
)
def test_dependence_is_the_mean_total_variation_over_the_most_possible(answers: np.ndarray, expected: float) -> None:
    rng = np.random.default_rng(RNG)
    counts = np.stack([rng.multinomial(30_000, row) for row in answers])
    found = dependence(counts=counts, confusion=None, rng=rng)
    assert found.value == pytest.approx(expected, abs=0.01)
    assert found.draws > 0
    assert found.classifier == 0


def test_a_model_that_ignores_requests_has_no_dependence_on_average_however_few_its_records() -> None:
    # The plug-in total variation of 10 records a request is about 0.4 here; halves of 5 must leave 0.
    rng = np.random.default_rng(RNG)
    values = [
        dependence(counts=rng.multinomial(10, np.full(6, 1 / 6), size=6), confusion=None, rng=rng).value
        for _ in range(400)
    ]
    assert abs(np.mean(values)) < 3 * np.std(values) / 20


def test_its_variance_is_that_of_repeated_audits() -> None:
    rng = np.random.default_rng(RNG)
    answers = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    rates = np.array([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8]])

    def audited() -> tuple[float, float]:
        confusion = np.stack([rng.multinomial(100, row) for row in rates])
        counts = np.stack([rng.multinomial(150, row @ rates) for row in answers])
        found = dependence(counts=counts, confusion=confusion, rng=rng)
        return found.value, found.draws + found.classifier

    values, variances = np.array([audited() for _ in range(400)]).T
    assert np.sqrt(variances.mean()) == pytest.approx(values.std(), rel=0.15)


def test_a_perfect_model_meets_every_request_but_for_noise() -> None:
    rng = np.random.default_rng(RNG)
    wanted, sizes = np.array([0, 1]), np.array([200, 200])
    assert (perfect_met(wanted=wanted, sizes=sizes, confusion=None, repeats=50, rng=rng) == 1).all()
    met = perfect_met(wanted=wanted, sizes=sizes, confusion=np.array([[180, 20], [30, 170]]), repeats=2_000, rng=rng)
    assert met.mean(axis=0) == pytest.approx([1.0, 1.0], abs=0.01)
    assert (met.std(axis=0) > 0.01).all()


def test_single_requests_and_single_records_have_no_dependence() -> None:
    with pytest.raises(ValueError, match="expected two requests of two records or more"):
        dependence(counts=np.array([[5, 5]]), confusion=None, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected two requests of two records or more"):
        dependence(counts=np.array([[5, 5], [1, 0]]), confusion=None, rng=np.random.default_rng(0))
