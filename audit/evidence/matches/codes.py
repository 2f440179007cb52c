"""Numbers for records such that equal records, and only those, have equal numbers."""

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import blocks, is_array


def record_codes(samples: Any) -> NDArray[np.int64]:
    """One number a record, in the order in which records first occur.

    Args:
        samples: records in the form of their modality: an array (n, …), a list of str or of lists, or a DataFrame, in
            which missing values equal each other.
    """
    return codes_across([samples])[0]


def codes_across(sets: Sequence[Any]) -> list[NDArray[np.int64]]:
    """The same of several sets of one modality, with equal numbers for equal records of different sets."""
    known: dict[Hashable, int] = {}
    columns = getattr(sets[0], "columns", None)
    return [
        np.array([known.setdefault(key, len(known)) for key in _keys(each, columns)], dtype=np.int64) for each in sets
    ]


def _keys(samples: Any, names: Any) -> Iterable[Hashable]:
    if is_array(samples):
        # A zero with a sign is the same value; its bytes are not. A digest, because a picture can be large.
        return (
            hashlib.sha256(np.ascontiguousarray(each + 0.0).data).digest() for part in blocks(samples) for each in part
        )
    if isinstance(samples, list):
        return (each if isinstance(each, str) else tuple(each) for each in samples)
    columns = [samples[name].astype(object).where(samples[name].notna(), None).tolist() for name in names]
    return zip(*columns, strict=True)
