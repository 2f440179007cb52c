"""The safetensors format: a JSON header with names, shapes and our metadata, then the numbers; nothing can run.

Reference: https://huggingface.co/docs/safetensors (format)
"""

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, one_line
from ...limits import check, check_unpacked, on_disk
from ..opened import Stored

if TYPE_CHECKING:
    from torch import Tensor

METADATA_KEY = "genai_audit"
"""All that a checkpoint declares is one JSON text under this key, because several keys would come in random order."""


def read_header(path: Path) -> tuple[dict[str, Any], int]:
    """What the file declares (empty if nothing in our form), and how many numbers it holds.

    Raises:
        UserError: if the header is damaged or our metadata are not a JSON object.
    """
    header = _header(path)
    metadata = header.pop("__metadata__", {})
    try:
        stored = path.stat().st_size
        parameters = sum(_numbers(entry, stored) for entry in header.values())
        text = metadata.get(METADATA_KEY)
    except (TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path}: the safetensors header is damaged; copy or save the file again") from error
    except ValueError as error:
        raise UserError(f"{path}: the safetensors file is truncated or damaged ({error}); copy it again") from error
    return ({} if text is None else _declared(text, path)), parameters


def read_names(path: Path) -> tuple[str, ...]:
    """The names of all tensors.

    Raises:
        UserError: if the header is damaged.
    """
    return tuple(name for name in _header(path) if name != "__metadata__")


def read_tensors(path: Path) -> dict[str, "Tensor"]:
    """All tensors by name.

    Raises:
        UserError: if the file is truncated or its header does not fit its content.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{path}: the safetensors file is truncated or damaged ({one_line(error)}); copy it again"
        ) from error


def stored_tensors(path: Path) -> Iterator[Stored] | None:
    """The floating-point tensors of a safetensors file, one at a time; None for any other file."""
    with path.open("rb") as file:
        start = file.read(9)
    # The length of the header comes first; the text of other files would be a length beyond any file.
    if start[8:] != b"{" or int.from_bytes(start[:8], "little") >= path.stat().st_size:
        return None
    return _stored(path)


def tensor_bytes(tensors: Mapping[str, "Tensor"], metadata: str) -> bytes:
    """A file with tensors and the JSON text of the metadata; equal input gives equal bytes."""
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(plain, {METADATA_KEY: metadata})


def _numbers(entry: Any, stored: int) -> int:
    """How many numbers a tensor has, by its shape, in a file of so many bytes.

    Raises:
        ValueError: if there is no room for them.
    """
    begin, end = entry["data_offsets"]
    if not 0 <= begin <= end <= stored:
        raise ValueError(f"bytes {begin} to {end} of {stored}")
    if 0 in entry["shape"]:
        return 0
    numbers = 1
    for size in entry["shape"]:
        numbers *= size
        # No number takes less than half a byte. Looked at here, because their product may have no end.
        if numbers > 2 * (end - begin):
            raise ValueError(f"{numbers} numbers in {end - begin} bytes")
    return numbers


def _stored(path: Path) -> Iterator[Stored]:
    from safetensors import safe_open

    check_unpacked(path.stat().st_size, on_disk(path), path, "tensors")
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118  # it is no mapping
            tensor = file.get_tensor(name)
            if tensor.is_floating_point():
                yield Stored(name, tensor, "cpu")


def _header(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > size - 8:
            raise UserError(
                f"{path}: the safetensors file is truncated or damaged ({length} bytes of header in a file of {size}); "
                f"copy it again"
            )
        check("header", length, path)
        check_unpacked(size, on_disk(path), path, "tensors")
        text = file.read(length)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: the safetensors header is not JSON; copy or save the file again") from error
    assert isinstance(header, dict)  # it starts with a brace
    return header


def _declared(text: object, path: Path) -> dict[str, Any]:
    try:
        declared = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        declared = None
    if not isinstance(declared, dict):
        raise UserError(
            f"{path}: expected the metadata {METADATA_KEY!r} as a JSON object, got something else; train again"
        )
    return declared
