"""Two audits compared: what is claimed, what cannot be, and the exit code that follows."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from genai_audit import Ruling, UserError, compare_records
from genai_audit.audit.cli import main
from genai_audit.reports.over_time.page import comparison_page
from genai_audit.reports.over_time.parts import Change, ChangePart, ComparisonPart
from unit.audit.over_time.records import audit, missing
from unit.reports.small_record import HOSTILE


def row(part: ComparisonPart, name: str) -> ChangePart:
    return next(each for each in part.rows if each.estimate == name)


def test_a_clear_fall_is_a_change_for_the_worse_and_the_rest_is_not_changed() -> None:
    part = compare_records(audit(0.9), audit(0.7, samples="2"))
    fell, same = row(part, "support_recall"), row(part, "stray_share")
    assert (fell.outcome, fell.direction) == (Change.CHANGED, "worse")
    assert fell.difference is not None
    assert fell.difference.value == pytest.approx(-0.2)
    assert same.outcome is Change.NOT_CHANGED
    assert part.outcome is Ruling.FAIL
    assert "recall" in part.reason
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(part)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(fell.outcome)


def test_a_rise_of_what_should_be_low_is_worse_and_a_fall_is_better() -> None:
    part = compare_records(audit(strays=0.02), audit(strays=0.3, samples="2"))
    assert (row(part, "stray_share").direction, part.outcome) == ("worse", Ruling.FAIL)
    part = compare_records(audit(strays=0.3), audit(strays=0.02, samples="2"))
    assert (row(part, "stray_share").direction, part.outcome) == ("better", Ruling.PASS)


def test_wide_intervals_tell_nothing() -> None:
    part = compare_records(audit(0.9, se=0.1), audit(0.85, se=0.1, samples="2"))
    assert {each.outcome for each in part.rows} == {Change.CANNOT_TELL}
    assert part.outcome is Ruling.INCONCLUSIVE
    assert "both no change and one that matters" in row(part, "support_recall").reason


def test_the_same_samples_are_no_chance_at_all() -> None:
    part = compare_records(audit(0.9, se=0.1), audit(0.9, se=0.1))
    assert {each.outcome for each in part.rows} == {Change.NOT_CHANGED}
    assert row(part, "support_recall").difference.exact  # type: ignore[union-attr]  # it was compared
    assert part.outcome is Ruling.PASS


def test_other_data_leave_everything_undecided_and_say_so() -> None:
    part = compare_records(audit(0.9), audit(0.5, samples="2", reference="ab"))
    assert {each.outcome for each in part.rows} == {Change.CANNOT_TELL}
    assert "the reference (other records) of the two audits differs" in row(part, "support_recall").reason
    assert part.differs == ("the reference (other records)",)
    assert part.outcome is Ruling.INCONCLUSIVE


def test_other_parameters_leave_their_auditor_undecided() -> None:
    old, new = audit(0.9), audit(0.9, samples="2")
    content = {**new.policy.content, "settings": {"GA302": {"k": 3}}}
    new = new.model_copy(update={"policy": new.policy.model_copy(update={"content": content})})
    part = compare_records(old, new)
    assert row(part, "support_recall").reason == "the policies give GA302 other parameters"
    assert part.outcome is Ruling.INCONCLUSIVE


def test_what_one_audit_lacks_says_why() -> None:
    from unit.audit.judged import normal
    from unit.reports.small_record import finding

    modes = finding("GA301", normal("lost_mass", 0.1, 0.01))
    part = compare_records(audit(more=(missing(),)), audit(samples="2", more=(modes,)))
    found = row(part, "lost_mass")
    assert found.outcome is Change.CANNOT_TELL
    assert found.reason == "the old audit has no such estimate: the records are one cloud"


def test_the_margin_decides_what_matters() -> None:
    old, new = audit(0.9, se=0.001), audit(0.87, se=0.001, samples="2")
    assert compare_records(old, new).outcome is Ruling.PASS
    assert compare_records(old, new, margin=0.01).outcome is Ruling.FAIL
    with pytest.raises(UserError, match="margin: expected a number above 0"):
        compare_records(old, new, margin=0)
    with pytest.raises(UserError, match="no auditor GA999"):
        compare_records(old, new, only="GA999")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, record in {"old": audit(0.9), "worse": audit(0.7, samples="2"), "wide": audit(0.9, se=0.1)}.items():
        (tmp_path / f"{name}.json").write_text(record.to_json(), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("new", "code"), [("old", 0), ("worse", 1), ("wide", 3)])
def test_the_exit_code_is_that_of_the_rules(files: Path, new: str, code: int) -> None:
    result = CliRunner().invoke(main, ["compare", str(files / "old.json"), str(files / f"{new}.json")])
    assert result.exit_code == code, result.output
    assert result.output.startswith({0: "NO WORSE ✓", 1: "WORSE ✕", 3: "CANNOT TELL ?"}[code])
    # Of the same records nothing is tested.
    assert ("intervals of both audits alone" in result.output) is (code != 0)
    assert "no evidence lies beside the record of" in " ".join(result.output.split())


def test_json_and_page_hold_every_row(files: Path) -> None:
    paths, page = [str(files / "old.json"), str(files / "worse.json")], files / "c.html"
    result = CliRunner().invoke(main, ["compare", *paths, "--json", "--html", str(page), "--exit-zero"])
    assert result.exit_code == 0
    told = ComparisonPart.model_validate(json.loads(result.output))
    assert len(told.rows) == 2
    text = page.read_text(encoding="utf-8")
    assert text.count('<th scope="row">') == 4
    assert text.count("<script") == 1
    assert "▼ worse" in text


@pytest.mark.parametrize("what", ["nothing.json", "junk.json"])
def test_what_is_no_record_is_refused_in_a_line(files: Path, what: str) -> None:
    (files / "junk.json").write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(main, ["compare", str(files / "old.json"), str(files / what)])
    assert result.exit_code == 2
    assert "expected" in result.output
    assert "Traceback" not in result.output


def test_a_hostile_name_stays_text() -> None:
    part = compare_records(audit(), audit(samples="2", name=HOSTILE))
    page = comparison_page(part)
    assert "<script>alert" not in page
    assert "\x1b" not in page
