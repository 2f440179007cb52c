"""Which earlier audit a report compares with, and that its record stays beside the new one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genai_audit import Record, verify
from genai_audit.audit.cli import main
from genai_audit.audit.over_time.earlier import PREVIOUS, change_since, earlier_text
from genai_audit.audit.process.answer import Audited
from genai_audit.audit.request import Request
from genai_audit.reports.over_time.parts import Change
from unit.audit.over_time.records import audit
from unit.reports.example import evidence

OUT = Path("audit-out")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line on an audit that is made up, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    shown = evidence(n=20, dimensions=1)

    def runs(record: Record, *words: str) -> Result:
        def made(request: Request, **_: object) -> Audited:
            return Audited(record, shown)

        return CliRunner().invoke(main, ["run", "m.safetensors", *words], obj=made)

    return runs


def page(folder: Path = OUT) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_audit_that_lay_in_the_folder_is_what_the_next_compares_with(run: Run) -> None:
    run(audit(0.9))
    assert 'id="change"' not in page()
    assert not (OUT / PREVIOUS).exists()
    first = (OUT / "record.json").read_text(encoding="utf-8")
    run(audit(0.7, samples="2"))
    assert (OUT / PREVIOUS).read_text(encoding="utf-8") == first
    assert "WORSE</span> Worse by more than the margin: recall." in page()
    assert '<a href="#change">Change</a>' in page()


def test_the_same_audit_again_writes_the_same_report(run: Run) -> None:
    run(audit(0.9))
    alone = page()
    run(audit(0.9))
    assert page() == alone
    run(audit(0.7, samples="2"))
    compared = page()
    run(audit(0.7, samples="2"))
    # It is compared with what it was compared with before, and not with itself.
    assert page() == compared


def test_a_named_audit_counts_before_the_one_in_the_folder(run: Run) -> None:
    run(audit(0.9), "--out", "old")
    run(audit(0.7, samples="2"))
    result = run(audit(0.9, samples="3"), "--against", "old")
    assert result.exit_code == 0, result.output
    assert (OUT / PREVIOUS).read_bytes() == Path("old/record.json").read_bytes()
    assert "NO WORSE" in page()


def test_what_is_no_record_is_refused_before_the_work(run: Run) -> None:
    Path("junk.json").write_text("{}", encoding="utf-8")
    result = run(audit(), "--against", "junk.json")
    assert result.exit_code == 2
    assert "junk.json: expected" in result.output
    assert not OUT.exists()


def test_judging_and_rendering_again_keep_the_comparison(run: Run) -> None:
    run(audit(0.9))
    run(audit(0.7, samples="2"))
    written = page()
    (OUT / "report.html").unlink()
    assert CliRunner().invoke(main, ["report", str(OUT)]).exit_code == 0
    assert page() == written
    judged = CliRunner().invoke(main, ["judge", str(OUT), "--out", "again"])
    assert "again/report.html" in judged.output
    assert Path("again", PREVIOUS).read_bytes() == (OUT / PREVIOUS).read_bytes()
    assert 'id="change"' in page(Path("again"))


def test_an_altered_earlier_record_is_seen(run: Run) -> None:
    run(audit(0.9))
    run(audit(0.7, samples="2"))
    named = {each.what: each.holds for each in verify(OUT).checks}
    assert named[f"{PREVIOUS}, by its seal"] is True
    assert named["report.html"] is True
    before = (OUT / PREVIOUS).read_text(encoding="utf-8")
    (OUT / PREVIOUS).write_text(before.replace('"support_recall"', '"support_precision"'), encoding="utf-8")
    named = {each.what: each.holds for each in verify(OUT).checks}
    assert named[PREVIOUS] is named[f"{PREVIOUS}, by its seal"] is False
    # Written by another machine, as this made-up record says, a report that differs is not held against it.
    assert named["report.html"] is None


def test_records_of_another_kind_in_the_folder_are_no_earlier_audit(tmp_path: Path) -> None:
    earlier = audit(0.9)
    other = earlier.model_copy(update={"checkpoint": earlier.checkpoint.model_copy(update={"modality": "text"})})
    (tmp_path / "record.json").write_text(other.to_json(), encoding="utf-8")
    assert earlier_text(audit(0.7, samples="2"), tmp_path, None) is None
    assert earlier_text(audit(0.7, samples="2"), tmp_path, tmp_path) == other.to_json()
    (tmp_path / "record.json").write_text("{}", encoding="utf-8")
    assert earlier_text(audit(0.7, samples="2"), tmp_path, None) is None


def test_what_changed_is_told_of_the_saved_record(tmp_path: Path) -> None:
    assert change_since(audit(), tmp_path / PREVIOUS) is None
    (tmp_path / PREVIOUS).write_text(audit(0.9).to_json(), encoding="utf-8")
    part = change_since(audit(0.7, samples="2"), tmp_path / PREVIOUS)
    assert part is not None
    assert [row.estimate for row in part.rows if row.outcome is Change.CHANGED] == ["support_recall"]
