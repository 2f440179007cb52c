"""The pipeline: crashes, left-out auditors, repeatability, judging again."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import jsonschema
import numpy as np
import pytest

from genai_audit import Outcome, Policy, PolicyError, Record, Ruling, UserError, audit_checkpoint
from genai_audit.audit import catalogue, run
from genai_audit.audit.commands.rejudge import judge_again, render_again
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.finding import EstimateFacts, Finding
from genai_audit.audit.pipeline import auditing
from genai_audit.models import memory
from genai_audit.models.encoders.builtin import pixels
from genai_audit.reports.record import TIME_FIELDS, schema

from ...toy_fixtures import written

FEW = 600


def catalogue_estimates(code: str) -> tuple[EstimateFacts, ...]:
    """What the shipped auditor of that code gives."""
    (auditor,) = (each for each in catalogue.AUDITORS if each.code == code)
    facts: tuple[EstimateFacts, ...] = auditor.estimates
    return facts


@dataclasses.dataclass(frozen=True)
class Crashing:
    """An auditor with a defect of its own."""

    code: ClassVar[str] = "GA302"
    title: ClassVar[str] = "Crashing"
    question: ClassVar[str] = "Does a crash look clean?"
    needs: ClassVar[tuple[str, ...]] = ("generated",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = catalogue_estimates("GA302")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        raise ZeroDivisionError("planted")


def without_time(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_time(item) for key, item in value.items() if key not in TIME_FIELDS}
    return [without_time(item) for item in value] if isinstance(value, list) else value


def test_a_crash_is_an_error_and_never_a_pass(
    write_toy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    auditors = [Crashing if each.code == Crashing.code else each for each in catalogue.AUDITORS]
    monkeypatch.setattr(auditing, "AUDITORS", tuple(auditors))
    toy = write_toy()
    record = audit_checkpoint(toy.checkpoint, samples=FEW, out=tmp_path / "out", **toy.options)
    crashed = next(each for each in record.findings if each.code == "GA302")
    assert crashed.outcome is Outcome.ERROR
    assert "ZeroDivisionError: planted" in (crashed.reason or "")
    assert record.coverage.error == ("GA302",)
    assert record.verdict.outcome is Ruling.INCONCLUSIVE
    assert "planted" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_crash_without_a_rule_is_no_pass_either(
    write_toy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(auditing, "AUDITORS", tuple(Crashing if a.code == "GA302" else a for a in catalogue.AUDITORS))
    policy = tmp_path / "policy.yaml"
    rule = "{id: a, auditor: GA101, estimate: worst_share_ratio, at_least: 0.1, why: lenient}"
    policy.write_text(f"version: 1\nname: one\nrules: [{rule}]\n", encoding="utf-8")
    toy = write_toy()
    two = ("GA101", "GA302")
    record = audit_checkpoint(toy.checkpoint, samples=FEW, policy=policy, only=two, **toy.options)
    assert record.verdict.rules[0].outcome is Ruling.PASS
    assert record.verdict.outcome is Ruling.INCONCLUSIVE


def test_a_crash_while_collecting_is_an_error_too(
    write_toy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(images: Any) -> Any:
        raise MemoryError("planted")

    monkeypatch.setattr(pixels, "pixel_features", broken)
    toy = write_toy()
    record = audit_checkpoint(toy.checkpoint, samples=FEW, only=("GA101", "GA302"), **toy.options)
    outcomes = {each.code: each.outcome for each in record.findings}
    assert outcomes["GA302"] is Outcome.ERROR
    assert record.verdict.outcome is Ruling.INCONCLUSIVE


class Hungry(Crashing):
    """An auditor that has no room."""

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        try:
            raise MemoryError("Unable to allocate 1 TiB")
        except MemoryError as error:
            raise RuntimeError("wrapped") from error


@pytest.mark.parametrize("limited", [True, False])
def test_memory_that_runs_out_under_a_limit_is_no_finding(
    write_toy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, limited: bool
) -> None:
    monkeypatch.setattr(auditing, "AUDITORS", (Hungry,))
    monkeypatch.setattr(memory, "limited", lambda: limited)
    toy = write_toy()
    if limited:
        with pytest.raises(UserError, match=r"memory ran out \(wrapped\); draw fewer samples \(samples=…\), or"):
            audit_checkpoint(toy.checkpoint, samples=FEW, only=("GA302",), **toy.options)
    else:
        record = audit_checkpoint(toy.checkpoint, samples=FEW, only=("GA302",), **toy.options)
        assert record.coverage.error == ("GA302",)


def test_what_could_not_be_measured_is_inconclusive_and_what_cannot_arise_is_not_applicable() -> None:
    evidence = Evidence(
        "image",
        Generated(np.zeros((4, 1, 2, 2), np.float32), 0, "toy"),
        absent={"attributions": "there is no latent space"},
        unmeasured={"latents": "decode(z) is random", "features": "some are not finite"},
    )
    auditors = [auditor() for auditor in catalogue.AUDITORS]
    findings = {each.code: each for each in auditing.run_auditors(auditors, evidence, seed=0)}
    assert (findings["GA306"].outcome, findings["GA306"].reason) == (Outcome.INCONCLUSIVE, "decode(z) is random")
    assert (findings["GA302"].outcome, findings["GA302"].reason) == (Outcome.INCONCLUSIVE, "some are not finite")
    assert (findings["GA201"].outcome, findings["GA201"].reason) == (
        Outcome.NOT_APPLICABLE,
        "there is no latent space",
    )


def test_every_auditor_appears_once_also_when_left_out(write_toy: Callable[..., Any]) -> None:
    toy = write_toy()
    record = audit_checkpoint(toy.checkpoint, samples=FEW, only=("GA302",), **toy.options)
    codes = [each.code for each in record.findings]
    assert codes == [each.code for each in catalogue.AUDITORS]
    left_out = next(each for each in record.findings if each.code == "GA101")
    assert left_out.outcome is Outcome.NOT_APPLICABLE
    assert left_out.reason == "left out by --only"


def test_two_equal_runs_leave_equal_records(write_toy: Callable[..., Any], tmp_path: Path) -> None:
    toy = write_toy()
    for name in ("one", "two"):
        np.random.seed(len(name))  # noqa: NPY002 – the global state must not matter, so it is disturbed here
        audit_checkpoint(toy.checkpoint, samples=FEW, out=tmp_path / name, **toy.options)
    one, two = (json.loads((tmp_path / name / "record.json").read_text()) for name in ("one", "two"))
    assert without_time(one) == without_time(two)
    for file in sorted((tmp_path / "one" / "evidence").iterdir()):
        if file.name != "generated.json":  # it holds the seconds that the draw took
            assert file.read_bytes() == (tmp_path / "two" / "evidence" / file.name).read_bytes(), file.name


def test_the_record_meets_its_schema(write_toy: Callable[..., Any], tmp_path: Path) -> None:
    toy = write_toy(drop=[2])
    audit_checkpoint(toy.checkpoint, samples=FEW, out=tmp_path / "out", **toy.options)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    jsonschema.Draft202012Validator(schema()).validate(record)


@pytest.fixture(scope="module")
def an_audit(toys: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a run left, without the files that it read."""
    folder = tmp_path_factory.mktemp("audited")
    toy = written(toys, folder)
    audit_checkpoint(toy.checkpoint, samples=FEW, out=folder / "out", **toy.options)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    return folder / "out"


