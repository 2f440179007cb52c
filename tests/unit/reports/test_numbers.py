"""Numbers as text: few digits, honest ends, no powers of ten."""

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genai_audit.reports import numbers

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (numbers.share(0.004), "0.40 %"),
        (numbers.share(0.102), "10.2 %"),
        (numbers.share(0.1), "10.0 %"),
        (numbers.share(0.000217), "0.0217 %"),
        (numbers.share(0.0), "0 %"),
        (numbers.share(1.0), "100 %"),
        (numbers.ratio(0.842), "0.84"),
        (numbers.ratio(0.0431), "0.0431"),
        (numbers.ratio(1.0), "1.00"),
        (numbers.count(20000), "20,000"),
        (numbers.number(12345.6), "12,300"),
        (numbers.number(-3.14159), "−3.14"),
        (numbers.number(1e-9), "<0.000001"),
        (numbers.level(0.95), "95 %"),
        (numbers.level(0.9875), "98.8 %"),
        (numbers.level(0.9998), "99.98 %"),
        (numbers.p_value(0.0312), "p = 0.031"),
        (numbers.p_value(0.0002), "p < 0.001"),
        (numbers.p_value(1e-6), "p < 0.001"),
        (numbers.p_value(0.002, 0.002), "p ≤ 0.002, the smallest this test can give"),
        (numbers.p_value(1 / 2001, 1 / 2001), "p ≤ 0.0005, the smallest this test can give"),
        # Rounded to 0.002, a p of 0.0021 would be said to be smaller than it is.
        (numbers.p_value(2 / 941, 2 / 941), "p ≤ 0.0022, the smallest this test can give"),
        (numbers.p_value(0.0041, 0.002), "p = 0.004"),
        (numbers.p_cell(0.002, 0.002), "≤ 0.002"),
        (numbers.p_cell(1e-6), "< 0.001"),
        (numbers.quantity(1e-6, "p_value"), "< 0.001"),
        (numbers.beyond(0.02031, "share", 0.02, below=False), "2.1 %"),
        (numbers.beyond(0.020000003, "share", 0.02, below=False), "2.1 %"),
        (numbers.beyond(0.3951, "share", 0.5, below=True), "39 %"),
        (numbers.beyond(0.7137, "ratio", 0.8, below=True), "0.71"),
        (numbers.seconds(0.314), "0.31 s"),
        (numbers.seconds(12.44), "12.4 s"),
        (numbers.quantity(3.0, "count"), "3"),
        (numbers.quantity(0.5, "share"), "50.0 %"),
    ],
)
def test_known_texts(text: str, expected: str) -> None:
    assert text == expected


def test_value_and_interval_have_equal_decimals() -> None:
    assert numbers.estimate(0.004, 0.0012, 0.0117, "share") == ("0.4 %", "0.1–1.2 %")
    assert numbers.estimate(0.84, 0.812, 0.867, "ratio") == ("0.84", "0.81–0.87")
    assert numbers.estimate(2, 0, 3, "count") == ("2", "0–3")
    assert numbers.estimate(0.0, -0.3, 0.2, "log-odds") == ("0", "−0.3 to 0.2")


def test_nothing_is_a_plain_zero_and_a_little_is_not_nothing() -> None:
    assert numbers.estimate(0.0, 0.0, 0.000184, "share") == ("0 %", "0–0.02 %")
    assert numbers.estimate(0.0, 0.0, 0.0022, "share") == ("0 %", "0–0.22 %")
    assert numbers.estimate(0.0, -0.009, 0.011, "x") == ("0", "−0.009 to 0.011")
    # It rounds to zero and is none, nor is there a zero below zero.
    assert numbers.estimate(0.0004, 0.0, 0.06, "share")[0] == "<1 %"
    assert numbers.estimate(-0.0004, -0.3, 0.2, "x")[0] == "0"


def test_an_exact_quantity_is_one_number() -> None:
    assert numbers.estimate(3, 3, 3, "count") == ("3", "3")


def test_digits_are_added_until_the_text_stands_on_the_right_side_of_the_bound() -> None:
    # Rounded to two decimals, this upper end would read as 0.80 and seem to touch the bound that it misses.
    assert numbers.estimate(0.7, 0.6, 0.7996, "ratio")[1] == "0.60–0.80"
    assert numbers.estimate(0.7, 0.6, 0.7996, "ratio", bound=0.8)[1] == "0.6000–0.7996"


@given(
    value=FINITE,
    below=st.floats(0, 1e3),
    above=st.floats(0, 1e3),
    unit=st.sampled_from(["share", "ratio", "", "count"]),
)
def test_the_interval_shown_is_never_narrower(value: float, below: float, above: float, unit: str) -> None:
    low, high = value - below, value + above
    assume(low < high)
    shown = numbers.estimate(value, low, high, unit)[1]
    ends = [float(each.replace(",", "").replace("−", "-")) for each in re.findall(r"−?[\d,]+\.?\d*", shown)]
    scale = 100 if unit == "share" else 1
    slack = 1e-8 * max(1, abs(low), abs(high)) * scale
    assert ends[0] <= low * scale + slack
    assert ends[-1] >= high * scale - slack


@given(FINITE)
def test_three_significant_digits_and_no_powers_of_ten(value: float) -> None:
    text = numbers.number(value)
    assert "e" not in text.lower()
    if not text.lstrip("−").startswith("<"):
        digits = re.sub(r"[^\d]", "", text).lstrip("0")
        assert len(digits.rstrip("0")) <= 3
        assert math.isclose(float(text.replace(",", "").replace("−", "-")), value, rel_tol=0.006, abs_tol=5e-6)


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [(0.31, 0.165, 0.388, ("31 points", "16–39")), (-0.014, -0.05, 0.02, ("−1 points", "−5 to 2"))],
)
def test_differences_of_shares_are_points(value: float, low: float, high: float, shown: tuple[str, str]) -> None:
    assert numbers.estimate(value, low, high, "share difference") == shown
    assert numbers.interval(low, high, "share difference") == f"{shown[1]} points"
    assert numbers.quantity(0.158, "share difference") == "15.8 points"
