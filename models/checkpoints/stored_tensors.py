"""The tensors that a file holds, one at a time and as they were stored; nothing of the file runs.

Unlike loading, this needs no idea of what the tensors are for. A device is one that the file names, which need not be
on this machine.
"""

import io
import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..adapters.foreign import attempt, members

KERAS_WEIGHTS = "model.weights.h5"
OLD_TORCH = bytes.fromhex("6cfc9c46f9206aa85019")
"""The number that opens a torch file from before these were zip archives, as a pickle writes it."""
TRAINING_STATE = ("optim", "scheduler", "lr_scheduler", "scaler", "rng_state", "training_args")
"""How files and entries begin that hold the state of the training, not of the model."""


class Stored(NamedTuple):
    """A floating-point tensor under its name.

    Args:
        name: keys that lead to it, with dots between them.
        tensor: as stored.
        device: that it was saved from, or where it is.
        tied: whether it is the same memory as a tensor before it.
    """

    name: str
    tensor: Tensor
    device: str
    tied: bool = False


def stored_tensors(path: Path) -> Iterator[Stored]:
    """The floating-point tensors of a safetensors, torch, Keras, HDF5 or ONNX file; none of any other file.

    A torch file that needs code to load, and a format whose library is not installed, give none.

    Raises:
        UserError: if the file is damaged.
    """
    read = _reader(path)
    if read is None or is_training_state(path.name):
        return
    with attempt(path, "reading its tensors", "save it again"):
        yield from (each for each in read(path) if not is_training_state(each.name))


def is_training_state(name: str) -> bool:
    """Whether a file or an entry belongs to the training rather than to the model, by how its name begins."""
    return name.lower().startswith(TRAINING_STATE)


def _reader(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(32)
    # The length of the header comes first; the text of other files would be a length beyond any file.
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size:
        return _safetensors
    if start[:8] == b"\x89HDF\r\n\x1a\n":
        return _hdf5 if find_spec("h5py") else None
    if start[:2] == b"PK" and (names := members(path)):
        if KERAS_WEIGHTS in names:
            return _keras if find_spec("h5py") else None
        # Code in the archive makes it a program of TorchScript.
        holds_code = any("/code/" in name for name in names)
        return None if holds_code or not any(name.endswith("/data.pkl") for name in names) else _torch
    if start[:1] == b"\x80" and OLD_TORCH in start:
        return _torch
    return _onnx if path.suffix.lower() == ".onnx" and find_spec("onnx") else None


def _safetensors(path: Path) -> Iterator[Stored]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118  # it is no mapping
            tensor = file.get_tensor(name)
            if tensor.is_floating_point():
                yield Stored(name, tensor, "cpu")


def _torch(path: Path) -> Iterator[Stored]:
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
    seen = set()
    for name, tensor in _named(content, ""):
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if tensor.is_floating_point():
            device = devices.get(tensor.untyped_storage().data_ptr(), "cpu")
            yield Stored(name, tensor, device, tied=place in seen and tensor.numel() > 0)
            seen.add(place)


def _named(content: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    """Tensors in nested dicts and lists, by the keys that lead to them."""
    if isinstance(content, Tensor):
        if content.layout is torch.strided and not content.is_quantized:
            yield name, content.detach()
    elif isinstance(content, Mapping):
        for key, each in content.items():
            if not is_training_state(str(key)):
                yield from _named(each, f"{name}.{key}".strip("."))
    elif isinstance(content, list | tuple):
        for index, each in enumerate(content):
            yield from _named(each, f"{name}.{index}".strip("."))


def _keras(path: Path) -> Iterator[Stored]:
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read(KERAS_WEIGHTS))
    return _hdf5(content)


def _hdf5(source: Any) -> Iterator[Stored]:
    found: list[str] = []
    h5py = import_module("h5py")
    with h5py.File(source, "r") as file:
        file.visititems(lambda name, item: found.append(name) if hasattr(item, "dtype") else None)
        for name in found:
            item = file[name]
            if item.dtype.kind == "f":
                yield Stored(name, torch.from_numpy(item[...].copy()), "cpu")


def _onnx(path: Path) -> Iterator[Stored]:
    onnx = import_module("onnx")
    for each in onnx.load(str(path)).graph.initializer:
        if each.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE):
            yield Stored(each.name, torch.from_numpy(onnx.numpy_helper.to_array(each).copy()), "cpu")
