"""Known answers of (n, p)-discoverable extraction: 1 − (1 − p_z)ⁿ ≥ p."""

import math

import numpy as np
import pytest

from genai_audit.audit.statistics.reproduction.extraction import discoverable, tries


def test_the_fewest_tries() -> None:
    # ln(1 − .5) / ln(1 − .01) = 68.97, and ln(1 − .9) / ln(1 − .001) = 2301.4.
    assert tries(chance=0.01, p=0.5) == 69
    assert tries(chance=0.001, p=0.9) == 2302


def test_a_record_comes_out_in_just_so_many_tries() -> None:
    for chance, p, needed in ((0.01, 0.5, 69), (0.001, 0.9, 2302)):
        nats = np.array([math.log(chance)])
        assert discoverable(nats, n=needed, p=p).tolist() == [True]
        assert discoverable(nats, n=needed - 1, p=p).tolist() == [False]


def test_what_is_impossible_never_comes_out_and_what_is_certain_at_once() -> None:
    assert discoverable(np.array([-math.inf, 0.0]), n=1, p=0.999).tolist() == [False, True]


def test_long_records_keep_their_order_where_chances_are_tiny() -> None:
    # One in e^400: no number of tries that a computer can count suffices, but nothing becomes NaN.
    assert discoverable(np.array([-400.0]), n=10**9, p=0.5).tolist() == [False]


@pytest.mark.parametrize(("chance", "p"), [(0.0, 0.5), (0.5, 1.0)])
def test_chances_that_are_none_are_refused(chance: float, p: float) -> None:
    with pytest.raises(ValueError, match="expected chances between 0 and 1"):
        tries(chance=chance, p=p)
