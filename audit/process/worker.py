"""The process that runs the model's code. It leaves an answer in a folder; how it ends decides nothing.

Whatever a model's code does to the process that it runs in (leave it, end it, leave threads or hooks behind), the
process that answers a build is another one.
"""

import contextlib
import hashlib
import json
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import IO, Any, NoReturn, TextIO

from ..request import Request
from .answer import EVIDENCE, FAULT, LEFT, RECORD, STEPS, Answer, read_request, write_answer

LIBRARIES = "libraries"
"""Folder for what libraries write on their own."""

PR_SET_PDEATHSIG = 1
"""Of Linux's prctl: the signal that a process gets when the one that started it ends."""


LEAVE = os._exit
"""As Python has it, before any code of a model's ran."""


def main() -> NoReturn:
    """Do what the folder asks for, leave the answer there, and end without what others want done at the end."""
    folder, parent = Path(sys.argv[1]), int(sys.argv[2])
    # What the model's code looks up is a program without arguments, not how this one is started.
    sys.argv[1:] = []
    _end_with(parent)
    fault = (folder / FAULT).open("w", encoding="utf-8")
    _tell_ends(folder, fault)
    _silence_libraries()
    answer = _answer(folder)
    with contextlib.suppress(Exception):
        # A closed or odd stream of the model's must not take the answer away.
        sys.stdout.flush()
        sys.stderr.flush()
    write_answer(folder, answer)
    # Threads that never end and hooks of `atexit` would keep the process, or end it in their own way.
    LEAVE(0)


def _silence_libraries() -> None:
    """Let only warnings of the user's own code reach the terminal: nobody can act on those of libraries."""
    show, libraries = warnings.showwarning, ("site-packages", "dist-packages")

    def shown(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        path = Path(filename)
        ours = path.is_relative_to(Path(__file__).parents[2])
        if not (ours or set(libraries) & set(path.parts) or path.is_relative_to(Path(os.__file__).parent)):
            show(message, category, filename, lineno, file, line)

    warnings.showwarning = shown


def _answer(folder: Path) -> Answer:
    from ...models.adapters.libraries import keep_quiet
    from ...models.errors import UserError, one_line
    from ...models.memory import ran_out
    from ...models.tracebacks import traceback_of
    from ..policy import PolicyError
    from .redraw import draws_of

    request, memory, chunks = read_request(folder)
    keep_quiet(folder / LIBRARIES, alone=not request.runs_code)
    limited = _limit(memory)
    try:
        return _audited(folder, request) if chunks is None else draws_of(folder, request, chunks)
    except PolicyError as error:
        return Answer("policy", str(error))
    except UserError as error:
        return Answer("user", f"{error}{limited if ran_out(error) else ''}")
    except MemoryError as error:
        return Answer("user", f"{request.name}: {_said(error)}{limited}")
    except Exception as error:  # What is nobody's mistake is told as ours, with its traceback.
        if memory is not None and ran_out(error):
            return Answer("user", f"{request.name}: {one_line(error)}{limited}")
        return Answer("ours", traceback_of(error))
    except BaseException as error:  # SystemExit and its kin, which our own code never raises.
        return Answer("user", f"{request.name}: the model's code raised {_said(error)}; let it raise an exception")


def _audited(folder: Path, request: Request) -> Answer:
    from ..run import audit

    with (folder / STEPS).open("a", encoding="utf-8", buffering=1) as steps:

        def progress(step: str, share: float) -> None:
            steps.write(json.dumps([step, share]) + "\n")

        record, evidence = audit(request, progress=progress)
        progress("report", 0.0)
    text = record.to_json().encode()
    try:
        evidence.save(folder / EVIDENCE)
        (folder / RECORD).write_bytes(text)
    except OSError as error:
        said = f"{folder.parent}: the evidence cannot be written ({error.strerror}); set TMPDIR to a folder with room"
        return Answer("user", said)
    return Answer("audit", sha256=hashlib.sha256(text).hexdigest())


def _said(error: BaseException) -> str:
    place = next(
        (
            f" at {frame.filename}:{frame.lineno}"
            for frame in reversed(traceback.extract_tb(error.__traceback__))
            if not Path(frame.filename).is_relative_to(Path(__file__).parents[2])
        ),
        "",
    )
    return f"{type(error).__name__}({error}){place}"


def _limit(memory: int | None) -> str:
    """Limit what this process may allocate; returns what a message says of it."""
    if memory is None:
        return ""
    import resource

    # Address space that is only reserved, as CUDA does by the terabyte, is no memory; Linux counts what is written to.
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    resource.setrlimit(kind, (memory, memory))
    return f"; the model may use {memory / 2**30:.3g} GiB (--memory)"


def _tell_ends(folder: Path, fault: IO[str]) -> None:
    """Note where a fault strikes, and where the model's code leaves the process."""
    import faulthandler

    faulthandler.enable(fault, all_threads=False)
    ours = os.getpid()

    def told(status: int) -> NoReturn:
        # A child that the model's code forked ends this way too, and that is nobody's business.
        if os.getpid() == ours:
            frame: Any = sys._getframe(1)
            text = f"{frame.f_code.co_filename}:{frame.f_lineno}: {frame.f_code.co_qualname}"
            (folder / LEFT).write_text(text, encoding="utf-8")
        LEAVE(status)

    os._exit = told


def _end_with(parent: int) -> None:
    """End when the process that waits for the answer does, even if that was killed."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
