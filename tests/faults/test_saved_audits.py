"""What commands write into saved audits and beside them: killed, on a full disk, or two at once, nothing is lost.

Each command runs in a process of its own. A hook of Python's audit events stands where the system would: at every
opening of a file for writing, linking, moving and removing it, the process is killed, or the system refuses.
"""

import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from genai_audit import UserError
from genai_audit.audit.cli import main
from genai_audit.audit.commands.outputs import check_out, write
from genai_audit.audit.commands.rejudge import render_again
from genai_audit.audit.folder.lock import alone
from genai_audit.audit.folder.manifest import strangers
from genai_audit.audit.verification.of_files import of_files
from unit.reports import example
from unit.reports.small_record import small_record

from .test_disk import EVIDENCE, contents, forked, full_at

CHANGES = ("os.link", "os.rename", "os.remove", "os.mkdir")

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "report": ("report", "out"),
    "report to a file": ("report", "out", "--out", "new.html"),
    "formats": ("report", "out", "--format", "sarif", "--format", "gitlab"),
    "attest": ("attest", "out", "--sign", "key.pem"),
    "judge": ("judge", "out", "--out", "new", "--exit-zero"),
    "compare": ("compare", "out", "other.json", "--html", "new.html", "--exit-zero"),
    "history": ("history", ".", "--html", "new.html"),
    "lock": ("policy", "lock", "--reference", "digits", "--out", "new.lock.json"),
    "init": ("init", "policy", "--out", "new.yaml"),
}
"""Commands that write, as they are called beside an audit in `out`."""


