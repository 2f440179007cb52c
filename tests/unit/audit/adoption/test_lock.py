"""A lock fixes what an audit will ask; the record says whether all of it was kept."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from genai_audit import Policy, Record, UserError
from genai_audit.audit.adoption.lock import kept, read_lock
from genai_audit.audit.cli import main
from genai_audit.audit.request import Request
from genai_audit.audit.run import rejudge
from genai_audit.reports.console import closing_lines
from genai_audit.reports.markdown import summary
from unit.audit.over_time.records import audit


def run(*words: str) -> str:
    result = CliRunner().invoke(main, ["policy", *words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "audit.lock.json"
    said = run("lock", "--reference", "digits", "--samples", "500", "--seed", "3", "--out", str(file))
    assert "Commit it: genai-audit run … --lock" in said
    return file


def data_of(lock: Path, **changed: str) -> Record:
    """A record whose data have the digests of the lock."""
    record, content = audit(), json.loads(lock.read_text(encoding="utf-8"))
    part = record.data.reference
    assert part is not None
    part = part.model_copy(update={"sha256": changed.get("reference", content["reference"])})
    return record.model_copy(update={"data": record.data.model_copy(update={"reference": part})})


def test_an_audit_that_keeps_to_it_says_so(lock: Path) -> None:
    record, request = data_of(lock), Request("m", samples=500, seed=3, lock=lock)
    part = kept(lock, request, Policy.load(), record.data)
    assert part is not None
    assert part.kept
    whole = record.model_copy(update={"lock": part})
    for text in ("\n".join(closing_lines(whole, None)), summary(whole)):
        assert "Fixed before the audit, and kept" in text
    assert Record.model_validate_json(whole.to_json()) == whole


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 4}, "seed: locked 3, asked 4"),
        ({"samples": 501}, "samples: locked 500, asked 501"),
        ({"only": ("GA101",)}, "auditors: locked none, asked ['GA101']"),
    ],
)
def test_what_was_not_kept_is_named(lock: Path, changed: dict[str, object], said: str) -> None:
    asked = {"samples": 500, "seed": 3, **changed}
    part = kept(lock, Request("m", **asked), Policy.load(), data_of(lock).data)  # type: ignore[arg-type]  # as parametrised
    assert part is not None
    assert part.broken == (said,)
    assert "NOT kept" in part.words()


def test_other_data_and_another_policy_break_it(lock: Path) -> None:
    request, other = Request("m", samples=500, seed=3), Policy.load(Path("text"))
    part = kept(lock, request, other, data_of(lock, reference="9" * 64).data)
    assert part is not None
    assert [each.split(":")[0] for each in part.broken] == ["policy", "reference"]
    assert kept(None, request, other, audit().data) is None


def test_a_later_judgement_by_another_policy_breaks_it(lock: Path) -> None:
    part = kept(lock, Request("m", samples=500, seed=3), Policy.load(), data_of(lock).data)
    record = data_of(lock).model_copy(update={"lock": part})
    other = rejudge(record, Policy.load(Path("text")), None, None, audit_day())
    assert other.lock is not None
    assert [each.split(":")[0] for each in other.lock.broken] == ["policy"]
    back = rejudge(other, Policy.load(), None, None, audit_day())
    assert back.lock == part


def audit_day() -> object:
    from datetime import date

    return date(2026, 1, 15)


def test_a_lock_is_never_replaced(lock: Path) -> None:
    result = CliRunner().invoke(main, ["policy", "lock", "--out", str(lock)])
    assert result.exit_code == 2
    assert "no lock is replaced" in result.output


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lock_version": 2}'])
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "l.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="expected a lock that genai-audit policy lock wrote"):
        read_lock(file)


def test_policies_are_checked_several_at_once(tmp_path: Path) -> None:
    bad = tmp_path / "policy.yaml"
    bad.write_text("version: 1\nname: x\nrules:\n  - {id: a, auditor: GA999, estimate: y, at_least: 1, why: z}\n")
    assert "22 rules" in run("check", "default")
    result = CliRunner().invoke(main, ["policy", "check", "default", str(bad)])
    assert result.exit_code == 2
    assert "policy.yaml:4: rule a: no auditor 'GA999'" in result.output
