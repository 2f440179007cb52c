"""The words of an audit refuse what would make a number naked, undefined or a truth value."""

import math

import pytest

from genai_audit.audit.finding import Better, Estimate, Finding, Interval, Outcome
from unit.reports.small_record import estimate, finding


def plain(value: float = 0.5, *curve: Interval) -> Estimate:
    return Estimate("share", value, curve, 10, "exact", "share", Better.NEITHER)


@pytest.mark.parametrize(
    ("level", "low", "high", "message"),
    [
        (0.0, 0.1, 0.2, "expected a confidence level between 0 and 1, got 0.0"),
        (1.0, 0.1, 0.2, "expected a confidence level"),
        (95.0, 0.1, 0.2, "expected a confidence level"),
        (0.95, 0.2, 0.1, "expected low <= high"),
        (0.95, math.nan, 0.1, "both finite"),
        (0.95, 0.1, math.inf, "both finite"),
    ],
)
def test_an_impossible_interval_is_refused(level: float, low: float, high: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interval(level, low, high)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_undefined_value_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"share: expected a finite value, got .*; raise Inconclusive instead"):
        plain(value)


def test_intervals_must_ascend() -> None:
    with pytest.raises(ValueError, match="ascending order of level"):
        plain(0.5, Interval(0.95, 0.4, 0.6), Interval(0.9, 0.3, 0.7))


def test_intervals_must_nest() -> None:
    with pytest.raises(ValueError, match="nested intervals"):
        plain(0.5, Interval(0.9, 0.4, 0.6), Interval(0.95, 0.45, 0.7))


def test_the_value_must_lie_in_its_narrowest_interval() -> None:
    with pytest.raises(ValueError, match=r"expected the value 0\.9 inside its own"):
        plain(0.9, Interval(0.9, 0.4, 0.6))


def test_an_exact_estimate_is_its_own_interval() -> None:
    assert plain(0.5).interval(0.999) == Interval(0.999, 0.5, 0.5)


def test_a_known_level_is_given_as_it_is() -> None:
    curve = (Interval(0.9, 0.4, 0.6), Interval(0.95, 0.35, 0.7))
    assert plain(0.5, *curve).interval(0.95) == curve[1]


def test_between_levels_a_whole_count_keeps_the_wider_interval() -> None:
    """One missing at 95 %, none surely at 99 %: at 97.5 % none is sure either, not a fifth of one."""
    curve = (Interval(0.95, 1.0, 1.0), Interval(0.99, 0.0, 1.0))
    found = Estimate("missing", 1.0, curve, 10, "exact", "count", Better.LOWER)
    assert (found.interval(0.975).low, found.interval(0.95).low, found.interval(0.99).low) == (0, 1, 0)
    share = Estimate("missing", 1.0, curve, 10, "exact", "share", Better.LOWER)
    assert 0 < share.interval(0.975).low < 1


def test_between_levels_the_normal_scale_interpolates() -> None:
    # Half-widths of a normal estimate are z * s, so on the z scale they are linear: interpolation is exact.
    # z(0.9) = 1.644854, z(0.95) = 1.959964, z(0.99) = 2.575829 (normal tables).
    curve = (Interval(0.9, 0.5 - 0.1644854, 0.5 + 0.1644854), Interval(0.99, 0.5 - 0.2575829, 0.5 + 0.2575829))
    found = plain(0.5, *curve).interval(0.95)
    assert found.low == pytest.approx(0.5 - 0.1959964, abs=1e-6)
    assert found.high == pytest.approx(0.5 + 0.1959964, abs=1e-6)


def test_below_the_narrowest_level_the_interval_shrinks_to_the_value() -> None:
    found = plain(0.5, Interval(0.9, 0.3, 0.9)).interval(0.5)
    # z(0.5) / z(0.9) = 0.674490 / 1.644854 = 0.41006.
    assert found.low == pytest.approx(0.5 - 0.2 * 0.41006, abs=1e-5)
    assert found.high == pytest.approx(0.5 + 0.4 * 0.41006, abs=1e-5)


def test_above_the_widest_level_nothing_is_invented() -> None:
    with pytest.raises(ValueError, match=r"share: expected a level of at most 0\.9, got 0\.95"):
        plain(0.5, Interval(0.9, 0.3, 0.9)).interval(0.95)


def test_a_finding_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(finding("GA302", plain()))


@pytest.mark.parametrize("outcome", [Outcome.NOT_APPLICABLE, Outcome.INCONCLUSIVE, Outcome.ERROR])
@pytest.mark.parametrize("reason", [None, ""])
def test_what_was_not_measured_needs_a_reason(outcome: Outcome, reason: str | None) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Finding("GA302", "T", "Q?", outcome, reason)


def test_a_measurement_needs_an_estimate() -> None:
    with pytest.raises(ValueError, match="needs at least one estimate"):
        Finding("GA302", "T", "Q?", Outcome.MEASURED)


def test_estimates_are_found_by_name_and_group() -> None:
    found = finding("GA101", estimate("share", 0.5, 0.1), estimate("share", 0.2, 0.1, group="a"))
    assert found.estimate("share").value == 0.5
    assert found.estimate("share", "a").value == 0.2
    with pytest.raises(KeyError, match="GA101 has no estimate 'ratio' for group 'a'; it has: share"):
        found.estimate("ratio", "a")
