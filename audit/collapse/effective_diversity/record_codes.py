"""Numbers for records such that equal records, and only those, have equal numbers."""

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def record_codes(samples: Any) -> NDArray[np.int64]:
    """One number a record, in the order in which records first occur.

    Args:
        samples: records in the form of their modality: an array (n, …), a list of str or of lists, or a DataFrame, in
            which missing values equal each other.
    """
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in _keys(samples)], dtype=np.int64)


def _keys(samples: Any) -> Iterable[Hashable]:
    if isinstance(samples, np.ndarray):
        # A zero with a sign is the same value; its bytes are not.
        return (np.ascontiguousarray(each + 0.0).tobytes() for each in samples)
    if isinstance(samples, list):
        return (each if isinstance(each, str) else tuple(each) for each in samples)
    columns = [samples[name].astype(object).where(samples[name].notna(), None).tolist() for name in samples.columns]
    return zip(*columns, strict=True)
