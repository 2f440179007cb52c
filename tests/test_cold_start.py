"""`genai-audit --help` answers at once, because it loads nothing heavy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "pandas", "sklearn", "captum", "scipy", "PIL", "numpy", "pydantic", "jinja2", "rich")
HELP = "import sys; sys.argv = ['genai-audit', '--help']; from genai_audit.audit.cli import main; main()"
LIMIT = 0.150
BARE = 0.050
"""The limit is meant for machines that start a bare interpreter within this time; on slower ones it grows along."""


def loaded_heavy(code: str, path: Path | None = None) -> list[str]:
    """The heavy packages that `code` leaves loaded in a fresh interpreter."""
    report = f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    script = f"import sys\ntry:\n    exec({code!r})\nexcept SystemExit:\n    pass\n{report}"
    environ = {**os.environ, "PYTHONPATH": str(path or "")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ)
    names: list[str] = eval(done.stderr.splitlines()[-1])
    return names


def seconds(code: str) -> float:
    """Processor time of a fresh interpreter that runs `code`: what others do on the machine hardly shows in it."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def too_slow(code: str, repeats: int = 7) -> bool:
    """Whether the best of several starts takes longer than the limit."""
    best = min(seconds(code) for _ in range(repeats))
    bare = min(seconds("pass") for _ in range(repeats))
    return best > LIMIT * max(1.0, bare / BARE)


@pytest.mark.parametrize("code", [HELP, "import genai_audit", HELP.replace("--help", "run', '--help")])
def test_nothing_heavy_is_loaded(code: str) -> None:
    assert loaded_heavy(code) == []


def test_a_heavy_import_is_seen(tmp_path: Path) -> None:
    # A stand-in of the same name shows it without the seconds that the real one takes.
    (tmp_path / "torch.py").write_text("", encoding="utf-8")
    assert loaded_heavy(f"import torch; {HELP}", tmp_path) == ["torch"]


def test_help_answers_at_once() -> None:
    assert not too_slow(HELP)


def test_a_slow_start_is_seen() -> None:
    burn = "import time\nwhile time.process_time() < 0.6: pass"
    assert too_slow(burn, repeats=2)
