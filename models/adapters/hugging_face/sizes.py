"""How large a folder's network and texts may become: both are made from numbers in files of a few bytes.

A network is built before its weights are compared with those that are stored, so what it asks for is counted while it
is built, and stopped as soon as the stored weights cannot fill it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...limits import check, check_unpacked, on_disk
from ..foreign import check_archive, members

LAYERS = ("layer", "block", "depth", "expert", "stage", "timesteps")
"""Words in the names of settings that say how many parts are made one after another."""
WIDTHS = ("size", "dim", "channels", "_id", "capacity")
"""Words in the names of settings that say how wide something is, or where; what that asks for is counted."""
LARGEST_TOKENIZER = 256 * 2**20
TIMES_LONGER = 1000
"""How many times longer a tokenizer's rules may make a text."""
LONGEST_TOKEN = 10_000
SLACK = 2**24
"""Numbers that a network may have beyond the stored ones: embeddings that are tied, tables of positions."""
MODULES = 10
"""Parts of a network for each stored tensor: most have one or two, some have none."""


def check_settings(config: Any, where: Path) -> None:
    """Refuse settings that ask for more layers, steps or labels than any network has, before a library reads them.

    Raises:
        UserError: with the setting and the limit.
    """
    open_ = [("", config)]
    while open_:
        name, value = open_.pop()
        if isinstance(value, Mapping):
            open_ += value.items()
        elif isinstance(value, list):
            open_ += [(name, each) for each in value]
        elif isinstance(value, int) and _counts_layers(str(name)):
            limit = "steps" if "timesteps" in str(name) else "layers"
            check(limit, value, where, got=f"{name} {value:,}")
        elif isinstance(value, int) and name == "num_labels":
            check("labels", value, where)


def _counts_layers(name: str) -> bool:
    return any(word in name for word in LAYERS) and not any(word in name for word in WIDTHS)


class _Asked:
    """What a network asks for while it is built, compared with what is stored.

    Args:
        folder: begins each message.
        stored: bytes of the weights.
        tensors: how many there are.
    """

    def __init__(self, folder: Path, stored: int, tensors: int) -> None:
        self.folder, self.stored = folder, stored
        self.most, self.most_modules = 2 * stored + SLACK, MODULES * (100 + tensors)
        self.sizes: dict[tuple[int, str], int] = {}
        self.modules: set[int] = set()
        self.numbers, self.beside = 0, 0
        self.refusal: UserError | None = None

    def parameter(self, part: Any, name: str, tensor: Any) -> None:
        """Count a parameter; it is registered again where the stored one takes its place."""
        if tensor is not None:
            self.numbers += tensor.numel() - self.sizes.get((id(part), name), 0)
            self.sizes[id(part), name] = tensor.numel()
            if self.numbers > self.most:
                self._refuse(f"{self.numbers:,} numbers or more")

    def module(self, part: Any, name: str, inner: Any) -> None:
        """Count a part of the network."""
        self.modules.add(id(inner))
        if len(self.modules) > self.most_modules:
            self._refuse(f"{len(self.modules):,} layers or more")

    def buffer(self, part: Any, name: str, tensor: Any) -> None:
        """Count what is computed beside the weights."""
        if tensor is not None:
            self.beside += tensor.numel() * tensor.element_size()
            try:
                check_unpacked(self.beside, self.stored, self.folder, "tables beside the weights")
            except UserError as error:
                self.refusal = error
                raise

    def _refuse(self, what: str) -> None:
        self.refusal = UserError(
            f"{self.folder}: expected a network that the {self.stored:,} bytes of stored weights can fill, but its "
            f"configuration asks for {what}; save the whole model again"
        )
        raise self.refusal


@contextmanager
def within(files: list[Path], folder: Path) -> Iterator[None]:
    """Let a library build a network that the stored weights can fill.

    Args:
        files: of the weights.
        folder: begins each message.

    Raises:
        UserError: from inside the library, as soon as it asks for more; or if a file unpacks to much more than it is.
    """
    from torch.nn.modules import module

    for file in files:
        check_archive(file, "weights")
    asked = _Asked(folder, sum(map(on_disk, files)), sum(map(_tensors, files)))
    hooks = (
        module.register_module_parameter_registration_hook(asked.parameter),
        module.register_module_module_registration_hook(asked.module),
        module.register_module_buffer_registration_hook(asked.buffer),
    )
    try:
        yield
    except Exception:
        if asked.refusal is not None:  # A library may have words of its own for it.
            raise asked.refusal from None
        raise
    finally:
        for hook in hooks:
            hook.remove()


def _tensors(file: Path) -> int:
    """How many tensors a file holds, about."""
    if file.suffix != ".safetensors":
        return len(members(file)) or 10_000
    from ..pytorch.safetensors_file import read_names

    return len(read_names(file))


def check_tokenizer(folder: Path) -> None:
    """Refuse a tokenizer whose rules make endless texts of short ones.

    Raises:
        UserError: if its file is larger than any, a token is longer, or its rules multiply texts.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        return
    size = file.stat().st_size
    if size > LARGEST_TOKENIZER:
        raise UserError(f"{file}: expected at most {LARGEST_TOKENIZER:,} bytes, got {size:,}; save the tokenizer again")
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return  # The library says what is wrong.
    if not isinstance(content, dict):
        return
    for part in ("normalizer", "decoder"):
        longer = _times_longer(content.get(part))
        if longer > TIMES_LONGER:
            raise UserError(
                f"{file}: expected a {part} that makes texts at most {TIMES_LONGER} times longer, got one that makes "
                f"them {longer:.3g} times longer; save the tokenizer again"
            )
    model = content.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    tokens = [each[0] if isinstance(each, list) and each else each for each in vocabulary or ()]
    longest = max((len(each) for each in tokens if isinstance(each, str)), default=0)
    if longest > LONGEST_TOKEN:
        raise UserError(
            f"{file}: expected tokens of at most {LONGEST_TOKEN:,} characters, got one of {longest:,}; save it again"
        )


def _times_longer(part: Any) -> float:
    """How many times longer replacements make a text at most, one after another."""
    longer, open_ = 1.0, [part]
    while open_:
        each = open_.pop()
        if not isinstance(each, dict):
            continue
        open_ += [inner for key in ("normalizers", "decoders") for inner in each.get(key) or ()]
        if each.get("type") == "Replace":
            pattern = each.get("pattern")
            replaced = pattern.get("String") if isinstance(pattern, dict) else None
            made = each.get("content")
            longer *= max(1.0, len(made if isinstance(made, str) else "") / max(1, len(replaced or "")))
        longer = min(longer, 1e300)
    return longer
