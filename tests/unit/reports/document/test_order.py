"""What stands on which page of the report, and what is printed at the edge of each."""

import re
from html import unescape

import pytest

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.reports.document.print_marks import print_style
from genai_audit.reports.html import render
from unit.reports import example

RECORDS = dict(example.variants())


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return example.evidence()


def section(page: str, name: str) -> str:
    """The text of the report from one part on."""
    start = page.index(f'aria-labelledby="{name}"')
    text = re.sub(r"<[^>]*>", " ", page[page.index(">", start) + 1 :])
    return re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s+", " ", unescape(text).replace("\u00a0", " ")))


def test_the_first_page_holds_all_that_a_person_signs_by(evidence: Evidence) -> None:
    page = section(render(RECORDS["fail"], evidence), "decision")
    page = page[: page.index("Use and facts")]
    for expected in (
        "✕ FAIL",
        "Group 3 makes up 0.4 % (0–0.8 %) of the samples where it should make up 10.0 %",
        "asked: at least 0.8",
        "Established",
        "Unequal representation: ✕ no group underrepresented",
        "Found, but judged by no rule",
        "Not looked at",
        "Copying",
        "Harm in use",
        "Security",
        "Conditions",
        "No rule is waived.",
        "Next review: not set",
        "Sign-off",
        "Signature",
    ):
        assert expected in page, expected


def test_a_waiver_stands_on_the_first_page_with_owner_and_expiry(evidence: Evidence) -> None:
    page = section(render(RECORDS["waived"], evidence), "decision")
    assert "Reality is covered: A. Person, until 2030-01-31 (in force). Known, fix planned in 2.1." in page
    expired = section(render(RECORDS["expired"], evidence), "decision")
    assert "A. Person, expired 2024-01-31 (expired: without effect)" in expired


def test_what_nobody_declared_is_shown_as_missing(evidence: Evidence) -> None:
    page = section(render(RECORDS["fail"], evidence), "scope")
    assert "Intended use missing: not declared" in page
    assert "declared, not verified" in page
    assert "missing: no register of residual risks was declared" in page


def test_a_finding_has_one_figure_and_methods_stand_once_in_the_appendix(evidence: Evidence) -> None:
    for variant in ("pass", "fail", "inconclusive"):
        page = render(RECORDS[variant], evidence)
        articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
        assert len(articles) == 3
        assert all(article.count('<figure class="chart"') <= 1 for article in articles)
        assert not any("What a perfect model scores" in article for article in articles)
        appendix = page[page.index('id="appendix"') :]
        assert appendix.count("What a perfect model scores") == 3


def test_a_complete_count_is_a_line_of_a_checklist(evidence: Evidence) -> None:
    page = render(RECORDS["pass"], evidence)
    drivers = page[page.index('id="GA201"') : page.index('id="GA302"')]
    assert "Largest completeness error, relative to the effect: <span" in drivers
    assert "(exact" not in drivers


def test_the_whole_report_says_that_it_prints_everything(evidence: Evidence) -> None:
    assert '<body class="full">' in render(RECORDS["pass"], evidence, full=True)
    assert "<body>" in render(RECORDS["pass"], evidence)


def test_every_printed_page_names_model_and_digest_whatever_the_name_holds(evidence: Evidence) -> None:
    plain = render(RECORDS["pass"], evidence)
    assert 'content: "gan.safetensors"' in plain
    assert f'content: "SHA-256 {example.DIGEST[:12]}' in plain
    # Quotes, tags and backslashes are numbers there, so that none ends the string or the style sheet.
    hostile = print_style(RECORDS["hostile"])
    assert re.fullmatch(
        r'\s*@page \{ (@top-(left|right) \{ content: "([\w .:-]|\\[0-9a-f]{6})*"; \} ?){2}\}\s*', hostile
    )
