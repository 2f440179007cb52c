"""`--loader FILE.py:FUNCTION`: the one place where the user's own code runs, because the user named it.

The function gets the checkpoint's path and returns a model; what it returns is tried on two samples before it is used.
"""

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from ..base import FillsIn, GenerativeModel
from ..errors import UserError, one_line
from .contract import check_model


def load_with(path: Path, loader: str) -> GenerativeModel | FillsIn:
    """The model that the user's function makes of `path`, checked, in evaluation mode if it is a torch module.

    Raises:
        UserError: if the function cannot be found or fails, or what it returns is not a model; the message names the
            file and line, the missing attribute or the wrong shape.
    """
    from torch import nn

    file, function = split_name(loader, "--loader", "loader.py:load")
    with _beside(file):
        build = import_named(file, function)
        model = run_named(lambda: build(str(path)), file, f"{function}({str(path)!r})")
    if model is None:
        raise UserError(f"{file}: expected {function} to return a model, got None; does it lack a return?")
    if isinstance(model, nn.Module):
        model.eval()
    return check_model(model, loader, lambda call, what: run_named(call, file, what))


@contextmanager
def _beside(file: Path) -> Iterator[None]:
    """Let the user's code import what lies beside it."""
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def import_named(file: Path, function: str) -> Callable[..., Any]:
    """The user's function.

    Raises:
        UserError: if the file cannot be imported, or has no such function.
    """
    with _beside(file):
        module = run_named(lambda: _import(file), file, "import")
    found = getattr(module, function, None)
    if found is None:
        known = ", ".join(name for name, value in vars(module).items() if callable(value) and name[0] != "_")
        raise UserError(f"{file}: expected a function {function}, got none of that name; it has: {known or 'none'}")
    if not callable(found):
        raise UserError(f"{file}: expected {function} to be a function, got {type(found).__name__}; name a function")
    named: Callable[..., Any] = found
    return named


def run_named(call: Callable[[], Any], file: Path, what: str) -> Any:
    """The result of the user's code; what it raises becomes one line with file and line.

    Raises:
        UserError: if the call raises anything, `SystemExit` included.
    """
    try:
        return call()
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:
        message = one_line(error)
        raise UserError(f"{_place(error, file)}: {what} failed with {type(error).__name__}: {message}") from error


def split_name(given: str, option: str, example: str) -> tuple[Path, str]:
    """The file and the function of `FILE.py:FUNCTION`.

    Raises:
        UserError: if it is nothing of the kind, or there is no such file.
    """
    name, colon, function = given.rpartition(":")
    if not colon or not name or not function.isidentifier():
        raise UserError(f"{option}: expected FILE.py:FUNCTION, e.g. {example}, got {given!r}")
    file = Path(name)
    if not file.is_file():
        raise UserError(f"{option}: expected a Python file at {file}, but no file is there; check the path")
    return file, function


def _import(file: Path) -> ModuleType:
    # Under a name of its own, so that it never shadows a module of the user's or ours.
    name = f"genai_audit_loader_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UserError(f"--loader: expected a Python file, got {file}; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickling look a class's module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _place(error: BaseException, file: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    own = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).resolve() == file.resolve()
    ]
    return f"{file}:{own[-1].lineno}" if own else str(file)
