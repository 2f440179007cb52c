"""The first page: what is established, what was found besides, what nobody looked at, and the chart of all rules."""

from dataclasses import replace

import pytest

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.audit.finding import Better, Finding, Outcome, Perfect
from genai_audit.reports.document.decision import decision
from genai_audit.reports.document.strip import HIGH, LOW, standard, strip
from genai_audit.reports.found import departures, standardised
from genai_audit.reports.risks import RISKS, bearing
from genai_audit.reports.words import in_order
from unit.reports import example

RECORDS = dict(example.variants())


def test_every_auditor_bears_on_a_risk_and_some_risks_have_none() -> None:
    assert [each.code for each in AUDITORS if not bearing(each.code)] == []
    outside = [risk.name for risk in RISKS if not risk.codes]
    assert {"Harm in use", "Security"} <= set(outside)
    # What no auditor can look at says who else must.
    assert all(bool(risk.instead) is not bool(risk.codes) for risk in RISKS)
    assert len({risk.name for risk in RISKS}) == len(RISKS)


def test_what_failed_is_established_and_what_was_not_asked_is_not() -> None:
    made = decision(RECORDS["fail"], in_order(RECORDS["fail"].verdict.rules))
    assert {each.risk: each.said for each in made.established}["Unequal representation"] == (
        "✕ no group underrepresented"
    )
    names = [each.name for each in made.unseen]
    assert "Copying" in names
    assert "Unequal representation" not in names


def test_nothing_is_established_of_a_record_without_numbers() -> None:
    made = decision(RECORDS["nothing"], in_order(RECORDS["nothing"].verdict.rules))
    assert made.established == ()
    assert made.found == ()
    assert {each.name for each in made.unseen} == {risk.name for risk in RISKS}


def departing(value: float, p_value: float | None, **more: object) -> Finding:
    known = {"perfect": Perfect(1.0, 0.98, 1.02), "p_value": p_value, "better": Better.HIGHER} | more
    estimates = (example.estimate("spread_ratio", value, 0.01, **known),)
    return Finding("GA305", "Spread within modes", "?", Outcome.MEASURED, estimates=estimates)


@pytest.mark.parametrize(
    ("value", "p_value", "found"),
    [
        # Sure, and worse.
        (0.8, 1e-6, True),
        # Better than perfect is no fault.
        (1.2, 1e-6, False),
        # The interval lies outside the band, but chance explains it.
        (0.95, 0.2, False),
        # No test: the widest interval, 3.1 standard errors to either side, lies outside the band or not.
        (0.8, None, True),
        (0.955, None, False),
    ],
)
def test_a_departure_is_sure_and_on_the_worse_side(value: float, p_value: float | None, found: bool) -> None:
    record = example.record((example.neighbours(), departing(value, p_value)))
    assert ("GA305" in {each.code for each in departures(record)}) is found


def test_what_a_rule_judges_is_no_departure_beside_it() -> None:
    # The rules of the example judge precision, recall and coverage of GA302.
    record = example.record((example.neighbours(coverage=0.7),))
    assert [each.estimate.name for each in departures(record)] == []


def test_many_tests_are_adjusted_together() -> None:
    # 0.03 alone would be below 0.05; of two tests the smaller p-value must lie below 0.025 (Holm).
    weak = departing(0.9, 0.03)
    other = replace(departing(0.9, 0.04), code="GA304")
    assert departures(example.record((weak,))) != ()
    assert departures(example.record((weak, other))) == ()


def test_the_band_of_a_perfect_generator_reaches_from_minus_one_to_one() -> None:
    part = example.record((example.neighbours(),)).findings[0].estimates[0]
    assert part.perfect is not None
    assert standardised(part, part.perfect.low) == pytest.approx(-1)
    assert standardised(part, part.perfect.value) == 0
    assert standardised(part, part.perfect.high) == pytest.approx(1)
    even = part.model_copy(update={"perfect": part.perfect.model_copy(update={"low": 1.0, "high": 1.0, "value": 1.0})})
    assert standardised(even) is None


def test_on_the_chart_of_rules_the_bound_is_0_and_a_perfect_generator_1() -> None:
    record = RECORDS["pass"]
    covered = next(rule for rule in record.verdict.rules if rule.id == "reality-is-covered")
    # Coverage 0.91, bound 0.8, perfect 1.0: 0.11 of the 0.2 between them.
    at = standard(covered, record)
    assert at is not None
    assert at[0] == pytest.approx(0.55)
    assert at[1] < at[0] < at[2]


def test_a_rule_that_is_not_met_lies_left_of_its_bound_and_is_cut_where_it_leaves_the_chart() -> None:
    record = RECORDS["fail"]
    drawn = strip(record, in_order(record.verdict.rules))
    first, *rest = drawn.bars
    # 0.04 of 0.8 with a perfect generator at 0.97: (0.04 − 0.8) / 0.17 = −4.5, beyond the left end.
    assert (first.mark.word, first.cut) == ("FAIL", "left")
    assert first.start == first.dot == "0.00%"
    bound = float(drawn.bound_at[:-1])
    assert bound == pytest.approx(100 * -LOW / (HIGH - LOW), abs=0.01)
    assert all(bound < float(str(bar.dot)[:-1]) for bar in rest)


def test_rules_without_a_number_are_named_and_have_no_place() -> None:
    record = RECORDS["error"]
    drawn = strip(record, in_order(record.verdict.rules))
    assert [bar.dot for bar in drawn.open] == [None] * 3
    assert all("MemoryError" in bar.note for bar in drawn.open)
