"""The notebook and the script in docs/examples run as they stand, and find what they say that they find."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from genai_audit import Outcome, Record, Ruling

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
NOTEBOOK = json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))


def test_the_notebook_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(NOTEBOOK["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    record, worse = names["record"], names["worse"]
    assert record.verdict.outcome is not Ruling.FAIL
    assert worse.verdict.outcome is Ruling.FAIL
    assert [each.outcome for each in worse.findings if each.outcome is Outcome.ERROR] == []
    assert worse.estimate("GA101", "share", group="7").high < 0.05
    assert "without 7 fail" in capsys.readouterr().out
    assert "FAIL" in worse._repr_html_()
    assert list(tmp_path.iterdir()) == []


def test_the_notebook_is_kept_without_outputs() -> None:
    code = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert code
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []


def test_the_script_finds_the_planted_defect_each_time_and_exits_by_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "audit_script.py"), "out"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert "share of women: 0.2" in done.stdout
    assert "fail" in done.stdout
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    again = runpy.run_path(str(EXAMPLES / "audit_script.py"))["main"]()
    written = Record.load(tmp_path / "out" / "record.json")
    # What was not written has no tree of hashes over its samples.
    generated = written.data.generated.model_copy(update={"tree": None})
    data = written.data.model_copy(update={"generated": generated})
    assert (again.verdict, again.data) == (written.verdict, data)
