"""The report as a text: order, escaping, size, sameness; its looks are tested in a browser."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from jinja2 import UndefinedError

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.finding import Column, Exhibit, Kind, Pictures, Table
from genai_audit.reports import html
from genai_audit.reports.html import render, visible
from genai_audit.reports.markdown_lite import markdown
from genai_audit.reports.page_parts import TEMPLATES, digest, sorting
from genai_audit.reports.record import Record
from genai_audit.reports.tables import MOST_ROWS
from unit.reports import example

RECORDS = dict(example.variants())
VOID = {"meta", "link", "img", "br", "hr"}
ALLOWED_TAGS = frozenset(
    """html head meta link title style body a header nav main footer section article h1 h2 h3 h4 p ul ol li dl dt dd
    div span table caption thead tbody tr th td details summary figure figcaption img pre code strong em blockquote
    svg line rect circle text path script""".split()  # noqa: SIM905 – a list of strings in quotes would be unreadable
)


class Tree(HTMLParser):
    """Tags, attributes, headings and visible text; complains about tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] not in ("style", "script"):
            self.text.append(data)

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags for key, value in attributes.items() if key == name and value]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return example.evidence()


@pytest.fixture(params=list(RECORDS))
def record(request: pytest.FixtureRequest) -> Record:
    return RECORDS[request.param]


def test_every_record_becomes_a_well_formed_page(record: Record, evidence: Evidence) -> None:
    tree = Tree(render(record, evidence))
    assert {tag for tag, _ in tree.tags} <= ALLOWED_TAGS
    assert tree.headings.count(1) == 1
    assert tree.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(tree.headings, tree.headings[1:], strict=False))
    ids = tree.attributes("id")
    assert len(ids) == len(set(ids))
    pointed = [each for name in ("aria-labelledby", "aria-describedby") for each in tree.attributes(name)]
    pointed += [each[1:] for each in tree.attributes("href") if each.startswith("#")]
    assert set(pointed) <= set(ids)


def test_only_the_one_script_can_run_and_nothing_can_be_loaded(record: Record, evidence: Evidence) -> None:
    page = render(record, evidence)
    tree = Tree(page)
    assert [attributes for tag, attributes in tree.tags if tag == "script"] == [{}]
    assert page.count(f"<script>{sorting()}</script>") == 1
    assert f"script-src '{digest(sorting())}'; base-uri 'none'" in page
    # Whatever closed the element early, or wrote HTML, would get round the digest.
    assert not re.search(r"</|<!--|innerHTML|insertAdjacent|document\.write|eval|fetch|import", sorting())
    names = {key for _, attributes in tree.tags for key in attributes}
    assert not {name for name in names if name.startswith("on")}
    # Styles as attributes would need a wider content security policy.
    assert "style" not in names
    assert all(each.startswith(("#", "data:,")) for each in tree.attributes("href"))
    assert all(each.startswith("data:image/png;base64,") for each in tree.attributes("src"))
    assert not re.search(r"url\(|@import", (TEMPLATES / "style.css").read_text(encoding="utf-8"))


def test_decision_scope_glance_findings_what_is_missing_provenance_glossary_and_appendix_follow_each_other(
    evidence: Evidence,
) -> None:
    tree = Tree(render(RECORDS["fail"], evidence))
    parts = ["decision", "scope", "glance", "findings", "unmeasured", "crosswalk", "provenance", "glossary", "appendix"]
    ids = tree.attributes("id")
    assert [each for each in ids if each in parts] == parts
    # Every auditor has a place that links lead to.
    assert [each for each in ids if re.fullmatch(r"GA\d+", each)] == ["GA101", "GA201", "GA302"]
    text = "".join(tree.text)
    assert text.index("FAIL", text.index("Audit of a")) < text.index("Group 3 makes up 0.4")


def test_the_page_says_everything_that_identifies_the_audit(evidence: Evidence) -> None:
    record = RECORDS["fail"]
    text = "".join(Tree(render(record, evidence)).text)
    for expected in (
        record.checkpoint.sha256,
        record.data.generated.sha256,
        record.policy.sha256,
        "declared, not verified",
        "genai-audit run gan.safetensors",
        "2026-03-14 09:26 UTC",
        "95 % interval".replace(" %", "\u00a0%"),
        "no holdout data was given".capitalize(),
        "no rule of the policy looks at it",
        "genai-audit verify OUT",
    ):
        assert expected in text


