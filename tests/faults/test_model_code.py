"""Nothing that a model's code does to its process becomes a verdict, an exit code or half an output."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genai_audit import Record

from .conftest import LINE, Case

AT = f"model.py:{LINE}"

ENDS = {
    "exit 0": ("sys.exit(0)", 2, f"{AT}: Model.sample failed with SystemExit: 0"),
    "exit 3": ("sys.exit(3)", 2, f"{AT}: Model.sample failed with SystemExit: 3"),
    "exit text": ("raise SystemExit('x')", 2, f"{AT}: Model.sample failed with SystemExit: x"),
    "click": ("raise click.exceptions.Exit(0)", 2, f"{AT}: Model.sample failed with Exit"),
    "cancelled": ("raise asyncio.CancelledError", 2, f"{AT}: Model.sample failed with CancelledError"),
    "generator": ("raise GeneratorExit", 2, f"{AT}: Model.sample failed with GeneratorExit"),
    "end of file": ("input()", 2, f"{AT}: Model.sample failed with EOFError"),
    "keyboard": ("raise KeyboardInterrupt", 2, "the model's code raised KeyboardInterrupt"),
    "leave 0": ("os._exit(0)", 2, f"{AT}: Model.sample ended the process with os._exit while drawing samples"),
    "leave 1": ("os._exit(1)", 2, f"{AT}: Model.sample ended the process with os._exit while drawing samples"),
    "native exit": ("ctypes.CDLL(None)._exit(0)", 4, "ended with code 0 while drawing samples, without an answer"),
    "segfault": (
        "ctypes.string_at(0)",
        4,
        f"ended by signal SIGSEGV while drawing samples at {{folder}}/{AT} (sample)",
    ),
    "abort": ("os.abort()", 4, f"ended by signal SIGABRT while drawing samples at {{folder}}/{AT} (sample)"),
    "killed": (
        "os.kill(os.getpid(), 9)",
        4,
        "ended by signal SIGKILL while drawing samples; a system does so when memory",
    ),
}


@pytest.mark.parametrize(("fault", "code", "says"), ENDS.values(), ids=ENDS)
def test_no_end_of_the_worker_is_a_verdict(case: Case, fault: str, code: int, says: str) -> None:
    case.write(fault)
    ended, said, wrong = case.run(TMPDIR=str(case.folder / "temporary"))
    assert ended == code, wrong
    assert said == ""
    (line,) = wrong.splitlines()
    assert line.startswith("Error: ")
    assert says.format(folder=case.folder) in line
    assert case.left == set()
    assert list((case.folder / "temporary").iterdir()) == []


LEFT_BEHIND = """
def forever():
    while True:
        time.sleep(1)
threading.Thread(target=forever).start()
atexit.register(os._exit, 0)
os.chdir('/')
sys.argv[:] = ['nothing']
sys.stdout = sys.stderr = None
signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""


def test_a_loader_that_changes_the_folder_hides_no_file_that_the_user_named(case: Case) -> None:
    case.write("pass")
    model = case.folder / "model.py"
    model.write_text(model.read_text().replace("def load(path):", "def load(path):\n    os.chdir('/')"))
    (case.folder / "card.yaml").write_text("owner: A team\n", encoding="utf-8")
    ended, _, wrong = case.run("--only", "GA302", "--holdout", "held.npz", "--card", "card.yaml")
    assert ended == 3, wrong
    record = json.loads((case.folder / "out" / "record.json").read_text(encoding="utf-8"))
    assert [record["data"][each]["source"] for each in ("reference", "holdout")] == ["real.npz", "held.npz"]
    assert "A team" in json.dumps(record["card"])


def test_what_the_code_leaves_behind_changes_nothing(case: Case) -> None:
    case.write("pass")
    sound, said, _ = case.run()
    verdict = Record.load(case.folder / "out" / "record.json").verdict
    case.write(LEFT_BEHIND)
    assert case.run() == (sound, said, "")
    assert Record.load(case.folder / "out" / "record.json").verdict == verdict
    assert case.left == {"out"}