class TestAgain:
    """`judge` and `report` need nothing but the folder that a run left."""

    @pytest.fixture
    def left(self, an_audit: Path, tmp_path: Path) -> Path:
        return Path(shutil.copytree(an_audit, tmp_path / "out"))

    def policy(self, folder: Path, text: str) -> Path:
        file = folder.parent / "policy.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def test_the_same_policy_says_the_same(self, left: Path) -> None:
        record = Record.load(left / "record.json")
        judged = judge_again(left, None, None)
        assert judged.verdict == record.verdict

    def test_a_bound_that_real_records_miss_too_blames_no_model(self, left: Path) -> None:
        rule = "{id: a, auditor: GA302, estimate: precision, at_least: 1.5, why: impossible}"
        policy = self.policy(left, f"version: 1\nname: strict\nrules: [{rule}]\n")
        judged = judge_again(left / "record.json", policy, left.parent / "again")
        assert judged.verdict.outcome is Ruling.INCONCLUSIVE
        assert "held-out real records" in judged.verdict.rules[0].reason
        assert Record.load(left.parent / "again" / "record.json") == judged
        assert (left.parent / "again" / "report.html").exists()

    def test_other_settings_run_the_auditor_again(self, left: Path) -> None:
        rule = "{id: a, auditor: GA302, estimate: precision, at_least: 0.1, why: lenient}"
        text = f"version: 1\nname: k\nrules: [{rule}]\nsettings: {{GA302: {{k: 3}}}}\n"
        judged = judge_again(left, self.policy(left, text), None)
        found = next(each for each in judged.findings if each.code == "GA302")
        assert found.settings["k"] == 3

    def test_other_settings_without_evidence_are_refused(self, left: Path) -> None:
        record = Record.load(left / "record.json")
        policy = Policy.load().model_copy(update={"settings": {"GA302": {"k": 3}}})
        with pytest.raises(PolicyError, match=r"keep `evidence/` beside record\.json"):
            run.rejudge(record, policy, None, None, date(2026, 1, 1))

    def test_the_report_is_rendered_the_same(self, left: Path) -> None:
        before = (left / "report.html").read_bytes()
        (left / "report.html").unlink()
        assert render_again(left, None).read_bytes() == before

    def test_a_folder_without_a_record_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="expected a record written by genai-audit"):
            judge_again(tmp_path, None, None)


