"""The closing summary: verdict first, twenty lines at most, plain where nobody watches."""

from pathlib import Path

import pytest

from genai_audit.audit.evidence.bundle import KINDS
from genai_audit.reports.console import closing, closing_lines
from genai_audit.reports.terminal.progress import STEPS, progress
from unit.reports import example

VARIANTS = dict(example.variants())


def test_the_verdict_comes_first_and_the_report_last() -> None:
    lines = closing_lines(VARIANTS["fail"], Path("audit-out"))
    assert lines[0].startswith("FAIL ✕")
    assert lines[-1] == "Report: audit-out/report.html"
    assert len(lines) <= 20


def test_many_rules_are_cut_to_twenty_lines() -> None:
    record = VARIANTS["fail"]
    rules = record.verdict.rules * 30
    many = record.model_copy(update={"verdict": record.verdict.model_copy(update={"rules": rules})})
    lines = closing_lines(many, Path("out"))
    assert len(lines) <= 20
    assert f"{len(rules) - 12} more rules" in "\n".join(lines)


def test_no_report_is_claimed_where_none_was_written() -> None:
    assert not any("Report:" in line for line in closing_lines(VARIANTS["pass"], None))


def test_piped_output_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        report("samples", 0.5)
    closing(VARIANTS["pass"], Path("out"))
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out
    assert captured.err == ""


def test_every_kind_of_evidence_that_takes_time_has_words_of_its_own() -> None:
    assert set(KINDS) - {"generated", "reference", "holdout"} <= set(STEPS)
