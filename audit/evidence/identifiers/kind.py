"""Identifiers of real records, and where generated records repeat them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

TRAINING, HOLDOUT, SEVERAL = 0, 1, 2
"""Whose an identifier is: of one training record alone, of one held-out record alone, of several training records."""


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What names single real records, and the generated records that repeat it; values are told by a digest alone.

    Args:
        kinds: the K kinds, e.g. `e-mail address` or `column customer_id`.
        columns: why a column names records, by its name; empty for texts.
        distinct: int64 (K, 3), different identifiers of each kind, by whose they are.
        holders: int64 (K + 1, 2), training and held-out records with an identifier of their own; the last row: of any
            kind but names.
        seen: int64 (K,), generated records with anything of the kind.
        records: int64 (3,), training, held-out and generated records that were searched; no held-out ones: −1.
        rows: int64 (h,), the generated record of each repetition.
        kind: int64 (h,), what is repeated.
        side: int64 (h,), whose it is.
        sources: int64 (h,), the (first) real record that has it, in its data as they were given.
        values: int64 (h,), which of `shown`.
        shown: each repeated identifier, redacted.
    """

    kinds: tuple[str, ...]
    columns: Mapping[str, str]
    distinct: Ints
    holders: Ints
    seen: Ints
    records: Ints
    rows: Ints
    kind: Ints
    side: Ints
    sources: Ints
    values: Ints
    shown: tuple[str, ...]
