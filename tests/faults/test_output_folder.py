"""What a user keeps near an audit is never lost, and an audit is on disk whole or not at all."""

import errno
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genai_audit import Record, UserError
from genai_audit.audit.commands.outputs import check_out, write
from genai_audit.audit.commands.rejudge import judge_again, render_again
from genai_audit.audit.folder import exchange
from genai_audit.audit.folder.exchange import take_place, uninterrupted
from genai_audit.audit.folder.manifest import MANIFEST
from unit.reports import example
from unit.reports.small_record import FINDINGS, RULES, small_record

from .conftest import Case


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of an audit."""
    folder = tmp_path / "place" / "out"
    audit_into(folder)
    return folder


EVIDENCE = example.evidence()
RECORDS = {
    "fail": small_record(),
    "pass": small_record(rules=RULES[:1], findings=FINDINGS[:1] + FINDINGS[2:], waivers=[]),
    "inconclusive": small_record(rules=RULES[2:3], findings=FINDINGS[:1] + FINDINGS[2:], waivers=[]),
    "error": small_record(rules=RULES[:1], waivers=[]),
    "waived": small_record(rules=[RULES[0], RULES[6]], findings=FINDINGS[:1] + FINDINGS[2:]),
    "nothing": small_record(rules=RULES[5:6], findings=FINDINGS[3:], waivers=[]),
}


def audit_into(folder: Path) -> Record:
    return write(check_out(folder), RECORDS["fail"], EVIDENCE)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_audit_is_replaced_whole(out: Path) -> None:
    (out / "report.html").unlink()
    audit_into(out)
    assert (out / "report.html").exists()
    assert [each.name for each in out.parent.iterdir()] == ["out"]


CHANGES: dict[str, Callable[[Path], object]] = {
    "evidence/notes.md": lambda path: path.write_text("mine"),
    "evidence/more/data.npz": lambda path: (path.parent.mkdir(), path.write_bytes(b"mine")),
    "notes": lambda path: path.mkdir(),
    "summary.md": lambda path: path.write_text("I changed it"),
    "report.html": lambda path: path.write_text("my own"),
    "record.json": lambda path: path.write_text("{}"),
    "link": lambda path: path.symlink_to("record.json"),
    ".hidden": lambda path: path.touch(),
    "pipe": os.mkfifo,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_no_audit_wrote_is_refused_before_the_work(out: Path, name: str) -> None:
    CHANGES[name](out / name)
    before = sorted(out.rglob("*"))
    with pytest.raises(UserError, match="expected a new folder or an earlier audit, but it holds"):
        check_out(out)
    assert sorted(out.rglob("*")) == before


@pytest.mark.parametrize("name", ["report.html", "summary.md", "record.json", "evidence/mine.npz", MANIFEST])
def test_a_folder_of_the_users_own_is_refused(tmp_path: Path, name: str) -> None:
    mine = tmp_path / "mine" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    with pytest.raises(UserError, match=r"and no manifest\.json that lists what an audit wrote"):
        check_out(tmp_path / "mine")
    assert mine.read_text() == "{}"


@pytest.mark.parametrize("swap", [None, lambda one, other: False], ids=["at once", "in two steps"])
def test_what_is_added_during_the_audit_is_kept(
    out: Path, swap: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if swap:
        monkeypatch.setattr(exchange, "_swap", swap)
    target = check_out(out)
    (out / "evidence" / "notes.md").write_text("mine")
    write(target, RECORDS["fail"], EVIDENCE)
    assert not (out / "evidence" / "notes.md").exists()
    assert (out.with_name("out.earlier") / "evidence" / "notes.md").read_text() == "mine"
    assert "because evidence/notes.md was put there during the audit" in caplog.text
    assert sorted(each.name for each in out.parent.iterdir()) == ["out", "out.earlier"]


def test_the_folder_is_where_it_was_named_wherever_the_model_goes(case: Case) -> None:
    case.write("os.makedirs('elsewhere', exist_ok=True); os.chdir('elsewhere')")
    code, _, wrong = case.run()
    assert code in (0, 1, 3), wrong
    assert (case.folder / "out" / "record.json").exists()
    assert list((case.folder / "elsewhere").iterdir()) == []


def below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "below" / "out"


def dangling(folder: Path) -> Path:
    (folder / "link").symlink_to("nowhere")
    return folder / "link"


def closed(folder: Path) -> Path:
    (folder / "closed").mkdir(mode=0o500)
    return folder / "closed" / "out"


PLACES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "here": (lambda folder: Path("."), "expected a folder of its own, got one that holds the working folder"),
    "above": (lambda folder: Path(".."), "expected a folder of its own, got one that holds the working folder"),
    "root": (lambda folder: Path("/"), "expected a folder of its own"),
    "a mount": (lambda folder: Path("/proc"), "got a mount point; choose one inside it, e.g. /proc/audit"),
    "a file system": (lambda folder: Path("/proc/out"), "expected a place that can be written, but: "),
    "a device": (lambda folder: Path("/dev/null"), "expected a folder to write, got a file"),
    "below a file": (below_a_file, "file is a file; choose another"),
    "a dangling link": (dangling, "got a link to nowhere, which does not exist"),
    "a long name": (lambda folder: folder / ("x" * 250), "expected a name of at most 240 bytes"),
    "a very long name": (lambda folder: folder / ("x" * 300), "File name too long"),
    "a long way": (lambda folder: folder.joinpath(*["x" * 200] * 30), "File name too long"),
    "closed": (closed, "expected a place that can be written, but: Permission denied"),
}


@pytest.mark.parametrize(("place", "says"), PLACES.values(), ids=PLACES)
def test_a_place_that_cannot_be_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path], Path], says: str
) -> None:
    if place is closed and os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    monkeypatch.chdir(tmp_path)
    named = place(tmp_path)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(UserError, match="--out") as caught:
        check_out(named)
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert set(tmp_path.rglob("*")) == before


def test_a_link_stays_and_what_it_leads_to_is_replaced(out: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(out)
    (out / "report.html").unlink()
    audit_into(link)
    assert link.is_symlink()
    assert (out / "report.html").exists()


def test_a_full_disk_changes_nothing(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(out)

    def full(self: Path, *_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    target = check_out(out)
    monkeypatch.setattr("genai_audit.reports.junit.junit", lambda record: full(out))
    with pytest.raises(UserError, match=r"writing failed \(No space left on device\); nothing was changed there"):
        write(target, RECORDS["fail"], EVIDENCE)
    assert contents(out) == before
    assert [each.name for each in out.parent.iterdir()] == ["out"]


def test_a_step_summary_that_cannot_be_written_changes_no_verdict(case: Case) -> None:
    case.write("pass")
    for summary in (case.folder / "no" / "summary", case.folder):
        code, said, wrong = case.run(GITHUB_STEP_SUMMARY=str(summary))
        assert (code, said.split()[0]) == (3, "INCONCLUSIVE"), wrong
        assert wrong.startswith("Warning: GITHUB_STEP_SUMMARY cannot be written (")
        assert len(wrong.splitlines()) == 1


def test_two_steps_that_fail_halfway_are_undone(out: Path) -> None:
    before = contents(out)
    with pytest.raises(FileNotFoundError):
        take_place(out.with_name(".out.12345678.part"), out, swap=lambda one, other: False)
    assert contents(out) == before
    assert [each.name for each in out.parent.iterdir()] == ["out"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges two folders at once")
def test_the_place_is_never_empty(out: Path) -> None:
    # Wherever it is stopped, one of two audits is there: the exchange is one step of the system's.
    other = out.with_name("other")
    shutil.copytree(out, other)
    (other / "new").touch()
    assert take_place(other, out) == other
    assert (out / "new").exists()
    assert not (other / "new").exists()


KILLED = """
import os, signal
from genai_audit.audit.commands.outputs import check_out, write
from genai_audit.audit.folder import exchange
from unit.reports import example
from unit.reports.small_record import small_record
real = exchange.take_place
def dies(folder, out):
    if {when!r} == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    if {when!r} == "between":
        real(folder, out, swap=lambda one, other: (out.rename(one.with_suffix(".old")), os.kill(os.getpid(), 9)))
    earlier = real(folder, out)
    os.kill(os.getpid(), signal.SIGKILL)
