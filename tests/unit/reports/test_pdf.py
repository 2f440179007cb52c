"""Printing to PDF: by what is installed, with a clear message where nothing is."""

import stat
from pathlib import Path

import pytest

from genai_audit.models.errors import UserError
from genai_audit.reports.pdf import print_pdf


def browser(folder: Path, script: str) -> None:
    """A program of that name on the path that does as the script says."""
    file = folder / "chromium"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_without_a_browser_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="needs an installed Chromium"):
        print_pdf("<p>")


def test_what_the_browser_wrote_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """for each; do
  case $each in --print-to-pdf=*)
    file=${each#*=}
    printf "%%PDF %s" "$(cat "$(dirname "$file")/report.html")" > "$file";;
  esac
done"""
    browser(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert print_pdf("<p>page</p>") == b"%PDF <p>page</p>"


def test_a_browser_that_writes_nothing_is_named_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(tmp_path, "echo 'no display' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(UserError, match="it wrote none: no display"):
        print_pdf("<p>")