@dataclass(frozen=True)
class Place:
    """A folder with an audit in `out`, a record beside it, and a key."""

    folder: Path

    def run(self, name: str) -> tuple[int, str]:
        """The command, as a user calls it there."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            done = CliRunner().invoke(main, COMMANDS[name])
        finally:
            os.chdir(before)
        return done.exit_code, done.output


@pytest.fixture
def place(tmp_path: Path) -> Place:
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    folder = tmp_path / "place"
    write(check_out(folder / "out"), small_record(), EVIDENCE)
    (folder / "other.json").write_text(small_record().to_json(), encoding="utf-8")
    made = generate_private_key(SECP256R1())
    (folder / "key.pem").write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Place(folder)


def child(place: Place, name: str, at: int, strike: Callable[[], None]) -> tuple[int, str]:
    """How a process ends that is struck at its change number `at` to the disk as it runs the command, and its words."""
    told, tell = os.pipe()
    left = [at]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        is_open = event == "open" and isinstance(arguments[0], str | os.PathLike) and arguments[2] & os.O_ACCMODE
        if not (is_open or event in CHANGES):
            return
        path = Path(os.fsdecode(os.fspath(arguments[0])))
        if place.folder in (place.folder / path).parents:
            left[0] -= 1
            if left[0] == 0:
                strike()

    def work() -> None:
        sys.addaudithook(hook)
        code, said = place.run(name)
        os.write(tell, json.dumps([code, said[-2000:]]).encode())

    pid = forked(work)
    os.close(tell)
    with os.fdopen(told, "rb") as file:
        said = file.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return -os.WTERMSIG(status), ""
    code, text = json.loads(said) if said else (None, "")
    return code, text


def without_leftovers(folder: Path) -> dict[str, bytes]:
    """What lies there, but for what says by its name that it was never finished."""
    found = contents(folder)
    return {name: each for name, each in found.items() if not any(part.startswith(".") for part in Path(name).parts)}


@pytest.mark.parametrize("name", COMMANDS)
def test_whenever_it_is_killed_every_file_is_as_before_or_whole(place: Place, name: str, tmp_path: Path) -> None:
    import shutil

    before = without_leftovers(place.folder)
    kept = tmp_path / "kept"
    shutil.copytree(place.folder, kept)
    code, said = place.run(name)
    assert code == 0, said
    after = without_leftovers(place.folder)
    assert after != before or name == "report"
    struck = 0
    # What `judge` writes is written as an audit is, which `test_disk` kills at every third file.
    for at in range(1, 400, {"judge": 20, "formats": 3, "report": 2}.get(name, 1)):
        shutil.rmtree(place.folder)
        shutil.copytree(kept, place.folder)
        code, said = child(place, name, at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        if code == 0:
            break
        assert code == -signal.SIGKILL, said
        struck += 1
        found = without_leftovers(place.folder)
        # Nothing of before is gone or half; what is new is whole.
        assert before.keys() <= found.keys()
        for file, content in found.items():
            if file not in before:
                assert len(content) == pytest.approx(len(after[file]), abs=200), file
                json.loads(content) if file.endswith(".json") else None
        # And the command can simply be given again.
        again, said = place.run(name)
        assert again == 0 or "exists already" in said, said
        assert not list(strangers(place.folder / "out"))
        assert all(each.holds for each in of_files(place.folder / "out"))
        if name in ("report", "formats", "attest"):
            assert not list((place.folder / "out").glob(".*"))
    assert struck >= 2


@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_takes_nothing_is_told_in_one_line_and_changes_no_content(place: Place, name: str) -> None:
    before = contents(place.folder)

    def refuse() -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for at in (3, 1):
        code, said = child(place, name, at, refuse)
        found = {file: each for file, each in contents(place.folder).items() if not file.endswith(".lock")}
        if code == 0:
            continue
        assert code == 2, said
        assert os.strerror(errno.EROFS) in said
        assert "Traceback" not in said
        # A list may already name a file that is whole; all else is as it was.
        lost = {file for file, each in before.items() if found.get(file) != each}
        assert lost <= ({"out/manifest.json"} if name == "formats" else set())
        again, said = place.run(name)
        assert again == 0 or "exists already" in said, said
        assert not list(strangers(place.folder / "out"))
        break


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_leaves_no_half_file(place: Place, name: str) -> None:
    before = contents(place.folder)
    with full_at(100):
        code, said = place.run(name)
    assert code == 2, said
    assert "File too large" in said
    assert contents(place.folder) == before


def test_who_writes_into_an_audit_waits_for_no_other_and_disturbs_none(place: Place) -> None:
    out = place.folder / "out"
    before = contents(out)
    with alone(out):
        for name in ("report", "formats", "attest"):
            code, said = place.run(name)
            assert code == 2
            assert f"another audit (process {os.getpid()}) is to be written there; wait for its end" in said
        # Beside it is nobody's business.
        assert place.run("report to a file")[0] == 0
    assert contents(out) == before
    assert place.run("report")[0] == 0


def test_what_a_killed_process_left_half_written_goes_and_what_a_user_put_there_stays(place: Place) -> None:
    out = place.folder / "out"
    half, mine = out / ".report.html.0123456789abcdef.part", out / ".notes.part"
    half.write_text("<html>")
    assert not list(strangers(out))
    render_again(out, None)
    assert not half.exists()
    mine.write_text("mine")
    assert list(strangers(out)) == [".notes.part"]
    with pytest.raises(UserError, match=r"\.notes\.part"):
        check_out(out)
    assert mine.read_text() == "mine"


def test_a_record_of_a_newer_version_is_refused_by_every_command_that_reads_one(place: Place) -> None:
    file = place.folder / "out" / "record.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    later = content["schema_version"] + 1
    newer = json.dumps({**content, "schema_version": later, "unheard_of": {}})
    file.write_text(newer, encoding="utf-8")
    (place.folder / "other.json").write_text(newer, encoding="utf-8")
    before = contents(place.folder)
    calls = {name: place.run(name) for name in COMMANDS if name not in ("lock", "init")}
    verify = CliRunner().invoke(main, ["verify", str(place.folder / "out")])
    calls["verify"] = verify.exit_code, verify.output
    for name, (code, said) in calls.items():
        assert code == 2, (name, said)
        assert f"expected schema_version 1 or 2 or 3, got {later}; use a matching genai-audit" in said, (name, said)
        assert "Traceback" not in said
    assert contents(place.folder) == before


def test_evidence_of_older_versions_is_still_told_from_altered_evidence(tmp_path: Path) -> None:
    # What was added to a kind of evidence since has a default: files without it load, and judge and render as ever.
    out = tmp_path / "out"
    write(check_out(out), small_record(), EVIDENCE)
    from genai_audit.audit.evidence.bundle import Evidence

    plain = json.loads((out / "evidence" / "generated.json").read_text(encoding="utf-8"))
    for late in ("given", "sample_rate"):
        plain.pop(late, None)
    (out / "evidence" / "generated.json").write_text(json.dumps(plain), encoding="utf-8")
    loaded = Evidence.load(out / "evidence")
    assert loaded.generated.given is False
    assert loaded.generated.sample_rate is None
    with pytest.raises(UserError, match=r"generated\.json: was changed since the audit"):
        render_again(out, None)
    assert example.evidence().generated.given is loaded.generated.given
