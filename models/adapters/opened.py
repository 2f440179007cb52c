"""What every adapter takes and gives: how a format is opened, what came out of it, and the tensors in its files."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..base import FillsIn, GenerativeModel
from ..errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

TRAINING_STATE = ("optim", "scheduler", "lr_scheduler", "scaler", "rng_state", "training_args")
"""How files and entries begin that hold the state of the training, not of the model."""
TRAINING_WORDS = frozenset(("opt", "adam", "adamw", "sgd", "sched", "scheduler"))
"""First or last words of entries that do."""
WRAPPERS = ("module.", "_orig_mod.")
COUNTER = "n_averaged"
WEIGHTS = ("state_dict", "model_state_dict", "model", "weights", "params", "ema", "ema_state_dict")
"""Entries under which a checkpoint keeps its weights, those that the model uses before copies of them."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may say about how to open a checkpoint.

    Args:
        trust: the user accepts that the file runs its own code.
        prompts: texts that a language model continues, translates or answers, each sample one of them at random; or
            that an image model is asked with, in turn.
        steps: of a diffusion model, an image; None: as many as its format makes usual.
        base_model: the model that an adapter changes.
        tokens: texts are token ids with blanks between them, as the model has no tokenizer.
        safety_checker: whether pictures that a pipeline's own checker takes for unsafe are blackened.
    """

    trust: bool = False
    prompts: tuple[str, ...] = ()
    steps: int | None = None
    base_model: Path | None = None
    tokens: bool = False
    safety_checker: bool = True


SPELLINGS = {
    "prompts": "--prompts",
    "steps": "--steps",
    "base_model": "--base-model",
    "tokens": "--tokens",
    "safety_checker": "--no-safety-checker",
}
"""The options that mean something to some models only, and how the command line writes them."""


def refuse_unused(options: Options, takes: Iterable[str], path: object, what: str) -> None:
    """Refuse options that would change nothing: whoever gave one would believe otherwise.

    Args:
        options: what the user said.
        takes: the names of those that mean something here.
        path: the checkpoint, which begins the message.
        what: it is, with its article.

    Raises:
        UserError: naming the first such option.
    """
    given = [name for name in SPELLINGS if getattr(options, name) != getattr(Options(), name)]
    unused = next((name for name in given if name not in takes), None)
    if unused is not None:
        raise UserError(f"{path}: {SPELLINGS[unused]} means nothing to {what}; leave it out")


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

    model: GenerativeModel | FillsIn
    family: str
    parameters: int | None
    declared: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Stored(NamedTuple):
    """A floating-point tensor under its name.

    Args:
        name: keys that lead to it, with dots between them.
        tensor: as stored.
        device: that it was saved from, or where it is.
        tied: whether it is the same memory as a tensor before it.
    """

    name: str
    tensor: "Tensor"
    device: str
    tied: bool = False


def is_training_state(name: str) -> bool:
    """Whether a file or an entry belongs to the training rather than to the model, by the words of its first name."""
    first = name.lower().partition(".")[0]
    words = re.split("[_ -]", first)
    return first.startswith(TRAINING_STATE) or any(
        word.startswith("optim") or word in TRAINING_WORDS for word in (words[0], words[-1])
    )


def plain_names(tensors: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    """The same tensors without `module.` and `_orig_mod.`, where these stand before every name.

    `DataParallel` and `torch.compile` wrap a network, and its weights are saved under the wrapper's name;
    `AveragedModel` does so too, and counts what it averaged.
    """
    names = dict(tensors)
    if len(names) > 1 and all(name.startswith(WRAPPERS) for name in names if name != COUNTER):
        names.pop(COUNTER, None)
    while names and (prefix := next((each for each in WRAPPERS if all(n.startswith(each) for n in names)), None)):
        names = {name.removeprefix(prefix): tensor for name, tensor in names.items()}
    return names


def need(module: str, *, extra: str, path: object) -> None:
    """Refuse where an optional library is not installed.

    Raises:
        UserError: with the line that installs it.
    """
    if find_spec(module) is None:
        raise UserError(
            f"{path}: opening it needs {module}, which is not installed; run: pip install 'genai-audit[{extra}]'"
        )
