"""`--loader FILE.py:FUNCTION`: the one place where the user's own code runs, because the user named it.

The function gets the checkpoint's path and returns a model; what it returns is tried on two samples before it is used.
"""

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..base import GenerativeModel
from ..errors import UserError
from .contract import check_model


def load_with(path: Path, loader: str) -> GenerativeModel:
    """The model that the user's function makes of `path`, checked, in evaluation mode if it is a torch module.

    Raises:
        UserError: if the function cannot be found or fails, or what it returns is not a model; the message names the
            file and line, the missing attribute or the wrong shape.
    """
    from torch import nn

    file, function = _split(loader)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        module = run_named(lambda: _import(file), file, "import")
        build = getattr(module, function, None)
        if build is None:
            known = ", ".join(name for name, value in vars(module).items() if callable(value) and name[0] != "_")
            raise UserError(f"{file}: expected a function {function}, got none of that name; it has: {known or 'none'}")
        if not callable(build):
            raise UserError(
                f"{file}: expected {function} to be a function, got {type(build).__name__}; name a function"
            )
        model = run_named(lambda: build(str(path)), file, f"{function}({str(path)!r})")
    finally:
        sys.path.remove(folder)
    if model is None:
        raise UserError(f"{file}: expected {function} to return a model, got None; does it lack a return?")
    if isinstance(model, nn.Module):
        model.eval()
    return check_model(model, loader, lambda call, what: run_named(call, file, what))


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
        message = " ".join(str(error).split()) or "no message"
        raise UserError(f"{_place(error, file)}: {what} failed with {type(error).__name__}: {message}") from error


def _split(loader: str) -> tuple[Path, str]:
    name, colon, function = loader.rpartition(":")
    if not colon or not name or not function.isidentifier():
        raise UserError(f"--loader: expected FILE.py:FUNCTION, e.g. loader.py:load, got {loader!r}")
    file = Path(name)
    if not file.is_file():
        raise UserError(f"--loader: expected a Python file at {file}, but no file is there; check the path")
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
