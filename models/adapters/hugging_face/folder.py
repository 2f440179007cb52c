"""What folders of `transformers` and `diffusers` share: JSON beside weights, and libraries that must be kept quiet.

Both libraries fetch what a folder lacks from the network and report their progress; here they do neither.
"""

import json
import pickle
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, one_line
from ..foreign import attempt
from ..libraries import imported
from ..opened import WEIGHTS, WRAPPERS, plain_names

if TYPE_CHECKING:
    from torch import Tensor, nn

JSON_LIMIT = 64_000_000
HALF = ("BF16", "F16", "bfloat16", "float16")
UNWRAPPED = "Weights were stored under the name of a wrapper (module, _orig_mod) or one level down."
WAY_OUT = "name code that builds the model by --loader FILE.py:FUNCTION"


def read_json(path: Path) -> dict[str, Any] | None:
    """A file's JSON object; None if there is no such file, or something else is in it."""
    try:
        if not path.is_file() or path.stat().st_size > JSON_LIMIT:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


@contextmanager
def quiet(name: str) -> Iterator[Any]:
    """The library itself, without network, progress bars or log lines, and without a trace in global random numbers."""
    import torch

    constants: Any = imported("huggingface_hub.constants")
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        # What these libraries warn of (renamed arguments, settings of theirs) is nothing a user could act on.
        warnings.simplefilter("ignore")
        logging: Any = imported(f"{name}.utils.logging")
        verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        before = constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY
        # A program may have imported them before, with the network.
        constants.HF_HUB_OFFLINE = constants.HF_HUB_DISABLE_TELEMETRY = True
        logging.set_verbosity(logging.CRITICAL)
        logging.disable_progress_bar()
        try:
            yield imported(name)
        finally:
            constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = before
            logging.set_verbosity(verbosity)
            if bars:
                logging.enable_progress_bar()


def weight_files(folder: Path, stem: str, pickled: str) -> list[Path]:
    """The files of weights, whole or in parts, safetensors if there are any: `stem.safetensors`, else `pickled.bin`.

    Raises:
        UserError: if there are none, or a part is missing.
    """
    for name in (f"{stem}.safetensors", f"{pickled}.bin"):
        if (folder / name).is_file():
            return [folder / name]
        index = read_json(folder / f"{name}.index.json")
        if index is None:
            continue
        parts = index.get("weight_map")
        if not isinstance(parts, Mapping) or not parts or not all(isinstance(part, str) for part in parts.values()):
            raise UserError(
                f"{folder / name}.index.json: expected a weight_map of names to files; save the model again"
            )
        files = sorted({folder / part for part in parts.values()})
        for file in files:
            if file.parent != folder or not file.is_file():
                raise UserError(f"{folder}: expected the part {file.name} of the weights, got none; copy it too")
        return files
    raise UserError(
        f"{folder}: expected weights ({stem}.safetensors or {pickled}.bin, whole or in parts), got {listed(folder)}; "
        f"save them by save_pretrained"
    )


def unwrapped(files: list[Path]) -> "dict[str, Tensor] | None":
    """Weights that were saved under a wrapper's name or one level down, under their own; None where they were not.

    Args:
        files: safetensors, or pickles, of which only tensors and plain values are read.
    """
    read = _keyed if files[0].suffix == ".safetensors" else _nested
    tensors: dict[str, Tensor] = {}
    for file in files:
        part = read(file)
        if part is None:
            return None
        tensors |= part
    return tensors


def _keyed(file: Path) -> "dict[str, Tensor] | None":
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as opened:
            names = list(opened.keys())
            if not any(all(name.startswith(wrapper) for name in names) for wrapper in WRAPPERS):
                return None
            return plain_names({name: opened.get_tensor(name) for name in names})
    except (SafetensorError, OSError):
        return None  # The library says what is wrong.


def _nested(file: Path) -> "dict[str, Tensor] | None":
    import torch

    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError, AttributeError):
        return None  # Whatever is wrong, the library says it when it opens the file.
    if not isinstance(content, Mapping):
        return None
    inner = next((content[key] for key in WEIGHTS if isinstance(content.get(key), Mapping)), content)
    tensors = {str(name): each for name, each in inner.items() if isinstance(each, torch.Tensor)}
    plain = plain_names(tensors)
    return None if inner is content and plain.keys() == tensors.keys() else plain


@contextmanager
def building(folder: Path, what: str, weights: list[Path]) -> Iterator[None]:
    """Let a library build a network from a folder.

    Raises:
        UserError: if it fails, or if the weights are a pickle that asks for more than tensors.
    """
    try:
        with attempt(folder, f"building {what}", "save it again"):
            yield
    except UserError as error:
        if weights[0].suffix == ".bin" and _asks_for_code(error):
            raise UserError(
                f"{weights[0]}: loading this pickle would run code, which is refused; save the model as safetensors, "
                f"or {WAY_OUT}"
            ) from error
        raise


def _asks_for_code(error: BaseException | None) -> bool:
    """Whether an exception, or one that it came from, is torch's refusal of a pickle."""
    while error is not None and not isinstance(error, pickle.UnpicklingError):
        error = error.__cause__ or error.__context__
    return error is not None


def loading_notes(name: str, report: Mapping[str, Any], weights: list[Path]) -> list[str]:
    """What to note of how the library put the weights into the class of that name."""
    notes = []
    if report["unexpected_keys"]:
        notes.append(f"The folder holds weights that {name} does not use: {some(report['unexpected_keys'])}.")
    if weights[0].suffix == ".bin":
        notes.append("Weights came from a pickle, of which only tensors were read.")
    return notes


def half_note(types: set[str]) -> list[str]:
    """What to note of the number types of stored weights."""
    if types.isdisjoint(HALF):
        return []
    return [f"Weights stored in half precision ({', '.join(sorted(types))}) were computed with in float32."]


def stored_types(files: list[Path]) -> set[str]:
    """The number types of weights in safetensors files, e.g. {"BF16"}; empty for pickles, which do not say cheaply."""
    from safetensors import SafetensorError, safe_open

    number_types: set[str] = set()
    for file in files:
        if file.suffix != ".safetensors":
            continue
        try:
            with safe_open(file, framework="pt") as tensors:
                number_types |= {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118  # no mapping
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{file}: the safetensors file is truncated or damaged ({one_line(error)}); copy it again"
            ) from error
    return number_types


def listed(folder: Path) -> str:
    """The names in a folder, for a message."""
    names = sorted(each.name for each in folder.iterdir())
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") or "an empty folder"


def some(names: set[Any] | list[Any]) -> str:
    """How many names there are, and the first of them, for a message."""
    texts = sorted(str(name) for name in names)
    return f"{len(texts)} ({', '.join(texts[:3])}{', …' if len(texts) > 3 else ''})"


def parameters(network: "nn.Module") -> int:
    """How many numbers the weights are, tied ones counted once."""
    return sum(each.numel() for each in network.parameters())
