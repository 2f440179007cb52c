"""What a model made of what it was asked for."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

CLASS, COLUMN, PROMPT = "class", "column", "prompt"
"""How a model was asked: by one of its classes, by a value of a column, or by a prompt."""


@dataclass(frozen=True, slots=True)
class Conditioned:
    """Records that were asked for, and the group that each of them is of.

    Args:
        attribute: what tells the groups apart, as in `Groups`.
        how: `class`, `column` or `prompt`.
        requests: the R things asked for, in words.
        wanted: int64 (R,), the group that each request names, an index of `names`; −1 where it names none for certain.
        names: the groups that records can be seen to be of.
        asked: int64 (n,), the request of each record.
        made: int64 (n,), the group of each record, read or told by the group classifier of that attribute.
        more: whether an audit of more samples would ask for more records.
        shown: float32 (k, c, h, w), the first records of each request; (0,) where they are no images.
        shown_asked: int64 (k,), their requests.
    """

    attribute: str
    how: str
    requests: tuple[str, ...]
    wanted: NDArray[np.int64]
    names: tuple[str, ...]
    asked: NDArray[np.int64]
    made: NDArray[np.int64]
    more: bool = False
    shown: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    shown_asked: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def counts(self) -> NDArray[np.int64]:
        """Records of each request that are of each group, int64 (R, K)."""
        table = np.zeros((len(self.requests), len(self.names)), dtype=np.int64)
        np.add.at(table, (self.asked, self.made), 1)
        return table
