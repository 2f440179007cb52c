"""Records of every modality as plain values: how many there are, some of them, and their digest.

Images are float32 (n, c, h, w) in [0, 1] and audio float32 (n, t), both numpy arrays; texts are a list of str; tables a
`pandas.DataFrame`; music a list of lists of MIDI pitches (0–127, rest −1) on a fixed grid. Images that would take much
memory are `HeldPictures`, from which arrays are read.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .held_pictures import HeldPictures

MODALITIES = ("image", "text", "tabular", "music", "audio")

MISSING = "(missing)"
"""The group of a record without a value."""

INVENTED = "(not in the reference)"
"""The group of a record whose value none of the names fits."""

FEWEST_HOLDERS = 5
"""Real records that must have a value, or words in a row, before a finding quotes it: of fewer it may name a person."""

WITHHELD = f"(withheld: fewer than {FEWEST_HOLDERS} real records have it)"
"""What stands in the place of a value that may be a person's."""

NUMERAL = re.compile(r"-?(0|[1-9]\d*)\.\d+")
"""A decimal number as text, rather than a code such as 007, which is no number."""

NOTES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")

_EXACT = 2**53
"""Below it every whole number is a float, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """What tells groups of records apart.

    Args:
        names: the K groups.
        values: int64 (n,), the group of each record.
        column: for tables, the column it is read from; the same reading gives the groups of generated rows.
        edges: where that column is a number, ascending bounds between the K groups: group 0 lies below edges[0].
    """

    names: tuple[str, ...]
    values: NDArray[np.int64]
    column: str | None = None
    edges: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """What a reader or a bundled set returns: records, what is known of their groups, and audio's sample rate in Hz.

    `identifiers` are values of each record, by name, that are too many to be groups but may say what it belongs to;
    `types` say what the columns of a table were taken for, as `data.column_types` describes them.
    """

    modality: str
    samples: Any
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    sample_rate: int | None = None
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, Any] = field(default_factory=dict)

    def take(self, rows: NDArray[np.int64]) -> "Records":
        """The records at `rows`, in that order, with their groups."""
        identifiers = {name: tuple(values[row] for row in rows) for name, values in self.identifiers.items()}
        attributes = take_attributes(self.attributes, rows)
        return replace(self, samples=take(self.samples, rows), attributes=attributes, identifiers=identifiers)


def take(samples: Any, rows: NDArray[np.int64]) -> Any:
    """The records at `rows`, in that order."""
    if isinstance(samples, HeldPictures):
        return samples.part(rows)
    if isinstance(samples, np.ndarray):
        return samples[rows]
    if isinstance(samples, list):
        return [samples[row] for row in rows]
    return samples.iloc[rows].reset_index(drop=True)


def read(samples: Any, rows: NDArray[np.int64]) -> Any:
    """The records at `rows` to compute with: pictures as an array, whatever memory that takes."""
    return samples[rows] if isinstance(samples, HeldPictures) else take(samples, rows)


def is_array(samples: Any) -> bool:
    """Whether records are numbers of one shape (n, …): images or audio."""
    return isinstance(samples, np.ndarray | HeldPictures)


def blocks(samples: Any) -> Iterator[NDArray[Any]]:
    """Images or audio as arrays, a few at a time where they lie in a file."""
    return samples.blocks() if isinstance(samples, HeldPictures) else iter((samples,))


def take_attributes(attributes: Mapping[str, Attribute], rows: NDArray[np.int64]) -> dict[str, Attribute]:
    """The groups of the records at `rows`."""
    return {
        name: Attribute(each.names, each.values[rows], each.column, each.edges) for name, each in attributes.items()
    }


def digest(samples: Any, attributes: Mapping[str, Attribute]) -> str:
    """SHA-256 of the records' values and their groups, in hexadecimal; equal content has an equal digest anywhere."""
    state = hashlib.sha256()
    if is_array(samples):
        state.update(repr(tuple(samples.shape)).encode())
        for block in blocks(samples):
            state.update(np.ascontiguousarray(block, dtype="<f4").data)
    elif isinstance(samples, list):
        state.update(json.dumps(samples, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    else:
        state.update(samples.to_csv(index=False, lineterminator="\n").encode("utf-8", "surrogatepass"))
    for name, each in attributes.items():
        state.update(repr((name, each.names)).encode())
        state.update(np.ascontiguousarray(each.values, dtype="<i8").data)
    return state.hexdigest()


def table_attribute(samples: Any, column: str, *, names: tuple[str, ...] = (), edges: tuple[float, ...] = ()) -> Any:
    """The groups that a column of a table makes.

    Values that are equal but of different types (1, 1.0 and "1") are of one group. Records without a value are of the
    group `MISSING`, and those whose value has no name of the group `INVENTED`; each is added only if it occurs.

    Args:
        samples: a `pandas.DataFrame` with that column.
        column: its name.
        names: the groups; by default the values that occur, in order. With `edges`, at least one name more than edges.
        edges: ascending bounds, for a column of numbers.
    """
    values = samples[column]
    if edges:
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        bins = np.searchsorted(edges, numbers, side="right").tolist()
        groups = [
            MISSING if np.isnan(number) else _as_text(names[bin_]) for number, bin_ in zip(numbers, bins, strict=True)
        ]
    else:
        groups = [MISSING if gone else _as_text(value) for value, gone in zip(values, values.isna(), strict=True)]
        names = names or tuple(sorted(set(groups)))
    known = {_as_text(name): index for index, name in enumerate(names)}
    groups = [text if text in known or text == MISSING else INVENTED for text in groups]
    for extra in (MISSING, INVENTED):
        if extra not in known and extra in groups:
            known[extra] = len(names)
            names = (*names, extra)
    return Attribute(names, np.array([known[text] for text in groups], dtype=np.int64), column, edges)


def _as_text(value: Any) -> str:
    """The same text for equal values of different types."""
    text = str(value)
    if not isinstance(value, float) and NUMERAL.fullmatch(text) is None:
        return text
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < _EXACT else str(number)


def is_number(column: Any) -> bool:
    """Whether a table's column holds numbers, rather than truth values or text."""
    from pandas.api import types

    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))


def quoted(words: str, holders: int) -> str:
    """What a table may say of a value: the value, or in its place that a few real records alone have it.

    A value that no real record has (`holders` 0) is the model's own. Records themselves are shown by exhibits, which
    refer to them, so that a report can withhold them.
    """
    return words if holders == 0 or holders >= FEWEST_HOLDERS else WITHHELD


def pitch_name(pitch: int) -> str:
    """A MIDI pitch as a note, `C4` for 60; a rest (−1) as `rest`."""
    return f"{NOTES[pitch % 12]}{pitch // 12 - 1}" if pitch >= 0 else "rest"
