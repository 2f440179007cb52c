"""What decides an exit code beside the verdict: `on_inconclusive`, and baseline mode."""

from pathlib import Path

import pytest

from genai_audit import Record, Ruling
from genai_audit.audit.adoption.baseline_mode import gated, worse_than
from genai_audit.audit.commands.closing import exit_code
from genai_audit.audit.over_time.comparison import Side
from unit.audit.over_time.records import audit
from unit.reports.small_record import rule

BOUND = (rule("recall", "GA302", "support_recall"),)


def by(way: str | None) -> Record:
    record = audit()
    content = {**record.policy.content, "on_inconclusive": way}
    return record.model_copy(update={"policy": record.policy.model_copy(update={"content": content})})


@pytest.mark.parametrize(("way", "code"), [(None, 3), ("fail", 1), ("warn", 0), ("pass", 0)])
def test_an_inconclusive_verdict_exits_as_the_policy_says(
    way: str | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(Ruling.INCONCLUSIVE, by(way)) == code
    assert ("Warning: INCONCLUSIVE" in capsys.readouterr().err) is (way == "warn")
    # Nothing else is let through.
    assert (exit_code(Ruling.PASS, by(way)), exit_code(Ruling.FAIL, by(way))) == (0, 1)


def test_an_old_record_without_the_key_exits_with_3() -> None:
    record = audit()
    content = {name: value for name, value in record.policy.content.items() if name != "on_inconclusive"}
    old = record.model_copy(update={"policy": record.policy.model_copy(update={"content": content})})
    assert exit_code(Ruling.INCONCLUSIVE, old) == 3


def test_the_first_run_records_and_later_ones_fail_on_worse_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "base" / "baseline.json"
    bad = audit(0.6, rules=BOUND)
    assert bad.verdict.outcome is Ruling.FAIL
    assert gated(bad, tmp_path, baseline, exit_zero=False) == 0
    assert Record.load(baseline) == bad
    kept = baseline.read_bytes()
    for recall, code in ((0.6, 0), (0.59, 0), (0.4, 1)):
        new = audit(recall, samples="2", rules=BOUND)
        assert gated(new, tmp_path, baseline, exit_zero=False) == code, recall
    assert gated(audit(0.4, samples="2", rules=BOUND), tmp_path, baseline, exit_zero=True) == 0
    assert baseline.read_bytes() == kept
    said = capsys.readouterr().out
    assert "Baseline: recorded in" in said
    assert "Baseline: no worse than" in said
    assert "Baseline: worse than" in said


def test_a_rule_that_was_met_and_is_not_met_is_worse_whatever_the_margin() -> None:
    old, new = audit(0.83, se=0.001, rules=BOUND), audit(0.79, se=0.001, samples="2", rules=BOUND)
    assert (old.verdict.outcome, new.verdict.outcome) == (Ruling.PASS, Ruling.FAIL)
    outcome, lines = worse_than(Side.of(old, "old"), Side.of(new, "new"))
    assert outcome is Ruling.FAIL
    assert "it was met at the baseline and is not met now" in "\n".join(lines)


def test_what_is_met_now_is_no_worse_and_what_cannot_be_told_stays_open() -> None:
    old = Side.of(audit(0.95, rules=BOUND), "old")
    assert worse_than(old, Side.of(audit(0.85, samples="2", rules=BOUND), "new"))[0] is Ruling.PASS
    assert worse_than(old, Side.of(audit(0.85, se=0.1, samples="2", rules=BOUND), "new"))[0] is Ruling.INCONCLUSIVE
    other = audit(0.6, samples="2", reference="ab", rules=(rule("new", "GA302", "support_recall"),))
    assert worse_than(old, Side.of(other, "new"))[0] is Ruling.INCONCLUSIVE


def test_what_could_not_be_judged_either_time_is_no_worse() -> None:
    rules = (*BOUND, rule("gone", "GA301", "lost_mass"))
    old, new = audit(0.9, rules=rules), audit(0.9, samples="2", rules=rules)
    assert new.verdict.outcome is Ruling.INCONCLUSIVE
    assert worse_than(Side.of(old, "old"), Side.of(new, "new"))[0] is Ruling.PASS
