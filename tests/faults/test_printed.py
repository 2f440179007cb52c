"""What reaches a terminal, a log and files from hostile names and through narrow encodings: real processes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GROUPS = ("::error::forged", "b\u2066|<b>[x](http://e) @all ##vso[task.complete]", "مجموعة", "a\x1b]0;pwned\x07\x9b2J")
COLUMN = "group\u202e\x1b[2J"
GENERATED = "gen\n::add-mask::x\u202e.csv"
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LIBRARY = """
import sys
if sys.argv[:1] == ["-c"]:  # the worker
    print("\\x1b[31mof a library\\n::stop-commands::x", flush=True)
"""
NARROW = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def command(folder: Path, *arguments: str, **environ: str) -> tuple[int, bytes, bytes]:
    """Run genai-audit in a folder: its exit code, and the bytes that it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTHON", "LC_"))}
    whole = [sys.executable, "-m", "genai_audit", *arguments]
    done = subprocess.run(whole, cwd=folder, env={**clean, **environ}, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def write_table(path: Path, column: str, groups: tuple[str, ...]) -> None:
    """A table of 120 rows, in which each group is as frequent as every other."""
    rows = [f'"{groups[row % len(groups)]}",{row / 7:.3f}\n' for row in range(120)]
    path.write_text(f'"{column}",value\n{"".join(rows)}', encoding="utf-8")


def test_hostile_names_stay_text_on_their_way_out(tmp_path: Path) -> None:
    for name in ("real.csv", GENERATED):
        write_table(tmp_path / name, COLUMN, GROUPS)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(LIBRARY, encoding="utf-8")
    summary = tmp_path / "step.md"
    code, said, wrong = command(
        tmp_path,
        *("run", GENERATED, "--reference", "real.csv", "--groups", COLUMN, "--out", "out"),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
        PYTHONPATH=str(tmp_path / "site"),
    )
    assert code in (0, 1, 3), wrong
    lines = said.decode("utf-8").split("\n")
    assert [line for line in lines if line.lstrip().startswith("::")] == [
        line for line in lines if re.match(r"::(error|warning) title=genai-audit[^:]*::", line)
    ]
    assert wrong.decode("utf-8") == "\\x1b[31mof a library\n\\x3a:stop-commands::x\n"
    files = ["report.html", "summary.md", "junit.xml", "record.json"]
    texts = [said.decode("utf-8"), summary.read_text(encoding="utf-8")]
    texts += [(tmp_path / "out" / name).read_text(encoding="utf-8") for name in files]
    for text in texts:
        assert not HIDDEN.search(text)
        assert "##vso[" not in text or text.startswith(("<!DOCTYPE", "<!doctype", "{"))
    assert "مجموعة" in texts[2]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_narrow_encoding_changes_neither_code_nor_files(tmp_path: Path, encoding: str) -> None:
    write_table(tmp_path / "real.csv", "group", ("漢字", "née"))
    code, said, wrong = command(
        tmp_path,
        *("run", "real.csv", "--reference", "real.csv", "--groups", "group", "--out", "out"),
        PYTHONIOENCODING=encoding,
        **NARROW,
    )
    assert code in (0, 1, 3), wrong
    assert wrong == b""
    assert said.decode(encoding).splitlines()[0].split()[0] == {0: "PASS", 1: "FAIL", 3: "INCONCLUSIVE"}[code]
    assert b"(95 % interval" in said
    for name, shown in {"report.html": "漢字", "record.json": "漢字", "summary.md": "–", "junit.xml": "–"}.items():
        assert shown in (tmp_path / "out" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("--help", 0), ("run --help", 0), ("explain GA302", 0), ("list models", 0), ("run née…", 2), ("run --≤", 2)],
)
def test_help_and_mistakes_reach_a_narrow_terminal(tmp_path: Path, arguments: str, code: int) -> None:
    ended, said, wrong = command(tmp_path, *arguments.split(), PYTHONIOENCODING="ascii")
    assert ended == code, wrong
    assert (said if code == 0 else wrong).decode("ascii")
    assert b"Traceback" not in wrong
