"""Encoders through a whole audit: evidence holds each, findings name theirs, and rules never mix them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from genai_audit import PolicyError, Record, UserError, audit_checkpoint
from genai_audit.audit.commands.rejudge import judge_again
from genai_audit.audit.evidence.attributions import collect as attributions
from genai_audit.audit.evidence.attributions.readouts import SCORE
from genai_audit.audit.evidence.bundle import Evidence, Features, Generated, Real
from genai_audit.audit.evidence.control import control_evidence
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding, Outcome
from genai_audit.audit.judge import judge
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import RuleResult, Ruling
from genai_audit.models.data.datasets import load_data
from genai_audit.reports.encoder_words import encoder_words
from unit.reports.small_record import estimate, finding, rule

CODES = ("GA101", "GA302", "GA502")


class Profiles:
    """Sums of rows and columns of a picture."""

    name, version, licence, cannot_see = "profiles", "3", "MIT", "where in a row or a column ink lies"

    def encode(self, records: Any) -> Any:
        return np.concatenate([records.mean(axis=(1, 2)), records.mean(axis=(1, 3))], axis=1)


@pytest.fixture(scope="module")
def digits() -> Any:
    data = load_data("digits")
    return data.samples[np.random.default_rng(0).permutation(len(data))[:400]]


@pytest.fixture(scope="module")
def both(digits: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, Path]:
    out = tmp_path_factory.mktemp("both") / "out"
    record = audit_checkpoint(digits, reference="digits", encoder=("pixels", Profiles()), only=CODES, out=out)
    return record, out


def test_evidence_and_record_hold_each_encoder(both: tuple[Record, Path]) -> None:
    record, out = both
    evidence = Evidence.load(out / "evidence")
    assert evidence.features is not None
    assert evidence.other_features is not None
    assert evidence.features.generated.shape == (400, 64)
    (other,) = evidence.other_features
    assert other.generated.shape == (400, 16)
    told = [(each.name, each.version, each.licence, each.dimensions) for each in record.data.encoders]
    assert told == [("pixels", "1", "Apache-2.0", 64), ("profiles", "3", "MIT", 16)]
    assert all(len(each.sha256) == 64 for each in record.data.encoders)
    assert record.environment.encoders == ("pixels", "Profiles (in memory)")
    assert record.environment.encoder_code == ("Profiles (in memory)",)
    assert "Profiles (in memory)</code> ran as encoder" in (out / "report.html").read_text(encoding="utf-8")


def test_findings_name_their_encoder_and_hold_the_estimates_by_the_others(both: tuple[Record, Path]) -> None:
    record, _ = both
    # Groups were told apart by features, too.
    assert {each.code: each.encoder for each in record.findings if each.estimates} == dict.fromkeys(CODES, "pixels")
    fidelity = record.finding("GA302")
    assert fidelity.estimate("support_precision", "encoder profiles").value > 0.8
    assert fidelity.estimate("support_precision").value != fidelity.estimate("precision", "encoder profiles").value
    assert fidelity.settings["encoder profiles"] == "features by profiles"
    assert {each.group for each in record.finding("GA101").estimates if each.group}.isdisjoint({"encoder profiles"})


def test_numbers_of_the_first_encoder_are_those_of_an_audit_without_others(
    both: tuple[Record, Path], digits: Any
) -> None:
    alone = audit_checkpoint(digits, reference="digits", only=("GA302",))
    ours = [each for each in both[0].finding("GA302").estimates if each.group is None]
    assert ours == list(alone.finding("GA302").estimates)


def test_reports_say_which_findings_rest_on_it_and_what_it_cannot_see(both: tuple[Record, Path]) -> None:
    record, out = both
    words = encoder_words(record)
    assert words is not None
    assert words.startswith(
        "GA101, GA302 and GA502 rest on features by pixels (pixel values), which cannot see what a pic"
    )
    assert "GA302 and GA502 also looked at features by profiles, which cannot see where in a row or a column" in words
    html = (out / "report.html").read_text(encoding="utf-8")
    assert html.index("rest on features by pixels") < html.index('id="scope"')
    assert "rest on features by pixels" in (out / "summary.md").read_text(encoding="utf-8")


def test_texts_by_another_encoder() -> None:
    def lengths(texts: Any) -> Any:
        return [[len(each), each.count("e"), each.count(" ")] for each in texts]

    data = load_data("biographies")
    record = audit_checkpoint(list(data.samples[:300]), reference="biographies", encoder=lengths, only=("GA302",))
    assert record.finding("GA302").outcome is Outcome.MEASURED
    assert [each.name for each in record.data.encoders] == ["lengths"]


def test_a_failing_encoder_ends_the_audit_before_anything_is_drawn(digits: Any) -> None:
    def broken(records: Any) -> Any:
        return records.reshape(7)

    with pytest.raises(UserError, match=r"test_encoding\.py:\d+: broken on 3 records failed with ValueError"):
        audit_checkpoint(digits, reference="digits", encoder=broken)


def test_one_that_fails_later_ends_it_too(digits: Any) -> None:
    def rows(records: Any) -> Any:
        flat = records.reshape(len(records), -1)
        return flat if len(records) < 60 else flat[:10]

    with pytest.raises(
        UserError, match=r"encoder='rows': expected an array \(64, d\), a row for each of 64 records, got"
    ):
        audit_checkpoint(digits, reference="digits", encoder=rows, only=("GA302",))


@pytest.mark.parametrize("given", [3, "", ["pixels", 4], [None]])
def test_what_is_no_encoder_is_one_line(digits: Any, given: Any) -> None:
    with pytest.raises(UserError, match=r"encoder: expected a name, a path, a function or an object with encode"):
        audit_checkpoint(digits, reference="digits", encoder=given)


def policy(*rules: dict[str, object], **more: object) -> Policy:
    return Policy.model_validate({"version": 1, "name": "p", "rules": rules, **more})


def judged(found: Sequence[Finding], rules: Policy) -> RuleResult:
    (result,) = judge(found, rules, drawn=100, today=date(2026, 1, 1)).rules
    return result


GOOD, BAD = estimate("ratio", 0.99, 0.01), estimate("ratio", 0.2, 0.01, group="encoder dino")
FOUND = replace(finding("GA302", GOOD, BAD), encoder="pixels")


def test_a_rule_looks_at_the_encoder_that_it_names() -> None:
    assert judged([FOUND], policy(rule("a", "GA302", "ratio"))).outcome is Ruling.PASS
    assert judged([FOUND], policy(rule("a", "GA302", "ratio", encoder="pixels"))).outcome is Ruling.PASS
    found = judged([FOUND], policy(rule("a", "GA302", "ratio", encoder="dino")))
    assert (found.outcome, found.group) == (Ruling.FAIL, "encoder dino")
    assert judged([FOUND], policy(rule("a", "GA302", "ratio", group="encoder dino"))).outcome is Ruling.FAIL
    # What the policy says counts for rules that say nothing of their own.
    assert judged([FOUND], policy(rule("a", "GA302", "ratio"), encoder="dino")).outcome is Ruling.FAIL
    assert judged([FOUND], policy(rule("a", "GA302", "ratio", encoder="pixels"), encoder="dino")).outcome is Ruling.PASS


def test_a_rule_on_another_encoder_stays_open() -> None:
    found = judged([FOUND], policy(rule("a", "GA302", "ratio", encoder="clip")))
    assert found.outcome is Ruling.INCONCLUSIVE
    assert found.reason == "it asks for features of clip, but GA302 looked at those of pixels: run with --encoder clip"
    # Records of old did not say which it was.
    old = replace(finding("GA302", GOOD), settings={"extractor": "pixel values"})
    assert "those of an unknown encoder" in judged([old], policy(rule("a", "GA302", "ratio", encoder="clip"))).reason
    # Where no features are looked at, none can be foreign.
    assert judged([finding("GA501", GOOD)], policy(rule("a", "GA501", "ratio", encoder="clip"))).outcome is Ruling.PASS


def test_a_policy_of_another_encoder_is_refused(both: tuple[Record, Path], digits: Any, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    rules = "rules: [{id: a, auditor: GA302, estimate: support_precision, at_least: 0.1, why: because}]"
    file.write_text(f"version: 1\nname: mine\nencoder: dino\n{rules}\n", encoding="utf-8")
    said = r"policy mine: expected features of its encoder, dino, got those of pixels"
    with pytest.raises(PolicyError, match=rf"{said}; run the audit with encoder=… dino"):
        audit_checkpoint(digits, reference="digits", policy=file, only=("GA302",))
    with pytest.raises(PolicyError, match=rf"{said}, profiles; run the audit with --encoder dino"):
        judge_again(both[1], file, None)
    file.write_text(f"version: 1\nname: mine\nencoder: profiles\n{rules}\n", encoding="utf-8")
    (result,) = judge_again(both[1], file, None).verdict.rules
    assert (result.outcome, result.group) == (Ruling.PASS, "encoder profiles")


def test_held_out_records_take_the_place_of_generated_ones_for_every_encoder(digits: Any) -> None:
    parts = digits[:100], digits[100:250], digits[250:]
    generated, reference, held = (each.reshape(len(each), -1).astype(np.float64) for each in parts)
    evidence = Evidence(
        "image",
        Generated(parts[0], 0, "m"),
        Real(parts[1], 150, "r", "r", "0"),
        Real(parts[2], 150, "h", "h", "1"),
        features=Features(generated, reference, held, "pixels"),
        other_features=(Features(generated[:, :9], reference[:, :9], held[:, :9], "some"),),
    )
    control = control_evidence(evidence, np.random.default_rng(0))
    assert control is not None
    assert control.features is not None
    assert control.other_features is not None
    np.testing.assert_array_equal(control.other_features[0].generated, control.features.generated[:, :9])
    assert len(control.other_features[0].holdout) == 0
    assert not np.array_equal(control.features.generated, generated)


def test_class_scores_are_attributed_only_where_the_groups_were_told_apart_by_pixels(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Record, Path]
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(attributions, "collect_attributions", lambda model, **how: asked.append(how["panel"]))
    evidence = Evidence.load(both[1] / "evidence")
    assert evidence.features is not None
    assert evidence.other_features is not None
    plan = Plan("image", "toy", model=SimpleNamespace(latent_dim=2, decode=lambda z: z))
    attributions.collect(plan, evidence, lambda share: None)
    attributions.collect(plan, replace(evidence, features=evidence.other_features[0]), lambda share: None)
    scores = [[each.name for each in panel.readouts if each.name.startswith(SCORE)] for panel in asked]
    assert [len(each) for each in scores] == [10, 0]


def test_the_digest_of_a_policy_without_encoders_is_what_it_was() -> None:
    plain = policy(rule("a", "GA302", "ratio"))
    assert plain.sha256 != policy(rule("a", "GA302", "ratio"), encoder="pixels").sha256
    assert plain.sha256 != policy(rule("a", "GA302", "ratio", encoder="pixels")).sha256
    assert "encoder" not in plain.model_dump_json(exclude={"encoder": True, "rules": {"__all__": {"encoder"}}})
