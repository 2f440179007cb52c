"""No small file takes all memory or time: each is refused in one line, in a process that has little of either."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from .hostile_files import DATA, MODELS, WEIGHTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits and reports memory this way")

MEMORY = 3 * 2**30
MOST_USED = 2 * 2**30
"""Bytes that a process of torch and pandas may have in use while it reads one of these files."""
SECONDS = 20
"""Each takes at most, on a slow machine: the longest that is written here, 200 MB of text, is read to its end."""

KINDS = {"data": DATA, "model": MODELS, "weights": WEIGHTS}
CASES = [(kind, name) for kind, cases in KINDS.items() for name in cases]


@dataclass(frozen=True)
class Ended:
    """What became of a file: how it ended, what was said, and what it took."""

    how: str
    said: str
    seconds: float
    memory: int


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Ended]:
    """What became of each file; where one ended the process, another process reads those after it."""
    waiting = []
    for kind, name in CASES:
        folder = tmp_path_factory.mktemp("hostile")
        path = KINDS[kind][name][0](folder)
        waiting.append([f"{kind} {name}", kind, str(path)])
    reports: dict[str, Ended] = {}
    while waiting:
        lines = "".join(json.dumps(each) + "\n" for each in waiting)
        reader = str(Path(__file__).with_name("read_limited.py"))
        command = [sys.executable, reader, str(MEMORY)]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=300)
        assert done.stdout, done.stderr
        for line in done.stdout.splitlines():
            name, *rest = json.loads(line)
            reports[name] = Ended(*rest)
        waiting = [each for each in waiting if each[0] not in reports]
    return reports


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[" ".join(case) for case in CASES])
def test_a_small_file_is_refused(ended: Mapping[str, Ended], kind: str, name: str) -> None:
    became = ended[f"{kind} {name}"]
    assert became.how == "refused", became
    assert KINDS[kind][name][1] in became.said
    assert became.said.isprintable()
    assert became.seconds < SECONDS
    assert became.memory < MOST_USED
