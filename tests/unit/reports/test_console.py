"""The closing summary: verdict first, twenty lines at most, plain where nobody watches."""

import io
import re
import sys
from pathlib import Path

import pytest

from genai_audit.audit.evidence.bundle import KINDS
from genai_audit.audit.verdict import Ruling
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
    missed = next(rule for rule in record.verdict.rules if rule.outcome is Ruling.FAIL)
    many = record.model_copy(update={"verdict": record.verdict.model_copy(update={"rules": (missed,) * 30})})
    lines = closing_lines(many, Path("out"))
    assert len(lines) <= 20
    assert "20 more rules" in "\n".join(lines)


def test_the_verdict_is_told_in_the_words_of_what_it_is_about() -> None:
    first, *rest = closing_lines(VARIANTS["fail"], None)
    assert "Group 3 makes up 0.4 % (0–0.8 %) of the samples where it should make up 10.0 %" in first
    # What is not met has a line of its own; what is met shares one.
    assert sum(line.startswith("  ✕") for line in rest) == 1
    assert any(line.startswith("  ✓ 3 met: samples look real, reality is reached") for line in rest)


def test_a_waived_rule_has_no_cross() -> None:
    lines = closing_lines(VARIANTS["waived"], None)
    assert not any("✕" in line for line in lines)
    assert any(line.startswith("  – Reality is covered: ") and "Waived by A. Person" in line for line in lines)


class Screen(io.StringIO):
    """A terminal, as far as a program can tell."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, width: int, **environ: str) -> str:
    """What a terminal of that width is sent."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"COLUMNS": str(width), "TERM": "xterm-256color", **environ}.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    closing(VARIANTS["fail"], Path("out"))
    return screen.getvalue()


@pytest.mark.parametrize("width", [40, 72, 120])
def test_on_a_terminal_lines_break_between_words_and_a_number_keeps_its_unit(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown(monkeypatch, width)).splitlines()
    assert all(len(line) <= width for line in lines)
    assert "0.4\u00a0% (0–0.8\u00a0%)" in " ".join(" ".join(lines).split(" "))
    words = " ".join(closing_lines(VARIANTS["fail"], Path("out"))).split()
    assert " ".join(lines).replace("\u00a0", " ").split() == words


def test_a_terminal_gets_the_colour_of_the_verdict_unless_it_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    red = "\x1b[1;31m"
    assert red in shown(monkeypatch, 100)
    assert red not in shown(monkeypatch, 100, NO_COLOR="1")


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
