"""Known answers of planted records: exposure, rank p-values, and the privacy loss that guesses rule out."""

import math

import numpy as np
import pytest

from genai_audit.audit.statistics.canaries.one_run import (
    epsilon_lower_bound,
    one_run_p_value,
    right_guesses,
)
from genai_audit.audit.statistics.canaries.ranks import exposures, rank_p_values

REFERENCES = np.arange(1.0, 17.0)


@pytest.mark.parametrize(
    ("perplexity", "bits"),
    [
        # log2 16 − log2(1 + 0); log2 16 − log2(1 + 3); log2 16 − log2(1 + 16).
        (0.0, 4.0),
        (3.5, 2.0),
        (20.0, -0.08746),
    ],
)
def test_exposure_among_sixteen_references(perplexity: float, bits: float) -> None:
    # The cases of the secret-sharer test of tensorflow/privacy.
    assert exposures([perplexity], REFERENCES)[0] == pytest.approx(bits, abs=5e-6)


def test_rank_p_values_count_the_planted_record_itself() -> None:
    # (1 + 0) / 17; a tie counts as lower: (1 + 4) / 17; (1 + 16) / 17.
    assert rank_p_values([0.0, 4.0, 20.0], REFERENCES).tolist() == [1 / 17, 5 / 17, 1.0]


@pytest.mark.parametrize(
    ("records", "guesses", "right", "delta", "bound"),
    [
        (100, 100, 100, 0.0, 3.493),
        (1000, 100, 90, 0.0, 1.6308),
        (1000, 1000, 600, 0.0, 0.2975),
        (1000, 1000, 600, 1e-5, 0.2972),
        (1000, 600, 600, 1e-5, 5.2704),
        (1000, 200, 150, 1e-5, 0.8200),
        (1000, 1000, 520, 0.0, 0.0),
    ],
)
def test_epsilon_of_one_run(records: int, guesses: int, right: int, delta: float, bound: float) -> None:
    # Steinke et al. 2023, arXiv:2305.08846, theorem 3.1, at the 5 % level.
    found = epsilon_lower_bound(records=records, guesses=guesses, right=right, delta=delta)
    assert found == pytest.approx(bound, abs=6e-5 if bound < 3 else 6e-4)


def test_all_right_in_closed_form() -> None:
    # (e^ε / (1 + e^ε))^r = 0.05, so ε = logit(0.05^(1/r)).
    share = 0.05 ** (1 / 100)
    assert epsilon_lower_bound(records=100, guesses=100, right=100) == pytest.approx(math.log(share / (1 - share)))


@pytest.mark.parametrize(("epsilon", "guesses"), [(1, 10), (2, 24), (4, 166), (8, 8932)])
def test_guesses_that_certify_an_epsilon_when_all_are_right(epsilon: float, guesses: int) -> None:
    assert epsilon_lower_bound(records=guesses, guesses=guesses, right=guesses) >= epsilon
    assert epsilon_lower_bound(records=guesses - 1, guesses=guesses - 1, right=guesses - 1) < epsilon


def test_p_value_at_no_privacy_loss_is_that_of_coins() -> None:
    # P[Bin(4, 1/2) ≥ 3] = 5 / 16.
    assert one_run_p_value(0.0, records=10, guesses=4, right=3) == pytest.approx(5 / 16)
    assert one_run_p_value(0.0, records=10, guesses=4, right=0) == 1.0


def test_guesses_go_to_both_ends() -> None:
    rng = np.random.default_rng(0)
    scores = np.arange(10.0)
    included = scores < 5
    assert right_guesses(scores, included, guesses=10, rng=rng) == 10
    assert right_guesses(scores, ~included, guesses=10, rng=rng) == 0
    # The odd guess is "in": records 0, 1 in, record 9 out.
    assert right_guesses(scores, np.isin(np.arange(10), [0, 9]), guesses=3, rng=rng) == 1
    with pytest.raises(ValueError, match="expected 1 to 10 guesses, got 11"):
        right_guesses(scores, included, guesses=11, rng=rng)


def test_a_leak_free_model_is_accused_in_at_most_one_run_of_twenty() -> None:
    # Scores that know nothing of the coins; the bound is above 0 where P[Bin(50, ½) ≥ v] ≤ 0.05, that is v ≥ 32,
    # which has probability 0.0325.
    rng = np.random.default_rng(5)
    runs = 1000
    alarms = 0
    for _ in range(runs):
        included = rng.random(100) < 0.5
        right = right_guesses(rng.normal(size=100), included, guesses=50, rng=rng)
        alarms += epsilon_lower_bound(records=100, guesses=50, right=right) > 0
    assert alarms / runs <= 0.05
