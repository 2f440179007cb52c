"""What CI services read from the repository: parsed, and its shell run with our command in the place of pip."""

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "templates"
FAKE = """#!/usr/bin/env bash
printf '%s\\n' "$(basename "$0")" "$@" >> "$CALLS"
if [ "$(basename "$0")" = genai-audit ]; then
  mkdir -p "$OUT" && printf '{"verdict": {"outcome": "%s"}}' "$WORD" > "$OUT/record.json"
  exit "$CODE"
fi
"""


def content(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """A machine on which `genai-audit` and `pip` only note how they were called; `python` is that of the tests."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in ("genai-audit", "pip"):
        file = place / name
        file.write_text(FAKE, encoding="utf-8")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return {
        "PATH": f"{place}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "OUT": str(tmp_path / "out"),
        "WORD": "fail",
        "CODE": "1",
    }


def shell(script: str, machine: dict[str, str], folder: Path) -> int:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=machine, capture_output=True, check=False).returncode


def calls(machine: dict[str, str]) -> list[str]:
    return Path(machine["CALLS"]).read_text(encoding="utf-8").splitlines()


def test_the_action_is_whole() -> None:
    action = content("action.yml")
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        # A value that stands in a script is code: values come as variables.
        assert "${{" not in step.get("run", "")
        assert ("run" in step) is ("shell" in step)
    told = json.dumps(action["runs"]["steps"])
    assert [name for name in action["inputs"] if f"inputs.{name}" not in told] == []
    assert all(each["description"] for part in ("inputs", "outputs") for each in action[part].values())


@pytest.mark.parametrize(("word", "code"), [("pass", 0), ("fail", 1), ("inconclusive", 3)])
def test_the_action_runs_the_audit_and_ends_as_it_does(
    machine: dict[str, str], tmp_path: Path, word: str, code: int
) -> None:
    (audit,) = [step for step in content("action.yml")["runs"]["steps"] if step.get("id") == "audit"]
    given = {
        "CHECKPOINT": "my model.safetensors",
        "REFERENCE": "",
        "POLICY": "p.yaml",
        "ARGS": "--seed 1 --only 'GA101,GA302' $(touch pwned)",
        "BASELINE": "base.json",
    }
    assert set(audit["env"]) == {*given, "OUT"}
    assert shell(audit["run"], {**machine, **given, "WORD": word, "CODE": str(code)}, tmp_path) == code
    name, *words = calls(machine)
    assert (name, words[:4]) == ("genai-audit", ["run", "my model.safetensors", "--out", machine["OUT"]])
    rest = [
        "--seed",
        "1",
        "--only",
        "GA101,GA302",
        "$(touch",
        "pwned)",
        "--policy",
        "p.yaml",
        "--baseline",
        "base.json",
    ]
    assert words[4:] == rest
    assert not (tmp_path / "pwned").exists()
    assert Path(machine["GITHUB_OUTPUT"]).read_text(encoding="utf-8") == f"verdict={word}\nexit-code={code}\n"


def test_the_action_without_options_gives_none(machine: dict[str, str], tmp_path: Path) -> None:
    (audit,) = [step for step in content("action.yml")["runs"]["steps"] if step.get("id") == "audit"]
    empty = dict.fromkeys(("REFERENCE", "POLICY", "ARGS", "BASELINE"), "")
    assert shell(audit["run"], {**machine, **empty, "CHECKPOINT": "m", "CODE": "2"}, tmp_path) == 2
    assert calls(machine) == ["genai-audit", "run", "m", "--out", machine["OUT"]]
    # A usage error has no verdict, whatever an earlier run left in the folder.
    assert "verdict=\n" in Path(machine["GITHUB_OUTPUT"]).read_text(encoding="utf-8")


def test_the_gitlab_job_runs_and_keeps_its_report(machine: dict[str, str], tmp_path: Path) -> None:
    jobs = content("templates/ci/gitlab.yml.txt")
    base = jobs[".genai-audit"]
    assert jobs["audit"]["extends"] == ".genai-audit"
    assert base["artifacts"]["reports"]["junit"] == "audit-out/junit.xml"
    assert base["variables"]["OUT"] in base["artifacts"]["paths"]
    script = "\n".join(each for each in base["script"] if "pip install" not in each)
    assert shell(script, {**machine, **base["variables"], "ARGS": "--seed 2"}, tmp_path) == 1
    assert calls(machine)[1:] == [
        "run", "model.safetensors", "--policy", "policy.yaml", "--out", "audit-out", "--seed", "2",
    ]  # fmt: skip


def test_the_hooks_name_commands_that_exist() -> None:
    from genai_audit.audit.cli import main

    hooks = content(".pre-commit-hooks.yaml")
    for hook in hooks:
        words = hook["entry"].split()
        assert words[0] == "genai-audit"
        command = main.commands[words[1]]
        assert len(words) == 2 or words[2] in command.commands  # type: ignore[attr-defined]  # a group
        assert {"id", "name", "entry", "language"} <= set(hook)
    started = yaml.safe_load((TEMPLATES / "ci" / "pre-commit.yaml.txt").read_text(encoding="utf-8"))
    assert {each["id"] for each in started["repos"][0]["hooks"]} == {each["id"] for each in hooks}


@pytest.mark.parametrize("name", ["policy.yaml", "ci/audit-policy.yml", "policy/p.yaml", "data.yaml"])
def test_the_policy_hook_looks_at_policies(name: str) -> None:
    import re

    pattern = next(each["files"] for each in content(".pre-commit-hooks.yaml") if each["id"] == "genai-audit-policy")
    assert (re.search(pattern, name) is not None) is (name in ("policy.yaml", "ci/audit-policy.yml"))
