"""Audits over time: their order, what changed from one to the next, and what is left out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from genai_audit import UserError
from genai_audit.audit.cli import main
from genai_audit.audit.over_time.history import history_of
from genai_audit.reports.over_time.page import history_page
from genai_audit.reports.over_time.parts import Change
from genai_audit.reports.over_time.trend import bars
from unit.audit.over_time.records import audit


@pytest.fixture
def run(tmp_path: Path) -> Path:
    # Steps 2, 10 and 20 of a training run; the last one falls. By name as text, 10 would come before 2.
    for step, (recall, day) in {2: (0.9, 1), 10: (0.9, 2), 20: (0.6, 3)}.items():
        folder = tmp_path / f"step-{step}"
        folder.mkdir()
        record = audit(recall, samples=str(day), started=f"2026-01-0{day}T12:00:00+00:00")
        (folder / "record.json").write_text(record.to_json(), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("order", ["started", "name"])
def test_a_fall_is_seen_where_it_happens(run: Path, order: str) -> None:
    part = history_of(run, order=order)  # type: ignore[arg-type]  # one of the two words
    assert [each.name for each in part.audits] == ["step-2", "step-10", "step-20"]
    recall, strays = part.series
    assert [each.change for each in recall.points] == [None, Change.NOT_CHANGED, Change.CHANGED]
    assert recall.points[-1].direction == "worse"
    assert recall.excess is not None
    assert recall.excess < 1e-6
    assert (strays.spread, strays.points[-1].direction) == (0.0, None)
    assert bars(recall) == "██▁"
    page = history_page(part)
    assert page == history_page(history_of(run))
    assert page.count("<svg viewBox") == 2
    assert page.count('class="fail"') == 1


def test_estimates_are_chosen_by_name(run: Path) -> None:
    assert [each.estimate for each in history_of(run, estimates=["GA302.stray_share"]).series] == ["stray_share"]
    assert len(history_of(run, estimates=["GA302"]).series) == 2
    with pytest.raises(UserError, match="no audit has such an estimate"):
        history_of(run, estimates=["GA302.nothing"])


def test_other_data_in_between_leave_the_change_open(run: Path) -> None:
    record = audit(0.9, samples="7", reference="ab", started="2026-01-04T12:00:00+00:00")
    (run / "later.json").write_text(record.to_json(), encoding="utf-8")
    last = history_of(run).series[0]
    assert last.points[-1].change is Change.CANNOT_TELL
    assert "the reference" in last.points[-1].reason
    assert last.excess is None


def test_what_is_no_record_is_left_out_and_named(run: Path) -> None:
    (run / "notes.json").write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(main, ["history", str(run)])
    assert result.exit_code == 0, result.output
    assert "3 audits" in result.output
    assert "Left out:" in result.output
    assert "▼ worse in audit 3" in result.output
    told = CliRunner().invoke(main, ["history", str(run), "--json", "--html", str(run / "h.html")])
    assert len(json.loads(told.output)["audits"]) == 3
    assert (run / "h.html").exists()


def test_a_folder_without_audits_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["history", str(tmp_path)])
    assert result.exit_code == 2
    assert "expected audits below it" in result.output
