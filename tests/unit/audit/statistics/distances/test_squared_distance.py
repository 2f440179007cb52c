"""Intervals for squared distances: shape, limits, and what the parts of the variance mean."""

from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.distances.squared_distance import SquaredDistance, curve_limits
from genai_audit.audit.statistics.intervals import curve

SOUND = SquaredDistance(
    value=0.01,
    both_generated=1e-4,
    both_reference=1e-4,
    crossed=2e-4,
    linear_generated=0.0,
    linear_reference=0.0,
    skewness=1.0,
    ratio=1.0,
    freedom=64,
)


@pytest.mark.parametrize("value", [-0.02, 0.0, 0.01, 0.1, 5.0])
@pytest.mark.parametrize("linear", [0.0, 1e-3])
def test_intervals_are_nested_hold_the_value_and_stay_above_zero_where_it_does(value: float, linear: float) -> None:
    found = replace(SOUND, value=value, linear_generated=linear)
    for each in curve(curve_limits(found)):
        assert min(0.0, value) <= each.low <= value <= each.high
        assert each.high >= 0
    assert found.limits(LEVELS[-1]).high > found.limits(0.5).high


def test_without_skew_and_linear_part_it_is_the_normal_interval() -> None:
    """Far from 0 and with a vanishing part along the distance, the ends are value ± 1.96 standard errors."""
    found = replace(SOUND, value=1.0, skewness=0.0, freedom=float("inf"))
    interval = found.limits(0.95)
    assert interval.low == pytest.approx(1 - 1.959964 * 0.02, rel=1e-4)
    assert interval.high == pytest.approx(1 + 1.959964 * 0.02, rel=1e-4)
    assert replace(found, freedom=8).limits(0.95).high - 1 == pytest.approx(2.306 * 0.02, rel=1e-3)


def test_the_upper_quantiles_of_a_chi_square_are_met() -> None:
    """One squared normal noise of variance v, less v: variance 2 v², skewness √8, and P(χ²₁ > 3.841) = 0.05."""
    v = 0.3
    part = 2 * v**2 / 4
    found = SquaredDistance(3.841 * v - v, part, part, 2 * part, 0, 0, np.sqrt(8), 1.0)
    assert found.p_value() == pytest.approx(0.05, rel=0.01)
    assert found.perfect_band()[0] == pytest.approx(-v, rel=0.01)


def test_the_share_that_more_draws_take_away() -> None:
    assert SOUND.from_draws == pytest.approx(0.75)
    assert replace(SOUND, both_generated=0.0, crossed=0.0).from_draws == 0
    assert replace(SOUND, linear_generated=1.0).from_draws == pytest.approx(1, abs=1e-3)


def test_nothing_varies() -> None:
    still = SquaredDistance(0.0, 0, 0, 0, 0, 0, 0, 1.0)
    assert still.p_value() == 1
    assert (still.limits(0.95).low, still.limits(0.95).high) == (0, 0)
    assert still.perfect_band() == (0, 0)
    assert replace(still, value=2.0).p_value() == pytest.approx(1e-6)


def test_the_smallest_detectable_distance_is_found_with_power_four_fifths() -> None:
    """In one dimension: noise ε ~ N(0, v), estimate (δ + ε)² − v, alarm above the 95 % quantile under δ = 0."""
    v, rng = 0.3, np.random.default_rng(0)
    part = 2 * v**2 / 4
    found = SquaredDistance(0.0, part, part, 2 * part, 0, 0, np.sqrt(8), 1.0)
    detectable = found.minimum_detectable()
    noise = np.sqrt(v) * rng.normal(size=200_000)
    threshold = np.quantile(noise**2 - v, 0.95)
    power = np.mean((np.sqrt(detectable) + noise) ** 2 - v > threshold)
    assert power == pytest.approx(0.8, abs=0.06)
