"""Rows of tables: the training row with which each row has most in common, and what that is worth."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number
from ...statistics.reproduction.rows import Column, shared_rows
from .found import Found, Sets
from .kind import Closeness

TOLERANCE = 0.02
"""Standard deviations of a column of numbers up to which two of its values are nearly the same."""


def rows(sets: Sets) -> Found:
    """Compare generated rows and those of the null with the training rows, in the columns that all of them have."""
    import pandas as pd

    n = len(sets.generated)
    names = [name for name in sets.training.columns if name in sets.generated.columns and name in sets.null.columns]
    asked = pd.concat([sets.generated[names], sets.null[names]], ignore_index=True)
    shared = shared_rows([_column(asked[name], sets.training[name]) for name in names])
    changed = len(names) - shared.equal
    return Found(
        method="values in common with any one training row, each weighed by how few training rows have it",
        verbatim=_closeness("values in common", shared.bits, shared.index, n),
        near=_closeness(
            f"values in common, numbers up to {TOLERANCE} standard deviations", shared.near_bits, shared.near_index, n
        ),
        whole=changed[:n],
        null_whole=changed[n:],
        part="columns",
    )


def _closeness(what: str, bits: NDArray[np.float64], index: NDArray[np.int64], n: int) -> Closeness:
    matched = np.where(bits[:n] > 0, index[:n], -1)
    return Closeness(what, "bits", bits[:n], bits[n:], matched, np.zeros((0, 4), dtype=np.int64))


def _column(asked: Any, among: Any) -> Column:
    """Numbers as they are, all else as the number of each value; missing values equal each other."""
    import pandas as pd

    if is_number(asked) and is_number(among):
        mine, theirs = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (asked, among))
        finite = theirs[np.isfinite(theirs)]
        spread = float(finite.std()) if len(finite) else 0.0
        # A number that no column reaches stands for what is missing; it is near to nothing.
        gone = np.finfo(np.float64).max
        mine, theirs = (np.where(np.isnan(each), gone, each) for each in (mine, theirs))
        return Column(mine, theirs, TOLERANCE * spread)
    texts = [each.astype(object).where(each.notna(), None).map(str) for each in (asked, among)]
    codes, _ = pd.factorize(pd.concat(texts, ignore_index=True))
    numbers = codes.astype(np.float64)
    return Column(numbers[: len(asked)], numbers[len(asked) :])
