"""Files written by `torch.save`, read as tensors and plain values only: what needs code to load is refused."""

import io
import json
import pickle
import pickletools
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, one_line
from ..foreign import check_archive, members
from ..opened import WEIGHTS, Stored, is_training_state
from .torch_sizes import check_size

if TYPE_CHECKING:
    from torch import Tensor

WAY_OUT = "save its state_dict as safetensors, or name code that builds it by --loader FILE.py:FUNCTION"


OLD_TORCH = bytes.fromhex("6cfc9c46f9206aa85019")
"""The number that opens a torch file from before these were zip archives, as a pickle writes it."""


@dataclass(frozen=True, slots=True, eq=False)
class TorchContent:
    """A checkpoint of the form {"family": …, "config": …, "state_dict": …}; `declared` are its other plain entries."""

    family: Any
    config: Any
    tensors: Mapping[str, "Tensor"]
    declared: Mapping[str, Any]


def read_torch(path: Path) -> TorchContent:
    """Read a torch checkpoint of one of the reference families.

    Raises:
        UserError: if it needs code, is damaged, or does not say what it is.
    """
    content = read_content(path)
    if not isinstance(content, Mapping):
        raise UserError(
            f"{path}: expected a dict with family, config and state_dict, got {type(content).__name__}; {WAY_OUT}"
        )
    place = next((key for key in WEIGHTS if isinstance(content.get(key), Mapping)), "state_dict")
    if "family" not in content or place not in content:
        kind = "a plain state_dict, which does not say how to build the model" if _tensors(content) else "other entries"
        raise UserError(
            f"{path}: expected a dict with family, config and state_dict, got {kind}; "
            f"name code that builds the model by --loader FILE.py:FUNCTION"
        )
    tensors = content[place]
    if isinstance(tensors, Mapping):  # One level down, as training loops save them.
        tensors = next((tensors[key] for key in WEIGHTS if isinstance(tensors.get(key), Mapping)), tensors)
    if not _tensors(tensors):
        raise UserError(
            f"{path}: expected state_dict to map names to tensors, got {type(tensors).__name__}; save it again"
        )
    others = {key: value for key, value in content.items() if key not in ("family", "config", place)}
    return TorchContent(content["family"], content.get("config"), tensors, _plain(others))


def stored_tensors(path: Path) -> Iterator[Stored] | None:
    """The floating-point tensors of a torch file, none if it needs code to load; None for any other file.

    A device is one that the file names, which need not be on this machine.
    """
    names = members(path)
    # Code in the archive makes it a program of TorchScript.
    archive = any(name.endswith("/data.pkl") for name in names) and not any("/code/" in name for name in names)
    with path.open("rb") as file:
        start = file.read(32)
    return _stored(path) if archive or (start[:1] == b"\x80" and OLD_TORCH in start) else None


def _stored(path: Path) -> Iterator[Stored]:
    import torch

    check_archive(path, "tensors")
    devices: dict[int, str] = {}

    def note(storage: Any, location: str) -> Any:
        devices[storage.data_ptr()] = location
        return storage

    try:
        # Deprecation notes about storages are no concern of the user's.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location=note, weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError:
        return
    check_size(content, path)
    seen = set()
    for name, tensor in _named(content, ""):
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if tensor.is_floating_point():
            device = devices.get(tensor.untyped_storage().data_ptr(), "cpu")
            yield Stored(name, tensor, device, tied=place in seen and tensor.numel() > 0)
            seen.add(place)


def _named(content: Any, name: str) -> Iterator[tuple[str, "Tensor"]]:
    """Tensors in nested dicts and lists, by the keys that lead to them."""
    import torch

    if isinstance(content, torch.Tensor):
        if content.layout is torch.strided and not content.is_quantized:
            yield name, content.detach()
    elif isinstance(content, Mapping):
        for key, each in content.items():
            if not is_training_state(str(key)):
                yield from _named(each, f"{name}.{key}".strip("."))
    elif isinstance(content, list | tuple):
        for index, each in enumerate(content):
            yield from _named(each, f"{name}.{index}".strip("."))


def read_content(path: Path) -> Any:
    """What `torch.save` wrote, tensors and plain values only.

    Raises:
        UserError: if it needs code, or is damaged.
    """
    import torch

    if any("/code/" in name for name in members(path)):
        raise UserError(f"{path}: expected weights, got a TorchScript archive, which holds code; {WAY_OUT}")
    check_archive(path, "tensors")
    try:
        # Deprecation notes about storages are no concern of the user's.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path}: {_refusal(path, str(error))}") from error
    except Exception as error:  # torch.load raises nearly anything on damaged input; no code of the file has run.
        raise UserError(f"{path}: the torch file is truncated or damaged ({one_line(error)}); copy it again") from error
    check_size(content, path)
    return content


def _refusal(path: Path, message: str) -> str:
    asked = _globals(path)
    named = re.search(r"GLOBAL ([\w.<>]+)", message)
    if named:
        # torch leaves out the module of builtins; a name cut short by a truncated file is in no pickle.
        name = named.group(1).rstrip(".")
        wanted = next((full for full in asked if full in (name, f"builtins.{name}")), None)
    else:
        wanted = next((full for full in asked if full.partition(".")[0] not in ("torch", "collections")), None)
    if wanted:
        return f"loading this pickle would run code (it asks for {wanted}); {WAY_OUT}"
    return f"the torch file is truncated or damaged, or a pickle that torch cannot read; copy it again, or {WAY_OUT}"


def _globals(path: Path) -> list[str]:
    """The functions and classes that a pickle asks for, read from its opcodes without running any."""
    member = next((name for name in members(path) if name.rpartition("/")[2] == "data.pkl"), None)
    if member is None:
        return _globals_in(io.BytesIO(path.read_bytes()))
    try:
        with zipfile.ZipFile(path) as archive:
            return _globals_in(io.BytesIO(archive.read(member)))
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        # torch does not compare checksums; what cannot be read cannot be named.
        return []


def _globals_in(stream: io.BytesIO) -> list[str]:
    names: list[str] = []
    texts: list[str] = []
    # An old torch file is several pickles in a row and then raw numbers, which end the reading with an error.
    try:
        while stream.tell() < len(stream.getbuffer()):
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name == "GLOBAL":
                    names.append(str(argument).replace(" ", ".").replace("__builtin__.", "builtins."))
                elif opcode.name == "STACK_GLOBAL" and len(texts) > 1:
                    names.append(".".join(texts[-2:]))
                elif isinstance(argument, str):
                    texts.append(argument)
    except (ValueError, IndexError, UnicodeError, struct.error):
        pass
    return names


def _tensors(content: object) -> bool:
    import torch

    return isinstance(content, Mapping) and all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in content.items()
    )


def _plain(entries: Mapping[Any, Any]) -> dict[str, Any]:
    kept = {}
    for key, value in entries.items():
        try:
            kept[str(key)] = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError, RecursionError):
            continue
    return kept
