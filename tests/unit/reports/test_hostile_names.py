"""Names that hide, reorder, break lines, mark up or command, in every output: each stays text, on one line."""

import contextlib
import html
import json
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from genai_audit.audit.cli import main
from genai_audit.audit.commands.exits import guarded
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.policy import PolicyError
from genai_audit.models.errors import UserError
from genai_audit.reports.console import closing
from genai_audit.reports.html import render
from genai_audit.reports.junit import junit
from genai_audit.reports.markdown import annotations, append_step_summary, summary
from genai_audit.reports.notebook import record_html
from genai_audit.reports.record import Record
from genai_audit.reports.terminal.progress import doing
from genai_audit.reports.terminal.say import command_build, say, say_block
from unit.reports import example
from unit.reports.small_record import FINDINGS, RULES, estimate, finding, small_record

NAMES = {
    "colour": "a\x1b[31mred",
    "title": "a\x1b]0;pwned\x07",
    "eight bits": "a\x9b2Jb\x85c",
    "erased": "evil\r\x1b[2Kgood\x08\x7f",
    "new line": "a\n::error::forged\n::add-mask::e",
    "separators": "a\u2028::error::b\u2029c\x0b\x0cd",
    "first": "::stop-commands::x",
    "blank first": "\u00a0\t ::set-output name=a::b",
    "older": "x ##[error]y ##vso[task.complete result=Succeeded;]z",
    "overridden": "gnp.\u202eexe\u2066\u2069\u200f\u061c",
    "invisible": "ad\u200bm\u200din\ufeff\u00ad\U000e0041\u3164\ufe0f",
    "markup": "<img src=x onerror=alert(1)>|`c` [l](javascript:x) ![i](http://e/p.png) @all #1 *b* [bold]r[/bold]",
    "xml": "]]></system-out><failure/>&lt;\ufffe\x00",
}
SEEN = ["مجموعة", "漢字", "👩\u200d🔬", "می\u200cخواهم", "née ≤ 5"]

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\ufe0f\ud800-\udfff\ufffe"
    "\U000e0000-\U000e007f]"
)
COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)

hostile = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())


def is_plain(text: str) -> bool:
    """Whether every character is seen, and no line commands a build."""
    return not HIDDEN.search(text) and not COMMAND.search(text)


def hostile_record(name: str) -> Record:
    """A record in which a checkpoint, a group, a rule's reason, a waiver and an exception have that name."""
    broken = FINDINGS[1].__class__(
        *(getattr(FINDINGS[1], each) for each in ("code", "title", "question", "outcome")), name
    )
    groups = finding("GA101", *(estimate("share_ratio", 0.1, 0.01, group=each) for each in (name, "b")))
    waiver: dict[str, object] = {"rule": "lived-with", "owner": name, "reason": name, "expires": "2026-01-31"}
    record = small_record(findings=(groups, broken, *FINDINGS[2:]), rules=RULES, waivers=(waiver,))
    return record.model_copy(update={"checkpoint": record.checkpoint.model_copy(update={"name": name})})


def of_terminal(record: Record, tmp_path: Path) -> None:
    closing(record, tmp_path / record.checkpoint.name.replace("\0", "").replace("/", ""))


def of_annotations(record: Record, _: Path) -> None:
    command_build(annotations(record, {"GITHUB_ACTIONS": "true"}))


