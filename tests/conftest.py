"""What holds for every test: no network, and in continuous integration no silent skip of the browser."""

import os
import socket
import sys
from collections.abc import Generator
from typing import Any

import pytest
from studies import is_study

# Tests work on small matrices, where threads that wait for one another cost more than they bring; on a busy machine
# of two cores the whole run took six times the processor time with them. Whoever sets the variable decides.
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ("toy_fixtures",)

NETWORK = frozenset(
    {
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
    }
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--studies", action="store_true", help="run the long studies, and nothing else")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = bool(config.getoption("--studies"))
    left_out = [each for each in items if is_study(each.nodeid) is not wanted]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [each for each in items if is_study(each.nodeid) is wanted]


class Guard:
    """Fails the running test on the first attempt to reach anything outside this machine's own processes."""

    active = False
    local = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active or event not in NETWORK:
            return
        if isinstance(arguments[0], socket.socket) and arguments[0].family == socket.AF_UNIX:
            return
        if self.local and _host(arguments) == "127.0.0.1":
            return
        # `pytest.fail` raises what no `except Exception` swallows.
        pytest.fail(f"the network was used: {event}{arguments[1:] or arguments}")


def _host(arguments: tuple[Any, ...]) -> object:
    """The host of a name look-up, which comes first, or of a connection, which comes after its socket."""
    named = arguments[0] if not isinstance(arguments[0], socket.socket) else arguments[1]
    return named[0] if isinstance(named, tuple) else named


guard = Guard()
# Python tells its audit hooks of every socket, whichever library opened it; a patched `socket` module would miss some.
sys.addaudithook(guard)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Guard a test with all its fixtures; only a browser has to be spoken to, through a local socket.

    A test with a server of its own on 127.0.0.1 says so by the marker `local_server`.
    """
    guard.active = item.get_closest_marker("browser") is None
    guard.local = item.get_closest_marker("local_server") is not None
    try:
        return (yield)
    finally:
        guard.active = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a browser test that was skipped where the browser must be: a green run would claim what nobody looked at."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which continuous integration does not allow here: {report.longrepr}"
    return report