def test_a_failed_write_leaves_nothing(
    write_toy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(record: Record) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("genai_audit.reports.junit.junit", broken)
    toy = write_toy()
    before = set(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        audit_checkpoint(toy.checkpoint, samples=FEW, out=tmp_path / "out", only=("GA101",), **toy.options)
    assert set(tmp_path.iterdir()) == before


def test_an_earlier_audit_is_replaced_but_other_files_are_safe(write_toy: Callable[..., Any], tmp_path: Path) -> None:
    toy = write_toy()
    out = tmp_path / "out"
    for seed in (0, 1):
        record = audit_checkpoint(toy.checkpoint, samples=FEW, out=out, only=("GA101",), **toy.options | {"seed": seed})
        assert Record.load(out / "record.json") == record
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=r"holds notes\.txt"):
        audit_checkpoint(toy.checkpoint, samples=FEW, out=out, only=("GA101",), **toy.options)


def test_sample_i_depends_on_the_seed_alone(write_toy: Callable[..., Any], tmp_path: Path) -> None:
    toy = write_toy()
    draws = []
    for n in (300, 1100):
        audit_checkpoint(toy.checkpoint, samples=n, out=tmp_path / str(n), only=("GA101",), **toy.options)
        draws.append(Evidence.load(tmp_path / str(n) / "evidence").generated.samples)
    np.testing.assert_array_equal(draws[0], draws[1][:300])


def test_reference_models_are_asked_for_the_shares_that_they_were_shown(tmp_path: Path) -> None:
    from genai_audit.audit.real_data import real_data
    from genai_audit.audit.request import Request
    from genai_audit.models.data.datasets import load_data

    data = load_data("digits", split="train", seed=0)
    named = {"data": {"source": "digits", "split": "train", "seed": 0, "sha256": data.sha256}}
    reference, holdout = real_data(Request("model.safetensors"), named)
    assert reference is not None
    assert holdout is not None
    assert reference.population
    # Whoever names the same records as a reference says nothing of that: then they are a sample.
    given, _ = real_data(Request("model.safetensors", reference="digits"), {})
    assert given is not None
    assert not given.population
