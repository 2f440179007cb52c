"""Rows of a table as vectors in which every column counts alike.

A number becomes its rank among all rows, generated and real together, as a share: then no unit and no outlier decides,
and the map treats both alike. Two rows that differ in a category are as far apart in it as the smallest and the largest
number. Reference: Gower 1971, doi:10.2307/2528823 (a distance for mixed columns).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number

EXTRACTOR = "columns of the table: ranks of numbers among all rows, and indicators of categories"

MOST_CATEGORIES = 200
"""Indicators a column; rarer values than the commonest so many share one."""


def table_features(tables: Sequence[Any]) -> list[NDArray[np.float64]]:
    """Tables of the same columns to one row of features (n, d) a row; squared distances lie within [0, columns]."""
    import pandas as pd

    sizes = np.cumsum([len(each) for each in tables])[:-1]
    blocks = []
    for name in tables[0].columns:
        column = pd.concat([each[name] for each in tables], ignore_index=True)
        blocks.append(_ranks(column) if is_number(column) else _indicators(column))
    return np.split(np.hstack(blocks), sizes)


def _ranks(column: Any) -> NDArray[np.float64]:
    """Mid-ranks as shares in (0, 1); a missing number lies in the middle and is told by an indicator."""
    missing = column.isna().to_numpy()
    share = (column.rank().to_numpy(dtype=float, na_value=np.nan) - 0.5) / max(1, int((~missing).sum()))
    ranks = np.where(missing, 0.5, share)[:, None]
    return np.hstack([ranks, missing[:, None] / np.sqrt(2)]) if missing.any() else ranks


def _indicators(column: Any) -> NDArray[np.float64]:
    import pandas as pd

    texts = column.astype(object).where(column.notna(), "(missing)").astype(str)
    common = texts.value_counts().index[:MOST_CATEGORIES]
    known = pd.Index(sorted(common)).get_indexer(texts)
    indicators = np.zeros((len(texts), len(common) + 1))
    # The code of a rare value is −1: all of them share the last column.
    indicators[np.arange(len(texts)), known] = np.sqrt(0.5)
    return indicators
