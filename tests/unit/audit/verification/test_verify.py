"""What `verify` says of sound and of altered audits, with which exit code, and how it compares."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from genai_audit import UserError
from genai_audit import verify as verify_saved
from genai_audit.audit.cli import main
from genai_audit.audit.commands.rejudge import judge_again, render_again
from genai_audit.audit.verification.comparison import Closeness, closeness, differences
from genai_audit.audit.verification.of_draws import compared
from genai_audit.reports.record import Record
from in_process import in_process

from .conftest import Saved

NEAR = Closeness("numpy is 2 here, was 1")


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def test_a_sound_audit_holds_line_by_line(original: Saved) -> None:
    result = call(original.out, "--checkpoint", original.place / "model.json")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "✕" not in result.output
    assert [line for line in lines if line.startswith("–")] == ["– signature: the audit is not signed"]
    for said in (
        "evidence, by the record's digests",
        "GA302: 12 estimates exactly as recorded",
        "verdict, judged again",
    ):
        assert any(line.startswith(f"✓ {said}") for line in lines), said
    assert lines[-1].endswith("1 not checked, as said above")
    assert f"{original.out}: holds: all of {len(lines) - 2} checks" in lines[-1]


def test_json_says_the_same(saved: Saved) -> None:
    content = saved.content
    place = next(i for i, each in enumerate(content["findings"]) if each["code"] == "GA302")
    content["findings"][place]["estimates"][0]["n"] += 1
    name = content["findings"][place]["estimates"][0]["name"]
    saved.rewrite(content, seal=True, manifest=True)
    result = call(saved.out, "--json")
    assert result.exit_code == 1
    told = json.loads(result.output)
    wrong = [each for each in told["checks"] if each["holds"] is False]
    assert f"GA302 estimate {name} n" in [each["what"] for each in wrong]
    assert {each["holds"] for each in told["checks"]} == {True, False, None}
    assert told["checks"] == [each.model_dump() for each in verify_saved(saved.out).checks]


def test_waivers_count_as_on_the_recorded_day(saved: Saved) -> None:
    content = saved.content
    assert next(each for each in content["verdict"]["rules"] if each["id"] == "covers")["waiver"]["void"] is False
    content["verdict"]["judged_on"] = "3000-01-01"
    saved.rewrite(content, seal=True, manifest=True)
    result = call(saved.out)
    assert result.exit_code == 1
    assert "✕ verdict rules 2 waiver void: expected False, found True" in result.output
    with pytest.raises(UserError, match="the record was changed since the audit"):
        render_again(saved.out, None)


def test_another_checkpoint_is_told(original: Saved, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{ }")
    result = call(original.out, "--checkpoint", other)
    assert result.exit_code == 1
    assert [line[:20] for line in result.output.splitlines() if line.startswith("✕")] == [
        "✕ checkpoint, as Ope",
        "✕ checkpoint, by its",
    ]


@pytest.mark.parametrize("use", ["report", "judge"])
@pytest.mark.parametrize("path", [("findings", 0, "title"), ("checkpoint", "name"), ("environment", "argv")])
def test_report_and_judge_refuse_what_the_seal_does_not_fit(
    saved: Saved, use: str, path: tuple[str | int, ...]
) -> None:
    content = saved.content
    part = content
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = ["x"] if path[-1] == "argv" else "x"
    saved.rewrite(content)
    with pytest.raises(
        UserError, match="its seal is not that of its content, so the record was changed since the audit"
    ):
        render_again(saved.out, None) if use == "report" else judge_again(saved.out, None, None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content["coverage"]["measured"].pop(), "its coverage does not follow"),
        (lambda content: content["policy"]["content"].update(name="other"), "its policy is not that of its digest"),
        (lambda content: content["diagnosis"].update(sentence="All is well."), "its diagnosis does not follow"),
    ],
)
def test_report_refuses_what_does_not_follow_though_sealed_anew(
    saved: Saved, change: Callable[[Any], object], says: str
) -> None:
    content = saved.content
    change(content)
    saved.rewrite(content, seal=True, manifest=True)
    with pytest.raises(UserError, match=says):
        render_again(saved.out, None)


def test_mistakes_end_in_one_line(original: Saved, tmp_path: Path) -> None:
    for arguments, says in (
        ((tmp_path,), "expected the folder of an audit, with record.json, found none"),
        ((original.out, "--deep"), "--deep: expected --checkpoint CHECKPOINT beside it"),
        ((original.out, "--loader", "x.py:load"), "expected --deep beside options that say how to open"),
        ((original.out, "--checkpoint", tmp_path / "none"), "expected the audited file or folder, found nothing there"),
    ):
        result = call(*arguments)
        assert result.exit_code == 2
        assert says in result.output
        assert len(result.output.splitlines()) == 1


def test_a_record_of_a_later_version_is_no_finding_against_it(saved: Saved) -> None:
    saved.rewrite({**saved.content, "schema_version": 99})
    result = call(saved.out)
    assert result.exit_code == 2
    assert "expected schema_version 1 or 2 or 3, got 99; use a matching genai-audit" in result.output


def older(content: Any) -> Any:
    """The same as a record of version 2, which had neither seal nor day nor tree."""
    content = json.loads(json.dumps(content))
    content["schema_version"] = 2
    del content["seal"], content["verdict"]["judged_on"], content["data"]["generated"]["tree"]
    return content


def test_older_records_are_verified_as_far_as_they_go(saved: Saved) -> None:
    saved.rewrite(older(saved.content), manifest=True)
    checks = {each.what: each for each in verify_saved(saved.out).checks}
    assert checks["record.json, by its seal"].holds is None
    assert checks["samples, by the root of their tree"].holds is None
    assert checks["samples, by their digest"].holds
    assert checks["GA302"].holds
    assert [each.holds for what, each in checks.items() if what.startswith("verdict")] == [True]
    assert render_again(saved.out, None).exists()


def test_numbers_are_equal_exactly_or_within_the_tolerance(original: Saved) -> None:
    one, other = {"a": [1.0, "x"], "seconds": 1.0}, {"a": [1.0 + 5e-7, "x"], "seconds": 2.0}
    assert [each.what for each in differences("d", one, other, Closeness())] == ["d a 1"]
    assert not list(differences("d", one, other, NEAR))
    assert [each.what for each in differences("d", {"a": 1.0}, {"a": 1.00001}, NEAR)] == ["d a"]
    assert [each.what for each in differences("d", {"a": [1, 2]}, {"a": [1], "b": True}, NEAR)] == ["d a 2", "d b"]
    assert list(differences("d", True, 1, NEAR))
    record: Record = original.record
    assert closeness(record).differs is None
    versions = {**record.environment.versions, "numpy": "0"}
    elsewhere = record.model_copy(update={"environment": record.environment.model_copy(update={"versions": versions})})
    assert "numpy is" in (closeness(elsewhere).differs or "")


def test_samples_drawn_again_are_the_same_or_near() -> None:
    saved = np.random.default_rng(0).random((4, 1, 2, 2)).astype(np.float32)
    near, far = saved + np.float32(5e-5), saved + np.float32(2e-4)
    assert compared("s", saved, np.concatenate((saved, far)), Closeness()).holds
    assert compared("s", saved, near, Closeness()).holds is False
    assert "because numpy" in compared("s", saved, near, NEAR).note
    assert compared("s", saved, far, NEAR).holds is False
    assert compared("s", saved, saved[:, :, :1], NEAR).holds is False
    texts = [f"text {i}" for i in range(100)]
    assert compared("s", texts, [*texts, "more"], Closeness()).holds
    assert compared("s", texts, ["other", *texts[1:]], Closeness()).holds is False
    assert compared("s", texts, ["other", *texts[1:]], NEAR).holds
    assert compared("s", texts, ["other"] * 6 + texts[6:], NEAR).holds is False
    table = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": pd.Categorical(["p", "q", None])})
    assert compared("s", table, table.astype({"b": object}), Closeness()).holds
    assert compared("s", table, table.assign(a=[1.0, 2.0, 3.0]), Closeness()).holds is False
    assert compared("s", table, table.rename(columns={"a": "c"}), NEAR).holds is False


def test_a_few_chunks_are_drawn_again_from_the_checkpoint(saved: Saved) -> None:
    model = ("--checkpoint", saved.place / "model.json", "--deep", "--loader", f"{saved.place / 'model.py'}:load")
    result = call(saved.out, *model)
    assert result.exit_code == 0, result.output
    drawn = [line for line in result.output.splitlines() if "drawn again" in line]
    assert drawn == [f"✓ samples {a} to {b}, drawn again: the same bytes" for a, b in ((0, 19), (20, 39), (40, 49))]
    # The same checkpoint, but code that makes something else of it.
    code = saved.place / "model.py"
    code.write_text(code.read_text().replace("torch.rand(", "0.5 * torch.rand("))
    result = call(saved.out, *model)
    assert result.exit_code == 1
    assert "✕ samples 0 to 19, drawn again: 20 of 20 records differ, by at most 0.5" in result.output


def test_an_audit_judged_again_holds(original: Saved, tmp_path: Path) -> None:
    text = (original.place / "policy.yaml").read_text().replace("at_most: 0.2", "at_most: 0.5")
    (tmp_path / "other.yaml").write_text(text + "settings: {GA302: {k: 3}}\n")
    judged = judge_again(original.out, tmp_path / "other.yaml", tmp_path / "again")
    assert judged.policy.sha256 != original.record.policy.sha256
    found = verify_saved(tmp_path / "again")
    assert found.holds, [each.text() for each in found.differing]
    assert found.line().startswith(f"{tmp_path / 'again'}: holds: all of")


def test_a_signed_run_is_verified_by_its_key_alone(original: Saved, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    for name in ("mine", "other"):
        key = generate_private_key(SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / f"{name}.pem").write_bytes(private)
        (tmp_path / f"{name}.pub").write_bytes(public)
    samples, out = str(original.place / "holdout.npz"), str(tmp_path / "out")
    run = ["run", samples, "--only", "GA501", "--out", out, "--sign", str(tmp_path / "mine.pem"), "--exit-zero"]
    assert CliRunner().invoke(main, run, obj=in_process).exit_code == 0
    result = call(out, "--public-key", tmp_path / "mine.pub", "--checkpoint", samples)
    assert result.exit_code == 0, result.output
    assert "✓ signature: by this key" in result.output
    assert call(out, "--public-key", tmp_path / "other.pub").exit_code == 1
    assert "– signature: claims to be by key" in call(out).output
    refused = CliRunner().invoke(main, [*run[:-3], "--sign", str(tmp_path / "none.pem")], obj=in_process)
    assert refused.exit_code == 2
    assert "expected a key in PEM, but nothing is there" in refused.output
