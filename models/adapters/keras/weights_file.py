"""The weights of Keras: HDF5, by itself or as a member of a `.keras` archive."""

import io
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..foreign import attempt, check_archive, members
from ..opened import Stored
from .archive import WEIGHTS
from .hdf5 import opened_hdf5

HDF5 = b"\x89HDF\r\n\x1a\n"


def stored_tensors(path: Path) -> Iterator[Stored] | None:
    """The floating-point tensors of a `.keras` or an HDF5 file; None for any other file, and without h5py."""
    with path.open("rb") as file:
        plain = file.read(len(HDF5)) == HDF5
    if not find_spec("h5py") or not (plain or WEIGHTS in members(path)):
        return None
    return _stored(path, path) if plain else _packed(path)


def check_contained(path: Path) -> None:
    """Refuse a `.keras` or an HDF5 file whose numbers lie in another file; anything else is let through.

    Raises:
        UserError: naming the place, or if it is damaged.
    """
    with path.open("rb") as file:
        plain = file.read(len(HDF5)) == HDF5
    if find_spec("h5py") and plain:
        with opened_hdf5(path, str(path)):
            return
    if find_spec("h5py") and WEIGHTS in members(path):
        with opened_hdf5(_unpacked(path), f"{path}: {WEIGHTS}"):
            return


def _packed(path: Path) -> Iterator[Stored]:
    yield from _stored(_unpacked(path), path)


def _unpacked(path: Path) -> io.BytesIO:
    check_archive(path, "weights")
    with attempt(path, f"reading {WEIGHTS}", "copy or save the file again"), zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read(WEIGHTS))


def _stored(source: Any, path: Path) -> Iterator[Stored]:
    import torch

    names: list[str] = []
    with opened_hdf5(source, str(path)) as file:
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "dtype") else None)
        for name in names:
            item = file[name]
            if item.dtype.kind == "f":
                yield Stored(name, torch.from_numpy(item[...].copy()), "cpu")