def test_a_crash_shows_its_traceback_and_no_chart(evidence: Evidence) -> None:
    text = render(RECORDS["error"], evidence)
    article = text[text.index('id="GA302"') : text.index('id="unmeasured"')]
    assert "MemoryError: 1.2 TiB asked for" in article
    assert "neighbours.py" in article
    assert "<figure" not in article


def test_hostile_text_stays_text(evidence: Evidence) -> None:
    page = render(RECORDS["hostile"], evidence)
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "49" not in re.findall(r"gnp\.exe\S* (\S+)", page)
    assert not set("\x00\x1b\u202e\u2066") & set(page)
    assert "⟨U+202E⟩" in page
    page.encode("utf-8")


@pytest.mark.parametrize(
    "code", [0, 0x1B, 0x7F, 0x85, 0x200B, 0x200E, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xD800, 0xFFFF, 0xE0041]
)
def test_characters_that_hide_or_reorder_are_spelt_out(code: int) -> None:
    assert visible(f"a{chr(code)}b") == f"a⟨U+{code:04X}⟩b"


@pytest.mark.parametrize("text", ["مجموعة", "می\u200cخواهم", "👩\u200d🔬", "naïve", "two\nlines\tand a tab"])
def test_ordinary_text_of_any_script_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_the_same_record_and_evidence_give_the_same_bytes(evidence: Evidence) -> None:
    again = example.evidence()
    html._environment.cache_clear()
    first, second = render(RECORDS["fail"], evidence), render(dict(example.variants())["fail"], again)
    assert first == second


def test_a_missing_name_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="undefined"):
        html._environment().from_string("{{ nothing }}").render()


def test_escaping_is_on_everywhere_and_no_template_turns_it_off() -> None:
    assert html._environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    sources = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.j2")]
    assert len(sources) >= 8
    assert not any(re.search(r"\|\s*safe\b|autoescape\s+false|Markup", source) for source in sources)


def big_record() -> tuple[Record, Evidence]:
    """A hundred groups with long names, colour pictures of 256 × 256 pixels that do not compress, big tables."""
    names = tuple(f"{index} {'x' * 200}" for index in range(100))
    finding = example.representation({name: 0.9 + index / 1000 for index, name in enumerate(names)})
    rows = tuple((name, 1.0) for name in names) * 50
    table = Table("big", "Big", (Column("a", "A", Kind.TEXT), Column("b", "B")), rows)
    sets = tuple(Pictures(name, "generated", tuple(range(100))) for name in names)
    exhibits = tuple(Exhibit(f"e{index}", "Pictures", "grid", sets) for index in range(3))
    finding = replace(finding, tables=(table,) * 3, exhibits=exhibits, settings={"huge": "y" * 100_000})
    maps = Exhibit(
        "maps", "Maps", "signed_maps", tuple(Pictures(f"z{index}", "attributions.maps", (index,)) for index in range(8))
    )
    noise = np.random.default_rng(0).random((100, 3, 256, 256), dtype=np.float32)
    evidence = example.evidence(names=names, shape=(3, 256, 256), n=100)
    evidence = replace(evidence, generated=replace(evidence.generated, samples=noise))
    findings = (finding, replace(example.drivers(), exhibits=(maps,)), example.neighbours())
    return example.record(findings, names=names, declared={"huge": ["z" * 100_000]}), evidence


def test_big_evidence_stays_within_three_megabytes_and_says_what_was_left_out() -> None:
    page = render(*big_record())
    assert 200_000 < len(page.encode("utf-8")) <= 3_000_000
    assert f"{5_000 - MOST_ROWS:,} more rows are in record.json." in page
    assert "76 more sets of pictures are in the evidence folder" in page
    assert "Pictures are reduced from 256 to" in page


def test_pictures_that_are_not_in_the_evidence_are_said_to_be_missing(evidence: Evidence) -> None:
    page = render(RECORDS["fail"], replace(evidence, attributions=None))
    assert "Not in the evidence at hand, so not shown: z0, 42.0" in page


