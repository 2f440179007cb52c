"""What is behind a rule's number stands beside it by name, in every output."""

from dataclasses import replace

import pytest

from genai_audit.audit.finding import Column, Finding, Kind, Table
from genai_audit.reports.console import closing_lines
from genai_audit.reports.junit import junit
from genai_audit.reports.markdown import annotations, escape, summary
from genai_audit.reports.notebook import record_html
from genai_audit.reports.record import Record, RulePart
from genai_audit.reports.rulings import named_words, rule_sentence, verdict_sentence
from unit.reports.small_record import HOSTILE, estimate, finding, rule, small_record

TEXT = Kind.TEXT


def with_table(found: Finding, name: str, keys: tuple[str, ...], *rows: tuple[str | float, ...]) -> Finding:
    columns = tuple(
        Column(key, key, TEXT if isinstance(rows[0][at], str) else Kind.RATIO) for at, key in enumerate(keys)
    )
    return replace(found, tables=(*found.tables, Table(name, "caption", columns, rows)))


def vanished(*symbols: str, total: int | None = None) -> Record:
    rows = tuple((f"the letter {each} never appears", 0.1) for each in symbols)
    found = with_table(finding("GA310", estimate("vanished_share", 0.1, 0.01)), "vanished", ("what", "real"), *rows)
    return judged(found if total is None else replace(found, settings={"symbols_vanished": total}), "vanished_share")


def judged(found: Finding, name: str) -> Record:
    asked = {"id": "asked", "auditor": found.code, "estimate": name, "at_most": 0.02, "why": "because"}
    return small_record(findings=(found,), rules=(asked,), waivers=())


def outputs(record: Record) -> dict[str, str]:
    [said] = annotations(record, {"GITHUB_ACTIONS": "true"})
    return {
        "verdict": verdict_sentence(record),
        "console": closing_lines(record, None)[1],
        "markdown": next(line for line in summary(record).splitlines() if line.startswith("| ✕")),
        "annotation": said,
        "junit": junit(record),
        "notebook": record_html(record, None).split("<tbody>")[1],
    }


def test_the_letters_that_never_appear_are_named_in_every_output() -> None:
    for output, text in outputs(vanished("x", "q")).items():
        assert "the letter x never appears, the letter q never appears" in text, output


def test_three_symbols_are_named_and_the_others_counted() -> None:
    assert named_words(*first(vanished(*"abcde"))) == (
        "seen: the letter a never appears, the letter b never appears, the letter c never appears and 2 more"
    )
    # The table holds the commonest; the finding knows how many there are.
    assert str(named_words(*first(vanished(*"abcde", total=40)))).endswith("and 37 more")


def first(record: Record) -> tuple[Record, RulePart]:
    return record, record.verdict.rules[0]


def test_names_from_data_are_short_and_escaped() -> None:
    record = vanished(HOSTILE, "y" * 500)
    assert len(str(named_words(*first(record)))) < 200
    said = outputs(record)
    assert "<script" not in said["markdown"] + said["junit"] + said["notebook"]
    assert escape("the letter <script>") in said["markdown"]
    assert "\n" not in said["annotation"]


def test_the_pair_of_columns_that_is_furthest_off_is_named() -> None:
    found = with_table(
        finding("GA309", estimate("association_gap", 0.4, 0.01)), "pairs", ("one", "other"), ("age", "pay"), ("a", "b")
    )
    assert "furthest off: age and pay." in verdict_sentence(judged(found, "association_gap"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("thinnest_mode_ratio", "the thinnest is mode 7 (mostly class 3)"),
        ("lost_mass", "thin or missing: mode 2, mode 7 (mostly class 3)"),
        (
            "missing_modes",
            "missing: mode 7 (mostly class 3); a missing mode of 2.0 % of the data or more would have been",
        ),
    ],
)
def test_modes_are_named(name: str, expected: str) -> None:
    # Rows go by how surely a mode is thin, so that the thinnest need not be the first.
    rows = (("mode 2", "thin", 0.4), ("mode 7 (mostly class 3)", "missing", 0.05), ("mode 1", "–", 1.1))
    found = with_table(finding("GA301", estimate(name, 0.4, 0.01)), "modes", ("mode", "verdict", "ratio"), *rows)
    record = judged(replace(found, settings={"smallest_missing_mode_seen": 0.02}), name)
    assert expected in rule_sentence(record.verdict.rules[0], record).lower()


def test_no_missing_mode_is_no_proof_and_says_how_small_a_one_would_be_seen() -> None:
    found = replace(
        finding("GA301", estimate("missing_modes", 0.0, 0.0)), settings={"smallest_missing_mode_seen": None}
    )
    record, asked = first(judged(found, "missing_modes"))
    text = rule_sentence(asked, record)
    assert "No missing mode would have been found here, of whatever size." in text


def test_nothing_is_named_where_the_finding_names_nothing() -> None:
    record = judged(finding("GA310", estimate("vanished_share", 0.1, 0.01)), "vanished_share")
    assert named_words(*first(record)) is None
    assert verdict_sentence(record).endswith("the policy asks for at most 0.02 (95 % interval, n = 2,000).")
    other = small_record(rules=(rule("met", "GA302", "coverage_ratio"),), waivers=())
    assert named_words(*first(other)) is None