def test_memory_has_a_limit(case: Case) -> None:
    case.write("torch.ones(2 * 2**30)")
    ended, _, wrong = case.run("--memory", "4G")
    assert ended == 2, wrong
    (line,) = wrong.splitlines()
    assert AT in line
    assert line.endswith("; the model may use 4 GiB (--memory)")
    assert case.left == set()


@pytest.mark.parametrize("size", ["8", "1M", "-8G", "nanG", "many", "G", ""])
def test_a_limit_that_is_none_is_refused(case: Case, size: str) -> None:
    case.write("pass")
    ended, _, wrong = case.run("--memory", size)
    assert ended == 2
    assert "expected a size of at least 1G, e.g. 8G" in wrong


# It holds Python's lock and never looks at signals.
NATIVE = "open('pid', 'w').write(str(os.getpid())); ctypes.PyDLL(None).sleep(600)"


def begun(case: Case) -> int:
    """The number of the worker, once the model's code runs."""
    pid = case.folder / "pid"
    for _ in range(1200):
        if pid.exists() and pid.read_text():
            return int(pid.read_text())
        time.sleep(0.05)
    raise AssertionError("the model was never asked for samples")


def gone(process: int) -> bool:
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{process}/stat").exists() and ") Z " in Path(f"/proc/{process}/stat").read_text():
            return True  # Nobody has asked how it ended yet.
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_ends_native_code_too(case: Case, number: signal.Signals) -> None:
    case.write(NATIVE)
    with case.start(TMPDIR=str(case.folder / "temporary")) as process:
        worker = begun(case)
        started = time.monotonic()
        process.send_signal(number)
        try:
            said, wrong = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, said, wrong.strip()) == (130, "", "Interrupted; nothing was written.")
    assert time.monotonic() - started < 10
    assert gone(worker)
    assert case.left == {"pid"}
    assert list((case.folder / "temporary").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that the one that started it is gone")
def test_no_worker_outlives_the_process_that_waits_for_it(case: Case) -> None:
    case.write(NATIVE)
    with case.start() as process:
        worker = begun(case)
        process.kill()
        assert gone(worker)


@pytest.mark.parametrize("module", ["genai_audit", "genai_audit.audit.cli"])
def test_every_way_to_start_it_answers(module: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", module, "run"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "Missing argument 'CHECKPOINT'" in done.stderr


SEEN = """
import runpy, sys
def hook(event, arguments):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        print("STARTED", arguments[0], file=sys.stderr)
sys.addaudithook(hook)
"""


def test_git_is_never_started(case: Case) -> None:
    canary = case.folder / "canary"
    case.write("pass")
    (case.folder / "temporary" / "sitecustomize.py").write_text(SEEN, encoding="utf-8")
    environ = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(case.folder)}
    for words in (["init", "-q"], ["add", "model.json"]):
        subprocess.run(["git", *words], cwd=case.folder, env={**os.environ, **environ}, check=True, timeout=60)
    (case.folder / ".git" / "HEAD").write_text("f" * 40)
    with (case.folder / ".git" / "config").open("a", encoding="utf-8") as config:
        config.write(f'[core]\n\tfsmonitor = "touch {canary}; false"\n[filter "x"]\n\tclean = touch {canary}\n')
    (case.folder / ".gitattributes").write_text("* filter=x\n")
    # The trap works: whoever starts git here runs what it names.
    (case.folder / "model.json").write_text('{"weights": 22}')
    subprocess.run(["git", "status"], cwd=case.folder, capture_output=True, timeout=60)
    assert canary.exists()
    canary.unlink()
    _, _, wrong = case.run(PYTHONPATH=str(case.folder / "temporary"))
    assert Record.load(case.folder / "out" / "record.json").environment.git == "f" * 40
    assert not canary.exists()
    started = [line for line in wrong.splitlines() if line.startswith("STARTED")]
    # The hook was there: it saw the worker, and nothing else but Python.
    assert started
    assert all(sys.executable in line or "python" in line for line in started), started
