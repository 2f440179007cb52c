"""What the user's own code raises while it works for the audit becomes one line with the method, the file and the line.

A `SystemExit` from a model would otherwise end the process with the model's exit code, which a build could read as a
verdict.
"""

import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

from ..errors import UserError, one_line

METHODS = (
    "sample",
    "decode",
    "encode",
    "critic",
    "log_prob",
    "encode_text",
    "decode_text",
    "logits",
    "advance",
    "read_on",
    "masked_log_prob",
)
"""What an audit may call of a model."""

OURS = Path(__file__).resolve().parents[2]
LIBRARIES = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))


def failure(model: Any, error: BaseException) -> str | None:
    """One line about an exception that came out of the model's code; None if it did not, or that code is ours.

    The line is the innermost one in the file of the method that was called, so that it points into the user's code and
    not into torch; of an attribute or a class that the user's code gave, the innermost one in the user's code.
    """
    methods = _methods(model)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    lines = [line for _, line in traceback.walk_tb(error.__traceback__)]
    entered = next((place for place, frame in enumerate(frames) if frame.f_code in methods), None)
    if entered is None:
        files = _files(model, methods)
        return _came_from(error, lambda name: name in files)
    code = frames[entered].f_code
    if _is_ours(code):
        return None
    inside = [each for frame, each in zip(frames, lines, strict=True) if frame.f_code.co_filename == code.co_filename]
    what = f"{type(model).__name__}.{methods[code]}"
    return f"{code.co_filename}:{inside[-1]}: {what} failed with {type(error).__name__}: {_said(error)}"


def blamed(model: Any, error: BaseException, name: str) -> str | None:
    """One line about what the model's code raised, or gave; None where the fault may be ours.

    Args:
        model: whose methods were called.
        error: that came out of them or of what was made of their results.
        name: what messages call the model.
    """
    said = failure(model, error)
    if said is not None:
        return said
    if isinstance(error, ValueError):
        return f"{name}: {error}"
    # Our own code never raises SystemExit and its kin, so what did was called by the model's.
    return None if isinstance(error, Exception) else f"{name}: its code raised {type(error).__name__}: {_said(error)}"


@contextmanager
def blaming(loader: str | None, model: Any) -> Iterator[None]:
    """Tell what the user's code raises anywhere, of attributes and classes too, as the user's.

    Args:
        loader: `FILE.py:FUNCTION`, or None; what lies in the folder of the file is the user's.
        model: the model itself, where it is in memory.

    Raises:
        UserError: with the innermost line of the user's code.
    """
    # Unlike `Path.resolve`, it takes links that lead to themselves.
    folder = None if loader is None else Path(os.path.realpath(loader.rpartition(":")[0])).parent
    files = set() if folder is not None or isinstance(model, str) else _files(model, ())

    def users(name: str) -> bool:
        path = Path(name)
        beside = folder is not None and path.resolve().is_relative_to(folder) and path.is_file()
        return name in files or (beside and not _in_ours(name) and not _in_library(path))

    try:
        yield
    except UserError:
        raise
    except Exception as error:
        said = _came_from(error, users)
        if said is None:
            raise
        raise UserError(said) from error


def _came_from(error: BaseException, users: Callable[[str], bool]) -> str | None:
    """The line about an exception whose innermost frames, after one of ours, are of the user's files; None if none."""
    frames = list(traceback.walk_tb(error.__traceback__))
    ours = next((place for place, (frame, _) in enumerate(frames) if _is_ours(frame.f_code)), len(frames))
    own = [(frame.f_code, line) for frame, line in frames[ours + 1 :] if users(frame.f_code.co_filename)]
    if not own:
        return None
    code, line = own[-1]
    return f"{code.co_filename}:{line}: {code.co_qualname} failed with {type(error).__name__}: {_said(error)}"


def calling(model: Any, origin: str) -> Callable[[Callable[[], Any], str], Any]:
    """What runs the calls of `contract.check_model` on a model in memory; interruptions by the user pass through.

    Args:
        model: whose methods are called.
        origin: named where what failed is no method with a line of its own.
    """

    def run(call: Callable[[], Any], what: str) -> Any:
        try:
            return call()
        except (UserError, KeyboardInterrupt):
            raise
        except BaseException as error:
            said = failure(model, error) or f"{origin}: {what} failed with {type(error).__name__}: {_said(error)}"
            raise UserError(said) from error

    return run


def _methods(model: Any) -> dict[CodeType, str]:
    """The code of each method, below decorators such as `torch.no_grad`."""
    methods = {}
    for name in METHODS:
        # Looked up without running anything: an attribute may be a property that raises.
        method = inspect.getattr_static(model, name, None)
        method = method.__func__ if isinstance(method, staticmethod | classmethod) else method
        code = getattr(inspect.unwrap(method), "__code__", None) if callable(method) else None
        if isinstance(code, CodeType):
            methods[code] = name
    return methods


def _is_ours(code: CodeType) -> bool:
    return _in_ours(code.co_filename)


def _in_ours(name: str) -> bool:
    path = Path(name).resolve()
    inside = path.relative_to(OURS).parts[0] if path.is_relative_to(OURS) else ""
    return inside in ("audit", "models", "reports")


def _files(model: Any, methods: Iterable[CodeType]) -> set[str]:
    """Where the model's code stands: the files of its classes and methods that are neither ours nor a library's."""
    modules = (sys.modules.get(each.__module__) for each in type(model).__mro__)
    named = {getattr(each, "__file__", None) or "" for each in modules} | {code.co_filename for code in methods}
    return {name for name in named if name and not _in_ours(name) and not _in_library(Path(name))}


def _in_library(path: Path) -> bool:
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return bool(installed) or any(map(path.is_relative_to, LIBRARIES))


def _said(error: BaseException) -> str:
    said = one_line(error)
    return "no message" if said == type(error).__name__ else said
