"""What every adapter takes and gives: how a foreign format is opened, and what came out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from ..base import GenerativeModel
from ..errors import UserError


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may say about how to open a checkpoint.

    Args:
        trust: the user accepts that the file runs its own code.
        prompts: texts that a language model continues, translates or answers; sample i gets one of them at random.
    """

    trust: bool = False
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A model from a foreign format.

    Args:
        model: in evaluation mode where it has one.
        family: what it is, e.g. `transformers GPT2LMHeadModel`.
        parameters: how many numbers its weights are, where known.
        declared: what it says about itself, plain JSON values.
        notes: what a reviewer must know, e.g. that the file ran code or that weights were converted; one sentence each.
    """

    model: GenerativeModel
    family: str
    parameters: int | None
    declared: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def need(module: str, *, extra: str, path: object) -> None:
    """Refuse where an optional library is not installed.

    Raises:
        UserError: with the line that installs it.
    """
    if find_spec(module) is None:
        raise UserError(
            f"{path}: opening it needs {module}, which is not installed; run: pip install 'genai-audit[{extra}]'"
        )
