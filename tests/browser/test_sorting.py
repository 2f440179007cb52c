"""Tables that a reader sorts, and that read without."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from genai_audit import compare_records
from genai_audit.audit.over_time.history import history_of
from genai_audit.reports.over_time.page import comparison_page, history_page
from genai_audit.reports.page_parts import sorting
from unit.audit.over_time.records import audit

pytestmark = pytest.mark.browser

CELLS = ("0.84 (0.81–0.87)", "1,200 (1,100–1,300)", "–", "−0.5 (−0.7 to 0.2)", "< 0.001", "12.5 % (9–15 %)")
UPWARDS = ["−0.5", "< 0.001", "12.5", "0.84", "1,200", "–"]


def table(cells: tuple[str, ...], body: str = "") -> str:
    rows = "".join(f"<tr><th scope='row'>row {10 - at}</th><td>{cell}</td></tr>" for at, cell in enumerate(cells))
    head = "<thead><tr><th scope='col'>Name</th><th scope='col' class='number'>Value</th></tr></thead>"
    return f"<div class='scroll'><table>{head}<tbody>{rows or body}</tbody></table></div>"


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Any:
    """Opens HTML with the script of all pages below it."""
    context = chromium.new_context()

    def opens(html: str) -> Page:
        file = tmp_path / "page.html"
        file.write_text(f"<!doctype html><meta charset=utf-8>{html}<script>{sorting()}</script>", encoding="utf-8")
        tab = context.new_page()
        tab.goto(file.as_uri())
        return tab

    yield opens
    context.close()


def column(tab: Page, place: int) -> list[str]:
    return tab.locator(f"tbody tr > :nth-child({place})").all_inner_texts()


def test_values_with_intervals_sort_by_their_values_and_a_dash_stays_last(page: Any) -> None:
    tab = page(table(CELLS))
    tab.get_by_role("button", name="Value").click()
    assert [text.split(" (")[0].removesuffix(" %") for text in column(tab, 2)] == UPWARDS
    assert tab.locator("thead th").nth(1).get_attribute("aria-sort") == "ascending"
    tab.get_by_role("button", name="Value").click()
    assert [text.split(" (")[0].removesuffix(" %") for text in column(tab, 2)] == [*UPWARDS[-2::-1], "–"]
    tab.get_by_role("button", name="Value").click()
    assert column(tab, 2) == list(CELLS)
    assert tab.locator("[aria-sort]").count() == 0


def test_names_sort_as_words_with_their_numbers_by_keyboard(page: Any) -> None:
    tab = page(table(CELLS))
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Enter")
    assert column(tab, 1) == ["row 5", "row 6", "row 7", "row 8", "row 9", "row 10"]
    assert tab.evaluate("document.activeElement.textContent") == "Name"


def test_dates_and_words_are_no_numbers_and_small_tables_have_no_buttons(page: Any) -> None:
    tab = page(table(("2026-11-20", "2026-02-01", "2025-12-31")))
    tab.get_by_role("button", name="Value").click()
    assert column(tab, 2) == ["2025-12-31", "2026-02-01", "2026-11-20"]
    assert page(table(("1",))).get_by_role("button").count() == 0
    # A cell across columns has no place in an order.
    wide = "<tr><td colspan=2>none</td></tr><tr><th>a</th><td>1</td></tr>"
    assert page(table((), wide)).get_by_role("button").count() == 0


def test_tables_of_the_report_sort_and_read_without_a_script(
    chromium: Browser, reports: dict[str, Path], tmp_path: Path
) -> None:
    with_script, without = (chromium.new_context(java_script_enabled=enabled).new_page() for enabled in (True, False))
    for tab in (with_script, without):
        tab.goto(reports["fail"].as_uri())
    assert with_script.locator("article .scroll > table").first.get_by_role("button").count() > 2
    assert without.locator("button").count() == 0
    texts = [tab.locator("article table").first.inner_text() for tab in (with_script, without)]
    assert texts[0].split() == texts[1].split()
    for tab in (with_script, without):
        tab.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_over_time_are_accessible_and_never_scroll_sideways(
    chromium: Browser, axe: Path, tmp_path: Path, width: int, scheme: Any
) -> None:
    for number, recall in enumerate((0.9, 0.7, 0.95), 1):
        record = audit(recall, samples=str(number), started=f"2026-01-0{number}T12:00:00+00:00")
        (tmp_path / f"{number}.json").write_text(record.to_json(), encoding="utf-8")
    pages = {
        "history": history_page(history_of(tmp_path)),
        "compare": comparison_page(compare_records(audit(0.9), audit(0.7, samples="2"))),
    }
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    for name, html in pages.items():
        file = tmp_path / f"{name}.html"
        file.write_text(html, encoding="utf-8")
        tab = context.new_page()
        tab.goto(file.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.add_script_tag(path=axe)
        found = tab.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
        assert [each["id"] for each in found] == []
    context.close()
