"""Starts the worker, waits for it, stops it, and says what became of it; runs none of the model's code itself."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ...models.errors import UserError
from ..policy import PolicyError
from ..request import Request
from ..request_checks import check_places
from .answer import FAULT, LEFT, Answer, Audited, Chunks, Steps, read_answer, read_audit, told, write_request
from .redraw import read_draws
from .relay import relay

BOOT = "import json,sys;sys.path[:]=json.loads(sys.argv[3]);import importlib as i;i.import_module(sys.argv[4]).main()"
"""The worker imports what this process would, and nothing from the working folder that this process would not."""

PATIENCE = 2.0
"""Seconds between asking a worker to end and ending it."""

KEPT_ON = "nothing was written; the samples drawn so far are kept: add --resume to go on"

LOOK = 0.05
"""Seconds between two looks at how far it is."""

T = TypeVar("T")

FRAME = re.compile(r'File "(.+)", line (\d+) in (\S+)')


class WorkerEnded(Exception):
    """The worker ended without an answer, and not by anything that its Python code did: one line says how."""


class Defect(Exception):
    """Our own code failed in the worker: the traceback."""


def supervised(request: Request, *, memory: int | None, progress: Callable[[str, float], None]) -> Audited:
    """The audit, made by a process of its own in which the model's code runs.

    Args:
        request: what to audit; the checkpoint and the data by name.
        memory: bytes that the process may use; None: as many as it wants.
        progress: is told each step and the share of it that is done.

    Raises:
        UserError, PolicyError: if what was asked cannot be done, or the model's own code failed or left the process.
        WorkerEnded: if the process ended in another way without a whole answer.
        Defect: if our own code failed.
    """
    return _worked(request, memory, progress, None, read_audit)


def drawn_again(
    request: Request, chunks: Chunks, *, memory: int | None, progress: Callable[[str, float], None]
) -> dict[int, Any]:
    """Chunks of samples by their place, drawn by a process of its own in which the model's code runs.

    Args:
        request: which checkpoint to draw from, and how it is opened.
        chunks: which chunks.
        memory: as for `supervised`.
        progress: as for `supervised`.

    Raises:
        UserError, WorkerEnded, Defect: as `supervised`.
    """
    return _worked(request, memory, progress, chunks, partial(read_draws, chunks))


def _worked(
    request: Request,
    memory: int | None,
    progress: Callable[[str, float], None],
    chunks: Chunks | None,
    read: Callable[[Path, Answer], T],
) -> T:
    # Here already, because a pipe of this process is none of the worker's.
    check_places(request)
    with _folder() as name:
        folder = Path(name)
        write_request(folder, request, memory, chunks)
        # The user's own code prints what it likes and as it likes; libraries may repeat what a checkpoint says.
        process = _start(folder, heard=not request.runs_code)
        steps, relayed = Steps(folder, progress), None if process.stdout is None else relay(process.stdout)
        try:
            _wait(process, steps)
        except KeyboardInterrupt:
            steps.read()
            raise KeyboardInterrupt(KEPT_ON if steps.kept else "") from None
        finally:
            _stop(process)
            if relayed is not None:
                relayed.join(PATIENCE)
        steps.read()
        return _concluded(folder, process.returncode, steps.last, memory, read)


def _folder() -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix="genai-audit-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UserError(f"expected a temporary folder that can be written: {error}; set TMPDIR to one") from error


def _start(folder: Path, *, heard: bool) -> "subprocess.Popen[bytes]":
    """Start the worker; where it is `heard`, what it prints comes to this process."""
    flags = ["-P", *(["-E"] if sys.flags.ignore_environment else []), *(["-s"] if sys.flags.no_user_site else [])]
    worker = f"{__package__}.worker"
    arguments = [str(folder), str(os.getpid()), json.dumps([each or os.getcwd() for each in sys.path]), worker]
    # A session of its own: Ctrl-C reaches this process alone, which then stops the worker and all that it started.
    return subprocess.Popen(
        [sys.executable, *flags, "-c", BOOT, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if heard else None,
        stderr=subprocess.STDOUT if heard else None,
        start_new_session=True,
    )


def _wait(process: "subprocess.Popen[bytes]", steps: Steps) -> None:
    while True:
        try:
            process.wait(LOOK)
            return
        except subprocess.TimeoutExpired:
            steps.read()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the worker, if it still runs, and whatever it left running."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # Nothing of it is left.


def _concluded(folder: Path, code: int, step: str, memory: int | None, read: Callable[[Path, Answer], T]) -> T:
    answer = read_answer(folder)
    if answer is None:
        raise _ended(folder, code, _doing(step), memory)
    match answer.kind:
        case "audit" | "draws":
            try:
                return read(folder, answer)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise WorkerEnded(f"the worker's answer cannot be read: {error}") from error
        case "user":
            raise UserError(answer.message)
        case "policy":
            raise PolicyError(answer.message)
        case _:
            raise Defect(answer.message)


def _ended(folder: Path, code: int, doing: str, memory: int | None) -> Exception:
    left = told(folder, LEFT)
    if left:
        return UserError(
            f"{left} ended the process with os._exit while {doing}, so nothing was measured; raise an exception instead"
        )
    limit = "" if memory is None else f"; it could use {memory / 2**30:.3g} GiB (--memory)"
    if code >= 0:
        return WorkerEnded(f"the worker ended with code {code} while {doing}, without an answer{limit}")
    if -code == signal.SIGKILL:
        limit += "; a system does so when memory runs out: draw fewer samples, or give it more memory"
    place = _place(told(folder, FAULT))
    return WorkerEnded(f"the worker was ended by signal {_name(-code)} while {doing}{place}{limit}")


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _doing(step: str) -> str:
    from ...reports.terminal.progress import doing

    return "starting" if step == "start" else doing(step)


def _place(fault: str) -> str:
    """Where a fault struck: the innermost line that is neither Python's nor a library's."""
    libraries = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    frames = [found.groups() for found in FRAME.finditer(fault)]
    own = [frame for frame in frames if not frame[0].startswith((*libraries, "<"))] or frames
    return f" at {own[0][0]}:{own[0][1]} ({own[0][2]})" if own else ""