exchange.take_place = dies
from pathlib import Path
write(check_out(Path("out")), small_record(), example.evidence())
"""


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_what_a_killed_audit_leaves_is_put_in_order(out: Path, when: str, caplog: pytest.LogCaptureFixture) -> None:
    before = contents(out)
    places = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run([sys.executable, "-c", KILLED.format(when=when)], cwd=out.parent, env=environ)
    assert done.returncode == -signal.SIGKILL
    left = [each for each in out.parent.iterdir() if each.name != "out"]
    assert left
    check_out(out)
    # What is young may be another audit's at work.
    assert [each for each in out.parent.iterdir() if each.name != "out"] == left
    for each in left:
        os.utime(each, (0, 0))
    check_out(out)
    assert [each.name for each in out.parent.iterdir()] == ["out"]
    assert ("put back the earlier audit" in caplog.text) is (when == "between")
    if when != "after":
        assert contents(out) == before


def test_what_looks_like_ours_and_is_not_stays(out: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = [out.with_name(".out.12345678.part"), out.with_name(".out.mine.part"), out.with_name(".other.12345678.part")]
    for each in kept:
        each.mkdir()
        (each / "mine.txt").touch()
        os.utime(each, (0, 0))
    with caplog.at_level(logging.WARNING):
        check_out(out)
    assert all((each / "mine.txt").exists() for each in kept)
    assert ".out.12345678.part: left by an interrupted audit, and holds files that no audit wrote" in caplog.text


def test_an_interruption_waits_until_the_folder_is_whole() -> None:
    done = []

    def work() -> None:
        with uninterrupted("out holds the whole audit"):
            signal.raise_signal(signal.SIGINT)
            done.append(1)

    # A process that was started in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt, match="out holds the whole audit"):
            work()
        assert done == [1]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def edited(out: Path, change: Callable[[Any], None]) -> None:
    content = json.loads((out / "record.json").read_text())
    change(content)
    (out / "record.json").write_text(json.dumps(content))


@pytest.mark.parametrize("use", [lambda out: judge_again(out, None, None), lambda out: render_again(out, None)])
@pytest.mark.parametrize("what", ["changed", "missing", "added"])
def test_evidence_that_is_not_the_records_is_refused(out: Path, what: str, use: Callable[[Path], object]) -> None:
    file = out / "evidence" / "generated.npz"
    match what:
        case "changed":
            file.write_bytes(file.read_bytes()[:-1] + b"\0\0")
        case "missing":
            file.unlink()
        case "added":
            file.with_name("weights.json").write_text("{}")
    with pytest.raises(UserError, match=rf"evidence/\w+\.\w+: (is|was) {what} since the audit"):
        use(out)


def test_a_record_without_digests_is_refused(out: Path) -> None:
    edited(out, lambda record: record.update(evidence={}))
    with pytest.raises(UserError, match="the record holds no digests of its evidence"):
        render_again(out, None)


def outcome(record: Any) -> None:
    assert record["verdict"]["outcome"] != "pass"
    record["verdict"]["outcome"] = "pass"


def rules(record: Any) -> None:
    for rule in record["verdict"]["rules"]:
        rule["outcome"] = "pass"
    record["verdict"]["outcome"] = "pass"


def bounds(record: Any) -> None:
    rules(record)
    for rule in record["verdict"]["rules"]:
        rule["bound"] = {"at_least": -1e9, "at_most": 1e9}


def waiver(record: Any) -> None:
    for rule in record["verdict"]["rules"]:
        rule["waiver"] = {"owner": "a", "reason": "b", "expires": "2099-01-01", "void": False}
        rule["waived"] = True
    record["verdict"]["outcome"] = "pass"


def left_out(record: Any) -> None:
    record["verdict"] |= {"outcome": "pass", "rules": [r for r in record["verdict"]["rules"] if r["outcome"] == "pass"]}


def doubled(record: Any) -> None:
    record["verdict"]["rules"] *= 2


@pytest.mark.parametrize("change", [outcome, rules, bounds, waiver, left_out, doubled])
def test_a_verdict_that_does_not_follow_is_refused(out: Path, change: Callable[[Any], None]) -> None:
    edited(out, change)
    for use in (lambda: judge_again(out, None, None), lambda: render_again(out, None)):
        with pytest.raises(UserError, match=r"record\.json: (rule|the verdict).*the record was changed"):
            use()


def test_every_verdict_of_ours_follows(tmp_path: Path) -> None:
    assert {str(record.verdict.outcome) for record in RECORDS.values()} == {"pass", "fail", "inconclusive"}
    for name in RECORDS:
        write(tmp_path / name, RECORDS[name], EVIDENCE)
        assert render_again(tmp_path / name, None).exists()


def test_a_report_of_the_users_own_is_not_overwritten_unasked(out: Path) -> None:
    render_again(out, None)
    audit_into(out)
    (out / "report.html").write_text("mine")
    with pytest.raises(UserError, match=r"report\.html: is not as an audit wrote it"):
        render_again(out, None)
    assert (out / "report.html").read_text() == "mine"
