"""The section on what changed: worse first, on an axis of margins, with everything in tables."""

import re

import pytest

from genai_audit import compare_records
from genai_audit.reports.document.change import changes
from genai_audit.reports.html import render
from unit.audit.over_time.records import audit
from unit.reports import example


def test_what_fell_by_four_margins_stands_at_minus_four() -> None:
    view = changes(compare_records(audit(0.9, 0.02), audit(0.7, 0.3, samples="2"), margin=0.05))
    # Recall fell by 0.2 and strays rose by 0.28: both for the worse, and beyond all doubt.
    assert [each.mark.word for each in view.moved] == ["worse", "worse"]
    assert [each.text for each in view.moved] == ["0.90 → 0.70", "2.0 % → 30.0 %"]
    fell, rose = view.moved
    assert (rose.dot, fell.dot) == (view.axis.place(0.28 / 0.05), view.axis.place(-0.2 / 0.05))
    assert float(fell.start[:-1]) < float(fell.dot[:-1]) < float(fell.end[:-1]) < float(view.axis.place(-1)[:-1])
    assert view.counts == "2 changed (2 worse), 0 not changed, 0 cannot tell."
    assert view.sentence == "Worse by more than the margin: recall, strays."


def test_nothing_to_draw_where_nothing_changed_or_nothing_can_be_told() -> None:
    same = changes(compare_records(audit(), audit()))
    assert (same.moved, same.counts) == ((), "0 changed, 2 not changed, 0 cannot tell.")
    unlike = changes(compare_records(audit(), audit(samples="2", reference="ab")))
    assert unlike.moved == ()
    assert unlike.unsure[0].startswith("2: the reference")


@pytest.mark.parametrize("recall", [0.7, 0.9])
def test_the_report_has_the_section_before_the_provenance(recall: float) -> None:
    new = audit(recall, samples="2")
    page = render(new, example.evidence(n=20, dimensions=1), change=compare_records(audit(0.9), new))
    assert page.index('id="crosswalk"') < page.index('id="change"') < page.index('id="provenance"')
    section = page[page.index('id="change"') : page.index('id="provenance"')]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))
    assert f"{'1' if recall == 0.7 else '0'} changed" in text
    assert ('aria-labelledby="moved-title"' in section) is (recall == 0.7)
    assert "audited on 2026-01-15 with" in text


def test_without_an_earlier_record_there_is_no_section() -> None:
    page = render(audit(), example.evidence(n=20, dimensions=1))
    assert "#change" not in page
