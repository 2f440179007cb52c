"""Rules on an earlier record: read with the policy, judged by intervals, the same years later without the file."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from genai_audit import Policy, PolicyError, Record, Ruling
from genai_audit.audit.baseline import worsening
from genai_audit.audit.finding import Better, Estimate
from genai_audit.audit.folder.binding import check_verdict
from genai_audit.audit.judge import judge
from genai_audit.audit.record_parts import context, policy_part
from genai_audit.reports import convert
from genai_audit.reports.html import render
from genai_audit.reports.junit import junit
from genai_audit.reports.markdown import summary
from unit.audit.over_time.records import audit

TEXT = """version: 1
name: later
rules:
  - id: recall-holds
    auditor: GA302
    estimate: {estimate}
    no_worse_than: {baseline}
    margin: {margin}
    why: what was reached stays reached
"""


@pytest.fixture
def policy(tmp_path: Path) -> Callable[..., Policy]:
    (tmp_path / "baseline.json").write_text(audit(0.9).to_json(), encoding="utf-8")

    def made(estimate: str = "support_recall", baseline: str = "baseline.json", margin: object = 0.05) -> Policy:
        text = TEXT.format(estimate=estimate, baseline=baseline, margin=margin)
        (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")
        return Policy.load(tmp_path / "policy.yaml")

    return made


def judged(policy: Policy, new: Record) -> Record:
    """The record as an audit by this policy leaves it."""
    policy = policy.beside(context(new.checkpoint, new.data))
    findings = tuple(convert.finding_from(part) for part in new.findings)
    verdict = judge(findings, policy, drawn=2000, today=date(2026, 1, 15))
    parts = {"verdict": convert.verdict_part(verdict), "policy": policy_part(policy, None)}
    return new.model_copy(update=parts)


@pytest.mark.parametrize(
    ("recall", "se", "outcome"),
    [
        (0.95, 0.005, Ruling.PASS),  # better
        (0.89, 0.005, Ruling.PASS),  # worse, by less than the margin
        (0.7, 0.005, Ruling.FAIL),  # worse by more
        (0.86, 0.02, Ruling.INCONCLUSIVE),  # the interval holds the margin
    ],
)
def test_the_worsening_is_judged_by_its_interval(
    policy: Callable[..., Policy], recall: float, se: float, outcome: Ruling
) -> None:
    record = judged(policy(), audit(recall, se=se, samples="2"))
    (rule,) = record.verdict.rules
    assert rule.outcome is record.verdict.outcome is outcome
    assert rule.observed is not None
    assert rule.observed.value == pytest.approx(0.9 - recall)
    assert rule.bound.at_most == 0.05
    assert rule.against is not None
    assert rule.against.source == "baseline.json"


def test_what_should_be_low_is_worse_where_it_rises(policy: Callable[..., Policy]) -> None:
    made = policy("stray_share")
    assert judged(made, audit(strays=0.3, samples="2")).verdict.outcome is Ruling.FAIL
    assert judged(made, audit(strays=0.0, samples="2")).verdict.outcome is Ruling.PASS


def test_where_neither_direction_is_better_the_size_of_the_change_counts(policy: Callable[..., Policy]) -> None:
    baseline = policy().rules[0].no_worse_than
    assert baseline is not None
    kept = baseline.estimates[0].model_copy(update={"better": Better.NEITHER})
    baseline = baseline.model_copy(update={"estimates": (kept,)})
    for value in (0.7, 1.1):
        new = kept.model_copy(update={"value": value, "curve": ()}).named("support_recall")
        worse = worsening(baseline, new)
        assert isinstance(worse, Estimate)
        assert worse.value == pytest.approx(0.2)
        assert worse.interval(0.95).low > 0.15


def test_other_data_or_a_missing_estimate_leave_the_rule_open(policy: Callable[..., Policy]) -> None:
    made = policy()
    other = judged(made, audit(0.9, samples="2", reference="ab")).verdict.rules[0]
    assert other.outcome is Ruling.INCONCLUSIVE
    assert "the reference (other records)" in other.reason
    missing = judged(policy("nothing"), audit(0.9, samples="2")).verdict.rules[0]
    assert missing.outcome is Ruling.INCONCLUSIVE
    assert "gave no nothing" in missing.reason


def test_a_record_judges_again_without_the_file(policy: Callable[..., Policy], tmp_path: Path) -> None:
    record = judged(policy(), audit(0.7, samples="2"))
    (tmp_path / "baseline.json").unlink()
    saved = tmp_path / "record.json"
    saved.write_text(record.to_json(), encoding="utf-8")
    loaded = Record.load(saved)
    check_verdict(loaded, saved)
    again = Policy.model_validate(loaded.policy.content)
    assert again.sha256 == loaded.policy.sha256 == policy_digest(record)


def policy_digest(record: Record) -> str:
    return Policy.model_validate(json.loads(json.dumps(record.policy.content))).sha256


def test_every_output_says_that_it_is_a_worsening(policy: Callable[..., Policy]) -> None:
    from unit.reports.example import evidence

    record = judged(policy(), audit(0.7, samples="2"))
    said = "orsening of share of the data within the support of the generated samples since baseline.json"
    assert said in summary(record)
    assert said in junit(record)
    assert said in render(record, evidence())


@pytest.mark.parametrize(
    ("given", "line", "message"),
    [
        ({"baseline": "gone.json"}, 7, "gone.json: expected a record written by genai-audit, but nothing is there"),
        ({"baseline": "policy.yaml"}, 7, "cannot be read"),
        ({"baseline": "[1]"}, 7, "expected the path of a record"),
        ({"margin": "-1"}, 8, "greater than or equal to 0"),
        ({"margin": "null"}, 4, "expected margin exactly where there is no_worse_than"),
    ],
)
def test_a_mistake_is_refused_with_its_line(
    policy: Callable[..., Policy], given: dict[str, str], line: int, message: str
) -> None:
    with pytest.raises(PolicyError, match=rf"policy\.yaml:{line}: (.|\n)*{message}"):
        policy(**given)


def test_keys_that_came_later_change_no_digest_where_they_are_not_used() -> None:
    # Of the content as it was before these keys; records count further looks at one question by this digest.
    before = (
        '{"version":1,"name":"p","confidence":0.95,"rules":[{"id":"a","auditor":"GA302","estimate":"x","group":null,'
        '"at_least":0.5,"at_most":null,"between":null,"required":true,"why":"because"}],"waivers":[],"settings":{}}'
    )
    rule = {"id": "a", "auditor": "GA302", "estimate": "x", "at_least": 0.5, "why": "because"}
    plain = Policy.model_validate({"version": 1, "name": "p", "rules": [rule]})
    other = Policy.model_validate({"version": 1, "name": "p", "rules": [rule], "on_inconclusive": "warn"})
    assert plain.sha256 == hashlib.sha256(before.encode()).hexdigest()
    assert other.sha256 != plain.sha256
