"""Chromium, axe-core and rendered reports for the tests of what a reader meets."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from genai_audit.reports.html import render
from genai_audit.reports.redaction import Showing
from unit.reports import example
from unit.reports.read_records import read

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; Playwright's own download is not needed.

    Closed after each module: Playwright keeps an event loop running, which other tests must not meet.
    """
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    path = next(filter(None, found), None)
    if path is None:
        pytest.skip("no Chromium on the path: install it, on Debian with `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> Path:
    """The script of axe-core, fetched once into pytest's cache."""
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("axe-core")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm on the path, so axe-core cannot be fetched: on Debian `apt-get install npm`")
        command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode or not script.exists():
            pytest.skip(f"npm could not fetch axe-core: {done.stderr.strip()[-300:]}")
    return script


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of every kind of record, as files."""
    folder = tmp_path_factory.mktemp("reports")
    evidence = example.evidence()
    files = {}
    for name, record in example.variants():
        files[name] = folder / f"{name}.html"
        files[name].write_text(render(record, evidence), encoding="utf-8")
    files["full"] = folder / "full.html"
    files["full"].write_text(render(dict(example.variants())["fail"], evidence, full=True), encoding="utf-8")
    for name in ("text", "tabular"):
        files[name] = folder / f"{name}.html"
        files[name].write_text(render(*read(name), showing=Showing.REAL), encoding="utf-8")
    return files
