"""Pipes in place of files, no home folder, a working folder that is gone: the command as it is installed ends soon."""

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from .conftest import Case

RUN = f"{shlex.quote(sys.executable)} -m genai_audit run $DATA --reference $DATA --only GA501 --out $OUT"
CASES = {
    "a policy from a pipe": (f"{RUN} --policy <(true)", 2, "got a pipe"),
    "data without end": (f"{RUN} --holdout /dev/zero", 2, "got a device"),
    "a sample number without end": (f"{RUN} --samples 1{'0' * 15}", 2, "at most 10,000,000 records"),
    "no home folder": (f"env -u HOME -u XDG_CACHE_HOME {RUN} --exit-zero", 0, ""),
    "no temporary folder": (f"TMPDIR=/nonexistent {RUN} --exit-zero", 0, ""),
    "a working folder that is gone": (
        f"mkdir gone && cd gone && rmdir ../gone && {RUN}",
        2,
        "the working folder does not",
    ),
}


@pytest.mark.parametrize(("command", "code", "says"), CASES.values(), ids=CASES)
def test_the_command_ends_with_one_line(tmp_path: Path, command: str, code: int, says: str) -> None:
    np.savez(tmp_path / "good.npz", x=np.random.default_rng(0).random((60, 8, 8)))
    script = f"DATA={shlex.quote(str(tmp_path / 'good.npz'))} OUT={shlex.quote(str(tmp_path / 'out'))}; {command}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out").exists() is (code == 0)
    if code:
        assert len([line for line in done.stderr.splitlines() if line.startswith("Error")]) == 1


def test_an_exception_that_is_its_own_cause_ends(case: Case) -> None:
    case.write("error = KeyError('own')\nerror.__cause__ = error\nraise error")
    code, _, wrong = case.run()
    assert code == 2, wrong
    assert "KeyError: 'own'" in wrong
