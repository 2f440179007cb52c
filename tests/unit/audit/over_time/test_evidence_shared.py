"""Two folders with their evidence, compared: which rows are paired, what is refused, and what the notes say."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genai_audit import UserError, compare_records
from genai_audit.audit.folder.binding import evidence_digests
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import Ruling
from genai_audit.reports.over_time.parts import Change, ChangePart, ComparisonPart
from unit.audit.fairness import probe_examples
from unit.reports.small_record import rule, small_record

RULE = rule("even", "GA106", "mean_nats", at_least=None, at_most=10.0)


def saved(folder: Path, nats: Sequence[float], *, samples: str, sentences: str = "ab") -> Path:
    """The audit of a model that gave pairs of sentences so many nats, with its evidence."""
    probes = replace(probe_examples.pairs(nats), sha256=sentences)
    evidence = probe_examples.evidence([probes])
    policy = Policy.model_validate({"version": 1, "name": "small", "rules": [RULE]})
    found = run_auditors(configured(policy), evidence, seed=0, only=("GA106",))
    record = small_record(findings=[each for each in found if each.code == "GA106"], rules=(RULE,), waivers=())
    evidence.save(folder / "evidence")
    generated = record.data.generated.model_copy(update={"sha256": samples * 64})
    update = {
        "data": record.data.model_copy(update={"generated": generated}),
        "evidence": evidence_digests(folder / "evidence"),
    }
    (folder / "record.json").write_text(record.model_copy(update=update).to_json(), encoding="utf-8")
    return folder


def mean(part: ComparisonPart) -> ChangePart:
    return next(each for each in part.rows if each.estimate == "mean_nats")


@pytest.fixture(scope="module")
def nats() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=60)
    return [pairs + 0.2 * rng.normal(size=60) for _ in range(2)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, nats: list[np.ndarray]) -> list[Path]:
    place = tmp_path_factory.mktemp("audits")
    # Both models find the stereotype likelier, so that neither direction of a size is crossed.
    return [saved(place / name, each + 2, samples=name) for name, each in zip("12", nats, strict=True)]


def test_what_intervals_alone_leave_open_is_told_by_the_evidence(folders: list[Path]) -> None:
    # Of 60 pairs of variance 1 a mean of 2 is known to ±0.26, the difference of both to ±0.1: the margin is 0.3.
    alone, told = (compare_records(*folders, recompute=each, margin=0.15) for each in (0, 60))
    assert mean(alone).correlation is None
    assert mean(alone).outcome is Change.CANNOT_TELL
    assert mean(told).correlation == pytest.approx(1 / 1.04, abs=0.06)
    assert mean(told).outcome is Change.NOT_CHANGED
    # The rule knows as much as the row.
    assert (alone.outcome, told.outcome) == (Ruling.INCONCLUSIVE, Ruling.PASS)
    assert any("estimates were tested as paired" in note for note in told.notes)
    assert any("no auditor was to be asked again" in note for note in alone.notes)


def test_the_same_pairing_again(folders: list[Path]) -> None:
    assert compare_records(*folders) == compare_records(*folders)


def test_a_record_alone_is_compared_without_its_evidence(folders: list[Path], tmp_path: Path) -> None:
    text = (folders[1] / "record.json").read_text(encoding="utf-8")
    (tmp_path / "new.json").write_text(text, encoding="utf-8")
    part = compare_records(folders[0], tmp_path / "new.json")
    assert mean(part).correlation is None
    assert any(f"no evidence lies beside the record of {tmp_path / 'new.json'}" in note for note in part.notes)


def test_other_sentences_leave_all_undecided(folders: list[Path], nats: list[np.ndarray], tmp_path: Path) -> None:
    other = saved(tmp_path / "other", nats[1], samples="3", sentences="cd")
    part = compare_records(folders[0], other)
    assert {each.outcome for each in part.rows} == {Change.CANNOT_TELL}
    assert mean(part).reason == "the two models were asked with other sentences or prompts"
    assert part.outcome is Ruling.INCONCLUSIVE


def test_altered_evidence_is_refused(nats: list[np.ndarray], folders: list[Path], tmp_path: Path) -> None:
    altered = saved(tmp_path / "altered", nats[1], samples="3")
    (altered / "evidence" / "more.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=r"more\.json: was added since the audit"):
        compare_records(folders[0], altered)
