"""Charts: what is shown, in which order, and where."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_audit.audit.finding import Better, Finding, Interval, Perfect
from genai_audit.reports import charts
from genai_audit.reports.axis import round_places
from genai_audit.reports.charts import MOST_ROWS, Chart
from unit.reports import example

RECORDS = dict(example.variants())


def charts_of(variant: str, code: str) -> list[Chart]:
    record = RECORDS[variant]
    finding = next(each for each in record.findings if each.code == code)
    return charts.charts(finding, [rule for rule in record.verdict.rules if rule.auditor == code])


def percent(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1])


def test_groups_are_shown_worst_first_under_the_judged_estimate() -> None:
    [chart] = charts_of("fail", "GA101")
    assert [row.label for row in chart.rows] == ["Worst group", *(f"Group {name}" for name in "3427165908")]
    first, *rest = chart.rows
    assert first.mark
    assert first.mark.word == "FAIL"
    assert not any(row.mark for row in rest)
    # The bound on the worst group is the bound that every group is seen against.
    assert len({row.bounds for row in chart.rows}) == 1
    assert chart.bound == "at least 0.8"


def test_a_judged_row_shows_the_interval_it_was_judged_by() -> None:
    [chart] = charts_of("fail", "GA101")
    judged, same_group = chart.rows[:2]
    assert judged.text == "0.04 (0–0.08)"
    assert same_group.text == "0.04 (0–0.08)"
    # Both are shown at the confidence of the policy, whichever row was judged.
    assert judged.line.width == same_group.line.width
    assert chart.key == "estimate and 95 % interval"


def test_the_reading_counts_what_lies_beyond_the_bound_and_outside_the_band() -> None:
    [chart] = charts_of("fail", "GA101")
    assert chart.reading == (
        "Lowest: Group 3 at 0.04; highest: Group 8 at 1.03; 1 of 10 intervals lies wholly beyond the policy’s bound; "
        "1 of 10 intervals lies wholly on the worse side of a perfect generator’s band."
    )


def test_estimates_of_several_units_stand_on_one_axis_by_their_distance_from_a_perfect_generator() -> None:
    [chart] = charts_of("pass", "GA302")
    assert [row.label[:9] for row in chart.rows] == ["Precision", "Recall re", "Coverage ", "Density"]
    assert all(row.mark and row.bounds and row.band for row in chart.rows[:3])
    # The band reaches from -1 to 1 for every row, whatever its unit, and a perfect generator lies in its middle.
    assert len({row.band for row in chart.rows}) == 1
    assert chart.guide
    band = chart.rows[0].band
    assert band
    assert percent(chart.guide.at) == pytest.approx((percent(band.start) + percent(band.end)) / 2, abs=0.01)
    # Coverage, 0.91 of 1.00 ± 0.02, lies 4.5 half-widths below: left of the band; the bound of 0.8 ten below.
    coverage = chart.rows[2]
    assert percent(coverage.bounds[0]) < percent(coverage.dot) < percent(band.start)


def test_better_than_perfect_is_not_held_against_a_model() -> None:
    above = replace(example.estimate("a", 1.5, 0.01), perfect=Perfect(1.0, 0.9, 1.1))
    for better, said in ((Better.HIGHER, "does not lie"), (Better.NEITHER, "lies"), (Better.LOWER, "lies")):
        one = replace(above, better=better)
        [chart] = finding_of(replace(example.neighbours(), code="GA999", estimates=(one,)))
        assert f"the interval {said} wholly on the worse side" in chart.reading


def test_shares_of_a_whole_are_shown_largest_first_beside_an_equal_share() -> None:
    [chart] = charts_of("fail", "GA201")
    assert [row.label for row in chart.rows] == [f"z{place}" for place in range(8)]
    assert chart.guide
    assert chart.guide.text == "an equal share, 12.5 %"
    dots = [percent(row.dot) for row in chart.rows]
    assert dots == sorted(dots, reverse=True)
    assert dots[-1] < percent(chart.guide.at) < dots[0]


def test_positions_follow_values() -> None:
    for variant in ("pass", "fail", "inconclusive"):
        for code in ("GA101", "GA201", "GA302"):
            for chart in charts_of(variant, code):
                for row in chart.rows:
                    places = [percent(row.line.start), percent(row.dot), percent(row.line.end)]
                    assert places == sorted(places)
                    assert 0 <= places[0] <= places[-1] <= 100
                    assert all(0 <= percent(at) <= 100 for at in row.bounds)
                    assert percent(row.line.width) == pytest.approx(places[2] - places[0], abs=0.011)
                ticks = [percent(tick.at) for tick in chart.ticks]
                assert 2 <= len(ticks) <= 7
                assert ticks == sorted(ticks)


def finding_of(finding: Finding) -> list[Chart]:
    record = example.record((finding,))
    return charts.charts(record.findings[0], [])


def test_an_unknown_auditor_gets_one_chart_for_each_unit() -> None:
    estimates = (
        example.estimate("a", 0.5, 0.01, unit="share"),
        example.estimate("b", 1.5, 0.01, unit="ratio"),
        example.estimate("c", 0.25, 0.01, unit="share", better=Better.LOWER),
    )
    made = finding_of(replace(example.neighbours(), code="GA999", estimates=estimates))
    assert [[row.label for row in chart.rows] for chart in made] == [["A", "C"], ["B"]]


def test_of_many_rows_the_worst_are_kept() -> None:
    estimates = tuple(example.estimate("a", 1 + index / 100, 0.01, group=str(index)) for index in reversed(range(100)))
    [chart] = finding_of(replace(example.neighbours(), code="GA999", estimates=estimates))
    assert [row.label for row in chart.rows] == [f"Group {index}" for index in range(MOST_ROWS)]
    assert chart.left_out == 100 - MOST_ROWS
    # The sentence is about all of them.
    assert chart.reading.startswith("Lowest: Group 0 at 1.00; highest: Group 99 at 1.99")


def test_lower_is_better_puts_the_highest_first() -> None:
    estimates = tuple(
        example.estimate("a", value, 0.01, group=f"{value}", better=Better.LOWER) for value in (1.0, 3.0, 2.0)
    )
    [chart] = finding_of(replace(example.neighbours(), code="GA999", estimates=estimates))
    assert [row.label for row in chart.rows] == ["3.0", "2.0", "1.0"]


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0])
def test_what_was_counted_completely_is_on_no_axis(value: float) -> None:
    exact = replace(example.estimate("a", 1, 0.1), value=value, curve=())
    assert finding_of(replace(example.neighbours(), code="GA999", estimates=(exact,))) == []


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0])
def test_a_single_certain_value_has_a_place(value: float) -> None:
    certain = replace(example.estimate("a", 1, 0.1), value=value, curve=(Interval(0.95, value, value),))
    [chart] = finding_of(replace(example.neighbours(), code="GA999", estimates=(certain,)))
    assert 0 < percent(chart.rows[0].dot) < 100
    assert len(chart.ticks) >= 2


def test_the_worst_group_of_an_attribute_is_called_so() -> None:
    estimates = tuple(example.estimate("worst_share_ratio", 0.9, 0.01, group=group) for group in (None, "sex"))
    [chart] = finding_of(replace(example.neighbours(), code="GA101", estimates=estimates))
    assert [row.label for row in chart.rows] == ["Worst group", "Worst group of sex"]


def test_only_what_the_title_says_is_left_out_of_a_label() -> None:
    estimates = (example.estimate("frechet_ratio", 1.1, 0.01),)
    [chart] = finding_of(replace(example.neighbours(), code="GA303", estimates=estimates))
    assert [row.label for row in chart.rows] == ["Fréchet distance relative to a perfect generator"]


@pytest.mark.parametrize(("value", "spread", "unit"), [(1.0, 0.001, "ratio"), (0.9991, 1e-5, "share"), (1e4, 3, "x")])
def test_no_two_places_on_an_axis_read_alike(value: float, spread: float, unit: str) -> None:
    [chart] = finding_of(
        replace(example.neighbours(), code="GA999", estimates=(example.estimate("a", value, spread, unit=unit),))
    )
    texts = [tick.text for tick in chart.ticks]
    assert len(texts) == len(set(texts)) >= 2


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-6, 1e6))
def test_round_places_are_few_ordered_and_inside(low: float, width: float) -> None:
    high = low + width
    if high - low < 1e-6 * max(1, abs(low)):
        return
    places = round_places(low, high)
    assert 1 <= len(places) <= 7
    assert sorted(set(places)) == places
    assert all(low - 1e-6 * width <= place <= high + 1e-6 * width for place in places)


def test_a_count_has_no_places_in_between_nor_below_nothing() -> None:
    none = replace(example.estimate("a", 1, 0.1, unit="count"), value=0.0, curve=(Interval(0.95, 0.0, 0.0),))
    [chart] = finding_of(replace(example.neighbours(), code="GA999", estimates=(none,)))
    assert [tick.text for tick in chart.ticks] == ["0", "1"]


def test_no_missing_mode_is_no_proof_and_the_chart_says_so() -> None:
    none = replace(
        example.estimate("missing_modes", 1, 0.1, unit="count"), value=0.0, curve=(Interval(0.95, 0.0, 0.0),)
    )
    settings = {"smallest_missing_mode_seen": 0.02}
    [chart] = finding_of(replace(example.neighbours(), code="GA301", estimates=(none,), settings=settings))
    assert chart.reading.endswith("A missing mode of 2.0 % of the data or more would have been found.")
