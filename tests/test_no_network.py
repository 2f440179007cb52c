"""Nothing leaves the machine: the guard of the test suite works, and a whole audit runs inside it."""

import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genai_audit import audit_checkpoint


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=0.1),
        lambda: socket.getaddrinfo("example.org", 80),
        lambda: socket.gethostbyname("example.org"),
        lambda: urllib.request.urlopen("http://example.org", timeout=0.1),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    ],
    ids=["connect", "getaddrinfo", "gethostbyname", "urlopen", "sendto"],
)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_the_guard_fails_a_test_that_uses_the_network(attempt: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="the network was used: socket"):
        attempt()


def test_the_guard_cannot_be_swallowed() -> None:
    def careless() -> None:
        try:
            socket.getaddrinfo("example.org", 80)
        except Exception:
            pytest.skip("swallowed")

    with pytest.raises(pytest.fail.Exception, match="the network was used"):
        careless()


def test_processes_may_still_talk_to_each_other() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"x")
        assert right.recv(1) == b"x"


def test_an_audit_uses_no_network(write_toy: Callable[..., Any], tmp_path: Path) -> None:
    toy = write_toy()
    record = audit_checkpoint(toy.checkpoint, **toy.options, samples=500, out=tmp_path / "out")
    assert record.coverage.error == ()
    assert (tmp_path / "out" / "report.html").exists()


def test_an_audit_runs_where_there_is_no_network_at_all(write_toy: Callable[..., Any], tmp_path: Path) -> None:
    # Libraries written in other languages open sockets that Python never hears of.
    isolated = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*isolated, "true"], capture_output=True).returncode:
        pytest.skip("this machine gives no process a network of its own (unshare --net)")
    toy = write_toy()
    options = [item for name, value in toy.options.items() for item in (f"--{name}", str(value))]
    main = "from genai_audit.audit.cli import main; main()"
    arguments = ["run", str(toy.checkpoint), *options, "--samples", "500", "--out", str(tmp_path / "out")]
    done = subprocess.run([*isolated, sys.executable, "-c", main, *arguments], capture_output=True, text=True)
    assert done.returncode in (0, 1, 3), done.stderr
    assert (tmp_path / "out" / "report.html").exists()
