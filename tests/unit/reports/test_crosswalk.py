"""The crosswalk: what was measured counts, what was not says why, and nobody reads it as a pass."""

from dataclasses import replace
from datetime import date

import pytest

from genai_audit.audit.finding import Finding, Outcome
from genai_audit.reports.card import CardFacts, CardPart, Outside
from genai_audit.reports.crosswalk import Crossed, Row, Status, controls_of, crosswalk, stale_words
from genai_audit.reports.crosswalk_markdown import crosswalk_markdown, overview
from genai_audit.reports.markdown import summary
from genai_audit.reports.record import Record
from unit.reports.small_record import FINDINGS, estimate, finding, small_record

RECORD = small_record()


def row(record: Record, framework: str, control: str) -> Row:
    crossed = next(each for each in crosswalk(record) if each.framework.id == framework)
    return next(each for each in crossed.rows if each.control.id == control)


def test_what_supports_a_control_evidences_it_whatever_it_shows() -> None:
    # GA101 was measured, and the rule on it failed: that is evidence on the control, and no claim that it is met.
    found = row(RECORD, "nist-ai-600-1", "MS-1.1-003")
    assert found.status is Status.EVIDENCED
    assert [each.evidence for each in found.counted] == ["GA101"]


def test_what_bears_on_a_part_evidences_it_partly() -> None:
    assert row(RECORD, "nist-ai-rmf", "MEASURE 2.11").status is Status.PARTLY


def test_what_was_not_measured_is_no_evidence_and_says_why() -> None:
    # GA201 broke in this record.
    found = row(RECORD, "nist-ai-600-1", "MS-2.9-001")
    assert found.status is Status.NOT
    assert found.why is not None
    assert "GA201: error, ValueError" in found.why
    assert "GA202: not in this record" in found.why
    inconclusive = row(RECORD, "nist-ai-600-1", "MG-3.1-004")
    assert inconclusive.why is not None
    assert "GA402: inconclusive, Too few samples" in inconclusive.why


@pytest.mark.parametrize("outcome", [Outcome.NOT_APPLICABLE, Outcome.INCONCLUSIVE, Outcome.ERROR])
def test_only_a_measurement_counts(outcome: Outcome) -> None:
    idle = Finding("GA101", "Shares", "Q?", outcome, "no groups")
    assert row(small_record(findings=(idle, *FINDINGS[1:])), "nist-ai-600-1", "MS-1.1-003").status is Status.NOT
    measured = finding("GA101", estimate("share_ratio", 1.0, 0.1))
    record = small_record(findings=(measured,), rules=RULE, waivers=())
    assert row(record, "nist-ai-600-1", "MS-1.1-003").status is Status.EVIDENCED


RULE = ({"id": "a", "auditor": "GA101", "estimate": "share_ratio", "at_least": 0.8, "why": "because"},)


def test_controls_without_a_link_are_listed() -> None:
    found = row(RECORD, "eu-ai-act", "Art. 50(2)")
    assert (found.status, found.bearings, found.why) == (Status.NOT, (), None)


def test_what_is_out_of_scope_is_not_applicable() -> None:
    found = row(RECORD, "iso-iec-ts-12791", "5.3.3")
    assert found.status is Status.OUTSIDE
    assert found.why is not None
    assert "classification and regression" in found.why


def test_the_card_can_say_that_a_control_does_not_apply() -> None:
    out = (
        Outside(framework="nyc-ll144", reason="nobody is hired"),
        Outside(framework="nist-ai-600-1", control="MS-1.1-003", reason="no people"),
    )
    card = CardPart(sources=(), facts=CardFacts(not_applicable=out))
    record = RECORD.model_copy(update={"card": card})
    whole = next(each for each in crosswalk(record) if each.framework.id == "nyc-ll144")
    assert {each.status for each in whole.rows} == {Status.OUTSIDE}
    assert whole.rows[0].why == "declared on the card, not verified: nobody is hired"
    assert row(record, "nist-ai-600-1", "MS-1.1-003").status is Status.OUTSIDE
    assert row(record, "nist-ai-600-1", "GV-1.3-002").status is Status.EVIDENCED


def test_every_control_stands_in_exactly_one_status() -> None:
    for crossed in crosswalk(RECORD):
        assert sum(crossed.counts.values()) == len(crossed.rows) == len(crossed.framework.controls)
        assert sum(len(crossed.of(status)) for status in Status) == len(crossed.rows)


def test_every_control_without_evidence_is_named_once_in_the_report() -> None:
    for crossed in crosswalk(RECORD):
        named = [row for _, rows in crossed.others for row in rows]
        without = [*crossed.of(Status.NOT), *crossed.of(Status.OUTSIDE)]
        assert sorted(row.control.id for row in named) == (
            [] if crossed.framework.outside else sorted(row.control.id for row in without)
        )


def test_age_counts_on_the_day_that_is_passed() -> None:
    def warned(found: tuple[Crossed, ...]) -> int:
        return sum(each.warning is not None for each in found)

    assert warned(crosswalk(RECORD)) == 0
    late = crosswalk(RECORD, date(2028, 1, 1))
    assert warned(late) == len(late) == len(stale_words(date(2028, 1, 1)))
    assert any("more than 180 days before 2028-01-01" in text for text in overview(late))
    # Without a day, the day of the audit counts.
    aged = RECORD.model_copy(
        update={"environment": RECORD.environment.model_copy(update={"started": "2028-01-01T00:00:00+00:00"})}
    )
    assert warned(crosswalk(aged)) == len(late)


def test_controls_of_an_auditor_name_what_it_supports_first() -> None:
    assert controls_of("GA101")[0] == ("nist-ai-600-1", "MS-1.1-003")
    assert controls_of("GA999") == ()


def test_markdown_lists_every_control_without_a_claim() -> None:
    text = crosswalk_markdown(RECORD)
    total = sum(len(each.rows) for each in crosswalk(RECORD) if not each.framework.outside)
    rows = [line for line in text.splitlines() if line.endswith(("| read |", "| unchecked |"))]
    assert len(rows) == total
    assert "ompliant" not in text
    assert "%" not in text
    assert "## Control crosswalk" in summary(RECORD)


def test_hostile_reasons_stay_inside_their_cell() -> None:
    idle = replace(FINDINGS[4], code="GA402", reason="<b>|x|</b>\n# y")
    text = crosswalk_markdown(small_record(findings=(*FINDINGS[:4], idle)))
    assert "<b>" not in text
    assert "\n# y" not in text
