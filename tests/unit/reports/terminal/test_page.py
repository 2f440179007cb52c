"""`explain` on a terminal, through a pseudo-terminal, and into a pipe."""

import subprocess
import sys
from pathlib import Path

import pytest

from genai_audit.audit.commands.explanation import explained
from genai_audit.reports.terminal.page import laid_out

from .watched import plain, shown

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")

COLOUR = "\x1b[36m"
BOLD = "\x1b[1m"


def test_a_terminal_gets_the_page_laid_out_in_colour_through_the_pager(tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\necho "paged by $0"\ncat\n', encoding="utf-8")
    pager.chmod(0o700)
    text = shown("explain", "ga302", PAGER=str(pager))
    assert text.startswith("paged by ")
    assert COLOUR in text
    assert BOLD in text
    read = plain(text)
    assert "\n## " not in read
    assert "`" not in read
    assert "\nParameters\n" in read
    # Every word of the page is there, and no line is longer than the terminal.
    assert max(map(len, read.splitlines()[1:])) <= 80
    known = explained("GA302").replace("`", "").replace("*", "").split()
    assert [word for word in known if word.isalpha() and word not in read] == []


def test_without_colour_weight_remains() -> None:
    text = shown("explain", "GA302", NO_COLOR="1")
    assert COLOUR not in text
    assert BOLD in text


def test_a_page_that_fits_on_the_screen_is_shown_at_once() -> None:
    text = shown("explain", "GA302", rows=900, PAGER="false")
    assert "Parameters" in text


def test_a_pipe_gets_the_page_as_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "genai_audit", "explain", "GA302"], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.decode("utf-8") == explained("GA302") + "\n"


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_lines_break_between_words_at_any_width(width: int) -> None:
    page = plain(laid_out(explained("GA101"), width=width))
    words = set(explained("GA101").replace("`", "").replace("*", "").split())
    for line in page.splitlines():
        assert len(line) <= min(width, 100)
        for word in line.split():
            # Only a word that is longer than any line may be cut.
            assert word in words or word in "•─" or any(word in each for each in words if len(each) > width - 6), word
