"""Tables as texts: p-values at the least that their test can give, and intervals that hold one value."""

from dataclasses import replace

from genai_audit.audit.finding import Column, Finding, Interval, Kind, Table
from genai_audit.reports.convert import finding_part
from genai_audit.reports.independence import independence_words
from genai_audit.reports.tables import estimates_table, table
from unit.reports.small_record import estimate, finding, small_record


def shown(found: Finding) -> dict[str, str]:
    view = estimates_table(finding_part(found))
    return dict(zip(view.columns, view.rows[0], strict=True)) | {"caption": view.caption}


def test_a_p_value_at_its_floor_is_told_as_at_most() -> None:
    counted = replace(estimate("a", 0.5, 0.1), p_value=2 / 941, p_floor=2 / 941)
    cells = shown(finding("GA305", counted))
    assert cells["p, if perfect"] == "≤ 0.0022"
    assert "≤ before a p-value" in cells["caption"]
    above = shown(finding("GA305", replace(counted, p_value=0.04)))
    assert above["p, if perfect"] == "0.04"
    assert "≤" not in above["caption"]


def test_cells_of_a_column_of_p_values_know_its_floor() -> None:
    columns = (Column("what", "What", Kind.TEXT), Column("p", "p", Kind.P_VALUE, 0.005), Column("q", "q", Kind.P_VALUE))
    part = finding_part(
        replace(finding("GA201", estimate("a", 1, 0.1)), tables=(Table("t", "c", columns, (("x", 0.005, 1e-6),)),))
    )
    assert table("t", part.tables[0]).rows == (("x", "≤ 0.005", "< 0.001"),)


def test_an_interval_of_one_value_is_not_an_exact_number() -> None:
    pinned = replace(estimate("a", 0.0, 0.1), curve=(Interval(0.95, 0.0, 0.0),))
    assert shown(finding("GA310", pinned))["Value (95 % interval)"] == "0 (no other value)"
    assert shown(finding("GA310", replace(pinned, curve=())))["Value (95 % interval)"] == "0 (exact)"


def test_independence_says_that_its_p_value_is_the_least_there_is() -> None:
    tested = replace(estimate("near_duplicate_share", 0.5, 0.1), p_value=0.002, p_floor=0.002)
    assert "near-duplicates: p ≤ 0.002, the smallest this test can give" in str(
        independence_words(
            small_record(
                findings=(finding("GA502", tested),),
                rules=(
                    {"id": "r", "auditor": "GA502", "estimate": "near_duplicate_share", "at_most": 1.0, "why": "w"},
                ),
                waivers=(),
            )
        )
    )
