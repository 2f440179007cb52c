"""What the user's own code raises while it works for the audit becomes one line with the method, the file and the line.

A `SystemExit` from a model would otherwise end the process with the model's exit code, which a build could read as a
verdict.
"""

import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from ..errors import UserError, one_line

METHODS = ("sample", "decode", "encode", "critic", "log_prob", "encode_text", "decode_text", "logits")
"""What an audit may call of a model."""

OURS = Path(__file__).resolve().parents[2]


def failure(model: Any, error: BaseException) -> str | None:
    """One line about an exception that came out of a method of the model; None if it did not, or the method is ours.

    The line is the innermost one in the file of that method, so that it points into the user's code and not into torch.
    """
    methods = _methods(model)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    lines = [line for _, line in traceback.walk_tb(error.__traceback__)]
    entered = next((place for place, frame in enumerate(frames) if frame.f_code in methods), None)
    if entered is None:
        return None
    code = frames[entered].f_code
    if _is_ours(code):
        return None
    line = [number for frame, number in zip(frames, lines, strict=True) if frame.f_code.co_filename == code.co_filename]
    what = f"{type(model).__name__}.{methods[code]}"
    return f"{code.co_filename}:{line[-1]}: {what} failed with {type(error).__name__}: {_said(error)}"


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
        method = inspect.unwrap(getattr(model, name, None))  # type: ignore[arg-type]  # of None there is nothing to unwrap
        code = getattr(method, "__code__", None)
        if isinstance(code, CodeType):
            methods[code] = name
    return methods


def _is_ours(code: CodeType) -> bool:
    path = Path(code.co_filename).resolve()
    inside = path.relative_to(OURS).parts[0] if path.is_relative_to(OURS) else ""
    return inside in ("audit", "models", "reports")


def _said(error: BaseException) -> str:
    return one_line(error) if str(error) else "no message"
