"""Data that a Python program holds: arrays, tensors, data frames and lists, as the same `Dataset` that files give."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..picture_arrays import from_arrays
from ..records import Records, digest
from .column_types import Types
from .datasets import MOST_GROUPS, Dataset
from .readers.groups import attribute
from .readers.music import check_piece
from .readers.table import from_frame

FORMS = (
    "images as an array or tensor (n, c, h, w), (n, h, w, c) or (n, h, w), sound as (n, t), a list of str, a list of "
    'lists of MIDI pitches or a DataFrame; with labels as (data, labels) or {"x": data, "y": labels}'
)
LOUDEST = 1 + 1e-6


def data_in_memory(
    given: Any,
    role: str,
    *,
    modality: str | None = None,
    sample_rate: int | None = None,
    types: Types | None = None,
    generated: bool = False,
) -> Dataset:
    """What a Python program gave as data, checked as a file of the same content would be, and with the same digest.

    Args:
        given: images (uint8, or float in [0, 1]), sound (float in [−1, 1]), texts, pitch lists or a table, alone, as
            `(data, labels)`, or as a mapping with `x` and perhaps `y`. Labels are one value a record, or a mapping or
            `DataFrame` of such columns by the attribute's name; the groups of a table are its own columns.
        role: the parameter that it was given as; stands at the start of each message.
        modality: what is expected, if that is known: it tells flattened images from sound.
        sample_rate: of sound, in Hz.
        types: of a table, what columns are, as declared or as another table has them.
        generated: the records are a generator's, so that what cannot be true of them is kept, as evidence.

    Raises:
        UserError: if the data are none of these; one line says what was expected and found.
    """
    samples, labels = _parts(given, role)
    records = _records(_plain(samples), role, modality, types, generated)
    if labels is not None:
        if records.modality == "tabular":
            raise UserError(f"{role}: expected the labels of a table as one of its columns, got them apart; add them")
        records = _labelled(records, labels, role)
    return Dataset(
        name=role,
        modality=records.modality,
        samples=records.samples,
        source=f"{role} data in memory",
        sha256=digest(records.samples, records.attributes),
        attributes=records.attributes,
        sample_rate=sample_rate if records.modality == "audio" else None,
        identifiers=records.identifiers,
        types=records.types,
    )


def is_data_in_memory(value: object) -> bool:
    """Whether a value looks like records rather than like a model, by its type."""
    from pandas import DataFrame, Series
    from torch import Tensor

    return isinstance(value, list | tuple | Mapping | np.ndarray | Tensor | DataFrame | Series)


def _parts(given: Any, role: str) -> tuple[Any, Any]:
    if isinstance(given, Mapping):
        if "x" not in given or not given.keys() <= {"x", "y"}:
            keys = ", ".join(map(repr, given)) or "none"
            raise UserError(f'{role}: expected the keys "x" (the data) and "y" (labels, optional), got {keys}')
        return given["x"], given.get("y")
    if isinstance(given, tuple):
        if len(given) != 2:
            raise UserError(
                f"{role}: expected a tuple of data and labels, got one of {len(given)}; use a list for records"
            )
        return given
    return given, None


def _plain(samples: Any) -> Any:
    """Tensors as arrays, columns and arrays of texts as lists, lists of arrays of one shape as one array."""
    from pandas import Series
    from torch import Tensor

    if isinstance(samples, Tensor):
        still = samples.detach().cpu()
        return (still.float() if still.is_floating_point() else still).numpy()
    if isinstance(samples, Series) or (isinstance(samples, np.ndarray) and samples.dtype.kind in "OU"):
        samples = samples.tolist()
    if isinstance(samples, list) and samples and all(isinstance(each, np.ndarray | Tensor) for each in samples):
        arrays = [_plain(each) if isinstance(each, Tensor) else each for each in samples]
        if all(each.ndim == 1 and each.dtype.kind in "iu" for each in arrays):
            return [each.tolist() for each in arrays]
        if len({each.shape for each in arrays}) == 1:
            return np.stack(arrays)
    return samples


def _records(samples: Any, role: str, modality: str | None, types: Types | None, generated: bool) -> Records:
    from pandas import DataFrame

    if isinstance(samples, DataFrame):
        return from_frame(samples, role, types=types, generated=generated)
    if isinstance(samples, np.ndarray):
        if samples.ndim == 2 and modality in (None, "audio"):
            return Records("audio", _waves(samples, role, generated))
        return from_arrays(samples, None, role, generated=generated)
    if isinstance(samples, list) and samples:
        if all(isinstance(each, str) for each in samples):
            return Records("text", _texts(samples, role, generated))
        if all(isinstance(each, list | tuple) for each in samples):
            return Records("music", _pieces(samples, role, generated))
    raise UserError(f"{role}: expected {FORMS}; got {_short(samples)}")


def _waves(samples: NDArray[Any], role: str, generated: bool) -> NDArray[np.float32]:
    if not len(samples) or samples.dtype.kind != "f" or not (generated or np.isfinite(samples).all()):
        raise UserError(
            f"{role}: expected sound as finite floats (n, t), got {samples.dtype} {samples.shape}; convert it"
        )
    if not generated and float(np.abs(samples).max()) > LOUDEST:
        raise UserError(
            f"{role}: expected sound in [−1, 1], got {samples.min():.4g} to {samples.max():.4g}; rescale it"
        )
    return np.ascontiguousarray(samples, dtype=np.float32)


def _texts(samples: list[str], role: str, generated: bool) -> list[str]:
    if not generated and not any(text.strip() for text in samples):
        raise UserError(f"{role}: expected texts, but every one is blank; give the texts")
    return [str(text) for text in samples]


def _pieces(samples: list[Any], role: str, generated: bool) -> list[list[int]]:
    pieces = [[pitch.item() if isinstance(pitch, np.generic) else pitch for pitch in piece] for piece in samples]
    for number, piece in enumerate(pieces, 1):
        check_piece(piece, f"{role}: piece {number}", generated=generated)
    return pieces


def _labelled(records: Records, labels: Any, role: str) -> Records:
    """The same records with their groups; of named labels, those of too many values are identifiers."""
    from pandas import DataFrame

    n = len(records.samples)
    if isinstance(labels, Mapping | DataFrame):
        columns = {str(name): _values(labels[name], n, f"{role}: labels {name!r}") for name in labels}
        many = {name for name, values in columns.items() if len(set(values)) > MOST_GROUPS}
        groups = {name: attribute(values) for name, values in columns.items() if name not in many}
        identifiers = {name: tuple(map(str, columns[name])) for name in columns if name in many}
        return Records(records.modality, records.samples, groups, identifiers=identifiers)
    plain = _values(labels, n, f"{role}: labels")
    if len(set(plain)) > MOST_GROUPS:
        raise UserError(
            f"{role}: labels: expected at most {MOST_GROUPS} different values, got {len(set(plain))}; join some"
        )
    return Records(records.modality, records.samples, {"class": attribute(plain)})


def _values(values: Any, n: int, where: str) -> list[str | int | bool]:
    listed = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(listed, list | tuple) or len(listed) != n:
        got = f"{len(listed)}" if isinstance(listed, list | tuple) else _short(values)
        raise UserError(f"{where}: expected one value for each of the {n} records, got {got}; align them")
    plain = [each.item() if isinstance(each, np.generic) else each for each in listed]
    kinds = {type(each) for each in plain}
    if len(kinds) != 1 or not kinds <= {str, int, bool}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise UserError(f"{where}: expected only str, only int or only bool, got {names}; convert them")
    return plain


def _short(value: Any) -> str:
    shape = getattr(value, "shape", None)
    size = f" of {len(value)}" if isinstance(value, list) else "" if shape is None else f" {tuple(shape)}"
    first = f", the first a {type(value[0]).__name__}" if isinstance(value, list) and value else ""
    return f"{type(value).__name__}{size}{first}"
