"""A record in a notebook: everything that decides, escaped, loading nothing, in the notebook's own colours."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from genai_audit import Record
from genai_audit.reports.notebook import record_html
from unit.reports.small_record import FINDINGS, HOSTILE, RULES, estimate, finding, small_record


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_verdict_and_every_rule_are_shown() -> None:
    page = Page(record_html(small_record(), None))
    assert "✕ FAIL: model.safetensors" in page.text
    assert page.tags.count("tr") == 1 + len(RULES) + 1  # a heading, and the rule by group gives two rows
    for rule in RULES:
        assert str(rule["id"]) in page.text
    assert re.search(
        r"✕ FAILmissedRecall [a-z ]+ at least 0\.80\.500 \(95 % interval 0\.490–0\.510, n = 2,000\)", page.text
    )
    assert "? INCONCLUSIVE" in page.text
    assert "measured: GA101, GA302; not applicable: GA401; inconclusive: GA402; error: GA201" in page.text
    assert "Report" not in page.text


def test_whatever_names_hold_stays_text() -> None:
    findings = [finding("GA101", estimate("share_ratio", 0.1, 0.01, group=HOSTILE)), *FINDINGS[1:]]
    page = Page(record_html(small_record(name=HOSTILE, findings=findings), Path("/tmp/<b>'\"&/report.html")))
    assert set(page.tags) <= {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "a"}
    assert {name for name, _ in page.attributes} <= {"style", "scope", "href"}
    assert page.text.count("<script>alert(1)</script>") > 1
    assert not set("\x00\x1b\ufffe") & set(page.text)


def test_nothing_is_loaded_and_no_colour_is_fixed() -> None:
    html = record_html(small_record(), None)
    assert not re.search(r"https?:|//|url\(|src=|@import|<style|<script", html)
    colours = re.findall(r"(?:color|background):([^;\"]+)", html)
    assert set(colours) == {"inherit", "transparent"}


@pytest.mark.parametrize("inside", [True, False])
def test_the_report_is_linked_where_it_was_written(
    inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path if inside else "/")
    report = tmp_path / "my out" / "report.html"
    record = small_record()
    assert "<a " not in record._repr_html_()
    record.written_to(report)
    links = [value for name, value in Page(record._repr_html_()).attributes if name == "href"]
    assert links == ["my out/report.html" if inside else report.relative_to("/").as_posix()]


def test_where_it_was_written_is_no_part_of_a_record() -> None:
    one, two = small_record(), small_record()
    one.written_to(Path("report.html"))
    assert one == two
    assert one.to_json() == two.to_json()
    assert Record.model_validate_json(one.to_json()) == one


def test_a_record_prints_as_one_line() -> None:
    record = small_record(name="a\nb" * 200)
    for each in (record, record.verdict, *record.verdict.rules, *record.findings, record.coverage):
        assert repr(each) == str(each)
        assert "\n" not in repr(each)
        assert len(repr(each)) < 200
    assert repr(record.estimate("GA302", "recall_ratio")) == "EstimatePart(recall_ratio = 0.5, 0.49 to 0.51 at 95%)"
    assert repr(record.finding("GA401")) == "FindingPart(GA401: not_applicable, no training data was given)"


def test_a_misspelt_name_is_told_what_is_there() -> None:
    record = small_record()
    assert record.estimate("GA101", "share_ratio", "b").value == 0.1
    with pytest.raises(KeyError, match=r"no finding 'GA999'; it has: GA101, GA201, GA302, GA401, GA402"):
        record.finding("GA999")
    with pytest.raises(KeyError, match=r"GA302 has no estimate 'recal'; it has: coverage_ratio, recall_ratio, "):
        record.estimate("GA302", "recal")
    with pytest.raises(KeyError, match=r"GA101 has no share_ratio for group None; it has it for: 'a', 'b'"):
        record.estimate("GA101", "share_ratio")
    with pytest.raises(
        KeyError, match=r"GA201 has no estimate 'x'; it has: none \(error: ValueError: <broken> & torn\)"
    ):
        record.estimate("GA201", "x")
