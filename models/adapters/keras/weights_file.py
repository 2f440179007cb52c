"""The weights of Keras: HDF5, by itself or as a member of a `.keras` archive."""

import io
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..foreign import members
from ..opened import Stored
from .archive import WEIGHTS

HDF5 = b"\x89HDF\r\n\x1a\n"


def stored_tensors(path: Path) -> Iterator[Stored] | None:
    """The floating-point tensors of a `.keras` or an HDF5 file; None for any other file, and without h5py."""
    with path.open("rb") as file:
        plain = file.read(len(HDF5)) == HDF5
    if not find_spec("h5py") or not (plain or WEIGHTS in members(path)):
        return None
    return _stored(path) if plain else _packed(path)


def _packed(path: Path) -> Iterator[Stored]:
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read(WEIGHTS))
    yield from _stored(content)


def _stored(source: Any) -> Iterator[Stored]:
    import h5py
    import torch

    names: list[str] = []
    with h5py.File(source, "r") as file:
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "dtype") else None)
        for name in names:
            item = file[name]
            if item.dtype.kind == "f":
                yield Stored(name, torch.from_numpy(item[...].copy()), "cpu")