@hostile
def test_the_terminal_shows_one_line_for_each(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_terminal(hostile_record("plain"), tmp_path)
    lines = capsys.readouterr().out.count("\n")
    of_terminal(hostile_record(name), tmp_path)
    shown = capsys.readouterr().out
    assert shown.count("\n") == lines
    assert is_plain(shown)


@hostile
def test_annotations_are_ours_and_as_many(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_annotations(hostile_record("plain"), tmp_path)
    plain = capsys.readouterr().out.splitlines()
    of_annotations(hostile_record(name), tmp_path)
    shown = capsys.readouterr().out.split("\n")[:-1]
    assert len(shown) == len(plain) > 3
    for each in shown:
        assert re.match(r"::(error|warning) title=[^:,\r\n]*::", each)
        assert not HIDDEN.search(each)
        assert not re.search(r"##\w*\[", each)


ERRORS: dict[str, Callable[[str], Exception]] = {
    "user": lambda name: UserError(f"{name}: expected a file, got {name}"),
    "policy": lambda name: PolicyError(f"{name}: line 3"),
    "defect": ValueError,
    "os": lambda name: FileNotFoundError(2, "No such file", name),
    "interrupt": KeyboardInterrupt,  # type: ignore[dict-item]  # which is no Exception, and raised all the same
}


@hostile
@pytest.mark.parametrize("kind", ERRORS)
def test_errors_show_what_they_hold(name: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise ERRORS[kind](name)

    assert guarded(work) in (2, 4, 130)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert is_plain(shown.err)
    if kind in ("user", "interrupt"):
        assert shown.err.count("\n") == 1


@hostile
@pytest.mark.parametrize(
    "arguments",
    [["run", "{}"], ["{}"], ["list", "{}"], ["run", "x", "--{}"], ["run", "x", "--samples", "{}"], ["explain", "{}"],
     ["run", "x", "{}"], ["run", "x", "--policy", "{}"], ["judge", "{}"], ["report", "{}"],
     ["run", "x", "--memory", "{}"]],
    ids=" ".join,
)  # fmt: skip
def test_arguments_are_repeated_as_text(
    name: str, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with contextlib.suppress(SystemExit):
        from in_process import in_process

        main([each.replace("{}", name.replace("\0", "")) for each in arguments], obj=in_process)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") <= 4
    assert is_plain(shown.err)
    assert list(tmp_path.iterdir()) == []


@hostile
def test_the_summary_is_the_same_table_without_markup(name: str, tmp_path: Path) -> None:
    record = hostile_record(name)
    target = tmp_path / "step.md"
    append_step_summary(summary(record), {"GITHUB_STEP_SUMMARY": str(target)})
    text, plain = target.read_bytes().decode("utf-8"), summary(hostile_record("plain"))
    assert text == summary(record)
    assert len(text.splitlines()) == len(plain.splitlines())
    assert is_plain(text)
    assert not re.search(r"<img|<failure|(?<!\\)\]\(|@all|://e|(?<!\\)`c", text)
    rows = [len(re.split(r"(?<!\\)\|", row)) for row in text.splitlines() if row.startswith("|")]
    assert len(set(rows)) == 1


@hostile
def test_junit_is_valid_and_has_the_same_cases(name: str) -> None:
    root, plain = (ElementTree.fromstring(junit(hostile_record(each)).encode()) for each in (name, "plain"))
    assert [each.tag for each in root.iter()] == [each.tag for each in plain.iter()]
    for element in root.iter():
        texts = [element.text or "", *element.attrib.values()]
        assert not any(HIDDEN.search(each) or COMMAND.search(each) for each in texts)
        assert not any("\n" in each for each in element.attrib.values())


class Text(HTMLParser):
    """The texts and attributes of a page, and how many tags it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.texts += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@hostile
def test_pages_and_notebooks_show_text(name: str) -> None:
    evidence: Evidence = example.evidence()
    for make in (lambda record: render(record, evidence), lambda record: record_html(record, None)):
        page, plain = (Text(make(hostile_record(each))) for each in (name, "plain"))
        assert page.tags == plain.tags
        assert not any(HIDDEN.search(each) for each in page.texts)


@hostile
def test_the_record_keeps_the_name_in_letters_that_are_seen(name: str) -> None:
    text = hostile_record(name).to_json()
    assert not HIDDEN.search(text)
    assert json.loads(text)["checkpoint"]["name"] == name


@hostile
def test_steps_and_lines_are_one_each(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not HIDDEN.search(doing(name))
    assert "\n" not in doing(name)
    say(name, err=True)
    say_block(f"first\n{name}")
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1
    assert is_plain(shown.out + shown.err)


@pytest.mark.parametrize("name", SEEN)
def test_names_in_any_script_are_shown_as_they_are(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = hostile_record(name)
    of_terminal(record, tmp_path)
    of_annotations(record, tmp_path)
    outputs = [*capsys.readouterr().out.split("::error", 1), summary(record), junit(record), record.to_json()]
    assert all(name in html.unescape(each) for each in outputs)


def test_the_table_would_see_a_name_that_gets_through(capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES.values():
        sys.stdout.write(f"{name}\n")
        assert HIDDEN.search(name) or COMMAND.search(name) or "<" in name
    assert COMMAND.search(capsys.readouterr().out)
