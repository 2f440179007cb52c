"""`genai-audit init` writes files that work before they are changed, and never overwrites."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch
from click.testing import CliRunner

from genai_audit import Policy, audit_checkpoint
from genai_audit.audit.cli import main
from genai_audit.models.adapters.loader import load_with
from genai_audit.models.records import MODALITIES


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["init", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("started", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_loader_of_each_modality_opens_the_checkpoint_of_its_network(here: Path, modality: str) -> None:
    said = init("loader", "--modality", modality)
    assert "genai-audit run CHECKPOINT --loader loader.py:load" in said
    torch.save(module(here / "loader.py").Model().state_dict(), here / "weights.pt")
    model = load_with(here / "weights.pt", f"{here / 'loader.py'}:load")
    assert model.modality == modality
    assert "loader.py:load" in (here / "loader.py").read_text()


def test_a_table_of_such_a_model_is_audited(here: Path) -> None:
    init("loader", "--modality", "tabular")
    started = module(here / "loader.py").Model()
    torch.save(started.state_dict(), here / "weights.pt")
    started.sample(400, generator=torch.Generator().manual_seed(1)).to_csv(here / "real.csv", index=False)
    record = audit_checkpoint(
        here / "weights.pt",
        loader=f"{here / 'loader.py'}:load",
        reference=here / "real.csv",
        groups=("group",),
        samples=400,
    )
    assert {"GA101", "GA302", "GA501"} <= set(record.coverage.measured)
    assert record.coverage.error == ()
    assert [each.attribute for each in record.data.groups] == ["group"]


def test_the_policy_is_the_default_one(here: Path) -> None:
    init("policy", "--out", "mine.yaml")
    assert Policy.load(here / "mine.yaml").rules == Policy.load(None).rules


def test_the_workflow_runs_an_audit(here: Path) -> None:
    import yaml

    init("workflow")
    steps = yaml.safe_load((here / ".github/workflows/audit.yml").read_text())["jobs"]["audit"]["steps"]
    assert any("genai-audit run" in step.get("run", "") for step in steps)


def test_nothing_is_overwritten(here: Path) -> None:
    (here / "loader.py").write_text("mine")
    result = CliRunner().invoke(main, ["init", "loader"])
    assert result.exit_code == 2
    assert "loader.py: exists already" in result.output
    assert (here / "loader.py").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said(here: Path) -> None:
    (here / "file").write_text("x")
    result = CliRunner().invoke(main, ["init", "policy", "--out", "file/policy.yaml"])
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_without_a_name_policy_card_and_workflow_are_written(here: Path) -> None:
    said = init()
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "policy.yaml",
        "model-card.yaml",
        ".github/workflows/audit.yml",
    ]
    Policy.load(here / "policy.yaml")
    again = CliRunner().invoke(main, ["init"])
    assert again.exit_code == 2
    assert "policy.yaml, model-card.yaml, .github/workflows/audit.yml: exists already" in again.output
    assert CliRunner().invoke(main, ["init", "--out", "x"]).exit_code == 2


@pytest.mark.parametrize("what", ["gitlab", "pre-commit"])
def test_files_for_other_services_are_yaml(here: Path, what: str) -> None:
    import yaml

    init(what)
    (written,) = here.glob(".*.y*ml")
    assert yaml.safe_load(written.read_text(encoding="utf-8"))
