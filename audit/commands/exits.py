"""How a command ends: the exit codes, and one line for each way of failing."""

import contextlib
import io
import signal
import threading
from collections.abc import Callable, Iterator

import click

from ...reports.terminal.say import logged, say, say_block
from ...reports.terminal.streams import outlasting
from ...reports.terminal.visible import line

PASS, FAIL, USAGE, INCONCLUSIVE, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXIT_CODES = "Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 inconclusive, 4 internal error, 130 interrupted."
VERIFY_CODES = (
    "Exit codes: 0 all that was checked holds, 1 something does not, 2 usage or configuration, 4 internal error, "
    "130 interrupted."
)

UNTOUCHED = "nothing was written"


def guarded(work: Callable[[], object]) -> int:
    """The exit code of `work`, whichever way it ends; what a person must know of that is printed."""
    with outlasting() as output:
        code, is_answer = _ended(work)
        output.flush()
        if output.lost is None:
            return code
        say(f"Warning: standard output cannot be written ({output.lost}); what stands there is not whole.", err=True)
        # A verdict and a mistake have their code whoever reads of them; a text that was asked for has to arrive.
        return code if is_answer or code != PASS else USAGE


def _ended(work: Callable[[], object]) -> tuple[int, bool]:
    """The exit code, and whether `work` gave it itself."""
    try:
        with _as_interrupts(), logged():
            result = work()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code, False
    except click.ClickException as error:
        _refused(error)
        return USAGE, True
    except (click.Abort, KeyboardInterrupt) as error:
        say(f"Interrupted; {_left(error)}.", err=True)
        return INTERRUPTED, True
    except Exception as error:  # The last line of defence: an unexpected error must not look like a verdict.
        return _unexpected(error), True
    return (result, True) if isinstance(result, int) else (PASS, False)


def _refused(error: click.ClickException) -> None:
    """What click says of a mistake, with the words of the user on one line."""
    shown, context = io.StringIO(), getattr(error, "ctx", None)
    error.show(file=shown)
    message, told = error.format_message(), shown.getvalue().rstrip()
    # A missing argument repeats none, and a command without any shows its help, as a mistake that says the whole of it.
    ours = isinstance(error, click.MissingParameter) or (context is not None and message == context.get_help())
    say_block(told if ours else told.replace(message, line(message)), err=True)


@contextlib.contextmanager
def _as_interrupts() -> Iterator[None]:
    """Signals that ask this process to end do what Ctrl-C does: whatever was begun is put in order first."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets only the main thread say what signals do.
        return
    known = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]
    # One that is ignored stays so: that is how `nohup` works.
    before = {number: signal.getsignal(number) for number in known}
    before = {number: handler for number, handler in before.items() if handler is signal.SIG_DFL}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _left(error: BaseException) -> str:
    """What lies on disk after an interruption, as the step that was interrupted says it."""
    # click makes an interruption of its own of every other.
    told = error.__cause__ if isinstance(error, click.Abort) and error.__cause__ else error
    return str(told) if isinstance(told, KeyboardInterrupt) and str(told) else UNTOUCHED


def _unexpected(error: Exception) -> int:
    from ...models.errors import UserError
    from ..policy import PolicyError
    from ..process.supervisor import Defect, WorkerEnded

    if isinstance(error, UserError | PolicyError):
        # A policy with several mistakes has a line for each.
        told = say_block if isinstance(error, PolicyError) else say
        told(f"Error: {error}", err=True)
        return USAGE
    if isinstance(error, WorkerEnded):
        say(f"Error: {error}; there is no verdict.", err=True)
        return INTERNAL
    from ...models.tracebacks import traceback_of

    say_block((str(error) if isinstance(error, Defect) else traceback_of(error)).rstrip(), err=True)
    say("Error: this is a defect in genai-audit, not a verdict; please report the lines above.", err=True)
    return INTERNAL
