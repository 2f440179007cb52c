"""Differences from intervals alone: known answers, every dependence of what is shared, and claims among many rows."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from genai_audit.audit.finding import Better, Estimate
from genai_audit.audit.statistics.change import change, changed_p, claims, same_p
from genai_audit.audit.statistics.heterogeneity import heterogeneity
from unit.audit.judged import normal

EXACT = Estimate("remarks", 3.0, (), 10, "counted", "count", Better.LOWER)


@pytest.mark.parametrize(
    ("draws", "reach"),
    [
        # Standard errors 3 and 4. All from draws: √(3² + 4²) = 5. Nothing known: 3 + 4 = 7, as if fully opposed.
        (1.0, 5.0),
        (0.0, 7.0),
        (None, 7.0),
        # Half of each variance from draws: √(½·9 + ½·16 + (√½·3 + √½·4)²) = √(12.5 + 24.5) = √37.
        (0.5, math.sqrt(37)),
    ],
)
def test_the_half_width_is_as_derived(draws: float | None, reach: float) -> None:
    moved = change(old=normal("x", 10, 3, draws=draws), new=normal("x", 11, 4, draws=draws))
    interval = moved.interval(0.95)
    assert moved.value == 1
    assert (interval.high - interval.low) / 2 == pytest.approx(reach * 1.959964, rel=1e-5)
    assert all(a.low >= b.low and a.high <= b.high for a, b in pairwise(moved.curve))


def test_exact_counts_differ_exactly() -> None:
    moved = change(old=EXACT, new=replace(EXACT, value=5.0))
    assert (moved.value, moved.curve, changed_p(moved), same_p(moved, 1.0)) == (2.0, (), 0.0, 1.0)
    assert (changed_p(change(old=EXACT, new=EXACT)), same_p(change(old=EXACT, new=EXACT), 0.0)) == (1.0, 0.0)


def test_units_must_agree_and_become_those_of_differences() -> None:
    with pytest.raises(ValueError, match="expected the unit count of the first audit, got ratio"):
        change(old=EXACT, new=normal("remarks", 1, 0.1))
    assert change(old=normal("x", 1, 0.1), new=normal("x", 1, 0.1)).unit == "ratio difference"


def test_p_values_are_those_of_the_normal_tests() -> None:
    # Difference 1 with standard error 0.5: two-sided p of z = 2 is 0.0455.
    moved = change(old=normal("x", 1, 0.3), new=normal("x", 2, 0.4))
    assert changed_p(moved) == pytest.approx(0.0455, abs=0.002)
    # Against a change of 2 or more: the nearer end is z = (2 − 1) / 0.5 = 2 away, one-sided p 0.0228.
    assert same_p(moved, 2.0) == pytest.approx(0.0228, abs=0.001)
    assert same_p(moved, 0.5) == 1.0


@pytest.mark.parametrize("correlation", [-1.0, 0.0, 1.0])
def test_intervals_hold_whatever_is_shared(correlation: float) -> None:
    # Each estimate errs by its own draws (variance ½) and by shared real data (variance ½), correlated in any way.
    rng, n = np.random.default_rng(0), 4000
    own, shared = rng.normal(size=(n, 2)), rng.normal(size=n)
    other = correlation * shared + math.sqrt(1 - correlation**2) * rng.normal(size=n)
    errors = math.sqrt(0.5) * (own + np.stack([shared, other], axis=1))
    reach = change(old=normal("x", 0, 1, draws=0.5), new=normal("x", 0, 1, draws=0.5)).interval(0.95).high
    missed = (np.abs(errors[:, 1] - errors[:, 0]) > reach).mean()
    # Binomial error of 4,000 trials at 5 %: 0.0034.
    assert missed < 0.05 + 3 * 0.0034
    assert correlation > -1 or missed > 0.05 - 3 * 0.0034


def test_few_claims_are_wrong_among_many() -> None:
    # 60 rows: 20 without a change, 20 that changed by exactly the margin 1, 20 by 3; standard errors 0.3.
    rng, rows, shares = np.random.default_rng(1), np.repeat([0.0, 1.0, 3.0], 20), []
    for _ in range(40):
        moved = [change(old=normal("x", 0, 1e-9), new=normal("x", truth + 0.3 * rng.normal(), 0.3)) for truth in rows]
        told = claims([(changed_p(each), same_p(each, 1.0)) for each in moved], alpha=0.05)
        wrong = sum(each.changed for each in told[:20]) + sum(each.same for each in told[20:])
        shares.append(wrong / max(1, sum(each.changed + each.same for each in told)))
        assert sum(each.changed for each in told[40:]) >= 18
    assert np.mean(shares) < 0.05


def test_a_row_may_have_changed_by_less_than_the_margin() -> None:
    (told,) = claims([(0.001, 0.001)], alpha=0.05)
    assert (told.changed, told.same) == (True, True)
    assert claims([], alpha=0.05) == []


def test_heterogeneity_known_answer() -> None:
    # Values 0 and 2 with errors 1: Q = (1 + 1) = 2 on 1 degree of freedom, p = 0.1573; τ² = (2 − 1) / (2 − 1) = 1.
    found = heterogeneity([0, 2], [1, 1])
    assert found is not None
    assert (found.p_value, found.spread) == (pytest.approx(0.1573, abs=1e-4), pytest.approx(1.0))
    alike = heterogeneity([1, 1.1, 0.9], [1, 1, 1])
    assert alike is not None
    assert alike.spread == 0
    assert heterogeneity([1, 2], [1, 0]) is None
