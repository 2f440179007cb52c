"""The report in a real browser: accessible, self-contained, printable, narrow, dark, and harmless."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from unit.reports import example

pytestmark = pytest.mark.browser

VARIANTS = [name for name, _ in example.variants()]
Open = Callable[..., Page]
SHOW_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"


@dataclass(frozen=True)
class Heard:
    """What a page asked for, what of that it got, and what it complained about."""

    asked: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfinished", lambda request: self.got.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))


@pytest.fixture
def heard() -> Heard:
    """What the pages opened by `visit` asked for and complained about."""
    return Heard()


@pytest.fixture
def visit(chromium: Browser, reports: dict[str, Path], heard: Heard) -> Iterator[Open]:
    """Open a report by name, or any file."""
    contexts = []

    def visit(target: str | Path, *, width: int = 1280, scheme: str = "light", **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        heard.listen(page)
        page.goto((reports[target] if isinstance(target, str) else target).as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()


def violations(page: Page, axe: Path) -> list[str]:
    page.add_script_tag(path=axe)
    # Every rule that axe knows, best practices too.
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("fail", 1280, "light"),
        ("fail", 1280, "dark"),
        ("fail", 320, "light"),
        ("fail", 320, "dark"),
        ("error", 1280, "light"),
        ("hostile", 320, "dark"),
        # Excerpts, the diagnosis and the map.
        ("text", 1280, "light"),
        ("tabular", 320, "dark"),
    ],
)
def test_axe_finds_nothing(visit: Open, axe: Path, name: str, width: int, scheme: str) -> None:
    page = visit(name, width=width, scheme=scheme, bypass_csp=True)
    page.evaluate(SHOW_ALL)
    assert violations(page, axe) == []


def test_axe_would_find_something(visit: Open, axe: Path, reports: dict[str, Path], tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.html"
    text = reports["fail"].read_text(encoding="utf-8").replace("--muted: #555a63", "--muted: #bbbbbb")
    spoilt.write_text(text, encoding="utf-8")
    found = {each.split(":")[0] for each in violations(visit(spoilt, bypass_csp=True), axe)}
    assert {"color-contrast"} <= found


@pytest.mark.parametrize("name", VARIANTS)
def test_the_page_asks_for_nothing_and_complains_about_nothing(
    visit: Open, heard: Heard, reports: dict[str, Path], name: str
) -> None:
    page = visit(name)
    page.evaluate(SHOW_ALL)
    page.wait_for_timeout(100)
    assert [url for url in heard.asked if not url.startswith("data:image/png;base64,")] == [reports[name].as_uri()]
    assert heard.complaints == []
    broken = "[...document.images].filter(each => !each.complete || each.naturalWidth === 0).length"
    assert page.evaluate(broken) == 0


def test_records_are_read_under_a_diagnosis_and_a_map(visit: Open) -> None:
    page = visit("text")
    assert page.locator("article .texts li").count() == 8 + 2
    assert page.locator(".texts li b").count() == 0
    assert "shrinkage" in page.locator("#diagnosis + .answer").inner_text()
    assert page.locator("svg.map").bounding_box()["width"] > 200
    rows = visit("tabular").locator(".excerpt tbody tr")
    assert rows.count() == 8 + 2
    # Columns are shown real beside generated.
    assert visit("tabular").locator(".multiples li").count() == 3


def test_a_request_would_be_seen(visit: Open, heard: Heard, tmp_path: Path) -> None:
    asking = tmp_path / "asking.html"
    asking.write_text('<!doctype html><img src="other.png">', encoding="utf-8")
    page = visit(asking)
    page.wait_for_timeout(100)
    assert [url.rsplit("/", 1)[1] for url in heard.asked] == ["asking.html", "other.png"]


def test_hostile_text_neither_runs_nor_becomes_an_element(visit: Open, heard: Heard) -> None:
    # Without the content security policy: escaping alone must be enough.
    page = visit("hostile", bypass_csp=True)
    page.wait_for_timeout(200)
    assert heard.complaints == []
    assert page.locator("iframe, object, embed, form, base, img:not([src^='data:image/png'])").count() == 0
    assert page.locator("script").count() == 1
    assert page.locator("style").count() == 1
    assert "<img src=x onerror=alert(1)>" in page.locator("h1").inner_text()


def test_even_an_escaping_mistake_could_not_run_or_load(
    visit: Open, heard: Heard, reports: dict[str, Path], tmp_path: Path
) -> None:
    slip = tmp_path / "slip.html"
    attack = '<img src="other.png" onerror="document.title = 1"><script>document.title = 2</script>'
    slip.write_text(
        reports["fail"].read_text(encoding="utf-8").replace("<main ", f"{attack}<main ", 1), encoding="utf-8"
    )
    page = visit(slip)
    page.wait_for_timeout(200)
    assert page.title() == "FAIL: audit of gan.safetensors"
    assert not any("other.png" in url for url in heard.got)
    assert any("Content Security Policy" in text for text in heard.complaints)


@pytest.mark.parametrize("name", [*VARIANTS, "text", "tabular"])
def test_the_page_never_scrolls_sideways(visit: Open, name: str) -> None:
    page = visit(name)
    page.evaluate(SHOW_ALL)
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    # What is wider than the page scrolls in a box of its own, which the keyboard can reach.
    stuck = "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1"
    stuck += " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0).length"
    assert page.evaluate(stuck) == 0


def test_everything_is_reached_by_keyboard_with_a_visible_focus(visit: Open) -> None:
    page = visit("fail")
    stop = "a, summary, .scroll, button"
    expected = page.evaluate(f"document.querySelectorAll('{stop}').length")
    describe = "(() => { const e = document.activeElement, r = e.getBoundingClientRect();"
    describe += " return [e.tagName, e.className, getComputedStyle(e).outlineStyle, r.left >= 0 && r.width > 0] })()"
    stops = []
    for _ in range(expected + 10):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(describe))
        if stops[-1][0] == "BODY":
            stops.pop()
            break
    assert stops[0][:2] == ["A", "skip"]
    visible = page.evaluate(f"[...document.querySelectorAll('{stop}')].filter(e => e.checkVisibility()).length")
    assert len(stops) == visible
    seen = "[...document.querySelectorAll('summary')].filter(e => e.checkVisibility()).length"
    assert sum(tag == "SUMMARY" for tag, *_ in stops) == page.evaluate(seen)
    assert all(outline == "solid" and on_screen for _, _, outline, on_screen in stops)


def test_a_folded_part_opens_by_keyboard_without_a_script(visit: Open) -> None:
    page = visit("fail", java_script_enabled=False)
    folded = page.locator(".appendix details").first
    folded.locator("summary").focus()
    assert not folded.locator("> div").is_visible()
    page.keyboard.press("Enter")
    assert folded.locator("> div").is_visible()


def test_the_skip_link_leads_past_the_verdict(visit: Open) -> None:
    page = visit("fail")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_findings_are_open_on_paper_and_the_appendix_only_if_asked_for(visit: Open, reports: dict[str, Path]) -> None:
    page = visit("pass")
    finding = "document.querySelector('article.finding > details:not([open]) > .body').checkVisibility()"
    appendix = "document.querySelector('.appendix details > div').checkVisibility()"
    assert not page.evaluate(finding)
    page.emulate_media(media="print")
    assert page.evaluate(finding)
    assert not page.evaluate(appendix)
    whole = visit("full")
    whole.emulate_media(media="print")
    assert whole.evaluate(appendix)


def printed(page: Page, file: Path) -> list[str]:
    """The texts of the pages that a browser prints; letters that are set as one, as f and i, told apart."""
    page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    texts = [each.extract_text(extraction_mode="layout") for each in PdfReader(file).pages]
    return [re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)) for text in texts]


@pytest.mark.parametrize("name", ["pass", "fail", "waived", "error"])
def test_decision_scope_and_glance_take_a_page_each(visit: Open, tmp_path: Path, name: str) -> None:
    first, second, third, fourth, *_ = printed(visit(name, java_script_enabled=False), tmp_path / "report.pdf")
    assert "Sign-off" in first
    assert "Who accepts the risk" in first
    assert second.count("The policy in plain words") == 1
    assert "What to do, most urgent first" in third
    assert "Findings" in fourth


def test_every_page_names_model_digest_and_number(visit: Open, tmp_path: Path) -> None:
    pages = printed(visit("fail"), tmp_path / "report.pdf")
    for number, text in enumerate(pages, 1):
        assert "gan.safetensors" in text
        assert "SHA-256 4f1c22ab9d7e" in text
        assert f"{number} / {len(pages)}" in text


def test_the_whole_report_prints_as_a4_with_everything_on_it(visit: Open, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    text = " ".join(printed(visit("full", java_script_enabled=False), file))
    short = " ".join(printed(visit("fail", java_script_enabled=False), tmp_path / "short.pdf"))
    # A4 in points.
    box = PdfReader(file).pages[0].mediabox
    assert [round(float(side)) for side in (box.width, box.height)] == [595, 842]
    folded = ("Every estimate of GA101", "The group classifier on samples it had not seen", "2.13.0")
    assert [each for each in folded if each not in text] == []
    assert [each for each in folded if each in short] == []


def test_colours_follow_the_reader(visit: Open) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = visit("fail"), visit("fail", scheme="dark")
    assert light.evaluate(background) == "rgb(255, 255, 255)"
    assert dark.evaluate(background) == "rgb(22, 24, 27)"
    # Paper is white.
    dark.emulate_media(media="print")
    assert dark.evaluate(background) == "rgb(255, 255, 255)"


def test_forced_colours_and_calm_motion_are_respected(visit: Open) -> None:
    page = visit("fail", forced_colors="active", reduced_motion="reduce")
    token = "getComputedStyle(document.documentElement).getPropertyValue('--fail')"
    assert page.evaluate(token) == "CanvasText"
    dot = "getComputedStyle(document.querySelector('.plot.fail .dot')).fill"
    assert page.evaluate(dot) == page.evaluate("getComputedStyle(document.body).color")
    # A filled band would hide the dots that lie on it.
    assert page.evaluate("getComputedStyle(document.querySelector('.row .band')).fill") == "none"
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert (
        visit("fail", reduced_motion="no-preference").evaluate(
            "getComputedStyle(document.documentElement).scrollBehavior"
        )
        == "smooth"
    )


def test_charts_are_pictures_with_a_name_and_a_reading(visit: Open) -> None:
    page = visit("fail")
    chart = page.get_by_role("img", name="Share of each group relative to its target")
    assert chart.count() == 1
    reading = page.locator(f"#{chart.get_attribute('aria-describedby')}").inner_text()
    assert reading.startswith("Lowest: Group 3 at 0.04")


def test_contents_stay_in_view_where_there_is_room(visit: Open) -> None:
    top = "document.querySelector('nav').getBoundingClientRect().top"
    for width, stays in ((1280, True), (768, False)):
        page = visit("fail", width=width)
        page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
        page.evaluate("window.scrollTo(0, 3000)")
        assert (page.evaluate(top) >= 0) is stays


def test_rank_and_size_agree(visit: Open) -> None:
    size = "name => parseFloat(getComputedStyle(document.querySelector(name)).fontSize)"
    sizes = [visit("fail").evaluate(size, name) for name in (".decision .word", "h2", "h3", "h4", "p.question")]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)


def test_a_table_that_is_cut_says_so(visit: Open) -> None:
    page = visit("fail", width=320)
    shade = "getComputedStyle(document.querySelector('.scroll')).backgroundImage"
    assert page.evaluate(shade).count("gradient") == 4


def test_dots_lie_where_their_values_are(visit: Open) -> None:
    page = visit("fail")
    # Row 1 is judged 0.04, the bound 0.8 and the tick at 1 lie on one linear axis.
    script = """() => {
        const chart = document.querySelector('#GA101-chart-1 + .rows'), row = chart.querySelector('.row');
        const plot = row.querySelector('svg').getBoundingClientRect();
        const middle = name => {
            const box = row.querySelector(name).getBoundingClientRect();
            return 100 * (box.left + box.width / 2 - plot.left) / plot.width;
        };
        const ticks = [...chart.querySelectorAll('.tick')];
        const places = ticks.map(each => [parseFloat(each.textContent), parseFloat(each.getAttribute('x'))]);
        return [places, middle('.dot'), middle('.bound')];
    }"""
    ticks, dot, bound = page.evaluate(script)
    (first, start), (last, end) = ticks[0], ticks[-1]
    per_unit = (end - start) / (last - first)
    assert (dot - start) / per_unit + first == pytest.approx(0.04, abs=0.005)
    assert (bound - start) / per_unit + first == pytest.approx(0.8, abs=0.005)
