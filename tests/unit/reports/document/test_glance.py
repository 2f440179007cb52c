"""At a glance: every risk with what came of it, the diagnosis on one axis, and what to do about what was found."""

from itertools import pairwise

import pytest

from genai_audit.reports.document.glance import actions, coverage, diagnosed, plainly
from genai_audit.reports.risks import RISKS
from genai_audit.reports.symmetric import symmetric
from genai_audit.reports.words import in_order
from unit.reports import example
from unit.reports.read_records import read

RECORDS = dict(example.variants())


def test_what_nobody_looked_at_is_listed_beside_what_failed() -> None:
    shown = {each.risk.name: each for each in coverage(RECORDS["fail"])}
    assert len(shown) == len(RISKS)
    assert shown["Unequal representation"].mark.word == "not met"
    assert shown["Unequal representation"].codes == ("GA101",)
    assert shown["Copying"].mark.word == "not looked at"
    assert "security review" in shown["Security"].why


def test_actions_go_from_what_failed_to_what_no_rule_judges_and_leave_out_the_rest() -> None:
    record = RECORDS["fail"]
    listed = actions(record, in_order(record.verdict.rules))
    assert listed[0].code == "GA101"
    assert listed[0].urgency.word == "not met"
    assert "dropped mode" in listed[0].how.replace("\n  ", " ")
    assert "GA302" not in {each.code for each in listed}
    assert actions(RECORDS["pass"], in_order(RECORDS["pass"].verdict.rules)) == ()


def test_estimates_are_named_as_a_reader_knows_them() -> None:
    finding = RECORDS["pass"].findings[2]
    said = plainly("Low **recall_ratio** or `coverage_ratio`: look.", finding)
    assert said == "Low *recall relative to a perfect generator* or *coverage relative to a perfect generator*: look."


def test_the_diagnosis_stands_on_one_axis() -> None:
    # Spread 0.8 of 1.00 ± 0.02 is seen, and stands first.
    (row, *_), axis = diagnosed(read("text")[0])
    assert (row.name, row.mark.word) == ("Shrinkage", "seen")
    assert row.dot is not None
    assert float(row.dot[:-1]) < float(axis.place(-1.0)[:-1])
    assert float(axis.place(-1.0)[:-1]) < float(axis.place(0.0)[:-1]) < float(axis.place(1.0)[:-1])


@pytest.mark.parametrize("furthest", [0.5, 3.0, 200.0, 1e9])
def test_the_axis_is_even_to_both_sides_and_its_labels_do_not_touch(furthest: float) -> None:
    axis = symmetric([-furthest, furthest])
    assert axis.place(0.0) == "50.00%"
    assert 0 <= float(axis.place(-furthest)[:-1]) < float(axis.place(furthest)[:-1]) <= 100
    places = [float(tick.at[:-1]) for tick in axis.ticks]
    assert len(places) >= 3
    assert all(after - before >= 9 for before, after in pairwise(places))
