"""The report as PDF, printed by a Chromium that is installed on this machine; nothing is downloaded for it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..models.errors import UserError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""Programs that print a page as Chromium does, in the order in which they are looked for on the path."""

SECONDS = 180

QUIET = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    # The page loads nothing; neither may the browser look for anything by name.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def print_pdf(html: str) -> bytes:
    """The page as a PDF of A4 sheets.

    Raises:
        UserError: if no Chromium is on the path, or it does not print.
    """
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        raise UserError(
            "--pdf needs an installed Chromium or Chrome on the path, and found none: install one (on Debian `apt-get "
            "install chromium`), or open report.html in any browser and print it"
        )
    with tempfile.TemporaryDirectory(prefix="genai-audit-") as name:
        folder = Path(name)
        page, printed = folder / "report.html", folder / "report.pdf"
        page.write_text(html, encoding="utf-8")
        command = [browser, *QUIET, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}"]
        # Chromium refuses to run in its sandbox as root; the page holds no script, and its policy allows none.
        command += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        try:
            done = subprocess.run([*command, page.as_uri()], capture_output=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UserError(f"{browser}: expected it to print the report as PDF, but {_why(error)}") from error
        if not printed.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise UserError(f"{browser}: expected it to print the report as PDF, but it wrote none: {said[0][:300]}")
        return printed.read_bytes()


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {SECONDS} seconds"
    return str(getattr(error, "strerror", None) or error)
