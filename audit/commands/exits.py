"""How a command ends: the exit codes, and one line for each way of failing."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

import click

from .closed_pipe import outlasting

PASS, FAIL, USAGE, INCONCLUSIVE, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXIT_CODES = "Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 inconclusive, 4 internal error, 130 interrupted."

UNTOUCHED = "nothing was written"


def guarded(work: Callable[[], object]) -> int:
    """The exit code of `work`, whichever way it ends; what a person must know of that is printed."""
    try:
        with _as_interrupts(), outlasting():
            result = work()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt) as error:
        click.echo(f"Interrupted; {_left(error)}.", err=True)
        return INTERRUPTED
    except Exception as error:  # The last line of defence: an unexpected error must not look like a verdict.
        return _unexpected(error)
    return result if isinstance(result, int) else PASS


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
        click.echo(f"Error: {error}", err=True)
        return USAGE
    if isinstance(error, WorkerEnded):
        click.echo(f"Error: {error}; there is no verdict.", err=True)
        return INTERNAL
    import traceback

    told = str(error) if isinstance(error, Defect) else "".join(traceback.format_exception(error))
    click.echo(told.rstrip(), err=True)
    click.echo("Error: this is a defect in genai-audit, not a verdict; please report the lines above.", err=True)
    return INTERNAL
