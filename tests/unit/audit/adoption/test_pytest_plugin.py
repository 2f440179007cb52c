"""The plugin: a test a rule, and nothing at all where it is not asked."""

import os
import subprocess
import sys
import tomllib
import warnings
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.adoption.pytest_plugin import _let_through
from unit.audit.over_time.records import audit

PLUGIN = "genai_audit.audit.adoption.pytest_plugin"
POLICY = """version: 1
name: few
rules:
  - {id: valid, auditor: GA501, estimate: invalid_share, at_most: 0.2, why: w}
  - {id: groups, auditor: GA101, estimate: worst_share_ratio, at_least: 0.5, required: false, why: w}
  - {id: all-broken, auditor: GA501, estimate: invalid_share, at_least: 0.5, why: w}
  - {id: unknown, auditor: GA601, estimate: remark_count, at_most: 0, why: w}
"""


def pytest_run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # Where the package was installed since the plugin has its entry point, pytest finds it by itself.
    found = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    named = [] if found else ["-p", PLUGIN]
    command = [sys.executable, "-m", "pytest", *named, "-p", "no:cacheprovider", "-q", "-rA", *words]
    # The options of this project's own tests are none of the user's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return subprocess.run(
        [*command, "--rootdir", str(folder)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("project")
    rng = np.random.default_rng(0)
    np.savez(here / "made.npz", x=rng.integers(0, 255, (60, 6, 6), dtype=np.uint8))
    (here / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (here / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    return here


def test_each_rule_is_a_test(folder: Path) -> None:
    words = ["--genai-audit-checkpoint", "made.npz", "--genai-audit-policy", "policy.yaml", "--genai-audit-out", "o"]
    done = pytest_run(folder, *words, "--genai-audit-args", "--only GA101,GA501,GA601 --seed 1")
    lines = done.stdout
    assert done.returncode == 1, lines + done.stderr
    assert "PASSED genai-audit::valid" in lines
    assert "FAILED genai-audit::all-broken" in lines
    assert "FAIL: Share of records that break a rule" in lines
    assert "FAILED genai-audit::unknown" in lines
    assert "INCONCLUSIVE: " in lines
    assert "1 skipped" in lines
    assert "3 passed" in lines  # the user's own, the rule, and the verdict that the rules explain
    assert "Traceback" not in lines
    assert (folder / "o" / "report.html").exists()


@pytest.mark.parametrize(("way", "through"), [(None, False), ("fail", False), ("warn", True), ("pass", True)])
def test_the_policy_says_whether_what_is_undecided_passes(way: str | None, through: bool) -> None:
    record = audit()
    content = {**record.policy.content, "on_inconclusive": way}
    record = record.model_copy(update={"policy": record.policy.model_copy(update={"content": content})})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert _let_through(record, record.verdict.rules[0]) is through
    assert [str(each.message)[:39] for each in told] == (
        ["genai-audit: INCONCLUSIVE, let through:"] if way == "warn" else []
    )


def test_a_mistake_fails_each_test_with_one_line(folder: Path) -> None:
    # Chosen by -k like any other test: the rest of the 22 rules, the verdict and the user's own are left out.
    done = pytest_run(folder, "--genai-audit-checkpoint", "gone.npz", "-k", "outputs-can-be-true")
    assert done.returncode == 1
    assert "the audit has no verdict: Error: gone.npz" in done.stdout
    assert "23 deselected" in done.stdout
    assert pytest_run(folder, "--genai-audit-checkpoint", "x", "--genai-audit-policy", "gone.yaml").returncode == 4


def test_without_a_checkpoint_it_is_inert_and_light(folder: Path) -> None:
    done = pytest_run(folder)
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    ours = "[name for name in sys.modules if name.startswith('genai_audit')]"
    code = f"import sys, {PLUGIN}; print({ours}, 'torch' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    packages = ["genai_audit", "genai_audit.audit", "genai_audit.audit.adoption", PLUGIN]
    assert loaded.strip() == f"{packages} False"


def test_the_entry_point_names_it() -> None:
    project = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"genai_audit": PLUGIN}
