"""Streams that cannot carry a text, or are gone: the text is made to fit or dropped, and nothing is raised."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.audit.commands.exits import FAIL, PASS, USAGE, guarded
from genai_audit.audit.commands.explanation import explanation
from genai_audit.reports.console import closing_lines
from genai_audit.reports.markdown import annotations, summary
from genai_audit.reports.terminal.fitting import fitting
from genai_audit.reports.terminal.say import say, say_block
from genai_audit.reports.terminal.streams import Lasting, outlasting
from unit.reports import example

NARROW = ["ascii", "cp1252", "cp437", "latin-1", "koi8-r", "shift_jis"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("PASS ✓ 0.81–0.87 ≤ 1 × 2 … −3", "PASS + 0.81-0.87 <= 1 x 2 ... -3"),
        ("α + Λ² · xᵢ → √2 ± ½", "alpha + Lambda^2 . x_i -> sqrt2 +/- 1/2"),
        ("groupe née 漢 👩", r"groupe n\xe9e \u6f22 \U0001f469"),
        ("plain", "plain"),
    ],
)
def test_ascii_gets_what_a_typewriter_has(text: str, shown: str) -> None:
    assert fitting(text, "ascii") == shown


def test_only_what_is_lacking_is_changed() -> None:
    assert fitting("née – ≤ ✓", "cp1252") == "née – <= +"
    assert fitting("née ≤ – ✓", "cp437") == "née ≤ - +"
    assert fitting("née ≤ – ✓", "utf-8") == fitting("née ≤ – ✓", None) == "née ≤ – ✓"


@pytest.mark.parametrize("encoding", NARROW)
def test_whatever_we_print_fits(encoding: str) -> None:
    written = io.BytesIO()
    stream = Lasting(io.TextIOWrapper(written, encoding=encoding, newline="\n"))
    for _, record in example.variants():
        lines = [*closing_lines(record, Path("out")), *annotations(record, {"GITHUB_ACTIONS": "true"})]
        stream.write("\n".join([*lines, summary(record)]).encode("utf-8", "backslashreplace").decode())
    stream.flush()
    assert written.getvalue().decode(encoding)


def test_no_sign_of_our_own_texts_becomes_a_number() -> None:
    # Names of people keep their letters as numbers; there is no telling which letters stand for them.
    texts = [explanation(each) for each in AUDITORS]
    texts += ["\n".join(closing_lines(record, Path("o"))) for name, record in example.variants() if name != "hostile"]
    signs = {char for text in texts for char in text if not char.isascii() and not char.isalpha()}
    assert len(signs) > 10
    assert [char for char in signs if "\\" in fitting(char, "ascii")] == []


def test_click_writes_through_the_same_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    with outlasting():
        click.echo("0.8 ≤ é")
    assert written.getvalue() == b"0.8 <= \\xe9\n"


class Broken(io.StringIO):
    """A stream that raises whatever is to be raised."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


GONE = [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space left on device"), ValueError("closed file")]


@pytest.mark.parametrize("error", GONE, ids=repr)
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_stream_that_is_gone_changes_no_code(name: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, name, Broken(error))

    def work(code: int) -> Callable[[], int]:
        def said() -> int:
            say("words")
            say("more words", err=True)
            return code

        return said

    assert [guarded(work(code)) for code in (PASS, FAIL)] == [PASS, FAIL]


def test_a_text_that_was_asked_for_and_is_lost_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(GONE[1]))
    assert guarded(lambda: say_block("the whole schema")) == USAGE
    assert "standard output cannot be written (No space left on device)" in capsys.readouterr().err


def test_a_process_without_streams_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert guarded(lambda: say("words") or FAIL) == FAIL