def test_a_value_and_its_ends_share_a_cell(evidence: Evidence) -> None:
    page = render(RECORDS["fail"], evidence)
    assert "Share generated (interval)" in page
    assert "from (95" not in page
    assert '<td class="number">9.5\u00a0% (8.5–10.5\u00a0%)</td>' in page


def test_a_long_table_is_folded_and_a_short_one_only_where_nothing_was_found(evidence: Evidence) -> None:
    columns = (Column("a", "A", Kind.TEXT), Column("b", "B"))
    for rows, coverage, folded in ((15, 0.6, False), (16, 0.6, True), (15, 0.99, True)):
        table = Table("t", "The caption", columns, tuple((str(row), row) for row in range(rows)))
        record = example.record((replace(example.neighbours(coverage=coverage), tables=(table,)),))
        assert ("<summary>The caption</summary>" in render(record, evidence)) is folded


def test_a_waived_rule_says_so_beside_its_outcome(evidence: Evidence) -> None:
    assert "FAIL, waived" in "".join(Tree(render(RECORDS["waived"], evidence)).text).replace("</span>", "")
    assert ", waived" not in "".join(Tree(render(RECORDS["expired"], evidence)).text)


def test_declared_facts_are_unfolded_one_level(evidence: Evidence) -> None:
    text = "".join(Tree(render(RECORDS["fail"], evidence)).text)
    assert "config: latent dim" in text
    # No brackets of a program.
    assert "128; 128" in text


def test_run_from_python_the_command_is_built_from_the_record(evidence: Evidence) -> None:
    record = example.record((example.neighbours(),), argv=(), name="my model.pt", loader="load.py:make")
    command = html.command(record)
    assert command.startswith("genai-audit run 'my model.pt'")
    assert command.endswith("--loader load.py:make --samples 20000 --seed 0 --device cpu")
    assert html.command(record).replace("'", "&#39;") in render(record, evidence)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (3, "3"),
        (0.5, "0.5"),
        (True, "yes"),
        (None, "–"),
        ([1, "a"], "1; a"),
        ({"a": 1, "b_c": "d"}, "a 1, b c d"),
        ([[1, [2]], [3, [4]]], "2 entries, in record.json"),
        ("x" * 9_999, "x" * 599 + "…"),
    ],
)
def test_declared_values_as_text(value: Any, expected: str) -> None:
    assert html.text_of(value) == expected


def test_pages_become_paragraphs_lists_and_code_but_no_links_or_html() -> None:
    text = markdown(
        "One **bold** `code` [a](https://x.y) ![b](c.png) <script>x</script>\n\n"
        "- item\n\n# not a heading\n\n<div>no</div>"
    )
    assert "<strong>bold</strong>" in text
    assert "<code>code</code>" in text
    assert "<li>item</li>" in text
    assert not re.search(r"<(a|img|script|div|h\d)\b", text)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes() -> dict[str, dict[str, str]]:
    """The colour tokens of the light and of the dark theme, from the style sheet."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    blocks = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    light, dark = (block for block in blocks if "bg" in block)
    assert light.keys() == dark.keys() == {"fg", "bg", "muted", "line", "band", "accent", "pass", "fail", "unsure"}
    return {"light": light, "dark": dark}


def test_text_on_every_colour_of_the_diverging_scale_can_be_read() -> None:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    grounds = re.findall(r"--puor-(\d+): (#[0-9a-f]{6});", style)
    inks = dict(re.findall(r"\.puor(\d+) \{ background: var\(--puor-\1\); color: var\(--on-(dark|light)\)", style))
    assert len(grounds) == len(inks) == 11
    for place, ground in grounds:
        assert contrast({"dark": "#ffffff", "light": "#000000"}[inks[place]], ground) >= 4.5, place


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ink", ["fg", "muted", "accent", "pass", "fail", "unsure"])
@pytest.mark.parametrize("ground", ["bg", "band"])
def test_every_pair_of_tokens_can_be_read(theme: str, ink: str, ground: str) -> None:
    palette = palettes()[theme]
    assert contrast(palette[ink], palette[ground]) >= 4.5


def test_every_colour_of_the_style_sheet_is_a_token() -> None:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    body = re.sub(r":root \{.*?\}", "", style, flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", body)
