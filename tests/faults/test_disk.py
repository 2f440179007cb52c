"""Disks that are full, moments of death, two audits at once, and signatures that cannot be written: nothing is lost."""

import errno
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from genai_audit import UserError
from genai_audit.audit.commands.outputs import check_out, write
from genai_audit.audit.commands.rejudge import render_again
from genai_audit.audit.folder.lock import alone
from genai_audit.audit.folder.manifest import MANIFEST, strangers
from genai_audit.audit.folder.signing import public_key
from genai_audit.audit.verification.of_files import of_files
from genai_audit.audit.verification.of_signature import of_signature
from genai_audit.audit.verification.signature import sign_audit
from unit.reports import example
from unit.reports.small_record import small_record

from .conftest import Case

EVIDENCE = example.evidence()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of an audit."""
    folder = tmp_path / "place" / "out"
    write(check_out(folder), small_record(), EVIDENCE)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file grows beyond this size: writing fails in the system, as on a disk that is full, wherever it is done."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 10, 1_000, 10_000, 60_000])
def test_a_full_disk_changes_nothing_wherever_it_strikes(out: Path, size: int) -> None:
    before = contents(out)
    assert max(map(len, before.values())) > size
    target = check_out(out)
    with full_at(size), pytest.raises(UserError, match=r"writing failed \(File too large\); nothing was changed there"):
        write(target, small_record(), EVIDENCE)
    assert contents(out) == before
    assert [each.name for each in out.parent.iterdir()] == ["out"]


def test_a_report_and_a_list_on_a_full_disk_stay_as_they_were(out: Path) -> None:
    before = contents(out)
    with full_at(1_000), pytest.raises(UserError, match="cannot be written"):
        render_again(out, None)
    assert contents(out) == before


def forked(work: Callable[[], None]) -> int:
    """A process of its own that does the work, by its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Threads of libraries do nothing in the child.
        pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def killed_at(count: int, out: Path) -> bool:
    """Whether a process that writes an audit was killed when it opened its file number `count` for writing."""
    left = [count]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(str(out.parent)) and arguments[2] & os.O_ACCMODE:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        sys.addaudithook(hook)
        write(check_out(out), small_record(), EVIDENCE)

    pid = forked(work)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def test_whenever_it_is_killed_the_earlier_audit_stays(out: Path) -> None:
    before, count, struck = contents(out), 1, 0
    while killed_at(count, out):
        struck += 1
        assert contents(out) == before
        assert not list(strangers(out))
        for left in out.parent.iterdir():
            if left != out:
                os.utime(left, (0, 0))
        check_out(out)
        assert [each.name for each in out.parent.iterdir()] == ["out"]
        count += 3
    assert struck > 3
    assert not list(strangers(out))


def test_a_second_audit_is_refused_before_the_work_and_a_dead_one_stops_nobody(case: Case) -> None:
    case.write("pass")
    out = case.folder / "out"
    told, tell = os.pipe()

    def hold() -> None:
        with alone(out):
            os.write(tell, b"held")
            time.sleep(60)

    holder = forked(hold)
    assert os.read(told, 4) == b"held"
    code, _, wrong = case.run()
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    assert code == 2, wrong
    assert f"another audit (process {holder}) is to be written there; wait for its end" in wrong
    assert len(wrong.splitlines()) == 1
    assert not out.exists()
    # What was killed leaves the file of its lock, but holds it no more.
    assert (case.folder / ".out.lock").exists()
    with alone(out):
        pass
    assert not (case.folder / ".out.lock").exists()


def test_a_lock_is_let_go_of_however_the_work_ends(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone(tmp_path / "out"):
        raise ZeroDivisionError
    # Another open file of the same process counts as another holder.
    twice = alone(tmp_path / "out")
    with alone(tmp_path / "out"), pytest.raises(UserError, match="another audit"), twice:
        raise AssertionError
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".out.lock").symlink_to("mine")
    with pytest.raises(UserError, match=r"--out .*: cannot be written"), alone(tmp_path / "out"):
        raise AssertionError
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    made = generate_private_key(SECP256R1())
    (tmp_path / "key.pem").write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pub.pem").write_bytes(public)
    return tmp_path / "key.pem"


def about_signature(out: Path, key: Path) -> dict[str, bool | None]:
    checks = [*of_files(out), *of_signature(out, public_key(key.with_name("pub.pem")))]
    return {each.what: each.holds for each in checks}


def test_a_signature_is_added_whole_or_not_at_all(out: Path, key: Path) -> None:
    before = contents(out)
    with full_at(100), pytest.raises(UserError, match=r"cannot be written \(File too large\)"):
        sign_audit(out, key)
    assert contents(out) == before
    assert about_signature(out, key)["signature"] is False
    sign_audit(out, key)
    assert about_signature(out, key) == {
        "files, by the list of the audit": True,
        "signature": True,
        "what was signed": True,
    }
    assert contents(out).keys() - before.keys() == {"attestation.dsse.json"}
    # An audit that was signed is still one that a later audit may replace, and that can be signed anew.
    sign_audit(out, key)
    write(check_out(out), small_record(), EVIDENCE)
    assert contents(out).keys() == before.keys()


def test_an_envelope_without_its_place_in_the_list_is_mended_by_signing_again(
    out: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(folder: Path, name: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("genai_audit.audit.verification.signature.relist", dies)
        with pytest.raises(UserError, match=rf"nothing in {MANIFEST} was changed"):
            sign_audit(out, key)
    assert list(strangers(out)) == ["attestation.dsse.json"]
    sign_audit(out, key)
    assert not list(strangers(out))


def test_what_was_changed_is_not_signed(out: Path, key: Path) -> None:
    (out / "summary.md").write_text("PASS")
    with pytest.raises(UserError, match=r"nothing was signed, because summary\.md is not as listed"):
        sign_audit(out, key)
    assert not (out / "attestation.dsse.json").exists()


def test_a_signature_of_another_attestation_is_seen(out: Path, key: Path) -> None:
    sign_audit(out, key)
    kept = (out / "attestation.dsse.json").read_bytes()
    other = small_record(name="another.safetensors")
    write(check_out(out), other, EVIDENCE)
    (out / "attestation.dsse.json").write_bytes(kept)
    found = about_signature(out, key)
    assert found["signature"] is True
    assert found["what was signed"] is False
