"""The Markdown summary and the annotations on GitHub: the verdict first, and nothing in a name becomes markup."""

import html
import re
from pathlib import Path

import pytest

from genai_audit.reports.junit import junit
from genai_audit.reports.markdown import MOST_ANNOTATIONS, STEP_SUMMARY_BYTES, annotations, append_step_summary, summary
from genai_audit.reports.markdown import escape as escaped
from unit.reports.small_record import FINDINGS, HOSTILE, estimate, finding, rule, small_record

ON_GITHUB = {"GITHUB_ACTIONS": "true"}


def table_rows(text: str) -> list[list[str]]:
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]


def test_the_verdict_stands_first() -> None:
    lines = summary(small_record()).splitlines()
    assert lines[0] == "# ✕ FAIL: model.safetensors"
    assert "the policy asks for at least 0.8" in lines[2]


def test_failed_rules_stand_before_undecided_before_passed() -> None:
    outcomes = [row[0].strip() for row in table_rows(summary(small_record()))[2:]]
    assert outcomes == [
        *["✕ FAIL"] * 2,
        *["? INCONCLUSIVE"] * 2,
        "✕ FAIL",  # waived
        *["✓ PASS"] * 2,
        "– NOT APPLIED",
    ]


def test_numbers_stand_with_interval_and_n() -> None:
    text = summary(small_record())
    assert re.search(r"missed \|[^|]*at least 0\.8 \| 0\.5\d* \(95 % interval 0\.\d+–0\.\d+, n = 2,000\)", text)
    assert "samples would decide" in text


def test_the_worst_group_is_named_everywhere() -> None:
    groups = [estimate("share_ratio", value, 0.01, group=name) for name, value in {"cat": 0.9, "|dog|": 0.1}.items()]
    record = small_record(
        findings=(finding("GA101", estimate("worst_share_ratio", 0.1, 0.01), *groups),),
        rules=(rule("worst", "GA101", "worst_share_ratio"),),
        waivers=(),
    )
    assert "n = 2,000) in group \\|dog\\| |" in summary(record)
    assert "The worst is group |dog|." in annotations(record, ON_GITHUB)[0]
    assert "The worst is group |dog|." in junit(record)


def test_every_auditor_is_listed_with_its_outcome() -> None:
    text = summary(small_record())
    for each in FINDINGS:
        assert f"{each.code} Title of {each.code}" in text or f"{each.code} {each.title}" in text
    assert "GA401 Copies: not applicable (no training data was given)" in text
    # Of a traceback, what happened and not where.
    assert "error (ValueError: &lt;broken&gt; &amp; torn)" in text


def test_waivers_are_named() -> None:
    assert "Waived by A. Person until 2026-01-31: planned" in summary(small_record())
    expired: dict[str, object] = {"rule": "missed", "owner": "B", "reason": "late", "expires": "2026-01-14"}
    assert "has no effect" in summary(small_record(waivers=(expired,)))


def test_hostile_names_stay_text() -> None:
    findings = (finding("GA101", estimate("share_ratio", 0.1, 0.01, group=HOSTILE)), *FINDINGS[1:])
    text = summary(small_record(name=HOSTILE, findings=findings))
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "@all" not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    assert len({len(row) for row in table_rows(text)}) == 1
    assert text.count("\n# ") == 0


@pytest.mark.parametrize(
    "text",
    [
        "plain words, 0.84 (95 % interval 0.81–0.87)",
        "a|b `c` *d* _e_ [f](g) ~h~ <i> &amp; \\ # $x$ @y https://z www.q.r",
        "worst_share_ratio",
        "\\|",
    ],
)
def test_escaping_loses_no_letter(text: str) -> None:
    # What a Markdown reader shows: escapes resolved, then entities.
    assert html.unescape(re.sub(r"\\([\\`*_\[\]~|#])", r"\1", escaped(text))) == text


def test_escaping_leaves_nothing_live() -> None:
    shown = escaped("a|b `c` *d* _e_ [f](g) ~h~ <i> @y https://z www.q.r $x$")
    assert not re.search(r"(?<!\\)[|`*\[\]~]|<|@|://|www\.|\$", shown)
    assert "\\_e\\_" in shown
    assert escaped("worst_share_ratio") == "worst_share_ratio"
    assert escaped("one\ntwo\r\n| three") == r"one\\ntwo\\r\\n\| three"


def test_the_step_summary_is_appended(tmp_path: Path) -> None:
    target = tmp_path / "summary.md"
    target.write_text("before\n", encoding="utf-8")
    append_step_summary("after ✓\n", {"GITHUB_STEP_SUMMARY": str(target)})
    assert target.read_text(encoding="utf-8") == "before\nafter ✓\n"


def test_without_the_variable_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    append_step_summary("text", {})
    append_step_summary("text", {"GITHUB_STEP_SUMMARY": ""})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("before", [0, STEP_SUMMARY_BYTES - 500, STEP_SUMMARY_BYTES - 10, STEP_SUMMARY_BYTES])
def test_the_step_summary_stays_within_the_limit(tmp_path: Path, before: int) -> None:
    target = tmp_path / "summary.md"
    target.write_bytes(b"x" * before)
    append_step_summary("ein Wörtchen\n" * 200_000, {"GITHUB_STEP_SUMMARY": str(target)})
    data = target.read_bytes()
    assert len(data) <= STEP_SUMMARY_BYTES
    data.decode()  # cut at a line, never inside a letter
    if before <= STEP_SUMMARY_BYTES - 500:
        assert b"cut here" in data


def test_annotations_only_on_github() -> None:
    assert annotations(small_record(), {}) == []
    assert annotations(small_record(), {"GITHUB_ACTIONS": "false"}) == []
    assert len(annotations(small_record(), ON_GITHUB)) == 4


def test_failures_are_annotated_first_and_passes_never() -> None:
    lines = annotations(small_record(), ON_GITHUB)
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::warning"]
    assert not any("lived-with" in line or "rule met" in line for line in lines)


def test_at_most_ten_annotations() -> None:
    groups = [estimate("share_ratio", 0.1, 0.01, group=str(index)) for index in range(30)]
    record = small_record(
        findings=(finding("GA101", *groups),), rules=(rule("many", "GA101", "share_ratio"),), waivers=()
    )
    lines = annotations(record, ON_GITHUB)
    assert len(lines) == MOST_ANNOTATIONS
    assert "21 more rules" in lines[-1]


def test_annotations_are_one_line_each_and_cannot_forge_others() -> None:
    hostile = "a,b:c%\n::error::forged\r::stop-commands::x"
    record = small_record(
        findings=(finding("GA101", estimate("share_ratio", 0.1, 0.01, group=hostile)),),
        rules=(rule("one", "GA101", "share_ratio"),),
        waivers=(),
    )
    (line,) = annotations(record, ON_GITHUB)
    assert "\n" not in line
    assert "\r" not in line
    title, message = re.fullmatch(r"::error title=([^:,]*)::(.*)", line).groups()  # type: ignore[union-attr]  # fails if None
    assert r"a%2Cb%3Ac%25\n%3A%3Aerror" in title
    assert not re.search("%0[AD]", title + message)


def test_a_verdict_without_an_open_rule_is_annotated_too() -> None:
    record = small_record(findings=(), rules=(rule("one", "GA302", "coverage_ratio", required=False),), waivers=())
    assert record.verdict.outcome == "inconclusive"
    assert len(annotations(record, ON_GITHUB)) == 1
