"""The closing summary breaks its lines between words, on a terminal of any width."""

import io
from pathlib import Path

import pytest

from genai_audit.reports.console import closing, closing_lines
from unit.reports import example
from unit.reports.terminal.watched import plain

RECORDS = {name: record for name, record in example.variants() if name in ("fail", "pass", "inconclusive", "waived")}


class Watched(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def on_a_terminal(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    stream = Watched()
    with monkeypatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setenv("TERM", "xterm")
        patch.delenv("NO_COLOR", raising=False)
        patch.setattr("sys.stdout", stream)
        closing(RECORDS[name], Path("audit-out"))
    return plain(stream.getvalue()).splitlines()


def is_broken_between_words(shown: list[str], said: list[str], width: int) -> bool:
    """Whether what is shown has the words of what is said, each whole unless no line has room for it."""
    pieces = iter(" ".join(shown).split())
    for word in " ".join(said).split():
        piece = next(pieces)
        while piece != word:
            if len(word) <= width - 4 or not word.startswith(piece):
                return False
            piece += next(pieces)
    return next(pieces, None) is None


@pytest.mark.parametrize("name", RECORDS)
def test_lines_break_between_words_at_any_width(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = closing_lines(RECORDS[name], Path("audit-out"))
    for width in (*range(20, 60), *range(60, 201, 7)):
        shown = on_a_terminal(name, width, monkeypatch)
        assert max(map(len, shown)) <= width
        assert is_broken_between_words(shown, said, width), width
        # No line begins with a sign that belongs to the number before it.
        assert not [line for line in shown if line.lstrip().startswith(("% ", "%)", "= "))]


def test_the_check_sees_a_broken_word() -> None:
    assert is_broken_between_words(["one two", "three"], ["one two three"], 20)
    assert not is_broken_between_words(["one tw", "o three"], ["one two three"], 20)
    assert is_broken_between_words(["abcdefghijklmnopqrst", "uvw"], ["abcdefghijklmnopqrstuvw"], 20)


def test_a_list_of_rules_names_whole_rules_and_says_how_many_are_left_out() -> None:
    record = RECORDS["pass"]
    rule = record.verdict.rules[0]
    many = tuple(rule.model_copy(update={"id": f"rule-{'x' * 40}-{place}"}) for place in range(30))
    verdict = record.verdict.model_copy(update={"rules": many})
    lines = closing_lines(record.model_copy(update={"verdict": verdict}), None)
    (met,) = [line for line in lines if line.startswith("  ✓ 30 met")]
    assert "…" not in met
    assert len(met) < 450
    shown = met.count("rule ")
    assert met.endswith(f" and {30 - shown} more")
